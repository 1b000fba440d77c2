// SPDX-License-Identifier: Apache-2.0

package main

import (
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/bench/internal/scene"
)

// templated returns a scene's request as a template function gets it: with a template for
// the same objects in its input. The template computes names, namespace and readiness.
// The rest of the template is fixed text, which favours the template function.
func templated(s scene.Scene) (*fnv1.RunFunctionRequest, error) {
	text := &strings.Builder{}
	text.WriteString("{{- $xr := .observed.composite.resource }}\n{{- $name := $xr.spec.claimRef.name }}\n{{- $namespace := $xr.spec.claimRef.namespace }}\n{{- $observed := .observed.resources | default dict }}\n")
	for _, key := range slices.Sorted(maps.Keys(s.Response.GetDesired().GetResources())) {
		o := s.Response.GetDesired().GetResources()[key].GetResource().AsMap()
		md := o["metadata"].(map[string]any)
		annotations, _ := md["annotations"].(map[string]any)
		if annotations == nil {
			annotations = map[string]any{}
		}
		annotations["gotemplating.fn.crossplane.io/composition-resource-name"] = key
		annotations["gotemplating.fn.crossplane.io/ready"] = "READY"
		md["annotations"] = annotations
		b, err := yaml.Marshal(o)
		if err != nil {
			return nil, err
		}
		doc := strings.NewReplacer(
			"bench-namespace", "{{ $namespace }}", "platform-", "{{ $name }}-", ": platform\n", ": {{ $name }}\n",
			"READY", `'{{ $ready := "False" }}{{ range (dig "resource" "status" "conditions" list (get $observed "`+key+`" | default dict)) }}{{ if eq .status "True" }}{{ $ready = "True" }}{{ end }}{{ end }}{{ $ready }}'`,
			"${K_SINK}", "{{ `${K_SINK}` }}",
		).Replace(string(b))
		text.WriteString("---\n" + doc)
	}
	status, err := yaml.Marshal(s.Response.GetDesired().GetComposite().GetResource().AsMap())
	if err != nil {
		return nil, err
	}
	text.WriteString("---\n" + strings.ReplaceAll(string(status), "bench-namespace", "{{ $namespace }}"))
	out := proto.Clone(s.Request).(*fnv1.RunFunctionRequest)
	out.Input, err = structpb.NewStruct(map[string]any{
		"apiVersion": "gotemplating.fn.crossplane.io/v1beta1", "kind": "GoTemplate", "source": "Inline", "inline": map[string]any{"template": text.String()},
	})
	return out, err
}
