// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// TestCondition holds what a user reads about events, and what is composed meanwhile.
func TestCondition(t *testing.T) {
	t.Parallel()
	const (
		notInstalled = "Knative Eventing isn't installed: the cluster doesn't know Trigger, SinkBinding, Broker; install it (https://knative.dev/docs/install/)," +
			" or remove eventing, source and sink from the spec; for an offline render, give --required-schemas"
		users   = ", which Data Index and Jobs Service should use: "
		absent  = "Broker default in namespace ns1 doesn't exist" + users + "create it, or name another"
		waiting = "Waiting until Knative writes K_SINK into Deployment plat-jobs-service"
	)
	condition := func(reason, message string) composition.Condition {
		c := composition.Condition{Type: v1alpha08.ConditionEventingReady, Status: metav1.ConditionFalse, Reason: reason, Message: message}
		switch reason {
		case v1alpha08.ReasonConnected:
			c.Status = metav1.ConditionTrue
		case v1alpha08.ReasonKnativeNotInstalled, v1alpha08.ReasonBrokerNotFound, v1alpha08.ReasonBrokerNotReady, v1alpha08.ReasonSinkNotFound:
			c.Alarm = true
		}
		return c
	}
	components := both(here)
	all := connected(t, components...)
	keys := triggers(plan(t, all, components...))
	unready := observed(t, plan(t, all, components...), compositiontest.Unready)
	stale := observed(t, plan(t, all, components...), compositiontest.Stale)
	first := map[string]string{keys[0]: unready[keys[0]]}
	none := map[string]bool{"knative-broker": false, "knative-trigger": false, "knative-sinkbinding": false}
	lost, gone, unknown, oneKind := all, all, all, all
	lost.Required = map[string][]string{brokerQuery(here): nil}
	gone.Installed = none
	unknown.Required, unknown.Old = nil, true
	oneKind.Installed = map[string]bool{"knative-broker": true, "knative-trigger": true, "knative-sinkbinding": false}
	elsewhere := []*component.Component{dataIndex(there), jobsService(here, to(here))}
	several := connected(t, elsewhere...)
	severalKeys := triggers(plan(t, several, elsewhere...))
	absentAndUnready, unreadyAndAbsent := several, several
	absentAndUnready.Required = map[string][]string{brokerQuery(there): nil, brokerQuery(here): withBroker(t, here, compositiontest.Unready).Required[brokerQuery(here)]}
	unreadyAndAbsent.Required = map[string][]string{brokerQuery(there): withBroker(t, there, compositiontest.Unready).Required[brokerQuery(there)], brokerQuery(here): nil}

	type want struct {
		Condition composition.Condition
		// Composed tells how many objects of each kind should exist.
		Composed map[string]int
	}
	everything := map[string]int{kindTrigger: 9, kindSinkBinding: 1}
	binding := map[string]int{kindSinkBinding: 1}
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		// components are those of a platform with one Broker unless they are given.
		components []*component.Component
		want       want
	}{
		"NotInstalled":      {reason: "Objects of kinds that aren't installed can't be composed.", cluster: compositiontest.Cluster{Installed: none}, want: want{condition(v1alpha08.ReasonKnativeNotInstalled, notInstalled), map[string]int{}}},
		"NoLongerInstalled": {reason: "Objects that exist aren't given up for what one answer says.", cluster: gone, want: want{condition(v1alpha08.ReasonKnativeNotInstalled, notInstalled), everything}},
		"OneKindMissing": {
			reason: "The message names the kinds that are missing, and no other kind.", cluster: oneKind,
			want: want{condition(v1alpha08.ReasonKnativeNotInstalled, "Knative Eventing isn't installed: the cluster doesn't know SinkBinding; install it (https://knative.dev/docs/install/),"+
				" or remove eventing, source and sink from the spec; for an offline render, give --required-schemas"), everything},
		},
		"NotAskedYet":    {reason: "Nothing is made before Crossplane has answered.", cluster: compositiontest.Cluster{Installed: map[string]bool{}}, want: want{condition(v1alpha08.ReasonInProgress, "Looking for Broker default in namespace ns1; "+waiting), map[string]int{}}},
		"BrokerPending":  {reason: "Triggers wait until Crossplane has looked for their Broker.", cluster: compositiontest.Cluster{}, want: want{condition(v1alpha08.ReasonInProgress, "Looking for Broker default in namespace ns1; SinkBinding plat-jobs-service-sb: Not created yet; "+waiting), binding}},
		"BrokerMissing":  {reason: "Triggers wait for their Broker; the SinkBinding doesn't wait, because Knative tells how the SinkBinding does.", cluster: compositiontest.Cluster{Required: lost.Required}, want: want{condition(v1alpha08.ReasonBrokerNotFound, absent), binding}},
		"BrokerLost":     {reason: "Triggers that exist stay when their Broker goes.", cluster: lost, want: want{condition(v1alpha08.ReasonBrokerNotFound, absent), everything}},
		"BrokerNotReady": {reason: "The Broker's own words tell what is wrong with the Broker.", cluster: withBroker(t, here, compositiontest.Unready), want: want{condition(v1alpha08.ReasonBrokerNotReady, "Broker default in namespace ns1 isn't ready"+users+"not yet"), binding}},
		"BrokerStale":    {reason: "A Broker that Knative hasn't seen isn't ready.", cluster: withBroker(t, here, compositiontest.Stale), want: want{condition(v1alpha08.ReasonBrokerNotReady, "Broker default in namespace ns1 isn't ready"+users+"Knative hasn't seen it yet"), binding}},
		"BrokersDiffer": {
			reason: "Of two Brokers the reason is that of the one that doesn't exist; the message is about both.", cluster: absentAndUnready, components: elsewhere,
			want: want{condition(v1alpha08.ReasonBrokerNotFound, "Broker events in namespace brokers doesn't exist, which Data Index should use: create it, or name another; "+
				"Broker default in namespace ns1 isn't ready, which Jobs Service should use: not yet"), everything},
		},
		"BrokersDifferTheOtherWay": {
			reason: "The reason doesn't depend on the order of the Brokers.", cluster: unreadyAndAbsent, components: elsewhere,
			want: want{condition(v1alpha08.ReasonBrokerNotFound, "Broker events in namespace brokers isn't ready, which Data Index should use: not yet; "+
				"Broker default in namespace ns1 doesn't exist, which Jobs Service should use: create it, or name another"), everything},
		},
		"Connected":       {reason: "When everything is ready and the sink is known, events travel.", cluster: all, want: want{condition(v1alpha08.ReasonConnected, ""), everything}},
		"BrokersUnknown":  {reason: "Where Brokers can't be looked up, it is enough that Knative calls the Triggers ready.", cluster: unknown, want: want{condition(v1alpha08.ReasonConnected, ""), everything}},
		"NoSink":          {reason: "The message names a Deployment that doesn't know its sink.", cluster: changed(all, map[string]string{"jobs-service-deployment": deployment(t, components[1], compositiontest.Unready)}), want: want{condition(v1alpha08.ReasonInProgress, waiting), everything}},
		"TriggerNotReady": {reason: "The message has the own words of one Trigger that isn't ready.", cluster: changed(all, first), want: want{condition(v1alpha08.ReasonInProgress, "Trigger data-index-process-error-7fe3df4be30036ea: not yet"), everything}},
		"TriggerStale":    {reason: "A Trigger that Knative hasn't seen isn't ready.", cluster: changed(all, map[string]string{keys[0]: stale[keys[0]]}), want: want{condition(v1alpha08.ReasonInProgress, "Trigger data-index-process-error-7fe3df4be30036ea: Knative hasn't seen it yet"), everything}},
		"NoTriggers":      {reason: "Of several Triggers the message tells the namespace alone, so that it doesn't change with each of them.", cluster: changed(all, nil, keys...), want: want{condition(v1alpha08.ReasonInProgress, "Waiting for Triggers in namespace ns1"), everything}},
		"NoTriggersInTwo": {reason: "The message tells all namespaces of Triggers that aren't ready.", cluster: changed(several, nil, severalKeys...), components: elsewhere, want: want{condition(v1alpha08.ReasonInProgress, "Waiting for Triggers in namespace brokers and ns1"), everything}},
		"NoBinding":       {reason: "The message names a SinkBinding that is being made.", cluster: changed(all, nil, "jobs-service-sinkbinding"), want: want{condition(v1alpha08.ReasonInProgress, "SinkBinding plat-jobs-service-sb: Not created yet"), everything}},
		"SeveralReasons":  {reason: "The message names all that isn't ready: Triggers, then the SinkBinding, then the Deployment.", cluster: changed(all, unready, "jobs-service-deployment"), want: want{condition(v1alpha08.ReasonInProgress, "Waiting for Triggers in namespace ns1; SinkBinding plat-jobs-service-sb: not yet; "+waiting), everything}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.components == nil {
				tc.components = components
			}
			p := plan(t, tc.cluster, tc.components...)
			got := want{p.Condition, map[string]int{}}
			for _, o := range p.Objects {
				got.Composed[o.Object.GetObjectKind().GroupVersionKind().Kind]++
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSinkNotFound holds what a user reads about a sink that isn't a Broker, and that
// Knative finds no address of. Brokers are looked at themselves.
func TestSinkNotFound(t *testing.T) {
	t.Parallel()
	const (
		lost    = "Addressable could not be extracted from destination"
		waiting = "Waiting until Knative writes K_SINK into Deployment plat-jobs-service"
	)
	service := &duckv1.Destination{Ref: &duckv1.KReference{APIVersion: "v1", Kind: "Service", Namespace: "ns2", Name: "events"}}
	address := &duckv1.Destination{URI: &apis.URL{Scheme: "https", Host: "events.example.com", Path: "/in"}}
	// ready is the condition Ready of the SinkBinding.
	ready := func(status metav1.ConditionStatus, reason, message string) map[string]any {
		return map[string]any{"type": "Ready", "status": string(status), "reason": reason, "message": message}
	}
	condition := func(reason, message string) composition.Condition {
		return composition.Condition{
			Type: v1alpha08.ConditionEventingReady, Status: metav1.ConditionFalse, Reason: reason, Message: message, Alarm: reason != v1alpha08.ReasonInProgress,
		}
	}
	progress := func(message string) composition.Condition {
		return condition(v1alpha08.ReasonInProgress, "SinkBinding plat-jobs-service-sb: "+message+"; "+waiting)
	}
	cases := map[string]struct {
		reason  string
		sink    *duckv1.Destination
		binding map[string]any
		// withoutBroker is a cluster that doesn't have the component's Broker.
		withoutBroker bool
		want          composition.Condition
	}{
		"Object": {
			reason: "A person has to mend a sink that isn't there; the message names the sink, and what Knative says.",
			sink:   service, binding: ready(metav1.ConditionFalse, "NoAddressable", lost),
			want: condition(v1alpha08.ReasonSinkNotFound, "Service events in namespace ns2 takes no events: "+lost+"; create it, or name another sink"),
		},
		"Address": {
			reason: "An address is named as it is written.",
			sink:   address, binding: ready(metav1.ConditionFalse, "", lost),
			want: condition(v1alpha08.ReasonSinkNotFound, "The sink https://events.example.com/in takes no events: "+lost+"; create it, or name another sink"),
		},
		"NotKnownYet": {
			reason: "While Knative is still looking, nothing is wrong.",
			sink:   service, binding: ready(metav1.ConditionUnknown, "", "still looking"),
			want: progress("still looking"),
		},
		"DeploymentMissing": {
			reason: "A SinkBinding isn't ready either while its Deployment isn't there, which a migration may hold back: the sink is none of that.",
			sink:   service, binding: ready(metav1.ConditionFalse, "SubjectMissing", "deployment not found"),
			want: progress("deployment not found"),
		},
		"BindingFailed": {
			reason: "Nor is the sink to blame when Knative can't write into the Deployment.",
			sink:   service, binding: ready(metav1.ConditionFalse, "BindingFailed", "conflict"),
			want: progress("conflict"),
		},
		"Broker": {
			reason: "A Broker that is a sink is looked up itself, so that the SinkBinding needn't tell about it.",
			sink:   to(here), binding: ready(metav1.ConditionFalse, "NoAddressable", lost),
			want: progress(lost),
		},
		"BrokerMissing": {
			reason: "A Broker that a component takes events from comes before a sink.",
			sink:   service, binding: ready(metav1.ConditionFalse, "NoAddressable", lost), withoutBroker: true,
			want: condition(v1alpha08.ReasonBrokerNotFound, "Broker default in namespace ns1 doesn't exist, which Jobs Service should use: create it, or name another"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := jobsService(here, tc.sink)
			cluster := connected(t, c)
			if tc.withoutBroker {
				cluster.Required = map[string][]string{brokerQuery(here): nil}
			}
			binding := compositiontest.Observe(t, sinkBinding(plan(t, cluster, c)), compositiontest.Stale)
			binding["status"] = map[string]any{"observedGeneration": 2, "conditions": []any{tc.binding}}
			cluster = changed(cluster, map[string]string{
				"jobs-service-sinkbinding": compositiontest.Text(t, binding),
				"jobs-service-deployment":  deployment(t, c, compositiontest.Unbound),
			})
			if diff := cmp.Diff(tc.want, plan(t, cluster, c).Condition); diff != "" {
				t.Errorf("%s\nFor(...): -want condition, +got condition:\n%s", tc.reason, diff)
			}
		})
	}
}
