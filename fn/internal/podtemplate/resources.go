// SPDX-License-Identifier: Apache-2.0

package podtemplate

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// makeRoom lowers the platform's requests to limits that the user gave without a
// request: the API server refuses a container that requests more than its limit.
func makeRoom(own *corev1.ResourceRequirements, theirs corev1.ResourceRequirements) {
	own.Requests = own.Requests.DeepCopy()
	for name, limit := range theirs.Limits {
		if _, given := theirs.Requests[name]; given {
			continue
		}
		if request, ok := own.Requests[name]; ok && request.Cmp(limit) > 0 {
			own.Requests[name] = limit
		}
	}
}

// limits warns of requests that are more than the limit. The platform's limits
// aren't raised: how much a service may take is for the user to say.
func (w *warnings) limits(merged corev1.ResourceRequirements, path *field.Path) {
	for _, name := range slices.Sorted(maps.Keys(merged.Requests)) {
		request := merged.Requests[name]
		if limit, ok := merged.Limits[name]; ok && request.Cmp(limit) > 0 {
			w.add(path.Child("limits").Key(string(name)), "the request of "+request.String(),
				"is more than the platform's limit of "+limit.String()+", and the API server refuses such a pod; set this limit too")
		}
	}
}
