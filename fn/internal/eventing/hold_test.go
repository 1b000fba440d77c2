// SPDX-License-Identifier: Apache-2.0

package eventing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
)

// TestHold holds what a component with a sink may do once its Deployment exists, depending
// on whether the pods of the Deployment know the sink.
func TestHold(t *testing.T) {
	t.Parallel()
	c := jobsService(here, to(here))
	const bound = `template: {spec: {containers: [{name: sidecar}, {name: jobs-service, env: [{name: A, value: a}, {name: K_SINK, value: "http://sink"}]}]}}`
	runs := component.Hold{WithoutSink: true}
	object := func(metadata, spec, status string) string {
		return `{apiVersion: apps/v1, kind: Deployment, metadata: {` + metadata + `}, spec: {` + spec + `}, status: {` + status + `}}`
	}
	const available, changed = `availableReplicas: 1`, `generation: 2, annotations: {deployment.kubernetes.io/revision: "1"}`
	cases := map[string]struct {
		reason     string
		deployment string
		want       component.Hold
	}{
		"Zero":             {reason: "Without replicas no pod runs, so the component waits.", deployment: object(``, `replicas: 0`, ``), want: waits()},
		"New":              {reason: "Pods that were never available have done no work yet, so the component waits.", deployment: object(``, `replicas: 1`, `replicas: 1`), want: waits()},
		"Unchanged":        {reason: "A Deployment that has never changed tells nothing of pods that ran.", deployment: object(`generation: 1, annotations: {deployment.kubernetes.io/revision: "1"}`, `replicas: 1`, ``), want: waits()},
		"Defaulted":        {reason: "A Deployment without a number of replicas has a pod, which goes on without the sink.", deployment: object(``, ``, available), want: runs},
		"Running":          {reason: "Pods without the variable go on without the sink.", deployment: object(``, `replicas: 1`, available), want: runs},
		"Replaced":         {reason: "When Knative takes the sink out of the only pod, that pod is replaced, and must not be stopped. The revision is counted when the pod is gone.", deployment: object(changed, `replicas: 1`, ``), want: runs},
		"ZeroAgain":        {reason: "A Deployment that ran and has no replicas waits.", deployment: object(changed, `replicas: 0`, ``), want: waits()},
		"AnotherContainer": {reason: "The variable of another container is of no use to the component.", deployment: object(``, `replicas: 1, template: {spec: {containers: [{name: sidecar, env: [{name: K_SINK, value: s}]}]}}`, available), want: runs},
		"Bound":            {reason: "Pods with the variable know the sink.", deployment: object(``, `replicas: 1, `+bound, available), want: component.Hold{}},
		"BoundByKnative":   {reason: "Knative writes the variable into each container.", deployment: deployment(t, c, compositiontest.Ready), want: component.Hold{}},
		"BoundAndNew":      {reason: "Pods that don't run yet will know the sink, too.", deployment: object(``, `replicas: 1, `+bound, ``), want: component.Hold{}},
		"BoundAndZero":     {reason: "A Deployment without pods that knows the sink gets its pods.", deployment: object(``, `replicas: 0, `+bound, ``), want: component.Hold{}},
		"Unreadable":       {reason: "A Deployment that can't be read isn't stopped.", deployment: object(``, `replicas: many`, ``), want: runs},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := compositiontest.Cluster{Old: true, Observed: map[string]string{"jobs-service-deployment": tc.deployment}}
			if diff := cmp.Diff(tc.want, plan(t, cluster, c).Hold(c)); diff != "" {
				t.Errorf("%s\nHold(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestFirst holds when the Deployment of a component with a sink is made, and whether with
// pods.
func TestFirst(t *testing.T) {
	t.Parallel()
	later := component.Hold{
		Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForSink,
		Message: "Deployment plat-jobs-service is made once Knative has taken up SinkBinding plat-jobs-service-sb: see the condition " + v1alpha08.ConditionEventingReady,
	}
	address := &duckv1.Destination{URI: &apis.URL{Scheme: "https", Host: "events.example.com"}}
	ref := func(apiVersion, kind string) *duckv1.Destination {
		return &duckv1.Destination{Ref: &duckv1.KReference{APIVersion: apiVersion, Kind: kind, Namespace: "ns1", Name: "receiver"}}
	}
	brokerIs := func(state compositiontest.State) map[string][]string { return withBroker(t, here, state).Required }
	const (
		fresh     = `{kind: SinkBinding, metadata: {name: plat-jobs-service-sb}}`
		noSubject = `{kind: SinkBinding, metadata: {name: plat-jobs-service-sb}, status: {conditions: [{type: Ready, status: "False", reason: SubjectMissing}]}}`
		bound     = `{kind: SinkBinding, metadata: {name: plat-jobs-service-sb}, status: {conditions: [{type: Ready, status: "True"}]}}`
		unknown   = `{kind: SinkBinding, metadata: {name: plat-jobs-service-sb}, status: {conditions: [{type: Ready, status: Unknown}]}}`
	)
	service := map[string][]string{"sink-ns1/receiver": {`{apiVersion: v1, kind: Service, metadata: {namespace: ns1, name: receiver}}`}}
	cases := map[string]struct {
		reason   string
		sink     *duckv1.Destination
		required map[string][]string
		binding  string
		old      bool
		want     component.Hold
	}{
		"Nothing":        {reason: "The SinkBinding comes first.", sink: to(here), required: brokerIs(compositiontest.Ready), want: later},
		"NotTakenUp":     {reason: "Before Knative has looked at the SinkBinding, the webhook doesn't know it.", sink: to(here), required: brokerIs(compositiontest.Ready), binding: fresh, want: later},
		"TakenUp":        {reason: "Knative has looked at the SinkBinding, and misses its Deployment.", sink: to(here), required: brokerIs(compositiontest.Ready), binding: noSubject, want: component.Hold{}},
		"Bound":          {reason: "A SinkBinding that was ready before is known to the webhook.", sink: to(here), required: brokerIs(compositiontest.Ready), binding: bound, want: component.Hold{}},
		"Undecided":      {reason: "Where Knative's controller can't decide, the Deployment begins without pods.", sink: to(here), required: brokerIs(compositiontest.Ready), binding: unknown, want: waits()},
		"BrokerUnready":  {reason: "The webhook writes no sink that has no address, so there are no pods before.", sink: to(here), required: brokerIs(compositiontest.Unready), binding: noSubject, want: waits()},
		"BrokerMissing":  {reason: "The same goes for a Broker that doesn't exist.", sink: to(here), required: map[string][]string{brokerQuery(here): nil}, binding: noSubject, want: waits()},
		"NoLookups":      {reason: "Where Brokers can't be looked up, the Deployment begins without pods.", sink: to(here), old: true, binding: noSubject, want: waits()},
		"Address":        {reason: "An address is there.", sink: address, binding: noSubject, want: component.Hold{}},
		"AddressFirst":   {reason: "Also for an address, the SinkBinding comes first.", sink: address, want: later},
		"Service":        {reason: "A Service that exists has an address.", sink: ref("v1", "Service"), required: service, binding: noSubject, want: component.Hold{}},
		"ServiceMissing": {reason: "A Service that doesn't exist has no address.", sink: ref("v1", "Service"), required: map[string][]string{"sink-ns1/receiver": nil}, binding: noSubject, want: waits()},
		"KnativeService": {reason: "Other kinds aren't looked up, so the Deployment begins without pods.", sink: ref("serving.knative.dev/v1", "Service"), binding: noSubject, want: waits()},
		"Channel":        {reason: "Other kinds aren't looked up, so the Deployment begins without pods.", sink: ref("messaging.knative.dev/v1", "Channel"), binding: noSubject, want: waits()},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := jobsService(here, tc.sink)
			c.Subscriptions = nil
			cluster := compositiontest.Cluster{Old: tc.old, Required: tc.required, Observed: map[string]string{}}
			if tc.binding != "" {
				cluster.Observed["jobs-service-sinkbinding"] = tc.binding
			}
			if diff := cmp.Diff(tc.want, plan(t, cluster, c).Hold(c)); diff != "" {
				t.Errorf("%s\nHold(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// waits is what a component does that has no pods before it knows its sink.
func waits() component.Hold {
	return component.Hold{
		Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForSink,
		Message: "Deployment plat-jobs-service has no pods until Knative has told it where to send events: see the condition " + v1alpha08.ConditionEventingReady,
	}
}

// TestHoldWithoutSink holds that a component without sink isn't held back.
func TestHoldWithoutSink(t *testing.T) {
	t.Parallel()
	components := both(here)
	p := plan(t, compositiontest.Cluster{Old: true}, components...)
	if diff := cmp.Diff(component.Hold{}, p.Hold(components[0])); diff != "" {
		t.Errorf("Hold(...): -want, +got:\n%s", diff)
	}
}
