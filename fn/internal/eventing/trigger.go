// SPDX-License-Identifier: Apache-2.0

package eventing

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
)

// A Subscription is a kind of events that a service takes.
type Subscription struct {
	// Name tells the subscriptions of a service apart. It is part of keys and names, so
	// it must never change.
	Name string
	// Type is the events' CloudEvents attribute of that name.
	Type string
	// Path of the service that takes them.
	Path string
	// Ordered events make no sense in another order.
	Ordered bool
}

// DataIndex lists what a Data Index takes, in the operator's order.
func DataIndex() []Subscription {
	const processes, definitions, jobs = "/processes", "/definitions", "/jobs"
	return []Subscription{
		{Name: "process-error", Type: "ProcessInstanceErrorDataEvent", Path: processes},
		{Name: "process-node", Type: "ProcessInstanceNodeDataEvent", Path: processes},
		{Name: "process-state", Type: "ProcessInstanceStateDataEvent", Path: processes},
		{Name: "process-variable", Type: "ProcessInstanceVariableDataEvent", Path: processes},
		{Name: "process-definition", Type: "ProcessDefinitionEvent", Path: definitions, Ordered: true},
		{Name: "process-instance-multiple", Type: "MultipleProcessInstanceDataEvent", Path: processes},
		{Name: "jobs", Type: "JobEvent", Path: jobs, Ordered: true},
	}
}

// JobsService lists what a Jobs Service takes.
func JobsService() []Subscription {
	const events = "/v2/jobs/events"
	return []Subscription{
		{Name: "create-job", Type: "job.create", Path: events, Ordered: true},
		{Name: "delete-job", Type: "job.delete", Path: events, Ordered: true},
	}
}

// TriggerName is the name of the Trigger with which a platform's service takes events
// from a Broker. It differs for each platform, because Triggers live where their
// Broker does, and for each Broker, because a platform that changes its Broker has
// Triggers of both for a while. It has at most 63 characters.
func (s Subscription) TriggerName(service string, platform types.NamespacedName, from Broker) string {
	const digits = 16
	return service + "-" + s.Name + "-" + hash(platform.Namespace, platform.Name, from.Namespace, from.Name)[:digits]
}

// NewTrigger returns a Trigger that hands the events of a subscription to a Kubernetes
// Service. The Trigger's name and labels are given; its namespace is the Broker's.
func NewTrigger(s Subscription, from Broker, to types.NamespacedName, meta metav1.ObjectMeta, inOrder bool) *Trigger {
	meta.Namespace = from.Namespace
	if s.Ordered && inOrder {
		meta.Annotations = map[string]string{annotationOrder: ordered}
	}
	return &Trigger{
		TypeMeta:   metav1.TypeMeta{APIVersion: APIVersion, Kind: KindTrigger},
		ObjectMeta: meta,
		Spec: TriggerSpec{
			Broker: from.Name,
			Filter: TriggerFilter{Attributes: map[string]string{"type": s.Type}},
			Subscriber: duckv1.Destination{
				Ref: &duckv1.KReference{APIVersion: "v1", Kind: "Service", Namespace: to.Namespace, Name: to.Name},
				URI: &apis.URL{Path: s.Path},
			},
		},
	}
}
