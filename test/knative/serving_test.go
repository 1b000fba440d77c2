// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/apis"
	"knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"
)

// The cases by which the function's own rules of Serving are tested.
const servingCases = "../../fn/internal/serving/testdata/"

// TestServingPods holds that Serving's webhook or schema refuses the pods that the function
// refuses, for the same fields, and that both take those that the function takes.
func TestServingPods(t *testing.T) {
	t.Parallel()
	type podCase struct {
		Reason            string
		Pod               corev1.PodSpec
		Features, Refused []string
	}
	for name, tc := range cases[podCase](t, "pods.yaml") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := errors.Join(takes(t, tc.Pod, nil, tc.Features), fits(t, tc.Pod))
			if len(tc.Refused) == 0 {
				if err != nil {
					t.Errorf("%s\nthe function takes the pod, and Serving refuses it: %v", tc.Reason, err)
				}
				for i, needed := range tc.Features {
					if takes(t, tc.Pod, nil, slices.Delete(slices.Clone(tc.Features), i, i+1)) == nil {
						t.Errorf("%s\nServing takes the pod without %s", tc.Reason, needed)
					}
				}
				return
			}
			if err == nil {
				t.Fatalf("%s\nthe function refuses %v, and Serving takes the pod", tc.Reason, tc.Refused)
			}
			for _, path := range tc.Refused {
				if word := path[strings.LastIndex(path, ".")+1:]; !strings.Contains(letters(err.Error()), letters(strings.Split(word, "[")[0])) {
					t.Errorf("%s\nthe function refuses %s, which Serving doesn't name: %v", tc.Reason, path, err)
				}
			}
		})
	}
}

// TestServingAnnotations holds that Serving's webhook takes and refuses the values of annotations
// as the function does.
func TestServingAnnotations(t *testing.T) {
	t.Parallel()
	type values struct {
		Reason, Annotation string
		Taken, Refused     []string
	}
	pod := corev1.PodSpec{Containers: []corev1.Container{{Image: "img"}}}
	for name, tc := range cases[values](t, "annotations.yaml") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, v := range tc.Taken {
				if err := takes(t, pod, map[string]string{tc.Annotation: v}, nil); err != nil {
					t.Errorf("%s\n%s=%q: %v", tc.Reason, tc.Annotation, v, err)
				}
			}
			for _, v := range tc.Refused {
				if err := takes(t, pod, map[string]string{tc.Annotation: v}, nil); err == nil {
					t.Errorf("%s\n%s=%q: the function refuses it, and Serving takes it", tc.Reason, tc.Annotation, v)
				}
			}
		})
	}
}

// takes returns the error of Serving's webhook for the creation of a Service with a pod, with the
// features enabled; all other settings are Serving's defaults.
func takes(t *testing.T, pod corev1.PodSpec, annotations map[string]string, features []string) error {
	t.Helper()
	enabled := map[string]string{}
	for _, f := range features {
		enabled[f] = "enabled"
	}
	flags, err := config.NewFeaturesConfigFromMap(enabled)
	if err != nil {
		t.Fatal(err)
	}
	// FromContextOrDefaults fills in the settings that the context doesn't have.
	ctx := config.ToContext(t.Context(), &config.Config{Features: flags})
	ctx = config.ToContext(ctx, config.FromContextOrDefaults(ctx))
	s := &servingv1.Service{}
	s.Name, s.Namespace = "workflow", "workflows"
	// As a composed object arrives: without empty fields. The defaults change only the copy.
	b, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &s.Spec.Template.Spec.PodSpec); err != nil {
		t.Fatal(err)
	}
	s.Spec.Template.Annotations = maps.Clone(annotations)
	ctx = apis.WithinCreate(ctx)
	s.SetDefaults(ctx)
	// Warnings, which an API server passes on, refuse nothing.
	if err := s.Validate(ctx).Filter(apis.ErrorLevel); err != nil {
		return err
	}
	return nil
}

// fits returns the error of the schema that Serving installs, for a Service with a pod.
func fits(t *testing.T, pod corev1.PodSpec) error {
	t.Helper()
	v, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{
		"apiVersion": "serving.knative.dev/v1", "kind": "Service",
		"metadata": map[string]any{"name": "workflow", "namespace": "workflows"},
		"spec":     map[string]any{"template": map[string]any{"spec": pod}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	return v.validate(t.Context(), d)
}

// letters returns the letters of a text alone, in lower case: Serving writes init-containers
// and "persistent volume claim" for the fields of such names.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// cases reads a file of the function's cases. No case is fatal, because a test without cases
// would pass.
func cases[T any](t *testing.T, file string) map[string]T {
	t.Helper()
	b, err := os.ReadFile(servingCases + file)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]T
	if err := yaml.UnmarshalStrict(b, &out); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(out) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	return out
}
