// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// Parts of the specs of these tests.
const (
	both = `services: {dataIndex: {}, jobService: {}}`
	// onPostgreSQL is a platform with a database for both services.
	onPostgreSQL = `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}
services: {dataIndex: {}, jobService: {}}`
)

// compose returns what a platform plat in namespace ns1 with a spec needs. Observed
// Deployments are those that are asked for, unless they say otherwise of themselves.
func compose(t *testing.T, spec string, c compositiontest.Cluster) *composition.Result {
	t.Helper()
	req := compositiontest.Request(t, claimed(t, spec), c)
	for _, desired := range platform.Compose(req).Composed {
		o := req.Observed[desired.Key]
		if checksum := desired.Object.GetAnnotations()[service.AnnotationSpecChecksum]; o != nil && checksum != "" && o.GetAnnotations() == nil {
			o.SetAnnotations(map[string]string{service.AnnotationSpecChecksum: checksum})
		}
	}
	return platform.Compose(req)
}

// composeValid does the same for a spec that makes sense.
func composeValid(t *testing.T, spec string, c compositiontest.Cluster) *composition.Result {
	t.Helper()
	r := compose(t, spec, c)
	if r.Fatal != nil {
		t.Fatalf("Compose(...): %v", r.Fatal)
	}
	return r
}

// claimed returns the composite of a claim with a spec.
func claimed(t *testing.T, spec string) string {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(spec), &fields); err != nil {
		t.Fatalf("cannot read spec: %v\n%s", err, spec)
	}
	fields["claimRef"] = map[string]any{"apiVersion": "sonataflow.org/v1alpha08", "kind": "SonataFlowPlatform", "namespace": "ns1", "name": "plat"}
	out, err := yaml.Marshal(map[string]any{
		"apiVersion": "sonataflow.org/v1alpha08", "kind": "XSonataFlowPlatform",
		"metadata": map[string]any{"name": "plat-x7k2p", "generation": 2},
		"spec":     fields,
	})
	if err != nil {
		t.Fatalf("cannot write composite: %v", err)
	}
	return string(out)
}

// input is an input with a field.
func input(field string) string {
	return "apiVersion: sonataflow.fn.crossplane.io/v1beta1\nkind: Input\n" + field
}

// composed returns a composed object, or the zero of its type when there is none.
func composed[T composition.Object](t *testing.T, r *composition.Result, k service.Kind, resource string) T {
	t.Helper()
	var out T
	for _, c := range r.Composed {
		if c.Key != k.Key(resource) {
			continue
		}
		o, ok := c.Object.(T)
		if !ok {
			t.Fatalf("%s is a %T", c.Key, c.Object)
		}
		return o
	}
	return out
}

func deployment(t *testing.T, r *composition.Result, k service.Kind) *appsv1.Deployment {
	t.Helper()
	d := composed[*appsv1.Deployment](t, r, k, service.ResourceDeployment)
	if d == nil {
		t.Fatalf("%s has no Deployment", k)
	}
	return d
}

func budget(t *testing.T, r *composition.Result, k service.Kind) *policyv1.PodDisruptionBudget {
	t.Helper()
	return composed[*policyv1.PodDisruptionBudget](t, r, k, service.ResourceBudget)
}

// container returns the service's container.
func container(t *testing.T, r *composition.Result, k service.Kind) corev1.Container {
	t.Helper()
	for _, c := range deployment(t, r, k).Spec.Template.Spec.Containers {
		if c.Name == k.Container() {
			return c
		}
	}
	t.Fatalf("%s has no container", k)
	return corev1.Container{}
}

// env returns the value of a variable of the service's container, or the Secret and
// the key that it comes from.
func env(t *testing.T, r *composition.Result, k service.Kind, name string) string {
	t.Helper()
	for _, e := range container(t, r, k).Env {
		switch {
		case e.Name != name:
		case e.ValueFrom != nil:
			return e.ValueFrom.SecretKeyRef.Name + "/" + e.ValueFrom.SecretKeyRef.Key
		default:
			return e.Value
		}
	}
	return ""
}

// condition returns a condition, or the zero condition when it isn't set.
func condition(r *composition.Result, typ string) composition.Condition {
	for _, c := range r.Conditions {
		if c.Type == typ {
			return c
		}
	}
	return composition.Condition{}
}

// available is a Deployment with all pods that it wants.
func available(replicas int) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: %[1]d, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  replicas: %[1]d
  updatedReplicas: %[1]d
  readyReplicas: %[1]d
  availableReplicas: %[1]d
  conditions:
  - {type: Available, status: "True", reason: MinimumReplicasAvailable}
  - {type: Progressing, status: "True", reason: NewReplicaSetAvailable}`, replicas)
}

// Deployments that aren't available.
const (
	progressing = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 2, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  replicas: 2
  updatedReplicas: 2
  readyReplicas: 1
  availableReplicas: 1`
	stuck = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, generation: 1}
spec: {replicas: 1, progressDeadlineSeconds: 600}
status:
  observedGeneration: 1
  replicas: 1
  updatedReplicas: 1
  conditions:
  - {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: ReplicaSet "d-5" has timed out progressing.}`
)

// running is all that both services are composed of, in a cluster that has taken
// note of it. Its Deployments are given.
func running(dataIndex, jobsService string) map[string]string {
	return map[string]string{
		"data-index-config":       `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
		"data-index-service":      `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: 10.0.0.1}}`,
		"data-index-deployment":   dataIndex,
		"jobs-service-config":     `{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`,
		"jobs-service-service":    `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: 10.0.0.2}}`,
		"jobs-service-deployment": jobsService,
	}
}
