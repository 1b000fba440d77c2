// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// A checker collects what is wrong with a podTemplate.
type checker struct {
	errs field.ErrorList
	// grace is how many seconds the pod has to end.
	grace int64
	// volumes are those that containers may use, by name.
	volumes map[string]corev1.VolumeSource
	// devicesOf has the names under which the pod has claims of devices.
	devicesOf map[string]bool
	// ownUsers tells that the users of the pod aren't those of its node.
	ownUsers bool
	// linux tells that the pod says that it is for Linux.
	linux bool
}

func (c *checker) add(errs ...*field.Error) { c.errs = append(c.errs, errs...) }

func (c *checker) refuse(path *field.Path, value any, why string) {
	c.add(field.Invalid(path, value, why))
}

func (c *checker) require(path *field.Path, why string) { c.add(field.Required(path, why)) }

func (c *checker) forbid(path *field.Path, why string) { c.add(field.Forbidden(path, why)) }

func (c *checker) notNegative(path *field.Path, n int32) {
	if n < 0 {
		c.refuse(path, n, "must be 0 or more")
	}
}

func (c *checker) between(path *field.Path, n, low, high int64) {
	if n < low || n > high {
		c.refuse(path, n, fmt.Sprintf("must be between %d and %d", low, high))
	}
}

// all refuses a value for the problems that a function of Kubernetes found.
func (c *checker) all(path *field.Path, value any, problems []string) {
	if len(problems) > 0 {
		c.refuse(path, value, strings.Join(problems, "; "))
	}
}

// once refuses a value that was seen before. An empty one is for another rule to refuse.
func (c *checker) once(seen map[string]bool, path *field.Path, value string) {
	if value != "" && seen[value] {
		c.duplicate(path, value)
	}
	seen[value] = true
}

func (c *checker) duplicate(path *field.Path, value string) {
	err := field.Duplicate(path, value)
	err.Detail = "Kubernetes takes it once: rename or remove one"
	c.add(err)
}

// oneOf refuses a value that Kubernetes doesn't know. An empty one has a default.
func oneOf[T ~string](c *checker, path *field.Path, value T, known ...T) {
	if value != "" && !slices.Contains(known, value) {
		c.add(field.NotSupported(path, value, known))
	}
}

// choice refuses a value, where one is given, that Kubernetes doesn't know. Here, an empty one
// has no default.
func choice[T ~string](c *checker, path *field.Path, value *T, known ...T) {
	if value != nil && !slices.Contains(known, *value) {
		c.add(field.NotSupported(path, *value, known))
	}
}

// label wants the name of something within a pod.
func (c *checker) label(path *field.Path, name string) {
	if name == "" {
		c.require(path, "give it a name")
		return
	}
	c.all(path, name, validation.IsDNS1123Label(name))
}

// object wants the name of an object.
func (c *checker) object(path *field.Path, name string) {
	if name == "" {
		c.require(path, "say which one is meant")
	}
	c.add(names.ValidateSubdomain(name, path)...)
}

// key wants the name of an object and a key within it.
func (c *checker) key(path *field.Path, name, key string) {
	c.object(path.Child("name"), name)
	c.keyName(path.Child("key"), key)
}

func (c *checker) keyName(path *field.Path, key string) {
	if key == "" {
		c.require(path, "say which key is meant")
	}
	c.add(names.ValidateKey(key, path)...)
}

func (c *checker) ip(path *field.Path, ip string) {
	for _, err := range validation.IsValidIPForLegacyField(path, ip, true, nil) {
		c.refuse(path, ip, err.Detail)
	}
}

// oneField wants exactly one of a struct's pointers to be set.
func (c *checker) oneField(path *field.Path, of any) {
	set, known := pointers(of)
	if len(set) == 0 {
		c.require(path, "set one of "+strings.Join(known, ", "))
	}
	c.notTwo(path, set)
}

func (c *checker) notTwo(path *field.Path, set []string) {
	if len(set) > 1 {
		c.forbid(path.Child(set[1]), fmt.Sprintf("%s and %s exclude each other: set one of them", set[0], set[1]))
	}
}

// pointers returns the names of a struct's fields that are pointers: of those that are set,
// and of all.
func pointers(of any) (set, known []string) {
	v := reflect.ValueOf(of)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Type.Kind() != reflect.Pointer {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known = append(known, name)
		if !v.FieldByIndex(f.Index).IsNil() {
			set = append(set, name)
		}
	}
	return set, known
}
