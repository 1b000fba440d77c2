// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// change writes a copy of the Composition with the step's changes.
func (s step) change(in *input) error {
	docs, err := load(in.composition)
	if err != nil {
		return err
	}
	pipeline, _, _ := unstructured.NestedSlice(docs[0].Object, "spec", "pipeline")
	for _, p := range pipeline {
		if fn, ok := p.(map[string]any); ok {
			if err := s.changeInput(fn); err != nil {
				return fmt.Errorf("cannot change the input in %s: %w", in.composition, err)
			}
		}
	}
	if len(pipeline) == 0 {
		return errors.New("the Composition has no pipeline")
	}
	set(&docs[0], pipeline, "spec", "pipeline")
	in.composition = filepath.Join(in.dir, "composition.yaml")
	return store(in.composition, docs...)
}

// changeInput makes the step's changes in a step of a pipeline.
func (s step) changeInput(fn map[string]any) error {
	if s.cluster != "" {
		return unstructured.SetNestedField(fn, s.cluster, "input", "cluster")
	}
	return unstructured.SetNestedField(fn, s.tag, "input", "images", "tag")
}

// observe writes the objects that Crossplane would observe after a render was applied: the
// composite with its status, the composed objects, and the objects that controllers create
// for them.
func (s step) observe(in *input, out *output) error {
	docs, err := load(in.composite)
	if err != nil {
		return err
	}
	docs[0].Object["status"] = out.composite.Object["status"]

	var observed []unstructured.Unstructured
	required := slices.Clone(in.prerequisites)
	for i := range out.composed {
		o := out.composed[i].DeepCopy()
		required = append(required, s.settle(o)...)
		observed = append(observed, *o)
	}

	in.composite = filepath.Join(in.dir, "composite.yaml")
	in.observed = filepath.Join(in.dir, "observed.yaml")
	if len(required) > 0 {
		in.required = filepath.Join(in.dir, "required.yaml")
	}
	return errors.Join(store(in.composite, docs[0]), store(in.observed, observed...), store(in.required, required...))
}

