// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// TestSubscriptions holds the events of the services against what the operator was
// seen to do.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	lines := func(all []eventing.Subscription) string {
		var out strings.Builder
		for _, s := range all {
			out.WriteString(s.Name + " " + s.Type + " " + s.Path)
			if s.Ordered {
				out.WriteString(" ordered")
			}
			out.WriteByte('\n')
		}
		return out.String()
	}
	const dataIndex = `process-error ProcessInstanceErrorDataEvent /processes
process-node ProcessInstanceNodeDataEvent /processes
process-state ProcessInstanceStateDataEvent /processes
process-variable ProcessInstanceVariableDataEvent /processes
process-definition ProcessDefinitionEvent /definitions ordered
process-instance-multiple MultipleProcessInstanceDataEvent /processes
jobs JobEvent /jobs ordered
`
	const jobsService = `create-job job.create /v2/jobs/events ordered
delete-job job.delete /v2/jobs/events ordered
`
	if diff := cmp.Diff(dataIndex, lines(eventing.DataIndex())); diff != "" {
		t.Errorf("DataIndex(): -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(jobsService, lines(eventing.JobsService())); diff != "" {
		t.Errorf("JobsService(): -want, +got:\n%s", diff)
	}
}

// TestNames holds that the names and keys of Triggers differ wherever Triggers do, and
// are legal whatever the platform and the Broker are called.
func TestNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 253)
	platforms := []types.NamespacedName{
		{Namespace: "ns1", Name: "plat"},
		{Namespace: "ns2", Name: "plat"},
		{Namespace: "ns1", Name: "other"},
		{Namespace: "a", Name: "b-c"},
		{Namespace: "a-b", Name: "c"},
		{Namespace: long[:63], Name: long},
		{Namespace: "n", Name: "with.dots"},
	}
	brokers := []eventing.Broker{{Namespace: "ns1", Name: "default"}, {Namespace: "ns1", Name: "a.b"}, {Namespace: "ns2", Name: "default"}, {Namespace: long[:63], Name: long}}
	seen := map[string]bool{}
	for _, p := range platforms {
		for _, b := range brokers {
			for service, all := range map[string][]eventing.Subscription{"data-index": eventing.DataIndex(), "jobs-service": eventing.JobsService()} {
				for _, s := range all {
					name := s.TriggerName(service, p, b)
					if seen[name] {
						t.Errorf("%s: two Triggers have this name", name)
					}
					seen[name] = true
					if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
						t.Errorf("%s: %v", name, problems)
					}
					if !strings.HasPrefix(name, service+"-"+s.Name+"-") {
						t.Errorf("%s doesn't tell what it is for", name)
					}
				}
			}
		}
	}
	hashes := map[string]bool{}
	for _, b := range brokers {
		hashes[b.Hash()] = true
	}
	if len(hashes) != len(brokers) {
		t.Errorf("%d Brokers have %d hashes", len(brokers), len(hashes))
	}
	// Names never change: a Trigger under another name is another Trigger.
	const want = "data-index-process-error-7fe3df4be30036ea"
	if got := eventing.DataIndex()[0].TriggerName("data-index", platforms[0], brokers[0]); got != want {
		t.Errorf("TriggerName(): got %q, want %q", got, want)
	}
}

