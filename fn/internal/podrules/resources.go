// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
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
	c.claimed(r.Claims, path.Child("claims"))
	all := slices.Collect(maps.Keys(platform))
	all = append(all, slices.Collect(maps.Keys(r.Limits))...)
	all = append(all, slices.Collect(maps.Keys(r.Requests))...)
	if slices.ContainsFunc(all, huge) && !slices.Contains(all, corev1.ResourceCPU) && !slices.Contains(all, corev1.ResourceMemory) {
		c.forbid(path, "huge pages need cpu or memory beside them: set one of these, too")
	}
}

func (c *checker) quantities(list corev1.ResourceList, path *field.Path) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		at, quantity := path.Key(string(name)), list[name]
		if quantity.Sign() < 0 {
			c.refuse(at, quantity.String(), "must be 0 or more")
		}
		switch {
		case name == corev1.ResourceCPU || name == corev1.ResourceMemory || name == corev1.ResourceEphemeralStorage:
		case huge(name):
			page, err := resource.ParseQuantity(strings.TrimPrefix(string(name), corev1.ResourceHugePagesPrefix))
			if err != nil || page.Value() < 1 || quantity.Value()%page.Value() != 0 {
				c.refuse(at, quantity.String(), "must be a number of whole pages of the size in its name")
			}
		case !strings.Contains(string(name), "/"):
			c.refuse(at, string(name), "not a resource that Kubernetes knows: use cpu, memory, ephemeral-storage, or the full name of an extended resource")
		default:
			c.all(at, string(name), validation.IsQualifiedName(string(name)))
			if !divisible(name) && quantity.MilliValue()%1000 != 0 {
				c.refuse(at, quantity.String(), "must be a whole number, because "+string(name)+" can't be shared")
			}
		}
	}
}

// huge tells whether a resource is pages of memory of one size.
func huge(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// divisible tells whether containers may be promised more of a resource than there is.
func divisible(name corev1.ResourceName) bool {
	extended := strings.Contains(string(name), "/") && !strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
	return !extended && !huge(name)
}

// resizing checks what happens to a container whose resources change.
func (c *checker) resizing(policies []corev1.ContainerResizePolicy, path *field.Path) {
	seen := map[string]bool{}
	for i, p := range policies {
		at := path.Index(i)
		choice(c, at.Child("resourceName"), &p.ResourceName, corev1.ResourceCPU, corev1.ResourceMemory)
		c.once(seen, at.Child("resourceName"), string(p.ResourceName))
		choice(c, at.Child("restartPolicy"), &p.RestartPolicy, corev1.NotRequired, corev1.RestartContainer)
	}
}

var (
	resourceField = regexp.MustCompile(`^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.*)$`)
	unit          = regexp.MustCompile(`^1(k|[MGTPE]|[KMGTPE]i)?$`)
)

// resourceField checks which resource of a container a variable or a file tells, and in what
// unit.
func (c *checker) resourceField(r corev1.ResourceFieldSelector, path *field.Path) {
	if !resourceField.MatchString(r.Resource) {
		c.refuse(path.Child("resource"), r.Resource, "not a resource of a container: use one such as limits.cpu or requests.memory")
		return
	}
	divisor, at := r.Divisor.String(), path.Child("divisor")
	switch {
	case r.Divisor.IsZero():
	case strings.HasSuffix(r.Resource, ".cpu"):
		choice(c, at, &divisor, "1", "1m")
	case !unit.MatchString(divisor):
		c.refuse(at, divisor, "must be one unit, such as 1, 1M or 1Mi")
	}
}
