// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Cluster is what the cluster platform offers to a platform.
type Cluster struct {
	// Ref is who offers it.
	Ref v1alpha08.SonataFlowClusterPlatformRefStatus
	// Requirement asks for the platform behind it.
	Requirement composition.Requirement
	// State tells whether that is known.
	State composition.State
	// Usable tells whether it can be used: the platform behind it is ready, or was when
	// this one began to use it.
	Usable bool
	// Spec is its spec, when it was found.
	Spec v1alpha08.SonataFlowPlatformSpec
}

// lookUpCluster finds the active cluster platform, and the platform behind it. It goes
// no further: whatever that one refers to, or uses, is its own affair. What the cluster
// platform says of itself isn't looked at, because it may not have seen its latest
// change yet. It is nil when there is no cluster platform.
func lookUpCluster(req *composition.Request, doc *document) *Cluster {
	active := clusterplatform.Active(req.Answer(clusterplatform.AllRequirement()).Objects)
	if active == nil {
		return nil
	}
	c := &Cluster{
		Ref:         v1alpha08.SonataFlowClusterPlatformRefStatus{Name: active.Name, PlatformRef: active.Spec.PlatformRef},
		Requirement: clusterplatform.PlatformRequirement(active.Spec.PlatformRef),
	}
	answer := req.Answer(c.Requirement)
	if c.isSelf(doc) {
		answer = composition.Answer{State: composition.StateFound, Objects: []*unstructured.Unstructured{req.Composite}}
	}
	c.State = answer.State
	if answer.State != composition.StateFound {
		return c
	}
	// What is unready for a while must not change the configuration of everybody.
	used := doc.status.ClusterPlatformRef
	c.Usable = clusterplatform.Succeeded(answer.Objects[0]) || used != nil && used.Name == c.Ref.Name && used.PlatformRef == c.Ref.PlatformRef
	if !c.Usable {
		return c
	}
	if raw, ok := answer.Objects[0].Object["spec"].(map[string]any); ok {
		if err := decode(raw, &c.Spec); err != nil {
			return c // It makes no sense to its own composer either, which says so.
		}
	}
	if slices.Contains(clusterplatform.Capabilities(active.Spec), v1alpha08.WorkFlowCapabilityServices) && doc.spec.Services == nil {
		c.Ref.Services = c.services(req.Input.Compatibility)
	}
	return c
}

// services are those that the platform behind the cluster platform has enabled.
func (c *Cluster) services(compatibility v1beta1.Compatibility) *v1alpha08.ClusterServicesStatus {
	offered := c.Spec.Services
	if offered == nil {
		return nil
	}
	ref := func(k service.Kind) *v1alpha08.ClusterServiceRefStatus {
		return &v1alpha08.ClusterServiceRefStatus{URL: service.URL(k.Name(c.Ref.PlatformRef.Name), c.Ref.PlatformRef.Namespace)}
	}
	out := &v1alpha08.ClusterServicesStatus{}
	if offered.DataIndex != nil && enabled(offered.DataIndex.Enabled, compatibility) {
		out.DataIndexRef = ref(service.DataIndex)
	}
	if offered.JobService != nil && enabled(offered.JobService.Enabled, compatibility) {
		out.JobServiceRef = ref(service.JobsService)
	}
	if out.DataIndexRef == nil && out.JobServiceRef == nil {
		return nil
	}
	return out
}

// enabled tells whether others are wired to a service. Documentation and operator
// disagree about one that doesn't say.
func enabled(given *bool, compatibility v1beta1.Compatibility) bool {
	return ptr.Deref(given, compatibility == v1beta1.CompatibilityOperator)
}

// lend gives a platform the Broker of the platform behind the cluster platform, for
// those services that have none: the documentation says so, the operator doesn't do
// it.
func (c *Cluster) lend(doc *document, compatibility v1beta1.Compatibility) {
	if !c.lends(doc, compatibility) {
		return
	}
	broker := c.broker()
	if broker != nil && doc.namespaced && broker.Ref.Namespace != doc.Namespace {
		return // It could have no Triggers there.
	}
	doc.lent = broker
}

// lends tells whether a platform may borrow. The one behind the cluster platform has
// its Broker already.
func (c *Cluster) lends(doc *document, compatibility v1beta1.Compatibility) bool {
	return c != nil && compatibility != v1beta1.CompatibilityOperator && !c.isSelf(doc) && doc.borrows()
}

// isSelf tells whether a platform is the one behind the cluster platform. It needn't be
// looked up.
func (c *Cluster) isSelf(doc *document) bool {
	return c.Ref.PlatformRef == v1alpha08.SonataFlowPlatformRef{Namespace: doc.Namespace, Name: doc.Name}
}

// broker is the Broker of the platform behind the cluster platform, as seen from
// another namespace, or nil.
func (c *Cluster) broker() *v1alpha08.Destination {
	if c.Spec.Eventing == nil || c.Spec.Eventing.Broker == nil || c.Spec.Eventing.Broker.Ref == nil {
		return nil
	}
	out := c.Spec.Eventing.Broker.DeepCopy()
	if out.Ref.Namespace == "" {
		out.Ref.Namespace = c.Ref.PlatformRef.Namespace
	}
	return out
}

// readStatus reads what a composite said of itself when it was last composed.
func readStatus(composite *unstructured.Unstructured) v1alpha08.SonataFlowPlatformStatus {
	out := &struct {
		Status v1alpha08.SonataFlowPlatformStatus `json:"status"`
	}{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(map[string]any{"status": composite.Object["status"]}, out); err != nil {
		return v1alpha08.SonataFlowPlatformStatus{} // It isn't ours.
	}
	return out.Status
}
