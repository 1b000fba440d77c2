// SPDX-License-Identifier: Apache-2.0

package component_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
)

// plat returns a component of platform plat in namespace ns1.
func plat(k component.Kind) *component.Component {
	return &component.Component{Kind: k, Owner: "plat", Namespace: "ns1", Version: "1.0"}
}

// labels are those of an object of that platform.
func labels(name, app, version string) map[string]string {
	return map[string]string{
		"app":                          "plat",
		"app-namespace":                "ns1",
		"sonataflow.org/service":       name,
		"app.kubernetes.io/name":       app,
		"app.kubernetes.io/instance":   "plat",
		"app.kubernetes.io/component":  name,
		"app.kubernetes.io/part-of":    "plat",
		"app.kubernetes.io/managed-by": "crossplane",
		"app.kubernetes.io/version":    version,
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	type names struct {
		Name, ConfigMap, SinkBinding, URL, Key string
		// Selector is immutable, so it has the one label that never changes.
		Selector map[string]string
	}
	cases := map[string]struct {
		reason string
		in     *component.Component
		want   names
	}{
		"DataIndex": {
			reason: "The names of the Data Index are the operator's; its keys must never change.",
			in:     plat(component.DataIndex()),
			want: names{
				Name: "plat-data-index-service", ConfigMap: "plat-data-index-service-props", SinkBinding: "plat-data-index-service-sb",
				URL: "http://plat-data-index-service.ns1", Key: "data-index-deployment",
				Selector: map[string]string{"sonataflow.org/service": "plat-data-index-service"},
			},
		},
		"JobsService": {
			reason: "The names of the Jobs Service are the operator's; its keys must never change.",
			in:     plat(component.JobsService()),
			want: names{
				Name: "plat-jobs-service", ConfigMap: "plat-jobs-service-props", SinkBinding: "plat-jobs-service-sb",
				URL: "http://plat-jobs-service.ns1", Key: "jobs-service-deployment",
				Selector: map[string]string{"sonataflow.org/service": "plat-jobs-service"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := names{
				Name: tc.in.Name(), ConfigMap: tc.in.ConfigMap(), SinkBinding: tc.in.SinkBinding(),
				URL: tc.in.URL(), Key: tc.in.Key(component.RunnerDeployment.Resource()), Selector: tc.in.Selector(),
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nnames: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestMeta(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		got    metav1.ObjectMeta
		want   metav1.ObjectMeta
	}{
		"Object": {
			reason: "An object has the labels of its component, not of its own name.",
			got:    plat(component.DataIndex()).Meta("a"),
			want: metav1.ObjectMeta{
				Name: "a", Namespace: "ns1", Labels: labels("plat-data-index-service", "data-index-service", "1.0"),
			},
		},
		"Migration": {
			reason: "The labels of a migration are its own: the component's Service and Deployment must not select its pods.",
			got:    plat(component.JobsService()).MigrationMeta("0a1b2c3d", "2.0"),
			want: metav1.ObjectMeta{
				Name: "plat-jobs-service-migration-0a1b2c3d", Namespace: "ns1",
				Labels: labels("plat-jobs-service-migration-0a1b2c3d", "db-migrator", "2.0"),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("%s\nMeta(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLegal holds that names, labels and keys are legal for each legal name of a claim.
func TestLegal(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		platform string
	}{
		"Short":      {reason: "One letter is a name.", platform: "p"},
		"Digit":      {reason: "A claim's name may start with a digit, a Service's may not.", platform: "1st"},
		"Dot":        {reason: "A claim's name may have dots, a Service's may not.", platform: "my.platform"},
		"LongForJob": {reason: "The name of a migration is longer than that of the component.", platform: strings.Repeat("a", 44)},
		"Label":      {reason: "A name as long as a label is too long once it has an end.", platform: strings.Repeat("a", 63)},
		"Longest":    {reason: "The longest name of a claim is too long for a label.", platform: strings.Repeat("a.b", 84)},
	}
	key := regexp.MustCompile(`^[a-z0-9-]+$`)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []component.Kind{component.DataIndex(), component.JobsService()} {
				c := plat(kind)
				c.Owner = tc.platform
				for _, meta := range []metav1.ObjectMeta{c.Meta(c.Name()), c.Meta(c.ConfigMap()), c.Meta(c.SinkBinding()), c.MigrationMeta("0a1b2c3d", "1.0")} {
					if errs := validation.IsDNS1035Label(meta.Name); len(errs) > 0 {
						t.Errorf("%s\nname %q: %v", tc.reason, meta.Name, errs)
					}
					for label, v := range meta.Labels {
						if errs := validation.IsValidLabelValue(v); len(errs) > 0 || v == "" {
							t.Errorf("%s\nlabel %s of %s is %q: %v", tc.reason, label, meta.Name, v, errs)
						}
					}
				}
				for _, resource := range []string{
					component.ResourceConfig, component.RunnerDeployment.Resource(), component.ResourceService, component.ResourceBudget,
					component.ResourceSink, component.ResourceMigration, component.ResourceTrigger,
				} {
					if k := c.Key(resource); !key.MatchString(k) {
						t.Errorf("%s\nkey %q isn't made of [a-z0-9-]", tc.reason, k)
					}
				}
			}
		})
	}
}
