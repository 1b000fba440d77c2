// SPDX-License-Identifier: Apache-2.0

package properties

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// Validate returns what is wrong with a property of workflows in a spec.
func Validate(p v1alpha08.PropertyVar, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if p.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "name the property"))
	}
	if p.ValueFrom == nil {
		return errs
	}
	if r := p.ValueFrom.ConfigMapKeyRef; r != nil {
		errs = append(errs, validateRef(r.Name, r.Key, "ConfigMap", path.Child("valueFrom", "configMapKeyRef"))...)
	}
	if r := p.ValueFrom.SecretKeyRef; r != nil {
		errs = append(errs, validateRef(r.Name, r.Key, "Secret", path.Child("valueFrom", "secretKeyRef"))...)
	}
	return errs
}

// validateRef returns what is wrong with the name of an object of a kind, and of a key within
// it. Kubernetes refuses a pod that refers to a key that none can have.
func validateRef(name, key, kind string, path *field.Path) field.ErrorList {
	if name == "" || key == "" {
		return field.ErrorList{field.Required(path, "name and key are needed: set the "+kind+"'s name and the key within it")}
	}
	return append(names.ValidateSubdomain(name, path.Child("name")), names.ValidateKey(key, path.Child("key"))...)
}

// Warnings name the properties in a spec's list that have no effect.
func Warnings(given []v1alpha08.PropertyVar, list *field.Path) []string {
	var out []string
	for i, p := range given {
		if Overridden(given, i) {
			out = append(out, list.Index(i).Child("name").String()+": "+p.Name+" is given more than once; the last one counts")
		}
	}
	return out
}

// Overridden tells whether a later property of the list has the name of the one at i, and says
// something.
func Overridden(given []v1alpha08.PropertyVar, i int) bool {
	return slices.ContainsFunc(given[i+1:], func(p v1alpha08.PropertyVar) bool {
		return p.Name == given[i].Name && (p.Value != "" || p.ValueFrom != nil)
	})
}
