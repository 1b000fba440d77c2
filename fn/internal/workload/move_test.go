// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
)

// flow returns a workflow wf in namespace ns1.
func flow(k component.Kind) *component.Component {
	c := plat(k)
	c.Owner = "wf"
	return c
}

// The keys of what runs a workflow.
const (
	keyDeployment = "workflow-deployment"
	keyService    = "workflow-service"
	keyKnative    = "workflow-knative-service"
)

// in returns what is composed of a workflow, in a state.
func in(t *testing.T, c *component.Component, state compositiontest.State) map[string]string {
	t.Helper()
	return observe(t, c, workload.Orders{}, state)
}

// merged returns all objects of several clusters.
func merged(clusters ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, c := range clusters {
		maps.Copy(out, c)
	}
	return out
}

// only returns some of a cluster's objects.
func only(all map[string]string, keys ...string) map[string]string {
	out := maps.Clone(all)
	maps.DeleteFunc(out, func(key, _ string) bool { return !slices.Contains(keys, key) })
	return out
}

// TestMove holds what there is of a workflow that moves between a Deployment and a Knative
// Service: the earlier one stays until the later one can take over.
func TestMove(t *testing.T) {
	t.Parallel()
	deployment, serving := flow(component.Workflow()), flow(component.WorkflowKnative())
	route := `{apiVersion: v1, kind: Service, metadata: {name: wf, namespace: ns1, ownerReferences: [{apiVersion: serving.knative.dev/v1, kind: Route, name: wf, uid: route, controller: true}]}}`
	// Knative can't make a Service of the name, but the revision is ready.
	notOwned := strings.NewReplacer(`{"status":"True","type":"Ready"}`, `{"status":"False","type":"Ready","reason":"NotOwned","message":"There is an existing Service"}`)
	blocked := map[string]string{keyKnative: notOwned.Replace(in(t, serving, compositiontest.Ready)[keyKnative])}
	type want struct {
		Keys    []string
		Reason  string
		Message string
		Address string
	}
	const until = "; Deployment wf serves until then"
	cases := map[string]struct {
		reason   string
		in       *component.Component
		observed map[string]string
		services []string
		serving  map[string]bool
		want     want
	}{
		"Knative": {
			reason: "A Knative Service is all that runs, and Knative makes the Service of Kubernetes.", in: serving, serving: map[string]bool{"knative-service": true},
			want: want{Keys: []string{"workflow-config", keyKnative}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Knative Service wf: Not created yet"},
		},
		"KnativeReady": {
			reason: "A Knative Service says where it is.", in: serving, observed: in(t, serving, compositiontest.Ready),
			want: want{Keys: []string{"workflow-config", keyKnative}, Reason: v1alpha08.ReasonAvailable, Address: "http://wf.ns1.svc.cluster.local"},
		},
		"NotInstalled": {
			reason: "Where there is no Knative Serving, nothing is composed of its kinds.", in: serving, serving: map[string]bool{"knative-service": false},
			want: want{Keys: []string{"workflow-config"}, Reason: v1alpha08.ReasonKnativeServingNotAvailable, Message: "Knative Serving isn't installed: the cluster doesn't know Services of serving.knative.dev; install it (https://knative.dev/docs/install/), or remove spec.podTemplate.deploymentModel; for an offline render, give --required-schemas"},
		},
		"Pending": {
			reason: "Nothing is composed of a kind that may not be there.", in: serving, serving: map[string]bool{},
			want: want{Keys: []string{"workflow-config"}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Looking for Knative Serving"},
		},
		"Uninstalled": {
			reason: "A Knative Service that is composed isn't left out because its kind seems to be gone.", in: serving, observed: in(t, serving, compositiontest.Ready), serving: map[string]bool{"knative-service": false},
			want: want{Keys: []string{"workflow-config", keyKnative}, Reason: v1alpha08.ReasonAvailable, Address: "http://wf.ns1.svc.cluster.local"},
		},
		"NotInstalledMoving": {
			reason: "A workflow that runs on a Deployment goes on where there is no Knative Serving.", in: serving, observed: in(t, deployment, compositiontest.Ready), serving: map[string]bool{"knative-service": false},
			want: want{Keys: []string{"workflow-config", keyService, keyDeployment}, Reason: v1alpha08.ReasonKnativeServingNotAvailable, Message: "Knative Serving isn't installed: the cluster doesn't know Services of serving.knative.dev; install it (https://knative.dev/docs/install/), or remove spec.podTemplate.deploymentModel; for an offline render, give --required-schemas" + until, Address: "http://wf.ns1"},
		},
		"ToKnative": {
			reason: "The Deployment and its Service stay beside the new Knative Service.", in: serving, observed: in(t, deployment, compositiontest.Ready), serving: map[string]bool{"knative-service": true},
			want: want{Keys: []string{"workflow-config", keyService, keyKnative, keyDeployment}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Knative Service wf: Not created yet" + until, Address: "http://wf.ns1"},
		},
		"ToKnativeUnready": {
			reason: "They stay while no revision is ready.", in: serving, observed: merged(in(t, deployment, compositiontest.Ready), in(t, serving, compositiontest.Unready)),
			want: want{Keys: []string{"workflow-config", keyService, keyKnative, keyDeployment}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Knative Service wf: Configuration is waiting for a Revision to become ready." + until, Address: "http://wf.ns1"},
		},
		"ToKnativeStuck": {
			reason: "They stay when no revision gets ready.", in: serving, observed: merged(in(t, deployment, compositiontest.Ready), in(t, serving, compositiontest.Stuck)),
			want: want{Keys: []string{"workflow-config", keyService, keyKnative, keyDeployment}, Reason: v1alpha08.ReasonDeploymentFailure, Message: "Knative Service wf: Unable to fetch image; to see why a pod doesn't start: kubectl describe pods --namespace ns1 --selector sonataflow.org/workflow-app=wf,sonataflow.org/workflow-namespace=ns1" + until, Address: "http://wf.ns1"},
		},
		"ToKnativeAble": {
			reason: "When a revision is ready, they make room for Knative's own Service.", in: serving, observed: merged(in(t, deployment, compositiontest.Ready), blocked),
			want: want{Keys: []string{"workflow-config", keyKnative}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Knative Service wf: There is an existing Service", Address: "http://wf.ns1.svc.cluster.local"},
		},
		"ToKnativeServiceLeft": {
			reason: "A Service without its Deployment leads nowhere.", in: serving, observed: merged(only(in(t, deployment, compositiontest.Ready), keyService), blocked),
			want: want{Keys: []string{"workflow-config", keyKnative}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Knative Service wf: There is an existing Service", Address: "http://wf.ns1.svc.cluster.local"},
		},
		"ToDeployment": {
			reason: "The Knative Service stays, and its Service has the name.", in: deployment, observed: in(t, serving, compositiontest.Ready), services: []string{route},
			want: want{Keys: []string{"workflow-config", keyDeployment, keyKnative}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Deployment wf: Not created yet; Knative Service wf serves until then", Address: "http://wf.ns1"},
		},
		"ToDeploymentAble": {
			reason: "When the Deployment is available, the Knative Service leaves.", in: deployment, observed: merged(only(in(t, deployment, compositiontest.Ready), keyDeployment), in(t, serving, compositiontest.Ready)), services: []string{route},
			want: want{Keys: []string{"workflow-config", keyDeployment}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Service wf is made once Knative has removed its own Service of that name", Address: "http://wf.ns1"},
		},
		"ToDeploymentRouteLeft": {
			reason: "Until Knative's Service is gone, there can be no other one.", in: deployment, observed: only(in(t, deployment, compositiontest.Ready), keyDeployment), services: []string{route},
			want: want{Keys: []string{"workflow-config", keyDeployment}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Service wf is made once Knative has removed its own Service of that name", Address: "http://wf.ns1"},
		},
		"ToDeploymentFree": {
			reason: "Once Knative's Service is gone, the Service is made.", in: deployment, observed: only(in(t, deployment, compositiontest.Ready), keyDeployment), services: []string{},
			want: want{Keys: []string{"workflow-config", keyService, keyDeployment}, Reason: v1alpha08.ReasonAvailable, Address: "http://wf.ns1"},
		},
		"ChangedBack": {
			reason: "A user who changes their mind keeps the Service.", in: deployment, observed: merged(in(t, deployment, compositiontest.Ready), in(t, serving, compositiontest.Unready)),
			want: want{Keys: []string{"workflow-config", keyService, keyDeployment}, Reason: v1alpha08.ReasonAvailable, Address: "http://wf.ns1"},
		},
		"Strangers": {
			reason: "A Knative Service of another owner has the name: it is for ownership to say so.", in: deployment, services: []string{route},
			want: want{Keys: []string{"workflow-config", keyService, keyDeployment}, Reason: v1alpha08.ReasonWaitingForDeployment, Message: "Deployment wf: Not created yet", Address: "http://wf.ns1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := compositiontest.Cluster{Observed: tc.observed, Installed: tc.serving, Required: map[string][]string{"knative-service-wf": nil, "deployment-wf": nil, "service-wf": tc.services}}
			plan := workload.For(request(t, cluster), tc.in, workload.Orders{})
			got := want{Reason: plan.Condition.Reason, Message: plan.Condition.Message, Address: plan.Address}
			for _, o := range plan.Objects {
				got.Keys = append(got.Keys, o.Key)
			}
			if k := composed[*workload.KnativeService](plan.Objects); k != nil {
				_, waits := k.Annotations["sonataflow.org/name-taken"]
				if named := slices.Contains(got.Keys, keyService); waits != named {
					t.Errorf("%s\nthe Knative Service says that its name is taken: %t, and it is: %t", tc.reason, waits, named)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestKept holds that the object that a workflow ran on before is applied as it is: a Knative
// Service with its sink, for another revision would have none.
func TestKept(t *testing.T) {
	t.Parallel()
	before := flow(component.WorkflowKnative())
	before.Sink = sender().Sink
	observed := in(t, before, compositiontest.Ready)
	after := flow(component.Workflow())
	after.Image, after.Pod.Containers[0].Image = "service:2.0", "service:2.0"
	plan := workload.For(request(t, compositiontest.Cluster{Observed: observed}), after, workload.Orders{})
	i := slices.IndexFunc(plan.Objects, func(o composition.Composed) bool { return o.Key == keyKnative })
	var want, got struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     any               `json:"spec"`
		Status   any               `json:"status"`
	}
	for text, into := range map[string]any{observed[keyKnative]: &want, compositiontest.Text(t, plan.Objects[i].Object): &got} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want.Spec, got.Spec); diff != "" || !strings.Contains(fmt.Sprint(got.Spec), component.VariableSink) {
		t.Errorf("the spec isn't the observed one with its sink: -observed, +got:\n%s", diff)
	}
	if diff := cmp.Diff(metav1.ObjectMeta{Name: "wf", Namespace: "ns1", Labels: want.Metadata.Labels, Annotations: want.Metadata.Annotations}, got.Metadata); diff != "" {
		t.Errorf("the metadata aren't those that were composed: -want, +got:\n%s", diff)
	}
}

// TestMoveHeldBack holds that a Deployment that is held back takes nothing over, though it is
// ready without pods.
func TestMoveHeldBack(t *testing.T) {
	t.Parallel()
	c, hold := flow(component.Workflow()), component.Hold{Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForSink, Message: "No sink"}
	orders := workload.Orders{Holds: []component.Hold{hold}}
	observed := merged(only(observe(t, c, orders, compositiontest.Ready), keyDeployment), in(t, flow(component.WorkflowKnative()), compositiontest.Ready))
	plan := workload.For(request(t, compositiontest.Cluster{Observed: observed}), c, orders)
	if !slices.ContainsFunc(plan.Objects, func(o composition.Composed) bool { return o.Key == keyKnative }) {
		t.Error("the Knative Service that serves is left out")
	}
	if want := "No sink; Knative Service wf serves until then"; plan.Condition.Message != want {
		t.Errorf("the condition says %q, want %q", plan.Condition.Message, want)
	}
}

// TestMoveKeepsPods holds that a Deployment that serves while its workflow moves keeps its number
// of pods, but for an autoscaler's, and its PodDisruptionBudget.
func TestMoveKeepsPods(t *testing.T) {
	t.Parallel()
	const keyBudget = "workflow-pdb"
	budget := &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))}
	observed := observe(t, flow(component.Workflow()), workload.Orders{Replicas: new(int32(3)), Budget: budget}, compositiontest.Ready)
	for _, autoscaled := range []bool{false, true} {
		plan := workload.For(request(t, compositiontest.Cluster{Observed: observed, Installed: map[string]bool{"knative-service": true}}), flow(component.WorkflowKnative()), workload.Orders{Autoscaled: autoscaled})
		got := map[string]any{}
		for _, o := range plan.Objects {
			object, _ := o.Object.(*unstructured.Unstructured)
			if object == nil {
				continue
			}
			for _, field := range []string{"replicas", "minAvailable"} {
				if value, found, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", field); found {
					got[o.Key+" "+field] = value
				}
			}
		}
		want := map[string]any{keyDeployment + " replicas": int64(3), keyBudget + " minAvailable": int64(1)}
		if autoscaled {
			delete(want, keyDeployment+" replicas")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("autoscaled: %t: -want, +got:\n%s", autoscaled, diff)
		}
	}
}

// TestUnchanged holds that a Knative Service may be applied as it is, with its sink.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	before := flow(component.WorkflowKnative())
	before.Sink = sender().Sink
	observed := in(t, before, compositiontest.Ready)
	after := flow(component.WorkflowKnative())
	after.Sink = sender().Sink
	after.Image, after.Pod.Containers[0].Image = "service:2.0", "service:2.0"
	for _, unchanged := range []bool{true, false} {
		plan := workload.For(request(t, compositiontest.Cluster{Observed: observed}), after, workload.Orders{Holds: []component.Hold{{Unchanged: unchanged}}})
		i := slices.IndexFunc(plan.Objects, func(o composition.Composed) bool { return o.Key == keyKnative })
		text := compositiontest.Text(t, plan.Objects[i].Object)
		if strings.Contains(text, component.VariableSink) != unchanged || strings.Contains(text, "service:2.0") == unchanged {
			t.Errorf("unchanged: %t: composed is %s", unchanged, text)
		}
	}
}

// TestKnativeService holds what is composed: nothing that Knative defaults or writes itself, and
// the annotations that users give the pods.
func TestKnativeService(t *testing.T) {
	t.Parallel()
	c := flow(component.WorkflowKnative())
	c.Annotations = map[string]string{"autoscaling.knative.dev/min-scale": "1"}
	c.Inherited = map[string]string{"networking.knative.dev/visibility": "cluster-local"}
	orders := workload.Orders{Replicas: new(int32(3)), Versions: map[string]string{component.AnnotationSecretVersion: "s"}}
	k := composed[*workload.KnativeService](workload.For(request(t, compositiontest.Cluster{}), c, orders).Objects)
	if k.Labels["networking.knative.dev/visibility"] != "cluster-local" || len(k.Annotations) != 1 {
		t.Errorf("labels %v, annotations %v: want the visibility, and the checksum alone, because Knative takes annotations about autoscaling on pods alone", k.Labels, k.Annotations)
	}
	a := k.Spec.Template.Annotations
	if a["autoscaling.knative.dev/min-scale"] != "1" || a[component.AnnotationSecretVersion] != "s" || a[component.AnnotationConfigChecksum] == "" {
		t.Errorf("the pods' annotations: %v", a)
	}
	if diff := cmp.Diff(corev1.PodSpec{Containers: []corev1.Container{{Name: "workflow"}}}, k.Spec.Template.Spec); diff != "" {
		t.Errorf("the pods: -want, +got:\n%s", diff)
	}
	changed := *c
	changed.Properties.Text = "a = c\n"
	other := composed[*workload.KnativeService](workload.For(request(t, compositiontest.Cluster{}), &changed, orders).Objects)
	if other.Spec.Template.Annotations[component.AnnotationConfigChecksum] == a[component.AnnotationConfigChecksum] {
		t.Error("changed properties make no new revision")
	}
	if copied := k.DeepCopyObject(); !cmp.Equal(k, copied) || copied == any(k) {
		t.Error("a copy differs, or is the same")
	}
}
