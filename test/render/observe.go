// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// observe writes what Crossplane would see once a render was applied to a
// healthy cluster: the composite with its status, and the composed objects.
func observe(dir, composite string, out *output) (xr, observed string, err error) {
	docs, err := load(composite)
	if err != nil {
		return "", "", err
	}
	docs[0].Object["status"] = out.composite.Object["status"]
	xr = filepath.Join(dir, "composite.yaml")
	if err := store(xr, docs[0]); err != nil {
		return "", "", err
	}

	for i := range out.composed {
		o := out.composed[i].DeepCopy()
		settle(o)
		docs = append(docs, *o)
	}
	observed = filepath.Join(dir, "observed.yaml")
	return xr, observed, store(observed, docs[1:]...)
}

func store(file string, docs ...unstructured.Unstructured) error {
	b := &bytes.Buffer{}
	for _, d := range docs {
		y, err := yaml.Marshal(d.Object)
		if err != nil {
			return fmt.Errorf("cannot encode %s %s: %w", d.GetKind(), d.GetName(), err)
		}
		_, _ = b.WriteString("---\n")
		_, _ = b.Write(y)
	}
	return os.WriteFile(file, b.Bytes(), 0o600)
}

// settle gives an object what the API server and the cluster's controllers
// give it when all is well.
func settle(o *unstructured.Unstructured) {
	const generation = 1
	o.SetUID(uidOf(o))
	o.SetGeneration(generation)

	switch o.GetKind() {
	case "Deployment":
		replicas, given, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
		if !given {
			replicas = 1
			set(o, replicas, "spec", "replicas")
		}
		set(o, map[string]any{
			"observedGeneration": int64(generation),
			"replicas":           replicas,
			"updatedReplicas":    replicas,
			"readyReplicas":      replicas,
			"availableReplicas":  replicas,
			"conditions": []any{
				condition("Available", "MinimumReplicasAvailable"),
				condition("Progressing", "NewReplicaSetAvailable"),
			},
		}, "status")
	case "PodDisruptionBudget":
		set(o, map[string]any{
			"observedGeneration": int64(generation),
			"currentHealthy":     int64(2),
			"desiredHealthy":     int64(1),
			"disruptionsAllowed": int64(1),
			"expectedPods":       int64(2),
			"conditions":         []any{condition("DisruptionAllowed", "SufficientPods")},
		}, "status")
	}
}

func condition(kind, reason string) map[string]any {
	return map[string]any{"type": kind, "status": "True", "reason": reason, "lastTransitionTime": "2024-01-01T00:00:00Z"}
}

func set(o *unstructured.Unstructured, value any, path ...string) {
	// It can fail only where a parent of the field isn't an object.
	_ = unstructured.SetNestedField(o.Object, value, path...)
}

func uidOf(o *unstructured.Unstructured) types.UID {
	return types.UID(strings.ToLower(o.GetKind() + "-" + o.GetName()))
}