func TestBrokerOf(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     *duckv1.Destination
		want   eventing.Broker
		found  bool
	}{
		"Nil":       {reason: "No destination is no Broker."},
		"Address":   {reason: "An address is none.", in: &duckv1.Destination{URI: &apis.URL{Scheme: "http", Host: "a"}}},
		"Service":   {reason: "Nor is something else.", in: &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Service", Name: "a"}}},
		"Nameless":  {reason: "Nor is one without a name.", in: &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker"}}},
		"Here":      {reason: "Without a namespace it is here.", in: &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker", Name: "a"}}, want: eventing.Broker{Namespace: "ns1", Name: "a"}, found: true},
		"Elsewhere": {reason: "Else it is there.", in: &duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker", Name: "a", Namespace: "ns2"}}, want: eventing.Broker{Namespace: "ns2", Name: "a"}, found: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, found := eventing.BrokerOf(tc.in, "ns1")
			if got != tc.want || found != tc.found {
				t.Errorf("%s\nBrokerOf(...): got %+v, %t, want %+v, %t", tc.reason, got, found, tc.want, tc.found)
			}
		})
	}
}

// TestInject holds when the pods of a Deployment know their sink.
func TestInject(t *testing.T) {
	t.Parallel()
	const bound = `template: {spec: {containers: [{name: sidecar}, {name: jobs-service, env: [{name: A, value: a}, {name: K_SINK, value: "http://sink"}]}]}}`
	cases := map[string]struct {
		reason, deployment string
		want               eventing.Injection
	}{
		"None":         {reason: "Without Deployment nothing runs.", want: eventing.Idle},
		"Zero":         {reason: "Nor without replicas.", deployment: `{spec: {replicas: 0}}`, want: eventing.Idle},
		"Defaulted":    {reason: "No number is one.", deployment: `{spec: {}}`, want: eventing.Running},
		"Running":      {reason: "Pods without the variable don't know the sink.", deployment: `{spec: {replicas: 1, template: {spec: {containers: [{name: jobs-service}]}}}}`, want: eventing.Running},
		"OtherOne":     {reason: "Nor if only another container has it.", deployment: `{spec: {replicas: 1, template: {spec: {containers: [{name: sidecar, env: [{name: K_SINK, value: s}]}]}}}}`, want: eventing.Running},
		"Bound":        {reason: "With it they do.", deployment: `{spec: {replicas: 1, ` + bound + `}}`, want: eventing.Injected},
		"BoundAndZero": {reason: "Also those that aren't there yet.", deployment: `{spec: {replicas: 0, ` + bound + `}}`, want: eventing.Injected},
		"Unreadable":   {reason: "What can't be read isn't stopped.", deployment: `{spec: {replicas: many}}`, want: eventing.Running},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := eventing.Inject(object(t, tc.deployment), "jobs-service"); got != tc.want {
				t.Errorf("%s\nInject(...): got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// TestSink holds what is filled in of a sink.
func TestSink(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ reason, in, want string }{
		"Broker":    {reason: "A Broker needs only its name.", in: `{ref: {kind: Broker, name: a}}`, want: `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: a, namespace: ns1}}`},
		"Elsewhere": {reason: "What is given stays.", in: `{ref: {apiVersion: v1, kind: Service, name: a, namespace: ns2}, uri: /in}`, want: `{ref: {apiVersion: v1, kind: Service, name: a, namespace: ns2}, uri: /in}`},
		"Group":     {reason: "A group is as good as a version.", in: `{ref: {group: eventing.knative.dev, kind: Broker, name: a}}`, want: `{ref: {group: eventing.knative.dev, kind: Broker, name: a, namespace: ns1}}`},
		"Address":   {reason: "An address is complete, with all that belongs to it.", in: `{uri: "https://events.example.com/in?a=b", CACerts: pem, audience: me}`, want: `{uri: "https://events.example.com/in?a=b", CACerts: pem, audience: me}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, want := &duckv1.Destination{}, &duckv1.Destination{}
			for text, into := range map[string]*duckv1.Destination{tc.in: in, tc.want: want} {
				if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
					t.Fatal(err)
				}
			}
			if tc.in == tc.want {
				want = in.DeepCopy()
			}
			if diff := cmp.Diff(want, eventing.Sink(in, "ns1")); diff != "" {
				t.Errorf("%s\nSink(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if got := eventing.Sink(nil, "ns1"); got != nil {
		t.Errorf("Sink(nil): got %v", got)
	}
}

// TestDeepCopies holds that a copy shares nothing with what it is a copy of.
func TestDeepCopies(t *testing.T) {
	t.Parallel()
	meta := metav1.ObjectMeta{Name: "a", Namespace: "ns1", Labels: map[string]string{"a": "b"}}
	sink := duckv1.Destination{Ref: &duckv1.KReference{Kind: "Broker", Name: "a"}}
	for _, o := range []runtime.Object{
		eventing.NewTrigger(eventing.DataIndex()[4], eventing.Broker{Namespace: "ns2", Name: "b"}, types.NamespacedName{Namespace: "ns1", Name: "s"}, meta, true),
		eventing.NewSinkBinding("d", sink, meta),
	} {
		before, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		switch c := o.DeepCopyObject().(type) {
		case *eventing.Trigger:
			c.Labels["a"], c.Spec.Filter.Attributes["type"], c.Spec.Subscriber.Ref.Name, c.Annotations["x"] = "x", "x", "x", "x"
		case *eventing.SinkBinding:
			c.Labels["a"], c.Spec.Sink.Ref.Name = "x", "x"
		}
		after, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		// Both have the labels that they were given.
		if !bytes.Equal(before, after) {
			t.Errorf("%T: a change of the copy changed the original:\n%s", o, after)
		}
	}
}

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	if text == "" {
		return nil
	}
	out := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &out.Object); err != nil {
		t.Fatal(err)
	}
	return out
}
