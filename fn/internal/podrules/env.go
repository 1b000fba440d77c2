// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// envField matches the fields of a pod that variables know, and the label or annotation that
// is meant.
var envField = regexp.MustCompile(`^(?:metadata\.(?:name|namespace|uid|(?:labels|annotations)\['(.*)'\])|spec\.(?:nodeName|serviceAccountName|host)|status\.(?:hostIPs?|podIPs?))$`)

func (c *checker) env(vars []corev1.EnvVar, path *field.Path) {
	for i, v := range vars {
		at := path.Index(i)
		if v.Name == "" {
			c.require(at.Child("name"), "give the variable a name")
		} else {
			c.all(at.Child("name"), v.Name, validation.IsRelaxedEnvVarName(v.Name))
		}
		if v.ValueFrom == nil {
			continue
		}
		from := at.Child("valueFrom")
		if v.Value != "" {
			c.forbid(from, "value and valueFrom exclude each other: set one of them")
		}
		c.oneField(from, *v.ValueFrom)
		if r := v.ValueFrom.SecretKeyRef; r != nil {
			c.key(from.Child("secretKeyRef"), r.Name, r.Key)
		}
		if r := v.ValueFrom.ConfigMapKeyRef; r != nil {
			c.key(from.Child("configMapKeyRef"), r.Name, r.Key)
		}
		if r := v.ValueFrom.FieldRef; r != nil {
			c.field(*r, envField, "not a field of a pod that variables know: use one such as metadata.name, metadata.labels['KEY'] or status.podIP", from.Child("fieldRef"))
		}
		if r := v.ValueFrom.ResourceFieldRef; r != nil {
			c.resourceField(*r, from.Child("resourceFieldRef"))
		}
	}
}

// field wants one of the fields of a pod that are known, and says why if it is another one.
func (c *checker) field(r corev1.ObjectFieldSelector, known *regexp.Regexp, why string, path *field.Path) {
	oneOf(c, path.Child("apiVersion"), r.APIVersion, "v1")
	path = path.Child("fieldPath")
	found := known.FindStringSubmatch(r.FieldPath)
	switch {
	case found == nil:
		c.refuse(path, r.FieldPath, why)
	case strings.HasSuffix(r.FieldPath, "]"):
		key := found[1]
		if strings.HasPrefix(r.FieldPath, "metadata.annotations") {
			key = strings.ToLower(key)
		}
		c.all(path, r.FieldPath, validation.IsQualifiedName(key))
	}
}

func (c *checker) envFrom(sources []corev1.EnvFromSource, path *field.Path) {
	for i, s := range sources {
		at := path.Index(i)
		if s.Prefix != "" {
			c.all(at.Child("prefix"), s.Prefix, validation.IsRelaxedEnvVarName(s.Prefix))
		}
		c.oneField(at, s)
		if s.SecretRef != nil {
			c.object(at.Child("secretRef", "name"), s.SecretRef.Name)
		}
		if s.ConfigMapRef != nil {
			c.object(at.Child("configMapRef", "name"), s.ConfigMapRef.Name)
		}
	}
}
