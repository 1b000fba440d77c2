// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
)

// TestTriggers holds which events components take, and where. The events are what the
// operator was seen to subscribe to, in its order.
func TestTriggers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		component *component.Component
		// want are key, type and path of the Triggers, and whether they ask for order.
		want []string
	}{
		"DataIndex": {
			reason: "The Data Index takes what workflows and jobs tell about themselves.", component: dataIndex(here),
			want: []string{
				"data-index-trigger-process-error-815b300d ProcessInstanceErrorDataEvent /processes",
				"data-index-trigger-process-node-815b300d ProcessInstanceNodeDataEvent /processes",
				"data-index-trigger-process-state-815b300d ProcessInstanceStateDataEvent /processes",
				"data-index-trigger-process-variable-815b300d ProcessInstanceVariableDataEvent /processes",
				"data-index-trigger-process-definition-815b300d ProcessDefinitionEvent /definitions ordered",
				"data-index-trigger-process-instance-multiple-815b300d MultipleProcessInstanceDataEvent /processes",
				"data-index-trigger-jobs-815b300d JobEvent /jobs ordered",
			},
		},
		"JobsService": {
			reason: "The Jobs Service takes what workflows ask for.", component: jobsService(here, nil),
			want: []string{
				"jobs-service-trigger-create-job-815b300d job.create /v2/jobs/events ordered",
				"jobs-service-trigger-delete-job-815b300d job.delete /v2/jobs/events ordered",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := plan(t, compositiontest.Cluster{Old: true}, tc.component).Objects
			got := make([]string, 0, len(objects))
			for _, o := range objects {
				trigger := o.Object.(*eventing.Trigger)
				line := o.Key + " " + trigger.Spec.Filter.Attributes["type"] + " " + trigger.Spec.Subscriber.URI.Path
				if isOrdered(trigger) {
					line += " ordered"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// isOrdered tells whether a Trigger asks for events in order.
func isOrdered(trigger *eventing.Trigger) bool {
	return trigger.Annotations["kafka.eventing.knative.dev/delivery.order"] == "ordered"
}

// TestTrigger holds a whole Trigger. It lives where its Broker does, and hands events to
// the component's Service where that lives.
func TestTrigger(t *testing.T) {
	t.Parallel()
	c := jobsService(there, nil)
	labels := c.Labels()
	want := &eventing.Trigger{
		TypeMeta: metav1.TypeMeta{APIVersion: "eventing.knative.dev/v1", Kind: "Trigger"},
		ObjectMeta: metav1.ObjectMeta{
			Name: "jobs-service-create-job-6b85b9bf7bd00fe9", Namespace: "brokers", Labels: labels,
			Annotations: map[string]string{"kafka.eventing.knative.dev/delivery.order": "ordered"},
		},
		Spec: eventing.TriggerSpec{
			Broker: "events",
			Filter: eventing.TriggerFilter{Attributes: map[string]string{"type": "job.create"}},
			Subscriber: duckv1.Destination{
				Ref: &duckv1.KReference{APIVersion: "v1", Kind: "Service", Namespace: "ns1", Name: "plat-jobs-service"},
				URI: &apis.URL{Path: "/v2/jobs/events"},
			},
		},
	}
	if diff := cmp.Diff(want, plan(t, compositiontest.Cluster{Old: true}, c).Objects[0].Object); diff != "" {
		t.Errorf("For(...): -want, +got:\n%s", diff)
	}
}

// TestTriggerNames holds that the names of Triggers differ for each platform and each
// Broker, that the keys differ for each Broker, and that both are legal for any legal name
// of a platform and a Broker.
func TestTriggerNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 253)
	legalKey := regexp.MustCompile(`^[a-z0-9-]+$`)
	platforms := []types.NamespacedName{
		{Namespace: "ns1", Name: "plat"},
		{Namespace: "ns2", Name: "plat"},
		{Namespace: "ns1", Name: "other"},
		{Namespace: "a", Name: "b-c"},
		{Namespace: "a-b", Name: "c"},
		{Namespace: long[:63], Name: long},
		{Namespace: "n", Name: "with.dots"},
	}
	brokers := []component.Broker{{Namespace: "ns1", Name: "default"}, {Namespace: "ns1", Name: "a.b"}, {Namespace: "ns2", Name: "default"}, {Namespace: long[:63], Name: long}}
	names := map[string]bool{}
	for _, p := range platforms {
		keys := map[string]bool{}
		for _, b := range brokers {
			for _, c := range []*component.Component{dataIndex(b), jobsService(b, nil)} {
				c.Namespace, c.Owner = p.Namespace, p.Name
				for _, o := range plan(t, compositiontest.Cluster{Old: true}, c).Objects {
					name := o.Object.GetName()
					if names[name] || keys[o.Key] {
						t.Errorf("%s, %s: two Triggers of %s have this name or key", name, o.Key, p)
					}
					names[name], keys[o.Key] = true, true
					if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
						t.Errorf("%s: %v", name, problems)
					}
					if !legalKey.MatchString(o.Key) {
						t.Errorf("key %q isn't made of [a-z0-9-]", o.Key)
					}
					subscription := strings.TrimSuffix(strings.TrimPrefix(o.Key, c.Key(component.ResourceTrigger)+"-"), "-"+b.Hash())
					if !strings.HasPrefix(name, c.Kind.Key+"-"+subscription+"-") {
						t.Errorf("%s doesn't tell that it is for %s of %s", name, subscription, c.Kind.Title)
					}
				}
			}
		}
	}
}

// TestOrder holds which Triggers ask for events in order, depending on their Broker.
func TestOrder(t *testing.T) {
	t.Parallel()
	kafka := compositiontest.Cluster{Required: map[string][]string{brokerQuery(here): {brokerIn(t, here, "KafkaNamespaced", compositiontest.Ready)}}}
	existing := observed(t, plan(t, kafka, both(here)...), compositiontest.Ready)
	unordered := observed(t, plan(t, withBroker(t, here, compositiontest.Ready), both(here)...), compositiontest.Ready)
	lost := map[string][]string{brokerQuery(here): nil}
	want := []string{"JobEvent", "ProcessDefinitionEvent", "job.create", "job.delete"}
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		want    []string
	}{
		"Kafka":         {reason: "A Kafka Broker can keep events in order, and some events need that.", cluster: kafka, want: want},
		"AnotherClass":  {reason: "To a Broker of another class the annotation would mean nothing.", cluster: withBroker(t, here, compositiontest.Ready)},
		"Unknown":       {reason: "A Broker that can't be looked up may be a Kafka Broker.", cluster: compositiontest.Cluster{Old: true}, want: want},
		"Lost":          {reason: "While the Broker isn't there, a Trigger keeps its order.", cluster: compositiontest.Cluster{Observed: existing, Required: lost}, want: want},
		"LostUnordered": {reason: "While the Broker isn't there, a Trigger without order gets none.", cluster: compositiontest.Cluster{Observed: unordered, Required: lost}},
		"KindUnknown":   {reason: "While Crossplane hasn't told about the kind of the Broker, a Trigger keeps its order.", cluster: compositiontest.Cluster{Observed: existing, Installed: map[string]bool{}}, want: want},
		"Replaced":      {reason: "A Trigger follows a Broker that was made again as a Kafka Broker.", cluster: compositiontest.Cluster{Observed: unordered, Required: kafka.Required}, want: want},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, o := range plan(t, tc.cluster, both(here)...).Objects {
				if trigger, ok := o.Object.(*eventing.Trigger); ok && isOrdered(trigger) {
					got = append(got, trigger.Spec.Filter.Attributes["type"])
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestAnotherBroker changes the Broker of a component that runs. No event may be lost, so
// the Triggers of the earlier Broker stay until the new ones are ready, and the component
// sends its own events there meanwhile.
func TestAnotherBroker(t *testing.T) {
	t.Parallel()
	earlier := jobsService(there, to(there))
	later := jobsService(here, to(here))
	before, after := connected(t, earlier), connected(t, later)
	oldKeys, newKeys := triggers(plan(t, before, earlier)), triggers(plan(t, after, later))
	unready := observed(t, plan(t, after, later), compositiontest.Unready)
	// among is a cluster that has what was composed for the earlier Broker, some Triggers of
	// the new one, and the new Broker.
	among := func(newTriggers map[string]string, newBroker compositiontest.State) compositiontest.Cluster {
		out := before
		out.Observed = maps.Clone(before.Observed)
		maps.Copy(out.Observed, newTriggers)
		out.Required = withBroker(t, here, newBroker).Required
		return out
	}
	some := func(from map[string]string, keys ...string) map[string]string {
		out := map[string]string{}
		for _, key := range keys {
			out[key] = from[key]
		}
		return out
	}
	allKeys := append(slices.Clone(newKeys), oldKeys...)
	// bound is a cluster with all new Triggers, the SinkBinding of the new Broker in a state,
	// and a Deployment.
	bound := func(deployment string, state compositiontest.State) compositiontest.Cluster {
		return changed(among(some(after.Observed, newKeys...), compositiontest.Ready), map[string]string{
			"jobs-service-sinkbinding": observed(t, plan(t, after, later), state)["jobs-service-sinkbinding"],
			"jobs-service-deployment":  deployment,
		})
	}
	elsewhere := strings.ReplaceAll(deployment(t, later, compositiontest.Ready), compositiontest.SinkURI, "http://elsewhere")
	rolling := strings.ReplaceAll(deployment(t, later, compositiontest.Ready), `"availableReplicas":1`, `"availableReplicas":0`)
	foreign := among(nil, compositiontest.Ready)
	foreign.Observed["jobs-service-trigger-create-job-0ddba11"] = foreign.Observed[oldKeys[0]]
	type want struct {
		Triggers []string
		// Sink is the Broker that the component sends events to.
		Sink string
	}
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		want    want
	}{
		"First":           {reason: "New Triggers are made beside those of the earlier Broker.", cluster: among(nil, compositiontest.Ready), want: want{Triggers: allKeys, Sink: there.Name}},
		"NewOnesUnready":  {reason: "Triggers that aren't ready don't take events yet.", cluster: among(some(unready, newKeys...), compositiontest.Ready), want: want{Triggers: allKeys, Sink: there.Name}},
		"OneReady":        {reason: "All new Triggers are needed.", cluster: among(some(after.Observed, newKeys[0]), compositiontest.Ready), want: want{Triggers: allKeys, Sink: there.Name}},
		"AllReady":        {reason: "When all new Triggers are ready, events are sent to the new Broker. Those of the earlier one stay while pods send there.", cluster: among(some(after.Observed, newKeys...), compositiontest.Ready), want: want{Triggers: allKeys, Sink: here.Name}},
		"Bound":           {reason: "Knative has resolved the new sink, but not yet told the Deployment.", cluster: bound(elsewhere, compositiontest.Ready), want: want{Triggers: allKeys, Sink: here.Name}},
		"Unbound":         {reason: "The Deployment has the new address, but Knative hasn't said that all is bound.", cluster: bound(deployment(t, later, compositiontest.Ready), compositiontest.Stale), want: want{Triggers: allKeys, Sink: here.Name}},
		"PodsRoll":        {reason: "Pods with the earlier address may still run.", cluster: bound(rolling, compositiontest.Ready), want: want{Triggers: allKeys, Sink: here.Name}},
		"Moved":           {reason: "When all pods send to the new Broker, the Triggers of the earlier one go.", cluster: bound(deployment(t, later, compositiontest.Ready), compositiontest.Ready), want: want{Triggers: newKeys, Sink: here.Name}},
		"PodsWithoutSink": {reason: "Pods that know no sink send nothing to the earlier Broker.", cluster: bound(deployment(t, later, compositiontest.Unbound), compositiontest.Ready), want: want{Triggers: newKeys, Sink: here.Name}},
		"BrokerUnready":   {reason: "While the new Broker isn't ready, everything stays as it was.", cluster: among(nil, compositiontest.Unready), want: want{Triggers: oldKeys, Sink: there.Name}},
		"BrokerLost":      {reason: "New Triggers that exist stay when the new Broker isn't ready any more.", cluster: among(some(unready, newKeys[1]), compositiontest.Unready), want: want{Triggers: append(newKeys[1:2:2], oldKeys...), Sink: there.Name}},
		"ReadyAndUnready": {reason: "The Triggers decide where events are sent, not the Broker.", cluster: among(some(after.Observed, newKeys...), compositiontest.Unready), want: want{Triggers: allKeys, Sink: here.Name}},
		"OneLeft":         {reason: "Triggers that are gone already aren't made again.", cluster: changed(among(nil, compositiontest.Ready), nil, oldKeys[0]), want: want{Triggers: append(slices.Clone(newKeys), oldKeys[1]), Sink: there.Name}},
		"NoneLeft":        {reason: "Without Triggers of the earlier Broker nothing is kept of it.", cluster: changed(among(nil, compositiontest.Ready), nil, oldKeys...), want: want{Triggers: newKeys, Sink: here.Name}},
		"NoBindingYet":    {reason: "A SinkBinding that doesn't exist yet is made for the new Broker.", cluster: changed(among(nil, compositiontest.Ready), nil, "jobs-service-sinkbinding"), want: want{Triggers: allKeys, Sink: here.Name}},
		"ForeignKey":      {reason: "A Trigger whose key doesn't belong to its Broker isn't an earlier one.", cluster: foreign, want: want{Triggers: allKeys, Sink: there.Name}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, tc.cluster, later)
			if diff := cmp.Diff(tc.want, want{Triggers: triggers(p), Sink: sinkBinding(p).Spec.Sink.Ref.Name}); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestAnotherBrokerKeepsOrder holds that the Triggers of an earlier Broker stay as they
// are, with or without order.
func TestAnotherBrokerKeepsOrder(t *testing.T) {
	t.Parallel()
	earlier, later := jobsService(there, to(there)), jobsService(here, to(here))
	cases := map[string]struct {
		reason string
		class  string
	}{
		"Ordered":   {reason: "A Trigger of a Kafka Broker keeps its order.", class: "Kafka"},
		"Unordered": {reason: "A Trigger of another Broker gets no order.", class: "MTChannelBasedBroker"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := plan(t, compositiontest.Cluster{Required: map[string][]string{brokerQuery(there): {brokerIn(t, there, tc.class, compositiontest.Ready)}}}, earlier)
			cluster := withBroker(t, here, compositiontest.Unready)
			cluster.Observed = observed(t, before, compositiontest.Ready)
			after := plan(t, cluster, later)
			for i, o := range after.Objects {
				if _, ok := o.Object.(*eventing.Trigger); !ok {
					continue
				}
				if diff := cmp.Diff(before.Objects[i].Object, o.Object); diff != "" {
					t.Errorf("%s\nFor(...): -before, +after:\n%s", tc.reason, diff)
				}
			}
			if diff := cmp.Diff(triggers(before), triggers(after)); diff != "" {
				t.Errorf("%s\nFor(...): -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}