// store writes objects into a file. Without a file name it does nothing.
func store(file string, docs ...unstructured.Unstructured) error {
	if file == "" {
		return nil
	}
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

const (
	generation = 1
	// fieldConditions is the field of a status that has an object's conditions.
	fieldConditions = "conditions"
	// then is the time of all timestamps in the cluster's objects.
	then = "2024-01-01T00:00:00Z"
)

// settle gives an object the metadata and the status that the API server and the cluster's
// controllers give it. It returns the objects that these controllers create for it.
func (s step) settle(o *unstructured.Unstructured) []unstructured.Unstructured {
	o.SetUID(uidOf(o))
	o.SetGeneration(generation)

	switch o.GetKind() {
	case "Deployment":
		s.deploy(o)
	case "Job":
		return s.work(o)
	case "Trigger":
		set(o, []any{condition("Ready", "")}, "status", fieldConditions)
	case "SinkBinding":
		s.bind(o)
	case "Service":
		if o.GetAPIVersion() == "serving.knative.dev/v1" {
			serve(o)
		}
	case "Route":
		set(o, o.GetName()+"-"+o.GetNamespace()+".apps.example.com", "spec", "host")
	case "PodDisruptionBudget":
		set(o, map[string]any{
			"observedGeneration": int64(generation),
			"currentHealthy":     int64(2),
			"desiredHealthy":     int64(1),
			"disruptionsAllowed": int64(1),
			"expectedPods":       int64(2),
			fieldConditions:      []any{condition("DisruptionAllowed", "SufficientPods")},
		}, "status")
	}
	return nil
}

func (s step) deploy(o *unstructured.Unstructured) {
	if o.GetLabels()["bindings.knative.dev/include"] != "" {
		inject(o)
	}
	replicas, given, _ := unstructured.NestedInt64(o.Object, "spec", "replicas")
	if !given {
		replicas = 1
		set(o, replicas, "spec", "replicas")
	}
	if replicas == 0 && s.linger {
		replicas = 1
	}
	set(o, map[string]any{
		"observedGeneration": int64(generation),
		"replicas":           replicas,
		"updatedReplicas":    replicas,
		"readyReplicas":      replicas,
		"availableReplicas":  replicas,
		fieldConditions: []any{
			condition("Available", "MinimumReplicasAvailable"),
			condition("Progressing", "NewReplicaSetAvailable"),
		},
	}, "status")
}

// serve gives a Knative Service its status, and the address of its sink.
func serve(o *unstructured.Unstructured) {
	if o.GetLabels()["bindings.knative.dev/include"] != "" {
		inject(o)
	}
	host := o.GetName() + "." + o.GetNamespace()
	set(o, map[string]any{
		"observedGeneration":      int64(generation),
		"url":                     "http://" + host + ".example.com",
		"address":                 map[string]any{"url": "http://" + host + ".svc.cluster.local"},
		"latestReadyRevisionName": o.GetName() + "-00001",
		fieldConditions:           []any{condition("ConfigurationsReady", ""), condition("Ready", ""), condition("RoutesReady", "")},
	}, "status")
}

// bind gives a SinkBinding its status, once Knative has taken it up.
func (s step) bind(o *unstructured.Unstructured) {
	if !s.sinkPending {
		set(o, []any{condition("Ready", ""), condition("SinkProvided", "")}, "status", fieldConditions)
	}
}

// sinkURI is the address of every Broker.
const sinkURI = "http://broker-ingress.knative-eventing.svc.cluster.local/namespace/broker"

// inject writes the address of the sink into a Deployment or Knative Service, as Knative does.
func inject(o *unstructured.Unstructured) {
	containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
	for _, c := range containers {
		if c, ok := c.(map[string]any); ok {
			env, _ := c["env"].([]any)
			c["env"] = append(env, map[string]any{"name": "K_SINK", "value": sinkURI})
		}
	}
	set(o, containers, "spec", "template", "spec", "containers")
}

// work gives a Job its status. For a failed Job, it returns the failed pod.
func (s step) work(o *unstructured.Unstructured) []unstructured.Unstructured {
	if s.jobs == running {
		set(o, map[string]any{"startTime": then, "active": int64(1), "ready": int64(1)}, "status")
		return nil
	}
	if s.jobs == failed && strings.HasPrefix(o.GetAnnotations()[nameAnnotation], "data-index-") {
		const exitCode = 253
		pod := failedPod(o, exitCode)
		failure := condition("Failed", "PodFailurePolicy")
		failure["message"] = fmt.Sprintf("Container %s for pod %s/%s failed with exit code %d matching FailJob rule at index 0",
			migrator(o), pod.GetNamespace(), pod.GetName(), exitCode)
		set(o, map[string]any{"startTime": then, "failed": int64(1), fieldConditions: []any{failure}}, "status")
		return []unstructured.Unstructured{pod}
	}
	if s.jobs == failed && strings.HasPrefix(o.GetAnnotations()[nameAnnotation], "workflow-build-") {
		failure := condition("Failed", "BackoffLimitExceeded")
		failure["message"] = "Job has reached the specified backoff limit"
		set(o, map[string]any{"startTime": then, "failed": int64(3), fieldConditions: []any{failure}}, "status")
		return nil
	}
	set(o, map[string]any{
		"startTime":      then,
		"completionTime": then,
		"succeeded":      int64(1),
		fieldConditions:  []any{condition("SuccessCriteriaMet", "CompletionsReached"), condition("Complete", "CompletionsReached")},
	}, "status")
	return nil
}

// failedPod is the pod of a Job whose container ended with an exit code.
func failedPod(job *unstructured.Unstructured, exitCode int64) unstructured.Unstructured {
	template, _, _ := unstructured.NestedMap(job.Object, "spec", "template", "spec")
	pod := unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Pod",
		"spec":       template,
		"status": map[string]any{
			"phase": "Failed",
			"containerStatuses": []any{map[string]any{
				"name":  migrator(job),
				"state": map[string]any{"terminated": map[string]any{"exitCode": exitCode, "reason": "Error", "startedAt": then, "finishedAt": then}},
			}},
		},
	}}
	pod.SetNamespace(job.GetNamespace())
	pod.SetName(job.GetName() + "-x7k2p")
	pod.SetLabels(map[string]string{"batch.kubernetes.io/job-name": job.GetName()})
	return pod
}

// migrator is the name of the container of a Job.
func migrator(job *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(job.Object, "spec", "template", "spec", "containers")
	for _, c := range containers {
		if c, ok := c.(map[string]any); ok {
			name, _ := c["name"].(string)
			return name
		}
	}
	return ""
}

func condition(kind, reason string) map[string]any {
	out := map[string]any{"type": kind, "status": "True", "lastTransitionTime": then}
	if reason != "" {
		out["reason"] = reason
	}
	return out
}

func set(o *unstructured.Unstructured, value any, path ...string) {
	// SetNestedField can fail only where a parent of the field isn't an object.
	_ = unstructured.SetNestedField(o.Object, value, path...)
}

func uidOf(o *unstructured.Unstructured) types.UID {
	return types.UID(strings.ToLower(o.GetKind() + "-" + o.GetName()))
}
