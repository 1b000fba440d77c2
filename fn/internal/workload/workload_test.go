// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workload"
)

// plat returns a component of platform plat in namespace ns1.
func plat(k component.Kind) *component.Component {
	return &component.Component{
		Kind: k, Owner: "plat", Namespace: "ns1", Image: "service:1.0", Version: "1.0",
		Pod:        corev1.PodSpec{Containers: []corev1.Container{{Name: k.Container}}},
		Properties: component.Properties{Text: "a = b\n", WithoutSink: "a = b\n"},
	}
}

// sender returns a Jobs Service that sends events to a sink.
func sender() *component.Component {
	c := plat(component.JobsService())
	c.Sink = &duckv1.Destination{Ref: &duckv1.KReference{APIVersion: component.APIVersionBroker, Kind: component.KindBroker, Name: "default", Namespace: "ns1"}}
	c.Properties = component.Properties{Text: "sink = true\n", WithoutSink: "sink = false\n"}
	return c
}

func request(t *testing.T, c compositiontest.Cluster) *composition.Request {
	t.Helper()
	return compositiontest.Request(t, "kind: XSonataFlowPlatform", c)
}

// observe returns a cluster that has what is composed of a component by some orders. Its
// Deployment is in a state, its other objects do their work.
func observe(t *testing.T, c *component.Component, orders workload.Orders, state compositiontest.State) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, o := range workload.For(request(t, compositiontest.Cluster{}), c, orders).Objects {
		out[o.Key] = compositiontest.Text(t, compositiontest.Observe(t, o.Object, state))
	}
	return out
}

// composed returns the object of a type, or the zero of the type when there is none.
func composed[T composition.Object](objects []composition.Composed) T {
	var out T
	for _, c := range objects {
		if o, ok := c.Object.(T); ok {
			return o
		}
	}
	return out
}

