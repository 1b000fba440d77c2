// SPDX-License-Identifier: Apache-2.0

package sharing

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Platform is what this package has to know of the platform that is composed for, or of
// the one that a workflow belongs to.
type Platform struct {
	types.NamespacedName

	// Composite is the platform's, where that isn't the one that is composed for.
	Composite *unstructured.Unstructured

	// Namespaced is a composite that lives in a namespace itself. All that it composes must
	// be in the same one.
	Namespaced bool
	// NamesServices tells whether the spec names services, even none. Such a platform uses
	// no services of a cluster platform.
	NamesServices bool
	// Used is the cluster platform that was used when the composite was last composed, or nil.
	Used *v1alpha08.SonataFlowClusterPlatformRefStatus
	// AnyBroker tells that the Broker is offered with each value of compatibility, and from any
	// namespace: documentation and operator agree about workflows.
	AnyBroker bool
}

// An Offer is what the active cluster platform offers to a platform.
type Offer struct {
	// Ref is the cluster platform and the services that it offers; nil when none can be used.
	Ref *v1alpha08.SonataFlowClusterPlatformRefStatus
	// Broker is the one of the platform behind the cluster platform, for components that have
	// none; nil when there is none.
	Broker *v1alpha08.Destination
	// BrokerPending tells that Crossplane wasn't asked yet for the platform that may have such
	// a Broker.
	BrokerPending bool
	// Problem says why it can't be told any more what is offered, though it was used; empty when it
	// can.
	Problem string
}

// LookForOffer finds the active cluster platform, and the platform behind it. It goes no
// further: what that platform refers to or uses itself isn't offered. What the cluster
// platform says of itself isn't looked at, because it may not have seen its latest change
// yet.
func LookForOffer(req *composition.Request, self Platform, compatibility v1beta1.Compatibility) Offer {
	cluster := active(LookForClusterPlatforms(req))
	if cluster == nil {
		return Offer{}
	}
	ref := cluster.Spec.PlatformRef
	isSelf := ref == v1alpha08.SonataFlowPlatformRef{Namespace: self.Namespace, Name: self.Name}
	behind := composition.Answer{State: composition.StateFound, Objects: []*unstructured.Unstructured{cmp.Or(self.Composite, req.Composite)}}
	if !isSelf {
		behind = LookForPlatform(req, ref)
	}
	// The documentation promises services the Broker, the operator doesn't offer it to them.
	// The platform behind the cluster platform has it already.
	brokers := (self.AnyBroker || compatibility != v1beta1.CompatibilityOperator) && !isSelf
	if behind.State != composition.StateFound {
		return Offer{BrokerPending: brokers && behind.State == composition.StatePending}
	}
	// A platform that is unready for a while must not change the configuration of all others.
	used := self.Used != nil && self.Used.Name == cluster.Name && self.Used.PlatformRef == ref
	if !used && Succeed(behind.First()) != metav1.ConditionTrue {
		return Offer{}
	}
	offer := Offer{Ref: &v1alpha08.SonataFlowClusterPlatformRefStatus{Name: cluster.Name, PlatformRef: ref}}
	services := slices.Contains(cluster.Capabilities(), v1alpha08.WorkFlowCapabilityServices) && !self.NamesServices
	spec := v1alpha08.SonataFlowPlatformSpec{}
	problem := specOf(behind.First(), &spec)
	if problem != "" && used && !isSelf && (services || brokers) {
		offer.Problem = fmt.Sprintf("Platform %s of namespace %s, which cluster platform %s shares, is invalid, so that all that uses it stays as it is until the platform is mended: %s", ref.Name, ref.Namespace, cluster.Name, problem)
		return offer
	}
	if services {
		offer.Ref.Services = Services(spec.Services, ref, compatibility)
	}
	if brokers {
		offer.Broker = brokerOf(spec.Eventing, ref, self)
	}
	return offer
}

// Services are those that a platform has enabled, and where they are; nil when there are none.
func Services(s *v1alpha08.ServicesPlatformSpec, at v1alpha08.SonataFlowPlatformRef, compatibility v1beta1.Compatibility) *v1alpha08.ClusterServicesStatus {
	if s == nil {
		return nil
	}
	ref := func(k component.Kind) *v1alpha08.ClusterServiceRefStatus {
		return &v1alpha08.ClusterServiceRefStatus{URL: k.URL(at.Name, at.Namespace)}
	}
	out := v1alpha08.ClusterServicesStatus{}
	if s.DataIndex != nil && Enabled(s.DataIndex.Enabled, compatibility) {
		out.DataIndexRef = ref(component.DataIndex())
	}
	if s.JobService != nil && Enabled(s.JobService.Enabled, compatibility) {
		out.JobServiceRef = ref(component.JobsService())
	}
	if out == (v1alpha08.ClusterServicesStatus{}) {
		return nil
	}
	return &out
}

// brokerOf is the Broker of a platform as seen from another namespace, or nil. A
// namespaced composite can have no Triggers in another namespace.
func brokerOf(e *v1alpha08.PlatformEventingSpec, at v1alpha08.SonataFlowPlatformRef, self Platform) *v1alpha08.Destination {
	if e == nil || e.Broker == nil || e.Broker.Ref == nil {
		return nil
	}
	out := e.Broker.DeepCopy()
	if out.Ref.Namespace == "" {
		out.Ref.Namespace = at.Namespace
	}
	if self.Namespaced && !self.AnyBroker && out.Ref.Namespace != self.Namespace {
		return nil
	}
	return out
}

// Enabled tells whether other components and workflows are wired to a service.
// Documentation and operator disagree about one that doesn't say.
func Enabled(given *bool, compatibility v1beta1.Compatibility) bool {
	return ptr.Deref(given, compatibility == v1beta1.CompatibilityOperator)
}
