// SPDX-License-Identifier: Apache-2.0

package properties_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	const (
		named     = "p.name: Required value: name the property"
		configMap = "p.valueFrom.configMapKeyRef: Required value: name and key are needed: set the ConfigMap's name and the key within it"
		secret    = "p.valueFrom.secretKeyRef: Required value: name and key are needed: set the Secret's name and the key within it"
	)
	cases := map[string]struct {
		reason   string
		property string
		want     string
	}{
		"Value":               {reason: "A property may have a value.", property: `{name: a, value: b}`},
		"NoValue":             {reason: "A property without a value is an empty one.", property: `{name: a}`},
		"ConfigMap":           {reason: "A property may come from a ConfigMap.", property: `{name: a, valueFrom: {configMapKeyRef: {name: cm, key: k}}}`},
		"Secret":              {reason: "A property may come from a Secret.", property: `{name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}`},
		"NameAbsent":          {reason: "A property has a name.", property: `{value: b}`, want: named},
		"NameEmpty":           {reason: "An empty name is none.", property: `{name: "", value: b}`, want: named},
		"ConfigMapWithoutKey": {reason: "A reference to a ConfigMap names a key.", property: `{name: a, valueFrom: {configMapKeyRef: {name: cm, key: ""}}}`, want: configMap},
		"NamelessConfigMap":   {reason: "A reference to a ConfigMap names the ConfigMap.", property: `{name: a, valueFrom: {configMapKeyRef: {key: k}}}`, want: configMap},
		"SecretWithoutKey":    {reason: "A reference to a Secret names a key.", property: `{name: a, valueFrom: {secretKeyRef: {name: s}}}`, want: secret},
		"NamelessSecret":      {reason: "A reference to a Secret names the Secret.", property: `{name: a, valueFrom: {secretKeyRef: {name: "", key: k}}}`, want: secret},
		"SecretKey":           {reason: "Kubernetes refuses a pod that refers to a key that none can have.", property: `{name: a, valueFrom: {secretKeyRef: {name: s, key: two words}}}`, want: `p.valueFrom.secretKeyRef.key: Invalid value: "two words": not a key that Kubernetes accepts: ` + strings.Join(validation.IsConfigMapKey("two words"), "; ")},
		"ConfigMapName":       {reason: "So it does for a name.", property: `{name: a, valueFrom: {configMapKeyRef: {name: C, key: k}}}`, want: `p.valueFrom.configMapKeyRef.name: Invalid value: "C": not a name that Kubernetes accepts: ` + strings.Join(validation.IsDNS1123Subdomain("C"), "; ")},
		"EverythingIsNamed":   {reason: "All that is wrong is named at once.", property: `{valueFrom: {configMapKeyRef: {key: k}, secretKeyRef: {key: k}}}`, want: "[" + named + ", " + configMap + ", " + secret + "]"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			property := v1alpha08.PropertyVar{}
			if err := yaml.UnmarshalStrict([]byte(tc.property), &property); err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := properties.Validate(property, field.NewPath("p")).ToAggregate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWarnings gives properties more than once.
func TestWarnings(t *testing.T) {
	t.Parallel()
	given := []v1alpha08.PropertyVar{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}, {Name: "a", ValueFrom: &v1alpha08.PropertyVarSource{}}, {Name: "b"}}
	want := []string{"p[0].name: a is given more than once; the last one counts"}
	if diff := cmp.Diff(want, properties.Warnings(given, field.NewPath("p"))); diff != "" {
		t.Errorf("a property that says nothing takes no other's place\nWarnings(...): -want, +got:\n%s", diff)
	}
}
