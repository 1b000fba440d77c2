// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
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
	)
	type want struct {
		// Broker are the errors where the destination must be a Broker, Destination where it
		// needn't be.
		Broker, Destination []string
	}
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
		"Channel":         {reason: "A Channel has no Triggers; events may be sent to a Channel.", destination: `{ref: {kind: Channel, name: default}}`, want: want{Broker: []string{`p.ref.kind: Unsupported value: "Channel": supported values: "Broker"`}}},
		"KindAbsent":      {reason: "A reference has a kind.", destination: `{ref: {name: default}}`, want: want{Broker: []string{kind}, Destination: []string{kind}}},
		"KindEmpty":       {reason: "An empty kind is none.", destination: `{ref: {kind: "", name: default}}`, want: want{Broker: []string{kind}, Destination: []string{kind}}},
		"NameAbsent":      {reason: "A reference has a name.", destination: `{ref: {kind: Broker}}`, want: want{Broker: []string{named}, Destination: []string{named}}},
		"EmptyRef":        {reason: "All that is missing is named at once.", destination: `{ref: {}}`, want: want{Broker: []string{kind, named}, Destination: []string{kind, named}}},
		"NamelessChannel": {reason: "All that is wrong is named at once.", destination: `{ref: {kind: Channel}}`, want: want{Broker: []string{named, `p.ref.kind: Unsupported value: "Channel": supported values: "Broker"`}, Destination: []string{named}}},
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
