// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// platformOf returns the composite of platform plat in namespace ns1, with fields of its spec.
func platformOf(spec string) string {
	return `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: plat-x7k2p, labels: {crossplane.io/claim-namespace: ns1}},
spec: {claimRef: {namespace: ns1, name: plat}, ` + spec + `}}`
}

// The cluster platform of these tests, and the platform behind it, with fields of its spec.
const clusterPlatform = `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowClusterPlatform, metadata: {name: cluster}, spec: {platformRef: {name: central, namespace: ns2}}}`

func behind(spec string) string {
	return `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowPlatform, metadata: {name: central, namespace: ns2}, spec: {` + spec + `}, status: {conditions: [{type: Succeed, status: "True"}]}}`
}

// A given is what a workflow is resolved from.
type given struct {
	spec, metadata, status string
	// platform and central are fields of the specs of the platforms in the namespace and behind
	// the cluster platform. Either is missing when empty; {} is an empty spec.
	platform, central string
	// required are further answers to queries.
	required map[string][]string
	input    v1beta1.Input
	// namespaced is a composite that lives in namespace ns1.
	namespaced bool
}

const none = "services: null" // A spec that says nothing.

func (g given) cluster() compositiontest.Cluster {
	out := map[string][]string{"platforms": nil, "cluster-platforms": nil, "platform": nil, "configmap-wf-props": nil}
	if g.platform != "" {
		platform := platformOf(g.platform)
		if g.namespaced {
			platform = `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowPlatform, metadata: {namespace: ns1, name: plat}, spec: {` + g.platform + `}}`
		}
		out["platforms"] = []string{platform}
	}
	if g.central != "" {
		out["cluster-platforms"], out["platform"] = []string{clusterPlatform}, []string{behind(g.central)}
	}
	maps.Copy(out, g.required)
	return compositiontest.Cluster{Required: out}
}

func (g given) request(t *testing.T) *composition.Request {
	t.Helper()
	composite := claimed(g.spec, g.metadata, g.status)
	if g.namespaced {
		composite = `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlow, metadata: {namespace: ns1, name: wf, ` + g.metadata + `}, spec: {` + g.spec + `}, status: {` + g.status + `}}`
	}
	return compositiontest.Request(t, composite, g.cluster())
}

// resolve returns the workflow wf in namespace ns1, and what is wrong with its spec.
func (g given) resolve(t *testing.T) (*Workflow, field.ErrorList) {
	t.Helper()
	req := g.request(t)
	doc, errs := parse(req)
	if len(errs) > 0 {
		t.Fatalf("parse(...): %v", errs)
	}
	return resolve(doc, &g.input, lookAround(req, doc, &g.input))
}

func (g given) resolveValid(t *testing.T) *Workflow {
	t.Helper()
	w, errs := g.resolve(t)
	if len(errs) > 0 {
		t.Fatalf("resolve(...): %v", errs)
	}
	return w
}

// valueOf returns the value of a variable of the workflow's container.
func valueOf(w *Workflow, variable string) string {
	for _, e := range w.Component.Pod.Containers[0].Env {
		if e.Name == variable {
			return e.Value
		}
	}
	return ""
}

