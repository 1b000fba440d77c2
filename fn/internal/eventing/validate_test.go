// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestValidate holds what is said about a destination, where it must be a Broker and where
// it may be anything.
func TestValidate(t *testing.T) {
	t.Parallel()
	const (
		must  = "p.ref: Required value: a source must be a ref to a Broker: set ref.kind, ref.name and, for a Broker elsewhere, ref.namespace"
		needs = "p: Required value: a destination needs a ref, a uri or both: set ref.kind and ref.name, or uri"
		kind  = "p.ref.kind: Required value: name the kind of the object, for instance Broker"
		named = "p.ref.name: Required value: name the object that takes the events"

		notBroker = `p.ref.kind: Unsupported value: "Channel": supported values: "Broker"`
		knative   = "Knative takes no such destination: "
		noAPI     = "p.ref.apiVersion: Required value: Knative takes no such destination without this field: set it"
		relative  = "p.uri: Invalid value: " + knative + "invalid value: Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent"
		fillIn    = ", which was to be filled in before the document was applied: put the value there"
	)
	subdomain, label := strings.Join(validation.IsDNS1123Subdomain("_"), "; "), strings.Join(validation.IsDNS1123Label("_"), "; ")
	type want struct {
		// Broker are the errors where the destination must be a Broker, Destination where it
		// needn't be.
		Broker, Destination []string
	}
	everywhere := func(errs ...string) want { return want{Broker: errs, Destination: errs} }
	cases := map[string]struct {
		reason      string
		destination string
		want        want
	}{
		"None":            {reason: "A destination needn't be given."},
		"Broker":          {reason: "A Broker takes and hands out events.", destination: `{ref: {kind: Broker, name: default}}`},
		"BrokerInFull":    {reason: "A reference may have a namespace and an API.", destination: `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default, namespace: brokers}}`},
		"BrokerAndPath":   {reason: "A uri beside a ref is a path at the object.", destination: `{ref: {kind: Broker, name: default}, uri: /in}`},
		"Empty":           {reason: "An empty destination is none.", destination: `{}`, want: want{Broker: []string{must}, Destination: []string{needs}}},
		"EmptyURI":        {reason: "An empty uri is none.", destination: `{uri: ""}`, want: want{Broker: []string{must}, Destination: []string{needs}}},
		"Address":         {reason: "Triggers take events from Brokers alone; events may be sent to an address.", destination: `{uri: "http://broker.example.com"}`, want: want{Broker: []string{must}}},
		"Channel":         {reason: "A Channel has no Triggers; events may be sent to a Channel.", destination: `{ref: {apiVersion: messaging.knative.dev/v1, kind: Channel, name: default}}`, want: want{Broker: []string{notBroker}}},
		"KindAbsent":      {reason: "A reference has a kind.", destination: `{ref: {name: default}}`, want: want{Broker: []string{kind}, Destination: []string{kind}}},
		"KindEmpty":       {reason: "An empty kind is none.", destination: `{ref: {kind: "", name: default}}`, want: want{Broker: []string{kind}, Destination: []string{kind}}},
		"NameAbsent":      {reason: "A reference has a name.", destination: `{ref: {kind: Broker}}`, want: want{Broker: []string{named}, Destination: []string{named}}},
		"EmptyRef":        {reason: "All that is missing is named at once.", destination: `{ref: {}}`, want: want{Broker: []string{kind, named}, Destination: []string{kind, named}}},
		"NamelessChannel": {reason: "All that is wrong is named at once.", destination: `{ref: {kind: Channel}}`, want: want{Broker: []string{named, notBroker}, Destination: []string{named}}},

		"NoAPIVersion":     {reason: "Only of a Broker the API is known; Knative takes no other object without.", destination: `{ref: {kind: Channel, name: default}}`, want: want{Broker: []string{noAPI, notBroker}, Destination: []string{noAPI}}},
		"Group":            {reason: "A group is for clusters that have switched it on, which a platform can't know.", destination: `{ref: {apiVersion: eventing.knative.dev/v1, group: eventing.knative.dev, kind: Broker, name: default}}`, want: everywhere(`p.ref.group: Invalid value: ` + knative + `must not set the field(s)`)},
		"AddressBesideRef": {reason: "Events go to one place: a uri beside a ref is a path.", destination: `{ref: {kind: Broker, name: default}, uri: "http://broker.example.com/in"}`, want: everywhere(`p: Invalid value: ` + knative + `Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present`)},
		"PathAlone":        {reason: "A path is a path at something.", destination: `{uri: /in}`, want: want{Broker: []string{must}, Destination: []string{relative}}},
		"HostAlone":        {reason: "A host without scheme is a path, too.", destination: `{uri: broker.example.com}`, want: want{Broker: []string{must}, Destination: []string{relative}}},
		"NoHost":           {reason: "An address has a host.", destination: `{uri: "http:/in"}`, want: want{Broker: []string{must}, Destination: []string{relative}}},
		"Certificate":      {reason: "A certificate is one; the path is the API's.", destination: `{uri: "https://broker.example.com", CACerts: none}`, want: want{Broker: []string{must}, Destination: []string{`p.CACerts: Invalid value: ` + knative + `invalid value: CA Cert provided is invalid`}}},
		"NameWithBlank":    {reason: "A name is one that Kubernetes accepts.", destination: `{ref: {kind: Broker, name: my broker}}`, want: everywhere(`p.ref.name: Invalid value: "my broker": not a name that Kubernetes accepts: ` + subdomain)},
		"NameWithDots":     {reason: "Brokers may have dots in their names.", destination: `{ref: {kind: Broker, name: my.broker}}`},
		"Underscores":      {reason: "No name has underscores; all that is wrong is named at once.", destination: `{ref: {kind: Broker, name: my_broker, namespace: my_namespace}}`, want: everywhere(`p.ref.name: Invalid value: "my_broker": not a name that Kubernetes accepts: `+subdomain, `p.ref.namespace: Invalid value: "my_namespace": not a namespace that Kubernetes accepts: `+label)},
		"Unfilled":         {reason: "A script was to fill in the names.", destination: `{ref: {kind: Broker, name: "${BROKER}", namespace: "$(NAMESPACE)"}}`, want: everywhere(`p.ref.name: Invalid value: "${BROKER}": holds the placeholder ${BROKER}`+fillIn, `p.ref.namespace: Invalid value: "$(NAMESPACE)": holds the placeholder $(NAMESPACE)`+fillIn)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d *v1alpha08.Destination
			if err := yaml.UnmarshalStrict([]byte(tc.destination), &d); err != nil {
				t.Fatal(err)
			}
			path := field.NewPath("p")
			got := want{Broker: texts(eventing.ValidateBroker(d, path, "a source")), Destination: texts(eventing.ValidateDestination(d, path))}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nValidateBroker(...), ValidateDestination(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func texts(errs field.ErrorList) []string {
	out := make([]string, 0, len(errs))
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return out
}

// TestValidateReach shows which Brokers the input lets a spec name.
func TestValidateReach(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason      string
		destination string
		allowed     v1beta1.Brokers
		refused     bool
	}{
		"None":      {reason: "A destination needn't be given.", destination: "null", allowed: v1beta1.BrokersNamespace},
		"Here":      {reason: "A Broker without namespace is here.", destination: `{ref: {kind: Broker, name: a}}`, allowed: v1beta1.BrokersNamespace},
		"Named":     {reason: "A Broker may be here by name.", destination: `{ref: {kind: Broker, name: a, namespace: ns1}}`, allowed: v1beta1.BrokersNamespace},
		"Elsewhere": {reason: "A Broker elsewhere may not be named.", destination: `{ref: {kind: Broker, name: a, namespace: ns2}}`, allowed: v1beta1.BrokersNamespace, refused: true},
		"Cluster":   {reason: "By choice, it may.", destination: `{ref: {kind: Broker, name: a, namespace: ns2}}`, allowed: v1beta1.BrokersCluster},
		"Default":   {reason: "By default, it may.", destination: `{ref: {kind: Broker, name: a, namespace: ns2}}`},
		"Service":   {reason: "What isn't a Broker has no Triggers.", destination: `{ref: {apiVersion: v1, kind: Service, name: a, namespace: ns2}}`, allowed: v1beta1.BrokersNamespace},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d *v1alpha08.Destination
			if err := yaml.Unmarshal([]byte(tc.destination), &d); err != nil {
				t.Fatal(err)
			}
			errs := eventing.ValidateReach(d, field.NewPath("p"), "ns1", tc.allowed)
			if refused := len(errs) == 1 && errs[0].Field == "p.ref.namespace"; refused != tc.refused || len(errs) > 1 {
				t.Errorf("%s\nValidateReach(...): got %v", tc.reason, errs)
			}
		})
	}
}
