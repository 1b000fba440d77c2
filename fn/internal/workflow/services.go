// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"fmt"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
)

// services decides which services the workflow is wired to: those that the platform of the
// namespace has enabled or, if that one names no services, those of the cluster.
func (r resolver) services() *v1alpha08.ClusterServicesStatus {
	local := r.around.local
	if r.dev() {
		return nil
	}
	if local.Spec.Services != nil {
		return sharing.Services(local.Spec.Services, *local.Ref(r.doc.Namespace), r.input.Compatibility)
	}
	if r.around.offer.Ref == nil {
		return nil
	}
	return r.around.offer.Ref.Services
}

// dataIndexOf and jobsServiceOf pick a service out of those that a workflow is wired to.
func dataIndexOf(s *v1alpha08.ClusterServicesStatus) *v1alpha08.ClusterServiceRefStatus {
	return s.DataIndexRef
}

func jobsServiceOf(s *v1alpha08.ClusterServicesStatus) *v1alpha08.ClusterServiceRefStatus {
	return s.JobServiceRef
}

// urlOf is where a service is that a workflow is wired to; empty when it isn't.
func urlOf(s *v1alpha08.ClusterServicesStatus, pick func(*v1alpha08.ClusterServicesStatus) *v1alpha08.ClusterServiceRefStatus) string {
	if s == nil || pick(s) == nil {
		return ""
	}
	return pick(s).URL
}

// wiring says to which services the workflow is wired, and why it isn't to the others.
func (r resolver) wiring(services *v1alpha08.ClusterServicesStatus) string {
	if r.dev() {
		return "no Data Index and no Jobs Service: in the profile dev, a workflow runs alone"
	}
	local := r.around.local
	describe := func(title, url string, named bool) string {
		switch {
		case url != "" && local.Spec.Services != nil:
			return fmt.Sprintf("%s of platform %s", title, local.Name)
		case url != "":
			ref := r.around.offer.Ref.PlatformRef
			return fmt.Sprintf("%s of platform %s in namespace %s", title, ref.Name, ref.Namespace)
		case named:
			return fmt.Sprintf("no %s: that of platform %s isn't enabled", title, local.Name)
		case local.Spec.Services != nil:
			return fmt.Sprintf("no %s: platform %s has none", title, local.Name)
		case r.around.offer.Ref != nil:
			ref := r.around.offer.Ref.PlatformRef
			return fmt.Sprintf("no %s: platform %s in namespace %s, which serves the cluster, offers none", title, ref.Name, ref.Namespace)
		case local.Name != "":
			return fmt.Sprintf("no %s: platform %s names no services, and no cluster platform offers any", title, local.Name)
		}
		return fmt.Sprintf("no %s: the namespace has no platform, and no cluster platform offers services", title)
	}
	s := local.Spec.Services
	return describe("Data Index", urlOf(services, dataIndexOf), s != nil && s.DataIndex != nil) + "; " +
		describe("Jobs Service", urlOf(services, jobsServiceOf), s != nil && s.JobService != nil)
}