// TestServices shows to which services a workflow is wired, and how that is said.
func TestServices(t *testing.T) {
	t.Parallel()
	const (
		enabled           = `services: {dataIndex: {enabled: true}, jobService: {enabled: true}}`
		undecided         = `services: {dataIndex: {}, jobService: {}}`
		localDI, localJS  = "http://plat-data-index-service.ns1", "http://plat-jobs-service.ns1"
		centralDI         = "http://central-data-index-service.ns2"
		ofPlat, ofCentral = " of platform plat", " of platform central in namespace ns2"
	)
	type want struct{ DataIndex, JobsService, Wiring, Platform, ClusterPlatform string }
	cases := map[string]struct {
		reason string
		given  given
		want   want
	}{
		"None": {
			reason: "Without platforms a workflow is alone.",
			want: want{Wiring: "no Data Index: the namespace has no platform, and no cluster platform offers services; " +
				"no Jobs Service: the namespace has no platform, and no cluster platform offers services"},
		},
		"Local": {
			reason: "A workflow uses the services that its platform has enabled.",
			given:  given{platform: enabled, central: enabled},
			want:   want{DataIndex: localDI, JobsService: localJS, Wiring: "Data Index" + ofPlat + "; Jobs Service" + ofPlat, Platform: "plat", ClusterPlatform: "cluster"},
		},
		"NotEnabled": {
			reason: "By the documentation, a service that doesn't say whether it is enabled isn't.",
			given:  given{platform: undecided},
			want:   want{Wiring: "no Data Index: that of platform plat isn't enabled; no Jobs Service: that of platform plat isn't enabled", Platform: "plat"},
		},
		"NotSaidOperator": {
			reason: "To the operator, a service that doesn't say whether it is enabled is.",
			given:  given{platform: undecided, input: v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator}},
			want:   want{DataIndex: localDI, JobsService: localJS, Wiring: "Data Index" + ofPlat + "; Jobs Service" + ofPlat, Platform: "plat"},
		},
		"One": {
			reason: "A platform that names services hides those of the cluster, all of them.",
			given:  given{platform: `services: {jobService: {enabled: true}}`, central: enabled},
			want:   want{JobsService: localJS, Wiring: "no Data Index: platform plat has none; Jobs Service" + ofPlat, Platform: "plat", ClusterPlatform: "cluster"},
		},
		"Cluster": {
			reason: "A workflow whose platform names no services uses those of the cluster.",
			given:  given{platform: none, central: `services: {dataIndex: {enabled: true}}`},
			want: want{
				DataIndex: centralDI, Wiring: "Data Index" + ofCentral + "; no Jobs Service: platform central in namespace ns2, which serves the cluster, offers none",
				Platform: "plat", ClusterPlatform: "cluster",
			},
		},
		"ClusterWithoutPlatform": {
			reason: "So does a workflow without platform.",
			given:  given{central: `services: {dataIndex: {enabled: true}}`},
			want: want{
				DataIndex: centralDI, Wiring: "Data Index" + ofCentral + "; no Jobs Service: platform central in namespace ns2, which serves the cluster, offers none",
				ClusterPlatform: "cluster",
			},
		},
		"PlatformWithoutServices": {
			reason: "A platform may name no services where no cluster platform is.",
			given:  given{platform: none},
			want: want{
				Wiring: "no Data Index: platform plat names no services, and no cluster platform offers any; " +
					"no Jobs Service: platform plat names no services, and no cluster platform offers any", Platform: "plat",
			},
		},
		"Namespaced": {
			reason: "A namespaced workflow finds the namespaced platform.",
			given:  given{platform: enabled, namespaced: true},
			want:   want{DataIndex: localDI, JobsService: localJS, Wiring: "Data Index" + ofPlat + "; Jobs Service" + ofPlat, Platform: "plat"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.given.spec = withImage
			w := tc.given.resolveValid(t)
			got := want{DataIndex: urlOf(w.Services, dataIndexOf), JobsService: urlOf(w.Services, jobsServiceOf), Wiring: w.Wiring}
			if w.Platform != nil {
				got.Platform = w.Platform.Name
			}
			if w.ClusterPlatform != nil {
				got.ClusterPlatform = w.ClusterPlatform.Name
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
			for _, url := range []string{tc.want.DataIndex, tc.want.JobsService} {
				if !strings.Contains(w.Component.Properties.Text, url) {
					t.Errorf("%s\nthe properties don't have %s:\n%s", tc.reason, url, w.Component.Properties.Text)
				}
			}
		})
	}
}

// TestDatabase shows where a workflow keeps its data.
func TestDatabase(t *testing.T) {
	t.Parallel()
	const (
		shared   = `persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg}}}`
		schema   = `persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: pg, databaseSchema: common}}}`
		own      = `, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: own, namespace: db, port: 5433, databaseName: d}}}`
		ofShared = "jdbc:postgresql://pg.ns1:5432/sonataflow?currentSchema="
	)
	operator := v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator}
	cases := map[string]struct {
		reason string
		given  given
		want   string
	}{
		"None":            {reason: "Without persistence data lasts as long as its pod.", given: given{}},
		"Platform":        {reason: "A workflow without persistence uses the platform's, with a schema of its own.", given: given{platform: shared}, want: ofShared + "wf"},
		"PlatformSchema":  {reason: "By the documentation, the platform may name the schema.", given: given{platform: schema}, want: ofShared + "common"},
		"OperatorSchema":  {reason: "The operator's platform has no such field.", given: given{platform: schema, input: operator}, want: ofShared + "wf"},
		"Own":             {reason: "A workflow's own database wins.", given: given{platform: shared, spec: own}, want: "jdbc:postgresql://own.db:5433/d?currentSchema=wf"},
		"Empty":           {reason: "By the documentation, an empty persistence is none.", given: given{platform: shared, spec: ", persistence: {}"}, want: ofShared + "wf"},
		"EmptyOperator":   {reason: "To the operator, an empty persistence opts out.", given: given{platform: shared, spec: ", persistence: {}", input: operator}},
		"ClusterPlatform": {reason: "Persistence never comes from another namespace.", given: given{platform: none, central: shared}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.given.spec = withImage + tc.given.spec
			w := tc.given.resolveValid(t)
			if got := valueOf(w, "QUARKUS_DATASOURCE_JDBC_URL"); got != tc.want {
				t.Errorf("%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
			for _, variable := range []string{"QUARKUS_FLYWAY_MIGRATE_AT_START", "QUARKUS_DATASOURCE_REACTIVE_URL"} {
				if slices.ContainsFunc(w.Component.Pod.Containers[0].Env, named(variable)) {
					t.Errorf("%s\na workflow doesn't have %s", tc.reason, variable)
				}
			}
		})
	}
}

