// SPDX-License-Identifier: Apache-2.0

package properties_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
