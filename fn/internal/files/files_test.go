// SPDX-License-Identifier: Apache-2.0

package files_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/files"
)

// named is a ConfigMap of spec.resources.
func named(name, workflowPath string) v1alpha08.ConfigMapWorkflowResource {
	return v1alpha08.ConfigMapWorkflowResource{ConfigMap: corev1.LocalObjectReference{Name: name}, WorkflowPath: workflowPath}
}

// look finds ConfigMaps in namespace ns1. The answers have the fields of the ConfigMaps in YAML,
// empty for one that isn't there.
func look(t *testing.T, answers map[string]string, given ...v1alpha08.ConfigMapWorkflowResource) files.Found {
	t.Helper()
	required := map[string][]string{}
	for name, fields := range answers {
		required["configmap-"+name] = nil
		if fields != "" {
			required["configmap-"+name] = []string{`{kind: ConfigMap, metadata: {name: ` + name + `, namespace: ns1}, ` + fields + `}`}
		}
	}
	return files.Look(compositiontest.Request(t, `{kind: XSonataFlow}`, compositiontest.Cluster{Required: required}), given, "ns1")
}

// TestLook shows what is known of the files of a workflow.
func TestLook(t *testing.T) {
	t.Parallel()
	type want struct {
		Known   bool
		Missing string
		Mounted []component.Files
		Paths   []string
		Copies  []files.Copy
	}
	a, b := component.Files{ConfigMap: "a"}, component.Files{ConfigMap: "b", Folder: "specs"}
	cases := map[string]struct {
		reason  string
		given   []v1alpha08.ConfigMapWorkflowResource
		answers map[string]string
		want    want
	}{
		"None":    {reason: "A workflow without further files has all that it needs.", want: want{Known: true}},
		"Pending": {reason: "Before Crossplane has answered, nothing is missing.", given: []v1alpha08.ConfigMapWorkflowResource{named("a", "")}, want: want{Mounted: []component.Files{a}}},
		"Missing": {
			reason: "Each ConfigMap that isn't there is named once.", given: []v1alpha08.ConfigMapWorkflowResource{named("a", ""), named("b", "specs/"), named("a", ".")}, answers: map[string]string{"a": "", "b": ""},
			want: want{Known: true, Missing: "External Resources ConfigMap not found: a, b; create it in namespace ns1, or remove it from spec.resources.configMaps", Mounted: []component.Files{a, b}},
		},
		"Found": {
			reason: "Texts and bytes are files.", given: []v1alpha08.ConfigMapWorkflowResource{named("a", ""), named("b", "./specs/")}, answers: map[string]string{"a": `data: {x.json: "1"}`, "b": `data: {y.yaml: "2"}, binaryData: {z: AAE=}`},
			want: want{
				Known: true, Mounted: []component.Files{a, b}, Paths: []string{"specs/y.yaml", "specs/z", "x.json"},
				Copies: []files.Copy{{Files: a, Data: map[string]string{"x.json": "1"}}, {Files: b, Data: map[string]string{"y.yaml": "2"}, BinaryData: map[string][]byte{"z": {0, 1}}}},
			},
		},
		"Nameless": {reason: "A ConfigMap without a name is refused elsewhere, and isn't asked for.", given: []v1alpha08.ConfigMapWorkflowResource{named("", "")}, want: want{Known: true}},
		"Unreadable": {
			reason: "What no API server writes is no file.", given: []v1alpha08.ConfigMapWorkflowResource{named("a", "")}, answers: map[string]string{"a": `binaryData: {z: "%"}`},
			want: want{Known: true, Mounted: []component.Files{a}, Paths: []string{"z"}, Copies: []files.Copy{{Files: a}}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := look(t, tc.answers, tc.given...)
			got := want{Known: f.Known, Missing: f.Missing(), Paths: f.Paths()}
			got.Mounted, got.Copies = append(got.Mounted, f.Mounted()...), append(got.Copies, f.Copies()...)
			slices.Sort(got.Paths)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nLook(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestContent shows that the content changes with each file, and with nothing else.
func TestContent(t *testing.T) {
	t.Parallel()
	content := func(fields string) string { return look(t, map[string]string{"a": fields}, named("a", "")).Content() }
	plain := content(`data: {x: "1"}`)
	for reason, fields := range map[string]string{
		"A text changed.":   `data: {x: "2"}`,
		"A name changed.":   `data: {y: "1"}`,
		"Bytes were added.": `data: {x: "1"}, binaryData: {z: AAE=}`,
	} {
		if content(fields) == plain {
			t.Errorf("%s\nThe content is the same.", reason)
		}
	}
	if got := content(`data: {x: "1"}, immutable: true`); got != plain {
		t.Errorf("Another field of the ConfigMap changes the content: want %q, got %q", plain, got)
	}
}

// TestValidate shows which ConfigMaps are refused.
func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		given  v1alpha08.ConfigMapWorkflowResource
		want   []string
	}{
		"Folder":   {reason: "Files may be in a folder.", given: named("a", "specs/v1")},
		"Nameless": {reason: "A ConfigMap has a name.", given: named("", ""), want: []string{"spec.resources.configMaps[0].configMap.name"}},
		"Above":    {reason: "Files are below the folder of the flow.", given: named("a", "../x"), want: []string{"spec.resources.configMaps[0].workflowPath"}},
		"Hidden":   {reason: "A folder may be hidden.", given: named("a", ".specs/v1")},
		"Dots":     {reason: "Kubernetes has folders of its own whose names begin with two dots.", given: named("a", "..specs"), want: []string{"spec.resources.configMaps[0].workflowPath"}},
		"Absolute": {reason: "A folder begins at that of the flow.", given: named("a", "/x"), want: []string{"spec.resources.configMaps[0].workflowPath"}},
		"Colon":    {reason: "Kubernetes mounts at no path with a colon.", given: named("a", "a:b"), want: []string{"spec.resources.configMaps[0].workflowPath"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, err := range files.Validate([]v1alpha08.ConfigMapWorkflowResource{tc.given}, field.NewPath("spec", "resources", "configMaps")) {
				got = append(got, err.Field)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidate(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestHidden shows which files are named because another one is in their place.
func TestHidden(t *testing.T) {
	t.Parallel()
	owners := map[string]string{"wf.sw.json": "wf"}
	found := look(t, map[string]string{"a": `data: {x: "1"}`, "b": `data: {x: "2", wf.sw.json: "{}"}`}, named("a", ""), named("b", ""), named("a", "specs"))
	want := []string{
		"spec.resources.configMaps[1]: the file wf.sw.json of ConfigMap b hides that of ConfigMap wf; give one of both another name",
		"spec.resources.configMaps[1]: the file x of ConfigMap b hides that of ConfigMap a; give one of both another name",
	}
	if diff := cmp.Diff(want, found.Hidden(owners, field.NewPath("spec", "resources", "configMaps"))); diff != "" {
		t.Errorf("Hidden(...): -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"wf.sw.json": "wf"}, owners); diff != "" {
		t.Errorf("Hidden(...) changed the owners: -want, +got:\n%s", diff)
	}
}

// TestHold shows that missing files keep a workflow from its first start alone.
func TestHold(t *testing.T) {
	t.Parallel()
	const missing = "not found: a"
	if got := files.Hold(missing, false); got.Gate != component.Withheld || got.Message != missing || got.Reason != v1alpha08.ReasonExternalResourcesNotFound {
		t.Errorf("A workflow that never ran: got %+v", got)
	}
	for _, got := range []component.Hold{files.Hold(missing, true), files.Hold("", false)} {
		if got.Gate != component.Open {
			t.Errorf("A workflow that runs, or that has all files: got %+v", got)
		}
	}
}
