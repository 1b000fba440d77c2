// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// A rendering is the result of an example's offline render at rest. The cluster must come
// to the same result.
type rendering struct {
	composite *unstructured.Unstructured
	composed  []*unstructured.Unstructured
}

func (w *world) rendering(example string) rendering {
	w.Helper()
	var out rendering
	for _, o := range w.documents("test", "render", "testdata", example, "ready.yaml") {
		switch {
		case out.composite == nil:
			out.composite = o
		case o.GetAnnotations()["crossplane.io/composition-resource-name"] != "":
			out.composed = append(out.composed, o)
		}
	}
	return out
}

// names lists what is composed, as kind/name.
func (r rendering) names() []string {
	out := make([]string, 0, len(r.composed))
	for _, o := range r.composed {
		out = append(out, o.GetKind()+"/"+o.GetName())
	}
	slices.Sort(out)
	return out
}

// conditions lists the condition types that the function reports, sorted.
func (r rendering) conditions() []string {
	out := slices.Collect(maps.Keys(kube.Conditions(r.composite)))
	out = slices.DeleteFunc(out, func(s string) bool { return slices.Contains(crossplanes, s) })
	slices.Sort(out)
	return out
}

// resources are the resources of the composed kinds.
var resources = map[string]kube.Resource{
	"ConfigMap": kube.ConfigMaps, "Service": kube.Services, "Deployment": kube.Deployments, "PodDisruptionBudget": kube.Budgets, "Job": kube.Jobs,
	"Trigger": kube.Triggers, "SinkBinding": kube.SinkBindings, "ServiceMonitor": kube.Monitors,
}

// resourceOf returns the resource of a composed object: two kinds are called Service.
func resourceOf(o *unstructured.Unstructured) (resource kube.Resource, known bool) {
	if strings.HasPrefix(o.GetAPIVersion(), "serving.knative.dev/") {
		return kube.KnativeServices, true
	}
	resource, known = resources[o.GetKind()]
	return resource, known
}

// compare waits until fields of a claim's status, its conditions and every composed object are
// as rendered. A claim may show an earlier state of its composite for a moment, because
// Crossplane reads the composite from a cache.
func (w *world) compare(r rendering, claims kube.Resource, name string, fields ...string) {
	w.Helper()
	w.await("the cluster to be as rendered", soon, func(context.Context) error {
		differences := w.differences(r, w.get(claims, name), fields) //nolint:contextcheck // It uses the test's context.
		if len(differences) > 0 {
			return errors.New(strings.Join(differences, "\n"))
		}
		return nil
	})
}

// differences compares a claim and every composed object with the rendering.
func (w *world) differences(r rendering, claim *unstructured.Unstructured, fields []string) []string {
	w.Helper()
	var out []string
	for _, field := range fields {
		want, _, _ := unstructured.NestedFieldNoCopy(r.composite.Object, "status", field)
		got, _, _ := unstructured.NestedFieldNoCopy(claim.Object, "status", field)
		out = append(out, lacks("claim "+claim.GetName()+": status."+field, want, got)...)
	}
	for conditionType, want := range kube.Conditions(r.composite) {
		if conditionType == "SecretsReady" && !layout.CoreSince(lookups) {
			want = notChecked(want)
		}
		if got := kube.Conditions(claim)[conditionType]; conditionType != "Responsive" && got != want {
			out = append(out, fmt.Sprintf("claim %s is %q, rendered %q", claim.GetName(), got, want))
		}
	}
	_, secrets := kube.Conditions(r.composite)["SecretsReady"]
	for _, want := range r.composed {
		resource, known := resourceOf(want)
		if !known {
			w.Fatalf("no resource of kind %s is known to this test", want.GetKind())
		}
		got, err := cluster.Get(w.Context(), resource, want.GetNamespace(), want.GetName())
		if err != nil {
			out = append(out, err.Error()) // Its kind may have been installed a moment ago.
			continue
		}
		out = append(out, lacks(want.GetKind()+" "+want.GetName(), portable(want, secrets), got.Object)...)
	}
	return out
}

// notChecked returns a condition about Secrets as it is if Crossplane doesn't look
// Secrets up.
func notChecked(c kube.Condition) kube.Condition {
	c.Status, c.Reason = "Unknown", "NotChecked"
	c.Message = "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (" + lookups + " and later do)"
	return c
}

// portable returns a rendered object without the fields that differ between clusters: the
// composite's generated name and UID, the status, and, if Secrets are used, checksums of
// their identity. It also leaves out the labels that name the claim, because only one
// form of the API has claims.
func portable(o *unstructured.Unstructured, secrets bool) map[string]any {
	out := o.DeepCopy()
	unstructured.RemoveNestedField(out.Object, "status")
	for _, field := range []string{"generateName", "ownerReferences", "resourceVersion", "uid", "generation", "creationTimestamp"} {
		unstructured.RemoveNestedField(out.Object, "metadata", field)
	}
	for _, label := range []string{"crossplane.io/composite", "crossplane.io/claim-name", "crossplane.io/claim-namespace"} {
		unstructured.RemoveNestedField(out.Object, "metadata", "labels", label)
	}
	unstructured.RemoveNestedField(out.Object, "spec", "template", "metadata", "annotations", secretsChecksum)
	if secrets {
		unstructured.RemoveNestedField(out.Object, "metadata", "annotations", specChecksum)
	}
	return out.Object
}

// ofSink tells whether an item of a list is a variable that Knative writes into containers.
func ofSink(item any) bool {
	variable, _ := item.(map[string]any)
	return variable["name"] == "K_SINK" || variable["name"] == "K_CE_OVERRIDES"
}

// lacks lists what is wanted and isn't there. Fields that the cluster adds by default, and the
// variables of a sink, are no difference.
func lacks(path string, want, got any) []string {
	var out []string
	switch want := want.(type) {
	case map[string]any:
		fields, _ := got.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(want)) {
			out = append(out, lacks(path+"."+key, want[key], fields[key])...)
		}
	case []any:
		items, _ := got.([]any)
		items = slices.DeleteFunc(slices.Clone(items), ofSink)
		if len(items) != len(want) {
			return []string{fmt.Sprintf("%s has %d items, want %d", path, len(items), len(want))}
		}
		for i := range want {
			out = append(out, lacks(fmt.Sprintf("%s[%d]", path, i), want[i], items[i])...)
		}
	default:
		// Numbers may have different types.
		if fmt.Sprint(got) != fmt.Sprint(want) {
			out = append(out, fmt.Sprintf("%s is %q, want %q", path, fmt.Sprint(got), strings.TrimSpace(fmt.Sprint(want))))
		}
	}
	return out
}
