// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
)

// configChecksum is that of the properties of these components: printf 'a = b\n' |
// sha256sum.
const configChecksum = "83147372b31735878beba3926601373b33976d2e9775bdb9229cea0cf6fdff0b"

// withoutChecksum returns a copy of a Deployment without the checksum of its spec.
func withoutChecksum(d *appsv1.Deployment) *appsv1.Deployment {
	out := d.DeepCopy()
	delete(out.Annotations, health.AnnotationSpecChecksum)
	if len(out.Annotations) == 0 {
		out.Annotations = nil
	}
	return out
}

// TestObjects holds the objects of both components, in their order.
func TestObjects(t *testing.T) {
	t.Parallel()
	budget := &policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromString("50%"))}
	metaOf := func(name string, c *component.Component) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "ns1", Labels: c.Labels()}
	}
	// objects are those of a component that is called name.
	objects := func(c *component.Component, key, name string, deployment appsv1.DeploymentSpec) []composition.Composed {
		selector := map[string]string{"sonataflow.org/service": name}
		deployment.Selector = &metav1.LabelSelector{MatchLabels: selector}
		deployment.Template = corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: c.Labels(), Annotations: map[string]string{"sonataflow.org/checksum-config": configChecksum}},
			Spec:       c.Pod,
		}
		return []composition.Composed{
			{Key: key + "-config", Object: &corev1.ConfigMap{
				TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
				ObjectMeta: metaOf(name+"-props", c),
				Data:       map[string]string{"application.properties": "a = b\n"},
			}},
			{Key: key + "-service", Object: &corev1.Service{
				TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
				ObjectMeta: metaOf(name, c),
				Spec: corev1.ServiceSpec{
					Selector: selector,
					Ports:    []corev1.ServicePort{{Name: "h2c", Protocol: corev1.ProtocolTCP, Port: 80, TargetPort: intstr.FromInt32(8080)}},
				},
			}},
			{Key: key + "-deployment", Object: &appsv1.Deployment{
				TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
				ObjectMeta: metaOf(name, c),
				Spec:       deployment,
			}},
		}
	}
	dataIndex, jobsService := plat(component.DataIndex()), plat(component.JobsService())
	cases := map[string]struct {
		reason string
		in     *component.Component
		orders workload.Orders
		want   []composition.Composed
	}{
		"DataIndex": {
			reason: "A Data Index whose number of pods isn't ours doesn't name the number, and is rolled as Kubernetes does by default.",
			in:     dataIndex,
			want:   objects(dataIndex, "data-index", "plat-data-index-service", appsv1.DeploymentSpec{}),
		},
		"JobsService": {
			reason: "A Jobs Service ends before its successor starts: two would fire every timer twice.",
			in:     jobsService,
			orders: workload.Orders{Replicas: new(int32(1))},
			want: objects(jobsService, "jobs-service", "plat-jobs-service", appsv1.DeploymentSpec{
				Replicas: new(int32(1)), Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType},
			}),
		},
		"Budget": {
			reason: "A budget says what the user says, of the pods of the component.",
			in:     dataIndex,
			orders: workload.Orders{Replicas: new(int32(2)), Budget: budget},
			want: append(objects(dataIndex, "data-index", "plat-data-index-service", appsv1.DeploymentSpec{Replicas: new(int32(2))}),
				composition.Composed{Key: "data-index-pdb", Object: &policyv1.PodDisruptionBudget{
					TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
					ObjectMeta: metaOf("plat-data-index-service", dataIndex),
					Spec: policyv1.PodDisruptionBudgetSpec{
						MaxUnavailable: new(intstr.FromString("50%")),
						Selector:       &metav1.LabelSelector{MatchLabels: map[string]string{"sonataflow.org/service": "plat-data-index-service"}},
					},
				}}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := workload.For(request(t, compositiontest.Cluster{}), tc.in, tc.orders).Objects
			for i, c := range got {
				if d, ok := c.Object.(*appsv1.Deployment); ok {
					got[i].Object = withoutChecksum(d)
				}
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
			if tc.orders.Budget != nil && tc.orders.Budget.Selector != nil {
				t.Errorf("%s\nFor(...) changed the budget that it was given: %v", tc.reason, tc.orders.Budget)
			}
		})
	}
}

