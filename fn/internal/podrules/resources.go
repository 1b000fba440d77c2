// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// resources checks what a container reserves, when the platform limits it already.
func (c *checker) resources(r corev1.ResourceRequirements, platform corev1.ResourceList, path *field.Path) {
	c.quantities(r.Limits, path.Child("limits"))
	c.quantities(r.Requests, path.Child("requests"))
	for _, name := range slices.Sorted(maps.Keys(r.Requests)) {
		request, at := r.Requests[name], path.Child("requests").Key(string(name))
		limit, given := r.Limits[name]
		ours, limited := platform[name]
		switch {
		case given && request.Cmp(limit) > 0:
			c.refuse(at, request.String(), "must not be more than the limit, "+limit.String())
		case given && !divisible(name) && request.Cmp(limit) != 0:
			c.refuse(at, request.String(), "must be the limit, "+limit.String()+", because "+string(name)+" can't be shared")
		case !given && limited && request.Cmp(ours) > 0:
			c.refuse(at, request.String(), "is more than the platform's limit of "+ours.String()+": set limits["+string(name)+"], too")
		case !given && !divisible(name):
			c.require(path.Child("limits").Key(string(name)), "what can't be shared needs a limit that is its request")
		}
	}
}

func (c *checker) quantities(list corev1.ResourceList, path *field.Path) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		at, quantity := path.Key(string(name)), list[name]
		if quantity.Sign() < 0 {
			c.refuse(at, quantity.String(), "must be 0 or more")
		}
		known := name == corev1.ResourceCPU || name == corev1.ResourceMemory || name == corev1.ResourceEphemeralStorage
		if !known && !strings.Contains(string(name), "/") && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) {
			c.refuse(at, string(name), "not a resource that Kubernetes knows: use cpu, memory, ephemeral-storage, or the full name of an extended resource")
		}
	}
}

// divisible tells whether containers may be promised more of a resource than there is.
func divisible(name corev1.ResourceName) bool {
	extended := strings.Contains(string(name), "/") && !strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
	return !extended && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}