// TestBrokers shows where events come from and go to.
func TestBrokers(t *testing.T) {
	t.Parallel()
	const (
		events  = `flow: {events: [{name: In, type: in}, {name: Other In, type: in.other}, {name: Out, type: out, kind: produced}], states: [{name: a, type: inject, end: true}]}, podTemplate: {container: {image: i}}`
		local   = `eventing: {broker: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}}}`
		central = `eventing: {broker: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: shared}}}`
		sources = `, sources: [{eventType: in, ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: own}}]`
		channel = `, sources: [{eventType: in, ref: {apiVersion: messaging.knative.dev/v1, kind: Channel, name: c}}]`
	)
	type want struct {
		Sink          string
		Subscriptions map[string]string
		Unreachable   []string
	}
	all := func(broker string) map[string]string { return map[string]string{"in": broker, "in.other": broker} }
	cases := map[string]struct {
		reason string
		given  given
		want   want
	}{
		"None":     {reason: "Without Broker there are neither.", given: given{spec: events}, want: want{Subscriptions: map[string]string{}}},
		"Platform": {reason: "The platform's Broker is used for both.", given: given{spec: events, platform: local, central: central}, want: want{Sink: "ns1/default", Subscriptions: all("ns1/default")}},
		"Cluster":  {reason: "So is that of the platform behind the cluster platform.", given: given{spec: events, platform: none, central: central}, want: want{Sink: "ns2/shared", Subscriptions: all("ns2/shared")}},
		"ClusterOperator": {
			reason: "The operator agrees about workflows.", given: given{spec: events, central: central, input: v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator}},
			want: want{Sink: "ns2/shared", Subscriptions: all("ns2/shared")},
		},
		"Source": {reason: "A source of the spec is for its type alone.", given: given{spec: events + sources, platform: local}, want: want{Sink: "ns1/default", Subscriptions: map[string]string{"in": "ns1/own", "in.other": "ns1/default"}}},
		"Sink":   {reason: "A sink of the spec is for what is sent alone.", given: given{spec: events + `, sink: {ref: {kind: Broker, name: out}}`, platform: local}, want: want{Sink: "ns1/out", Subscriptions: all("ns1/default")}},
		"Channel": {
			reason: "What isn't a Broker has no Triggers.", given: given{spec: events + channel, platform: local},
			want: want{Sink: "ns1/default", Subscriptions: map[string]string{"in.other": "ns1/default"}},
		},
		"Namespaced": {
			reason: "A namespaced composite can't have Triggers in another namespace, but can send events there.", given: given{spec: events, central: central, namespaced: true},
			want: want{Sink: "ns2/shared", Subscriptions: map[string]string{}, Unreachable: []string{"Broker shared in namespace ns2"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tc.given.resolveValid(t).Component
			got := want{Subscriptions: map[string]string{}}
			if c.Sink != nil {
				got.Sink = c.Sink.Ref.Namespace + "/" + c.Sink.Ref.Name
			}
			for _, s := range c.Subscriptions {
				got.Subscriptions[s.Type] = s.From.Namespace + "/" + s.From.Name
			}
			for _, b := range c.Unreachable {
				got.Unreachable = append(got.Unreachable, b.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
			if bound := strings.Contains(c.Properties.Text, sinkURL); bound != (tc.want.Sink != "") {
				t.Errorf("%s\nthe properties use the sink: %t\n%s", tc.reason, bound, c.Properties.Text)
			}
			if strings.Contains(c.Properties.WithoutSink, sinkURL) {
				t.Errorf("%s\nthe properties without sink use one", tc.reason)
			}
		})
	}
}

// TestTriggerNames shows what the Triggers of a workflow are called: one for each type of
// event, however many events of the flow have it.
func TestTriggerNames(t *testing.T) {
	t.Parallel()
	w := given{
		spec: `flow: {events: [{name: Order Placed!, type: orders/placed}, {name: again, type: orders/placed}, {name: ß, type: b}], states: [{name: a, type: inject}]}, podTemplate: {container: {image: i}},
sources: [{eventType: orders/placed, ref: {kind: Broker, name: x}}, {eventType: b, ref: {kind: Broker, name: x}}]`,
	}.resolveValid(t)
	from := component.Broker{Namespace: "ns1", Name: "x"}
	want := []component.Subscription{
		{Name: "34b45e2e", Prefix: "wf--34b45e2e", Type: "b", From: from},
		{Name: "5a6f3d5a", Prefix: "wf-order-placed-5a6f3d5a", Type: "orders/placed", From: from},
	}
	for i := range want {
		hash := w.Component.Subscriptions[i].Name
		want[i].Prefix = strings.Replace(want[i].Prefix, want[i].Name, hash, 1)
		want[i].Name = hash
		if len(hash) != 8 {
			t.Errorf("want a hash of eight digits, got %q", hash)
		}
	}
	if diff := cmp.Diff(want, w.Component.Subscriptions); diff != "" {
		t.Errorf("resolve(...): -want, +got:\n%s", diff)
	}
}

// TestSharedProperties shows how the platform's properties come to a workflow. What is in a
// Secret never gets into a ConfigMap.
func TestSharedProperties(t *testing.T) {
	t.Parallel()
	w := given{
		spec: withImage,
		platform: `properties: {flow: [{name: a, value: "1"}, {name: b, valueFrom: {configMapKeyRef: {name: settings, key: k}}}, {name: c, valueFrom: {secretKeyRef: {name: s, key: token}}},
{name: d, valueFrom: {configMapKeyRef: {name: settings, key: gone}}}, {name: e}]}`,
		required: map[string][]string{"configmap-settings": {`{kind: ConfigMap, metadata: {name: settings, namespace: ns1}, data: {k: "2"}}`}},
	}.resolveValid(t)
	variable := variableOf("c")
	for _, line := range []string{"a = 1", "b = 2", "c = ${" + variable + ":}", "d = "} {
		if !strings.Contains("\n"+w.Component.Properties.Text, "\n"+line+"\n") {
			t.Errorf("the properties lack %q:\n%s", line, w.Component.Properties.Text)
		}
	}
	if strings.Contains("\n"+w.Component.Properties.Text, "\ne =") {
		t.Error("a property without value is none")
	}
	i := slices.IndexFunc(w.Component.Pod.Containers[0].Env, named(variable))
	if i < 0 {
		t.Fatalf("there is no variable %s", variable)
	}
	ref := w.Component.Pod.Containers[0].Env[i].ValueFrom.SecretKeyRef
	if ref.Name != "s" || ref.Key != "token" || ref.Optional == nil || !*ref.Optional {
		t.Errorf("%s comes from %+v, want key token of Secret s, if there is one", variable, ref)
	}
	want := []string{"the platform's spec.properties.flow[3]: property d is empty, because ConfigMap settings in namespace ns1 has no key gone; add what is missing"}
	if diff := cmp.Diff(want, w.Warnings); diff != "" {
		t.Errorf("warnings: -want, +got:\n%s", diff)
	}
}

// TestSharedPropertiesTwice gives properties more than once: the last one counts, and no
// container has a variable twice, which Kubernetes refuses.
func TestSharedPropertiesTwice(t *testing.T) {
	t.Parallel()
	w := given{spec: withImage, platform: `properties: {flow: [
{name: a, valueFrom: {secretKeyRef: {name: s, key: one}}}, {name: b, valueFrom: {secretKeyRef: {name: s, key: one}}}, {name: c, value: "1"},
{name: a, valueFrom: {secretKeyRef: {name: s, key: two}}}, {name: b, value: "2"}, {name: c, valueFrom: {secretKeyRef: {name: s, key: two}}}]}`}.resolveValid(t)
	got := map[string]string{}
	for _, e := range w.Component.Pod.Containers[0].Env {
		if strings.HasPrefix(e.Name, "SONATAFLOW_") {
			got[e.Name] += e.ValueFrom.SecretKeyRef.Key + " "
		}
	}
	if diff := cmp.Diff(map[string]string{variableOf("a"): "two ", variableOf("c"): "two "}, got); diff != "" {
		t.Errorf("variables and the keys that they are from: -want, +got:\n%s", diff)
	}
	if text := "\n" + w.Component.Properties.Text; !strings.Contains(text, "\nb = 2\n") || !strings.Contains(text, "\nc = ${"+variableOf("c")+":}\n") {
		t.Errorf("not the last ones count:\n%s", text)
	}
}

// TestBrokersInput shows that the input may keep workflows from naming Brokers of other
// namespaces. What a cluster platform offers may be used.
func TestBrokersInput(t *testing.T) {
	t.Parallel()
	input := v1beta1.Input{Brokers: v1beta1.BrokersNamespace}
	elsewhere := `ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b, namespace: other}`
	for spec, want := range map[string]string{
		withImage + `, sink: {` + elsewhere + `}`:                    "spec.sink.ref.namespace",
		withImage + `, sources: [{eventType: a, ` + elsewhere + `}]`: "spec.sources[0].ref.namespace",
	} {
		_, errs := given{spec: spec, input: input}.resolve(t)
		if len(errs) != 1 || errs[0].Field != want {
			t.Errorf("want an error at %s, got %v", want, errs)
		}
		given{spec: spec}.resolveValid(t)
	}
	w := given{spec: withImage, central: `eventing: {broker: {ref: {kind: Broker, name: shared}}}`, input: input}.resolveValid(t)
	if w.Component.Sink == nil {
		t.Error("what the cluster platform offers isn't used")
	}
}

// TestPlatformDatabase refuses the platform's database where the workflow uses it alone.
func TestPlatformDatabase(t *testing.T) {
	t.Parallel()
	impossible := `persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: no_service}}}`
	_, errs := given{spec: withImage, platform: impossible}.resolve(t)
	if len(errs) != 1 || errs[0].Field != "spec.persistence.postgresql.serviceRef.name" || !strings.Contains(errs[0].Detail, "platform plat") {
		t.Errorf("want an error about the platform's database, got %v", errs)
	}
	given{spec: withImage + `, persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: own}}}`, platform: impossible}.resolveValid(t)
}

// TestWaiting shows for which platform a workflow waits.
func TestWaiting(t *testing.T) {
	t.Parallel()
	const had = `platform: {name: plat, namespace: ns1}`
	invalid := `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, metadata: {name: p}, spec: {claimRef: {namespace: ns1, name: plat}}, status: {conditions: [{type: SpecValid, status: "False", reason: Invalid, message: no such thing}]}}`
	cases := map[string]struct {
		reason string
		given  given
		want   string
	}{
		"Never":      {reason: "A workflow that never had a platform does without."},
		"Has":        {reason: "A workflow that has its platform goes on.", given: given{status: had, platform: none}},
		"Another":    {reason: "Another platform takes the place of one that is gone.", given: given{status: `platform: {name: other, namespace: ns1}`, platform: none}},
		"Gone":       {reason: "Without its platform, the workflow would be configured anew.", given: given{status: had}, want: "The platform plat of this namespace is gone"},
		"Invalid":    {reason: "Nothing can be told from an invalid platform.", given: given{required: map[string][]string{"platforms": {invalid}}}, want: "until the platform is mended: no such thing"},
		"Unreadable": {reason: "Nor from one that can't be read.", given: given{platform: "services: 7"}, want: "The platform plat of this namespace is invalid"},
		"Secondary": {
			reason: "A secondary platform is none of the namespace's.",
			given:  given{status: had, required: map[string][]string{"platforms": {strings.Replace(platformOf(none), "labels:", `annotations: {sonataflow.org/secondary.platform: "true"}, labels:`, 1)}}},
			want:   "is gone",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.given.spec = withImage
			req := tc.given.request(t)
			doc, errs := parse(req)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			got := lookAround(req, doc, &v1beta1.Input{}).waiting(doc)
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("%s\nwaiting(...): want %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
	// Before Crossplane was asked nothing is known.
	req := compositiontest.Request(t, claimed(withImage, "", had), compositiontest.Cluster{})
	doc, _ := parse(req)
	if got := lookAround(req, doc, &v1beta1.Input{}).waiting(doc); got != "" {
		t.Errorf("before Crossplane was asked: %s", got)
	}
}
