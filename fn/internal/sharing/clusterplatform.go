// SPDX-License-Identifier: Apache-2.0

// Package sharing knows what holds between the platforms of a cluster: which cluster
// platform counts, what the platform behind it offers to the others, and which platform a
// namespace has.
package sharing

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/decoding"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/election"
)

// A ClusterPlatform is a SonataFlowClusterPlatform as far as it was read.
type ClusterPlatform struct {
	Name string
	Spec v1alpha08.SonataFlowClusterPlatformSpec
	// Warnings name what of the document has no effect.
	Warnings []string
}

// ParseClusterPlatform reads a cluster platform, and returns everything that is wrong with
// it.
func ParseClusterPlatform(o *unstructured.Unstructured) (*ClusterPlatform, field.ErrorList) {
	out := &ClusterPlatform{Name: o.GetName()}
	var errs field.ErrorList
	if out.Warnings, errs = decoding.Spec(o, &out.Spec); len(errs) > 0 {
		return out, errs
	}
	path := field.NewPath("spec", "platformRef")
	if out.Spec.PlatformRef.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "name the SonataFlowPlatform whose services the cluster shares"))
	}
	if out.Spec.PlatformRef.Namespace == "" {
		errs = append(errs, field.Required(path.Child("namespace"), "name the namespace of that SonataFlowPlatform"))
	}
	for i, c := range out.Capabilities() {
		if c != v1alpha08.WorkFlowCapabilityServices {
			errs = append(errs, field.NotSupported(field.NewPath("spec", "capabilities", "workflows").Index(i), c, []v1alpha08.WorkFlowCapability{v1alpha08.WorkFlowCapabilityServices}))
		}
	}
	return out, errs
}

// Capabilities lists what a cluster platform offers: the services unless it says
// otherwise, and nothing, but never nil, if it says nothing.
func (p *ClusterPlatform) Capabilities() []v1alpha08.WorkFlowCapability {
	switch given := p.Spec.Capabilities; {
	case given == nil:
		return []v1alpha08.WorkFlowCapability{v1alpha08.WorkFlowCapabilityServices}
	case given.Workflows == nil:
		return []v1alpha08.WorkFlowCapability{}
	default:
		return given.Workflows
	}
}

// LookForClusterPlatforms looks for all cluster platforms. The Compositions ask for the
// same under the same name, so that Crossplane needn't call again for the answer.
func LookForClusterPlatforms(req *composition.Request) []*unstructured.Unstructured {
	return req.Look(composition.Query{Name: "cluster-platforms", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowClusterPlatform}).Objects
}

// LookForPlatform looks for the platform that a cluster platform refers to.
func LookForPlatform(req *composition.Request, ref v1alpha08.SonataFlowPlatformRef) composition.Answer {
	return req.Look(composition.Query{
		Name: "platform", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowPlatform,
		Namespace: ref.Namespace, ResourceName: ref.Name,
	})
}

// active returns the cluster platform that counts, or nil: there is none, or its spec is
// invalid.
func active(all []*unstructured.Unstructured) *ClusterPlatform {
	winner := election.Winner(all)
	if winner == nil {
		return nil
	}
	p, errs := ParseClusterPlatform(winner)
	if len(errs) > 0 {
		return nil
	}
	return p
}

// Succeed returns the status of a platform's condition Succeed; Unknown when the platform
// has none.
func Succeed(platform *unstructured.Unstructured) metav1.ConditionStatus {
	c := meta.FindStatusCondition(composition.Conditions(platform), v1alpha08.ConditionSucceed)
	if c == nil || c.Status != metav1.ConditionTrue && c.Status != metav1.ConditionFalse {
		return metav1.ConditionUnknown
	}
	return c.Status
}
