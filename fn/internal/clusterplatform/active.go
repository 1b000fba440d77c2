// SPDX-License-Identifier: Apache-2.0

package clusterplatform

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/primary"
)

// A Platform is a cluster platform as others see it.
type Platform struct {
	Name string
	Spec v1alpha08.SonataFlowClusterPlatformSpec
}

// AllRequirement asks for all cluster platforms. The Compositions ask for the same under
// the same name, so that Crossplane needn't call again for the answer.
func AllRequirement() composition.Requirement {
	return composition.Requirement{Name: "cluster-platforms", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowClusterPlatform}
}

// PlatformRequirement asks for the platform that a cluster platform refers to.
func PlatformRequirement(ref v1alpha08.SonataFlowPlatformRef) composition.Requirement {
	return composition.Requirement{
		Name: "platform", APIVersion: v1alpha08.APIVersion, Kind: v1alpha08.KindSonataFlowPlatform,
		Namespace: ref.Namespace, ResourceName: ref.Name,
	}
}

// Active returns the cluster platform that counts, or nil: there is none, or it makes
// no sense.
func Active(all []*unstructured.Unstructured) *Platform {
	first := primary.Of(all)
	if first == nil {
		return nil
	}
	p, err := read(first)
	if err != nil || len(validate(p.Spec.PlatformRef)) > 0 {
		return nil
	}
	return p
}

// Capabilities lists what a cluster platform offers: the services unless it says
// otherwise, and nothing, but never nil, if it says nothing.
func Capabilities(s v1alpha08.SonataFlowClusterPlatformSpec) []v1alpha08.WorkFlowCapability {
	if s.Capabilities == nil {
		return []v1alpha08.WorkFlowCapability{v1alpha08.WorkFlowCapabilityServices}
	}
	if s.Capabilities.Workflows == nil {
		return []v1alpha08.WorkFlowCapability{}
	}
	return s.Capabilities.Workflows
}

func read(o *unstructured.Unstructured) (*Platform, error) {
	cluster := &v1alpha08.SonataFlowClusterPlatform{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(map[string]any{"spec": o.Object["spec"]}, cluster); err != nil {
		return nil, errors.Wrap(err, "cannot read spec")
	}
	return &Platform{Name: o.GetName(), Spec: cluster.Spec}, nil
}

// Succeeded tells whether a platform says that all of it is in place.
func Succeeded(platform *unstructured.Unstructured) bool {
	return succeed(platform) == metav1.ConditionTrue
}

// succeed returns the status of a platform's condition Succeed.
func succeed(platform *unstructured.Unstructured) metav1.ConditionStatus {
	out := &struct {
		Status struct {
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(map[string]any{"status": platform.Object["status"]}, out); err != nil {
		return metav1.ConditionUnknown
	}
	for _, c := range out.Status.Conditions {
		if c.Type == v1alpha08.ConditionSucceed && (c.Status == metav1.ConditionTrue || c.Status == metav1.ConditionFalse) {
			return c.Status
		}
	}
	return metav1.ConditionUnknown
}
