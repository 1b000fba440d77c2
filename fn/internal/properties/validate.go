// SPDX-License-Identifier: Apache-2.0

package properties

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
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
	if r := p.ValueFrom.ConfigMapKeyRef; r != nil && (r.Name == "" || r.Key == "") {
		errs = append(errs, field.Required(path.Child("valueFrom", "configMapKeyRef"), "name and key are needed: set the ConfigMap's name and the key within it"))
	}
	if r := p.ValueFrom.SecretKeyRef; r != nil && (r.Name == "" || r.Key == "") {
		errs = append(errs, field.Required(path.Child("valueFrom", "secretKeyRef"), "name and key are needed: set the Secret's name and the key within it"))
	}
	return errs
}
