// SPDX-License-Identifier: Apache-2.0

package names

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// placeholder is what a script leaves behind that was to fill in a value.
var placeholder = regexp.MustCompile(`\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}`)

// ValidateSubdomain returns what is wrong with the name of an object of most kinds, such as
// a Secret or a Broker. An empty name is fine: whether a name is needed is for the caller
// to say.
func ValidateSubdomain(name string, path *field.Path) field.ErrorList {
	return validate(name, path, "name", validation.IsDNS1123Subdomain)
}

// ValidateNamespace returns what is wrong with the name of a namespace. An empty one is
// fine.
func ValidateNamespace(name string, path *field.Path) field.ErrorList {
	return validate(name, path, "namespace", validation.IsDNS1123Label)
}

// ValidateService returns what is wrong with the name of a Kubernetes Service. An empty
// name is fine.
func ValidateService(name string, path *field.Path) field.ErrorList {
	return validate(name, path, "name of a Service", validation.IsDNS1035Label)
}

// ValidateKey returns what is wrong with a key of a Secret or ConfigMap. An empty key is
// fine.
func ValidateKey(key string, path *field.Path) field.ErrorList {
	return validate(key, path, "key", validation.IsConfigMapKey)
}

func validate(value string, path *field.Path, what string, check func(string) []string) field.ErrorList {
	if value == "" {
		return nil
	}
	if found := placeholder.FindString(value); found != "" {
		return field.ErrorList{field.Invalid(path, value, "holds the placeholder "+found+", which was to be filled in before the document was applied: put the value there")}
	}
	problems := check(value)
	if len(problems) == 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, value, "not a "+what+" that Kubernetes accepts: "+strings.Join(problems, "; "))}
}

// ValidateIdentity returns what is wrong with the name that a user gave to a platform or a
// workflow (what), of a kind, and with its namespace: a render's composite is written by
// hand, and everything composed is named after it. Namespaced is a composite that lives in a
// namespace itself.
func ValidateIdentity(id types.NamespacedName, namespaced bool, what, kind string) field.ErrorList {
	if id.Namespace == "" || id.Name == "" {
		return field.ErrorList{field.Required(field.NewPath("spec", "claimRef"),
			what+" lives in a namespace: create a "+kind+" there instead of a composite without claim; for an offline render, set spec.claimRef.name and spec.claimRef.namespace")}
	}
	path := field.NewPath("spec", "claimRef")
	if namespaced {
		path = field.NewPath("metadata")
	}
	name, namespace := validation.IsDNS1123Subdomain(id.Name), validation.IsDNS1123Label(id.Namespace)
	errs := make(field.ErrorList, 0, len(name)+len(namespace))
	for _, problem := range name {
		errs = append(errs, field.Invalid(path.Child("name"), id.Name, "not a name that Kubernetes accepts: "+problem))
	}
	for _, problem := range namespace {
		errs = append(errs, field.Invalid(path.Child("namespace"), id.Namespace, "not a namespace that Kubernetes accepts: "+problem))
	}
	return errs
}