// TestLook holds which Deployment is taken for that of a component, also one that was
// there before the platform, as the operator's is. It is looked for in any case:
// the name has to be free.
func TestLook(t *testing.T) {
	t.Parallel()
	migrated := plat(component.DataIndex())
	migrated.Migration = &component.Migration{Image: "migrator:1.0"}
	query := func(name string) []composition.Query {
		return []composition.Query{{Name: "deployment-" + name, APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ns1", ResourceName: name}}
	}
	existing := func(name string) string {
		return compositiontest.Text(t, compositiontest.Observe(t, &appsv1.Deployment{
			TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, ObjectMeta: metav1.ObjectMeta{Name: name},
		}, compositiontest.Ready))
	}
	type want struct {
		// Name of the Deployment; empty for none.
		Name    string
		Queries []composition.Query
	}
	cases := map[string]struct {
		reason  string
		in      *component.Component
		cluster compositiontest.Cluster
		want    want
	}{
		"Plain": {
			reason:  "A Deployment that has the name already is looked for, also for a component that no plan holds back.",
			in:      plat(component.JobsService()),
			cluster: compositiontest.Cluster{Required: map[string][]string{"deployment-plat-jobs-service": {existing("operator")}}},
			want:    want{Name: "operator", Queries: query("plat-jobs-service")},
		},
		"PlainComposed": {
			reason:  "A Deployment that is composed is known, so it isn't looked for.",
			in:      plat(component.JobsService()),
			cluster: compositiontest.Cluster{Observed: map[string]string{"jobs-service-deployment": existing("composed")}},
			want:    want{Name: "composed"},
		},
		"Sink": {
			reason:  "A component with a sink is held back by what runs.",
			in:      sender(),
			cluster: compositiontest.Cluster{Required: map[string][]string{"deployment-plat-jobs-service": {existing("operator")}}},
			want:    want{Name: "operator", Queries: query("plat-jobs-service")},
		},
		"SinkAndNothing": {
			reason:  "A Deployment that doesn't exist isn't found.",
			in:      sender(),
			cluster: compositiontest.Cluster{Required: map[string][]string{"deployment-plat-jobs-service": nil}},
			want:    want{Queries: query("plat-jobs-service")},
		},
		"SinkAndPending": {
			reason: "A Deployment isn't known before Crossplane has looked.",
			in:     sender(),
			want:   want{Queries: query("plat-jobs-service")},
		},
		"SinkAndUnknown": {
			reason:  "A Deployment isn't known to a Crossplane that never looks.",
			in:      sender(),
			cluster: compositiontest.Cluster{Old: true},
			want:    want{Queries: query("plat-jobs-service")},
		},
		"SinkAndComposed": {
			reason:  "A Deployment that is composed needn't be looked up.",
			in:      sender(),
			cluster: compositiontest.Cluster{Observed: map[string]string{"jobs-service-deployment": existing("composed")}},
			want:    want{Name: "composed"},
		},
		"Migration": {
			reason:  "A component that a Job migrates is held back by what runs.",
			in:      migrated,
			cluster: compositiontest.Cluster{Required: map[string][]string{"deployment-plat-data-index-service": {existing("operator")}}},
			want:    want{Name: "operator", Queries: query("plat-data-index-service")},
		},
		"MigrationAndNothing": {
			reason:  "A Deployment that doesn't exist isn't found.",
			in:      migrated,
			cluster: compositiontest.Cluster{Required: map[string][]string{"deployment-plat-data-index-service": nil}},
			want:    want{Queries: query("plat-data-index-service")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, tc.cluster)
			got := want{}
			if d := workload.Look(req, tc.in).Runs; d != nil {
				got.Name = d.GetName()
			}
			got.Queries, _ = req.Queries()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nLook(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestHolds holds how the holds of all plans become one workload.
func TestHolds(t *testing.T) {
	t.Parallel()
	withheld := component.Hold{Gate: component.Withheld, Reason: v1alpha08.ReasonWaitingForDBMigration, Message: "migrating", Annotations: map[string]string{"migration": "m"}}
	stopped := component.Hold{Gate: component.Zero, Reason: v1alpha08.ReasonDBMigrationFailure, Message: "failed", Annotations: map[string]string{"migration": "m"}}
	idle := component.Hold{Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForSink, Message: "no sink"}
	letRun := component.Hold{Annotations: map[string]string{"migration": "m"}}
	withoutSink := component.Hold{WithoutSink: true, Annotations: map[string]string{"eventing": "e"}}
	type want struct {
		Keys       []string
		Properties string
		// Replicas and Annotations are the Deployment's; the latter without the checksum.
		Replicas    *int32
		Annotations map[string]string
		Condition   composition.Condition
	}
	open := []string{"jobs-service-config", "jobs-service-service", "jobs-service-deployment", "jobs-service-pdb"}
	without := func(keys ...string) []string {
		return slices.DeleteFunc(slices.Clone(open), func(key string) bool { return slices.Contains(keys, key) })
	}
	condition := func(reason, message string) composition.Condition {
		return composition.Condition{Type: v1alpha08.ConditionJobServiceReady, Status: metav1.ConditionFalse, Reason: reason, Message: message}
	}
	created := condition(v1alpha08.ReasonProgressing, "Deployment plat-jobs-service: Not created yet")
	migrating := condition(v1alpha08.ReasonWaitingForDBMigration, "migrating")
	noSink := condition(v1alpha08.ReasonWaitingForSink, "no sink")
	failed := condition(v1alpha08.ReasonDBMigrationFailure, "failed")
	failed.Alarm = true
	cases := map[string]struct {
		reason string
		holds  []component.Hold
		want   want
	}{
		"None": {
			reason: "A component that no plan holds back runs as its user asks.",
			want:   want{Keys: open, Properties: "sink = true\n", Replicas: new(int32(2)), Condition: created},
		},
		"ZeroValue": {
			reason: "The zero value of a hold holds nothing back.",
			holds:  []component.Hold{{}, {}},
			want:   want{Keys: open, Properties: "sink = true\n", Replicas: new(int32(2)), Condition: created},
		},
		"Zero": {
			reason: "A workload that is kept without pods needs no budget.",
			holds:  []component.Hold{idle},
			want: want{
				Keys: without("jobs-service-pdb"), Properties: "sink = true\n", Replicas: new(int32(0)),
				Condition: noSink,
			},
		},
		"Withheld": {
			reason: "A Deployment that is withheld is left out; the objects without pods stay.",
			holds:  []component.Hold{withheld},
			want: want{
				Keys: without("jobs-service-deployment", "jobs-service-pdb"), Properties: "sink = true\n",
				Condition: migrating,
			},
		},
		"WithheldAndZero": {
			reason: "The most restrictive gate counts; the first hold says why.",
			holds:  []component.Hold{withheld, idle},
			want: want{
				Keys: without("jobs-service-deployment", "jobs-service-pdb"), Properties: "sink = true\n",
				Condition: migrating,
			},
		},
		"ZeroAndWithheld": {
			reason: "The most restrictive gate counts, also when it isn't the first one.",
			holds:  []component.Hold{idle, withheld},
			want: want{
				Keys: without("jobs-service-deployment", "jobs-service-pdb"), Properties: "sink = true\n",
				Condition: noSink,
			},
		},
		"ZeroTwice": {
			reason: "The first of two holds with the same gate says why; a failure is an alarm.",
			holds:  []component.Hold{stopped, idle},
			want: want{
				Keys: without("jobs-service-pdb"), Properties: "sink = true\n", Replicas: new(int32(0)), Annotations: map[string]string{"migration": "m"},
				Condition: failed,
			},
		},
		"OpenAndZero": {
			reason: "A hold whose gate is open says nothing about why the workload waits.",
			holds:  []component.Hold{letRun, idle},
			want: want{
				Keys: without("jobs-service-pdb"), Properties: "sink = true\n", Replicas: new(int32(0)), Annotations: map[string]string{"migration": "m"},
				Condition: noSink,
			},
		},
		"WithoutSink": {
			reason: "A workload that doesn't know its sink yet runs on without the sink; the annotations of all holds are there.",
			holds:  []component.Hold{letRun, withoutSink},
			want: want{
				Keys: open, Properties: "sink = false\n", Replicas: new(int32(2)), Annotations: map[string]string{"migration": "m", "eventing": "e"},
				Condition: created,
			},
		},
		"StoppedWithoutSink": {
			reason: "A workload may be stopped by one plan and be without sink by another.",
			holds:  []component.Hold{stopped, withoutSink},
			want: want{
				Keys: without("jobs-service-pdb"), Properties: "sink = false\n", Replicas: new(int32(0)), Annotations: map[string]string{"migration": "m", "eventing": "e"},
				Condition: failed,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := workload.For(request(t, compositiontest.Cluster{}), sender(), workload.Orders{
				Replicas: new(int32(2)), Budget: &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))}, Holds: tc.holds,
			})
			got := want{
				Properties: composed[*corev1.ConfigMap](plan.Objects).Data["application.properties"],
				Condition:  plan.Condition,
			}
			for _, c := range plan.Objects {
				got.Keys = append(got.Keys, c.Key)
			}
			if d := composed[*appsv1.Deployment](plan.Objects); d != nil {
				got.Replicas = d.Spec.Replicas
				got.Annotations = withoutChecksum(d).Annotations
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestReport holds what is told about a component whose workload is in a state.
func TestReport(t *testing.T) {
	t.Parallel()
	condition := func(status metav1.ConditionStatus, reason, message string) composition.Condition {
		return composition.Condition{Type: v1alpha08.ConditionDataIndexReady, Status: status, Reason: reason, Message: message}
	}
	available := condition(metav1.ConditionTrue, v1alpha08.ReasonAvailable, "")
	progressing := func(message string) composition.Condition {
		return condition(metav1.ConditionFalse, v1alpha08.ReasonProgressing, "Deployment plat-data-index-service: "+message)
	}
	const look = "; to see why a pod doesn't start: kubectl describe pods --namespace ns1 --selector sonataflow.org/service=plat-data-index-service"
	stuck := condition(metav1.ConditionFalse, v1alpha08.ReasonDeploymentFailure, "Deployment plat-data-index-service: ReplicaSet has timed out progressing"+look)
	stuck.Alarm = true
	two, zero := workload.Orders{Replicas: new(int32(2))}, workload.Orders{Replicas: new(int32(0))}
	in := func(state compositiontest.State, before workload.Orders) map[string]string {
		return observe(t, plat(component.DataIndex()), before, state)
	}
	without := func(all map[string]string, keys ...string) map[string]string {
		maps.DeleteFunc(all, func(key, _ string) bool { return slices.Contains(keys, key) })
		return all
	}
	waiting := workload.Orders{Holds: []component.Hold{{Gate: component.Zero, Reason: v1alpha08.ReasonWaitingForDBMigration, Message: "Waiting for Job j"}}}
	type want struct {
		Condition composition.Condition
		Replicas  string
		Unready   []string
	}
	cases := map[string]struct {
		reason   string
		orders   workload.Orders
		observed map[string]string
		want     want
	}{
		"First": {
			reason: "An object that wasn't seen yet isn't ready.",
			want: want{
				Condition: progressing("Not created yet"), Replicas: "0/1",
				Unready: []string{"data-index-config", "data-index-service", "data-index-deployment"},
			},
		},
		"Progressing": {
			reason:   "A rollout takes its time, and the Deployment says how far it is; while pods are missing, the message also says how to see why.",
			orders:   two,
			observed: in(compositiontest.Unready, two),
			want:     want{Condition: progressing("Available: 0/2" + look), Replicas: "0/2", Unready: []string{"data-index-deployment"}},
		},
		"Stale": {
			reason:   "The status of an earlier generation says nothing about this one; no pod is missing.",
			orders:   two,
			observed: in(compositiontest.Stale, two),
			want: want{
				Condition: progressing("Deployment generation is 2, but latest observed generation is 1"), Replicas: "2/2",
				Unready: []string{"data-index-deployment"},
			},
		},
		"Stuck": {
			reason:   "A rollout that doesn't get on is an alarm, told in the Deployment's words, with how to see why.",
			orders:   two,
			observed: in(compositiontest.Stuck, two),
			want:     want{Condition: stuck, Replicas: "0/2", Unready: []string{"data-index-deployment"}},
		},
		"Available": {
			reason:   "A component is ready when its Deployment is available.",
			orders:   two,
			observed: in(compositiontest.Ready, two),
			want:     want{Condition: available, Replicas: "2/2"},
		},
		"ScaledLater": {
			reason:   "The number that the Deployment was scaled to counts where we name no number.",
			observed: scaledTo(t, 3),
			want:     want{Condition: available, Replicas: "3/3"},
		},
		"ScaledToZeroLater": {
			reason:   "A Deployment that was scaled to zero wants no pod.",
			observed: scaledTo(t, 0),
			want: want{
				Condition: condition(metav1.ConditionFalse, v1alpha08.ReasonScaledToZero, "Deployment plat-data-index-service is scaled to zero"), Replicas: "0/0",
			},
		},
		"OtherObjectMissing": {
			reason:   "An available Deployment isn't all of a component.",
			orders:   two,
			observed: without(in(compositiontest.Ready, two), "data-index-config", "data-index-service"),
			want:     want{Condition: available, Replicas: "2/2", Unready: []string{"data-index-config", "data-index-service"}},
		},
		"ScaledToZero": {
			reason:   "A component without pods isn't ready, but its Deployment is what the user asked for.",
			orders:   zero,
			observed: in(compositiontest.Ready, zero),
			want: want{
				Condition: condition(metav1.ConditionFalse, v1alpha08.ReasonScaledToZero, "Deployment plat-data-index-service is scaled to zero"), Replicas: "0/0",
			},
		},
		"ChangeNotApplied": {
			reason:   "A Deployment that is still what was asked for before isn't ready; the number of pods is the one that is asked for now, and none that was asked for before is missing.",
			orders:   two,
			observed: in(compositiontest.Ready, workload.Orders{Replicas: new(int32(1))}),
			want: want{
				Condition: progressing("Its latest change hasn't been applied yet"), Replicas: "1/2",
				Unready: []string{"data-index-deployment"},
			},
		},
		"ScaledByOthers": {
			reason:   "A pod is missing of those that the Deployment was scaled to, where we name no number.",
			observed: withStatus(t, scaledTo(t, 3), map[string]any{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 2, "availableReplicas": 2}),
			want:     want{Condition: progressing("Available: 2/3" + look), Replicas: "2/3", Unready: []string{"data-index-deployment"}},
		},
		"Held": {
			reason:   "What holds a component back comes before how its Deployment does.",
			orders:   waiting,
			observed: in(compositiontest.Stuck, workload.Orders{}),
			want: want{
				Condition: condition(metav1.ConditionFalse, v1alpha08.ReasonWaitingForDBMigration, "Waiting for Job j"), Replicas: "0/0",
				Unready: []string{"data-index-deployment"},
			},
		},
		"HeldAndReady": {
			reason:   "A Deployment without pods that has what is asked for is ready, though the component waits.",
			orders:   waiting,
			observed: in(compositiontest.Ready, waiting),
			want:     want{Condition: condition(metav1.ConditionFalse, v1alpha08.ReasonWaitingForDBMigration, "Waiting for Job j"), Replicas: "0/0"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := workload.For(request(t, compositiontest.Cluster{Observed: tc.observed}), plat(component.DataIndex()), tc.orders)
			got := want{Condition: plan.Condition, Replicas: plan.Replicas}
			for _, c := range plan.Objects {
				if !c.Ready {
					got.Unready = append(got.Unready, c.Key)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nFor(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// scaledTo returns the objects of a Data Index whose Deployment was scaled to a number of
// pods after it was composed.
func scaledTo(t *testing.T, replicas int32) map[string]string {
	t.Helper()
	c := plat(component.DataIndex())
	out := observe(t, c, workload.Orders{}, compositiontest.Ready)
	d := composed[*appsv1.Deployment](workload.For(request(t, compositiontest.Cluster{}), c, workload.Orders{}).Objects)
	d.Spec.Replicas = &replicas
	out["data-index-deployment"] = compositiontest.Text(t, compositiontest.Observe(t, d, compositiontest.Ready))
	return out
}

// withStatus returns objects of a Data Index with another status of its Deployment.
func withStatus(t *testing.T, objects map[string]string, status map[string]any) map[string]string {
	t.Helper()
	d := map[string]any{}
	if err := yaml.Unmarshal([]byte(objects["data-index-deployment"]), &d); err != nil {
		t.Fatal(err)
	}
	d["status"] = status
	objects["data-index-deployment"] = compositiontest.Text(t, d)
	return objects
}

// TestReserved holds which objects will be made later, so that their names can be looked at
// before.
func TestReserved(t *testing.T) {
	t.Parallel()
	budget := &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))}
	withBudget := func(k component.Kind) *component.Component {
		c := plat(k)
		c.Budget = budget
		return c
	}
	const (
		deployment = "apps/v1 Deployment ns1/plat-data-index-service"
		pdb        = "policy/v1 PodDisruptionBudget ns1/plat-data-index-service"
	)
	gate := func(g component.Gate) []component.Hold {
		return []component.Hold{{Gate: g, Reason: v1alpha08.ReasonWaitingForDBMigration}}
	}
	cases := map[string]struct {
		reason string
		in     *component.Component
		orders workload.Orders
		// want are the objects by their keys.
		want map[string]string
	}{
		"Open":           {reason: "A workload that runs has everything.", in: plat(component.DataIndex())},
		"Zero":           {reason: "A workload that is stopped has a Deployment without pods.", in: plat(component.DataIndex()), orders: workload.Orders{Holds: gate(component.Zero)}},
		"Withheld":       {reason: "A Deployment that is withheld will be made later.", in: plat(component.DataIndex()), orders: workload.Orders{Holds: gate(component.Withheld)}, want: map[string]string{"data-index-deployment": deployment}},
		"Budget":         {reason: "A budget that is made isn't made later.", in: withBudget(component.DataIndex()), orders: workload.Orders{Budget: budget}},
		"BudgetWithheld": {reason: "A workload without pods needs no budget, but will.", in: withBudget(component.DataIndex()), orders: workload.Orders{Budget: budget, Holds: gate(component.Withheld)}, want: map[string]string{"data-index-deployment": deployment, "data-index-pdb": pdb}},
		"BudgetZero":     {reason: "So will one that is stopped.", in: withBudget(component.DataIndex()), orders: workload.Orders{Budget: budget, Holds: gate(component.Zero)}, want: map[string]string{"data-index-pdb": pdb}},
		"OnePod":         {reason: "An autoscaler may make several pods of one, and so a budget.", in: withBudget(component.DataIndex()), want: map[string]string{"data-index-pdb": pdb}},
		"Singleton":      {reason: "A Jobs Service never gets a budget.", in: withBudget(component.JobsService())},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			plan := workload.For(request(t, compositiontest.Cluster{}), tc.in, tc.orders)
			for _, c := range plan.Reserved {
				version, kind := c.Object.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
				got[c.Key] = version + " " + kind + " " + c.Object.GetNamespace() + "/" + c.Object.GetName()
				if slices.ContainsFunc(plan.Objects, func(o composition.Composed) bool { return o.Key == c.Key }) {
					t.Errorf("%s\nFor(...): %s is reserved, and should exist", tc.reason, c.Key)
				}
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nFor(...): -want reserved, +got reserved:\n%s", tc.reason, diff)
			}
		})
	}
}