// TestMarks holds which marks a Deployment and its pods have.
func TestMarks(t *testing.T) {
	t.Parallel()
	type marks struct {
		// Annotations of the Deployment, without the checksum of its spec.
		Annotations map[string]string
		// PodAnnotations roll the pods when they change.
		PodAnnotations map[string]string
		// Bound and PodBound tell whether the Deployment and its pods have the label for Knative.
		Bound, PodBound bool
	}
	// Of the sender's properties: printf 'sink = true\n' | sha256sum, and false.
	const (
		sinkChecksum   = "36a33ee7f2b69c34a79186b32a40b3e4a75bcbf540e0b0c6dc21587de2b2e305"
		noSinkChecksum = "83da73bbdb62d0581131aad182a4b96f84aadbba94e1335514a8e7e5128032dc"
	)
	configOf := func(checksum string) map[string]string {
		return map[string]string{component.AnnotationConfigChecksum: checksum}
	}
	versions := configOf(configChecksum)
	versions[component.AnnotationSecretVersion], versions[component.AnnotationReferencesVersion] = "7", "8"
	cases := map[string]struct {
		reason string
		in     *component.Component
		orders workload.Orders
		want   marks
	}{
		"None": {
			reason: "Pods are rolled when the properties change.",
			in:     plat(component.DataIndex()),
			want:   marks{PodAnnotations: configOf(configChecksum)},
		},
		"Versions": {
			reason: "Pods are rolled when the version of something changes that they read.",
			in:     plat(component.DataIndex()),
			orders: workload.Orders{Versions: map[string]string{component.AnnotationSecretVersion: "7", component.AnnotationReferencesVersion: "8"}},
			want:   marks{PodAnnotations: versions},
		},
		"Annotations": {
			reason: "The annotations of a hold are the Deployment's, not its pods', so they don't roll the pods.",
			in:     plat(component.DataIndex()),
			orders: workload.Orders{Holds: []component.Hold{{Annotations: map[string]string{"a": "b"}}}},
			want:   marks{Annotations: map[string]string{"a": "b"}, PodAnnotations: configOf(configChecksum)},
		},
		"Sink": {
			reason: "A Deployment with a sink asks Knative for the sink; the label of the Deployment is enough.",
			in:     sender(),
			want:   marks{PodAnnotations: configOf(sinkChecksum), Bound: true},
		},
		"WithoutSink": {
			reason: "A Deployment that runs without its sink has other properties, and still asks Knative for the sink.",
			in:     sender(),
			orders: workload.Orders{Holds: []component.Hold{{WithoutSink: true}}},
			want:   marks{PodAnnotations: configOf(noSinkChecksum), Bound: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := workload.For(request(t, compositiontest.Cluster{}), tc.in, tc.orders)
			d := withoutChecksum(composed[*appsv1.Deployment](plan.Objects))
			got := marks{
				Annotations: d.Annotations, PodAnnotations: d.Spec.Template.Annotations,
				Bound: d.Labels[component.LabelBindingInclude] == "true", PodBound: d.Spec.Template.Labels[component.LabelBindingInclude] != "",
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSpecChecksum holds that a Deployment tells of each change of its spec, and of
// nothing else.
func TestSpecChecksum(t *testing.T) {
	t.Parallel()
	checksum := func(t *testing.T, c *component.Component, orders workload.Orders) string {
		t.Helper()
		plan := workload.For(request(t, compositiontest.Cluster{}), c, orders)
		return composed[*appsv1.Deployment](plan.Objects).Annotations[health.AnnotationSpecChecksum]
	}
	image, properties := plat(component.DataIndex()), plat(component.DataIndex())
	image.Pod.Containers[0].Image = "other"
	properties.Properties.Text = "a = c\n"
	cases := map[string]struct {
		reason string
		in     *component.Component
		orders workload.Orders
		same   bool
	}{
		"Same":       {reason: "The same spec has the same checksum.", in: plat(component.DataIndex()), same: true},
		"Replicas":   {reason: "The number of pods is part of the spec.", in: plat(component.DataIndex()), orders: workload.Orders{Replicas: new(int32(0))}},
		"Image":      {reason: "The pod is part of the spec.", in: image},
		"Properties": {reason: "The checksum of the properties is part of the spec.", in: properties},
		"Versions":   {reason: "The version of what the pods read is part of the spec.", in: plat(component.DataIndex()), orders: workload.Orders{Versions: map[string]string{component.AnnotationReferencesVersion: "7"}}},
		"Annotations": {
			reason: "Annotations of the Deployment aren't part of the spec.",
			in:     plat(component.DataIndex()),
			orders: workload.Orders{Holds: []component.Hold{{Annotations: map[string]string{"a": "b"}}}},
			same:   true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, now := checksum(t, plat(component.DataIndex()), workload.Orders{}), checksum(t, tc.in, tc.orders)
			if diff := cmp.Diff(tc.same, before == now); diff != "" {
				t.Errorf("%s\nchecksum is the same: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
