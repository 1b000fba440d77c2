// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// claimed is the target of conditions and events.
func claimed() *fnv1.Target { return fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum() }

// status is what a composer says of a composite.
func status(generation int64) *v1alpha08.SonataFlowPlatformStatus {
	return &v1alpha08.SonataFlowPlatformStatus{ObservedGeneration: generation}
}

// configMap is an object to compose.
func configMap(data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "ns1"},
		Data:       data,
	}
}

// A broken object can't be encoded.
type broken struct {
	corev1.ConfigMap

	Unspeakable chan int `json:"unspeakable"`
}

func TestRespond(t *testing.T) {
	t.Parallel()
	object := configMap(map[string]string{"a": "b"})
	encoded := func(ready fnv1.Ready) *fnv1.Resource {
		return &fnv1.Resource{Resource: message(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ns1}, data: {a: b}}`), Ready: ready}
	}
	xr := func(ready fnv1.Ready) *fnv1.Resource {
		return &fnv1.Resource{
			Resource: message(t, `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, status: {observedGeneration: 1}}`), Ready: ready,
		}
	}
	bare := &fnv1.State{Composite: xr(fnv1.Ready_READY_UNSPECIFIED), Resources: map[string]*fnv1.Resource{}}
	theirs := &fnv1.Resource{Resource: message(t, `{kind: Theirs}`), Ready: fnv1.Ready_READY_TRUE}
	theirXR := func(text string) *fnv1.Resource {
		return &fnv1.Resource{Resource: message(t, text), ConnectionDetails: map[string][]byte{"user": []byte("u")}, Ready: fnv1.Ready_READY_TRUE}
	}
	const before = `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, spec: {a: b}, status: {theirs: {a: b}, observedGeneration: 7}}`
	earlier := &fnv1.State{Composite: theirXR(before), Resources: map[string]*fnv1.Resource{"theirs": theirs}}
	running := &appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, Status: appsv1.DeploymentStatus{Replicas: 1}}

	cases := map[string]struct {
		reason string
		// desired is what earlier functions of the pipeline want.
		desired *fnv1.State
		context *structpb.Struct
		result  *composition.Result
		want    *fnv1.RunFunctionResponse
	}{
		"First": {
			reason: "A response has what is composed with its readiness, and the composite's status alone.",
			result: &composition.Result{
				Composed: []composition.Composed{{Key: "a", Object: object, Ready: true}, {Key: "b", Object: object}},
				Status:   status(1),
			},
			want: &fnv1.RunFunctionResponse{Desired: &fnv1.State{
				Composite: xr(fnv1.Ready_READY_UNSPECIFIED),
				Resources: map[string]*fnv1.Resource{"a": encoded(fnv1.Ready_READY_TRUE), "b": encoded(fnv1.Ready_READY_FALSE)},
			}},
		},
		"StatusOfAnObject": {
			reason: "The status of a composed object is the cluster's to write.",
			result: &composition.Result{Composed: []composition.Composed{{Key: "a", Object: running}}, Status: status(1)},
			want: &fnv1.RunFunctionResponse{Desired: &fnv1.State{
				Composite: xr(fnv1.Ready_READY_UNSPECIFIED),
				Resources: map[string]*fnv1.Resource{"a": {
					Resource: message(t, `{apiVersion: apps/v1, kind: Deployment, spec: {template: {}}}`), Ready: fnv1.Ready_READY_FALSE,
				}},
			}},
		},
		"Incomplete": {
			reason: "While something is withheld, the composite isn't ready, also when all of its resources are.",
			result: &composition.Result{
				Composed:   []composition.Composed{{Key: "a", Object: object, Ready: true}},
				Status:     status(1),
				Incomplete: true,
			},
			want: &fnv1.RunFunctionResponse{Desired: &fnv1.State{
				Composite: xr(fnv1.Ready_READY_FALSE),
				Resources: map[string]*fnv1.Resource{"a": encoded(fnv1.Ready_READY_TRUE)},
			}},
		},
		"NothingComposed": {
			reason: "A composite may need nothing.",
			result: &composition.Result{Status: status(1)},
			want:   &fnv1.RunFunctionResponse{Desired: bare},
		},
		"Accumulates": {
			reason:  "What earlier functions wanted stays: resources, the composite's other fields, connection details, context.",
			desired: earlier,
			context: message(t, `{a: b}`),
			result: &composition.Result{
				Composed: []composition.Composed{{Key: "a", Object: object}},
				Status:   status(1),
			},
			want: &fnv1.RunFunctionResponse{
				Context: message(t, `{a: b}`),
				Desired: &fnv1.State{
					Composite: theirXR(`{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, spec: {a: b}, status: {theirs: {a: b}, observedGeneration: 1}}`),
					Resources: map[string]*fnv1.Resource{"theirs": theirs, "a": encoded(fnv1.Ready_READY_FALSE)},
				},
			},
		},
		"AccumulatesOnAnEmptyComposite": {
			reason:  "An earlier function may have written a composite without fields.",
			desired: &fnv1.State{Composite: &fnv1.Resource{Resource: &structpb.Struct{}}},
			result:  &composition.Result{Status: status(1)},
			want:    &fnv1.RunFunctionResponse{Desired: bare},
		},
		"AccumulatesOnAnEmptyStatus": {
			reason:  "An earlier function may have written an empty status.",
			desired: &fnv1.State{Composite: &fnv1.Resource{Resource: message(t, `{status: {}}`)}},
			result:  &composition.Result{Status: status(1)},
			want:    &fnv1.RunFunctionResponse{Desired: bare},
		},
		"Fatal": {
			reason:  "A fatal result changes nothing that is desired; its conditions are there nevertheless.",
			desired: earlier,
			context: message(t, `{a: b}`),
			result: &composition.Result{
				Composed: []composition.Composed{{Key: "a", Object: object}},
				Conditions: []composition.Condition{{
					Type: "A", Status: metav1.ConditionFalse, Reason: "Bad", Message: "spec.a: wrong", Alarm: true,
				}},
				Incomplete: true,
				Fatal:      errors.New("spec.a: wrong"),
			},
			want: &fnv1.RunFunctionResponse{
				Context: message(t, `{a: b}`),
				Desired: earlier,
				Conditions: []*fnv1.Condition{{
					Type: "A", Status: fnv1.Status_STATUS_CONDITION_FALSE, Reason: "Bad", Message: new("spec.a: wrong"), Target: claimed(),
				}},
				Results: []*fnv1.Result{
					{Severity: fnv1.Severity_SEVERITY_WARNING, Message: "A is False: spec.a: wrong", Reason: new("Bad"), Target: claimed()},
					{Severity: fnv1.Severity_SEVERITY_FATAL, Message: "spec.a: wrong", Target: fnv1.Target_TARGET_COMPOSITE.Enum()},
				},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			raw.Meta = &fnv1.RequestMeta{Tag: "tag"}
			raw.Desired, raw.Context = proto.CloneOf(tc.desired), tc.context
			req, err := composition.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			want := proto.CloneOf(tc.want)
			want.Meta = &fnv1.ResponseMeta{Tag: "tag"}
			if diff := cmp.Diff(want, req.Respond(tc.result, nil, time.Hour), protocmp.Transform(), protocmp.IgnoreFields(&fnv1.ResponseMeta{}, "ttl")); diff != "" {
				t.Errorf("%s\nRespond(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRespondRequirements holds what a response asks Crossplane for against what was
// looked for while the request was answered.
func TestRespondRequirements(t *testing.T) {
	t.Parallel()
	// Until v2.2, Crossplane takes no less.
	all := &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{}}
	queries := []composition.Query{
		secretQuery(),
		{Name: "autoscalers", APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: "ns1"},
		{Name: "classes", APIVersion: "example.org/v1", Kind: "Class"},
		{Name: "pods", APIVersion: "v1", Kind: "Pod", Namespace: "ns1", Labels: map[string]string{"a": "b"}},
	}
	resources := map[string]*fnv1.ResourceSelector{
		"secret-db":   {ApiVersion: "v1", Kind: "Secret", Namespace: new("ns1"), Match: &fnv1.ResourceSelector_MatchName{MatchName: "db"}},
		"autoscalers": {ApiVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: new("ns1"), Match: all},
		"classes":     {ApiVersion: "example.org/v1", Kind: "Class", Match: all},
		"pods": {
			ApiVersion: "v1", Kind: "Pod", Namespace: new("ns1"),
			Match: &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{Labels: map[string]string{"a": "b"}}},
		},
	}
	schemas := map[string]*fnv1.SchemaSelector{"knative-trigger": {ApiVersion: "eventing.knative.dev/v1", Kind: "Trigger"}}
	const looksUp, knowsKinds = fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS
	cases := map[string]struct {
		reason       string
		capabilities []fnv1.Capability
		queries      []composition.Query
		kinds        []composition.KindQuery
		fatal        error
		want         *fnv1.Requirements
	}{
		"Resources": {
			reason:       "Resources are asked for by name, by labels, or all of a namespace.",
			capabilities: []fnv1.Capability{looksUp, knowsKinds},
			queries:      queries,
			want:         &fnv1.Requirements{Resources: resources},
		},
		"Kinds": {
			reason:       "Whether a kind is installed is asked by its schema.",
			capabilities: []fnv1.Capability{looksUp, knowsKinds},
			kinds:        []composition.KindQuery{triggerQuery()},
			want:         &fnv1.Requirements{Schemas: schemas},
		},
		"Both": {
			reason:       "Resources and kinds are asked for side by side.",
			capabilities: []fnv1.Capability{looksUp, knowsKinds},
			queries:      queries,
			kinds:        []composition.KindQuery{triggerQuery()},
			want:         &fnv1.Requirements{Resources: resources, Schemas: schemas},
		},
		"Fatal": {
			reason:       "A fatal result asks the same, so that Crossplane comes to rest.",
			capabilities: []fnv1.Capability{looksUp, knowsKinds},
			queries:      queries,
			kinds:        []composition.KindQuery{triggerQuery()},
			fatal:        errors.New("spec.a: wrong"),
			want:         &fnv1.Requirements{Resources: resources, Schemas: schemas},
		},
		"WithoutSchemas": {
			reason:       "A Crossplane that doesn't look schemas up isn't asked for any.",
			capabilities: []fnv1.Capability{looksUp},
			queries:      queries,
			kinds:        []composition.KindQuery{triggerQuery()},
			want:         &fnv1.Requirements{Resources: resources},
		},
		"OldCrossplane": {
			reason:  "A Crossplane that doesn't look anything up would give up over requirements that it doesn't know.",
			queries: queries,
			kinds:   []composition.KindQuery{triggerQuery()},
		},
		"Nothing": {
			reason:       "A response that asks for nothing has no requirements.",
			capabilities: []fnv1.Capability{looksUp, knowsKinds},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := asking(t, observed(t, anyComposite), tc.capabilities...)
			for _, q := range tc.queries {
				req.Look(q)
			}
			for _, q := range tc.kinds {
				req.LookForKind(q, false)
			}
			got := req.Respond(&composition.Result{Status: status(1), Fatal: tc.fatal}, nil, time.Hour).GetRequirements()
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s\nRespond(...): -want requirements, +got requirements:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRespondAllOrNothing shows that what can't be encoded leaves all of what is
// desired as it was: Crossplane deletes what is missing.
func TestRespondAllOrNothing(t *testing.T) {
	t.Parallel()
	good := composition.Composed{Key: "good", Object: configMap(nil)}
	cases := map[string]struct {
		reason string
		result *composition.Result
		want   string
	}{
		"Object": {
			reason: "An object with a channel can't be encoded.",
			result: &composition.Result{Composed: []composition.Composed{good, {Key: "bad", Object: &broken{}}}, Status: status(1)},
			want:   `cannot compose "bad": cannot encode *composition_test.broken: `,
		},
		"Text": {
			reason: "An object with a string that isn't UTF-8 can't be encoded.",
			result: &composition.Result{
				Composed: []composition.Composed{good, {Key: "bad", Object: configMap(map[string]string{"a": "\xff"})}}, Status: status(1),
			},
			want: `cannot compose "bad": cannot encode *v1.ConfigMap: `,
		},
		"Status": {
			reason: "A status with a channel can't be encoded.",
			result: &composition.Result{Composed: []composition.Composed{good}, Status: &broken{}},
			want:   "cannot encode the status of the composite: ",
		},
		"StatusText": {
			reason: "A status with a string that isn't UTF-8 can't be encoded.",
			result: &composition.Result{Composed: []composition.Composed{good}, Status: &corev1.ConfigMap{Data: map[string]string{"a": "\xff"}}},
			want:   "cannot encode the status of the composite: ",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": {Resource: message(t, `{kind: Theirs}`)}}}
			raw := observed(t, anyComposite)
			raw.Desired = proto.CloneOf(before)
			req, err := composition.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			rsp := req.Respond(tc.result, nil, time.Hour)
			if diff := cmp.Diff(before, rsp.GetDesired(), protocmp.Transform()); diff != "" {
				t.Errorf("%s\nRespond(...): -want desired, +got desired:\n%s", tc.reason, diff)
			}
			if results := rsp.GetResults(); len(results) != 1 || results[0].GetSeverity() != fnv1.Severity_SEVERITY_FATAL || !strings.HasPrefix(results[0].GetMessage(), tc.want) {
				t.Errorf("%s\nRespond(...): want one fatal result %q..., got %v", tc.reason, tc.want, results)
			}
		})
	}
}

// TestRespondEvents holds that Crossplane, which records an event for each result of
// each call, gets results about changes alone.
func TestRespondEvents(t *testing.T) {
	t.Parallel()
	condition := func(s metav1.ConditionStatus, reason, message string) composition.Condition {
		return composition.Condition{Type: "A", Status: s, Reason: reason, Message: message}
	}
	alarm := func(message string) composition.Condition {
		out := condition(metav1.ConditionFalse, "Broken", message)
		out.Alarm = true
		return out
	}
	cases := map[string]struct {
		reason string
		// before are the composite's conditions, in YAML.
		before    string
		condition composition.Condition
		want      []*fnv1.Result
	}{
		"New": {
			reason:    "A condition that the composite doesn't have yet makes an event.",
			before:    `[{type: Ready, status: "False", reason: Waits}]`,
			condition: condition(metav1.ConditionFalse, "Waits", "Waiting"),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "A is False: Waiting", Reason: new("Waits"), Target: claimed(),
			}},
		},
		"NewWithoutMessage": {
			reason:    "The event about a condition without message tells its status.",
			before:    `[]`,
			condition: condition(metav1.ConditionTrue, "Good", ""),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "A is True", Reason: new("Good"), Target: claimed(),
			}},
		},
		"Same": {
			reason:    "A condition that says the same as before makes no event.",
			before:    `[{type: A, status: "False", reason: Waits, message: Waiting}]`,
			condition: condition(metav1.ConditionFalse, "Waits", "Waiting"),
		},
		"OtherMessage": {
			reason:    "Another message alone makes no event: messages count pods, for instance.",
			before:    `[{type: A, status: "False", reason: Waits, message: 1/3}]`,
			condition: condition(metav1.ConditionFalse, "Waits", "2/3"),
		},
		"OtherReason": {
			reason:    "Another reason makes an event.",
			before:    `[{type: A, status: "False", reason: Waits}]`,
			condition: condition(metav1.ConditionFalse, "Idle", ""),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "A is False", Reason: new("Idle"), Target: claimed(),
			}},
		},
		"OtherStatus": {
			reason:    "Another status makes an event, also the status Unknown.",
			before:    `[{type: A, status: "True", reason: Good}]`,
			condition: condition(metav1.ConditionUnknown, "Good", ""),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "A is Unknown", Reason: new("Good"), Target: claimed(),
			}},
		},
		"Alarm": {
			reason:    "The event about something that the user must mend is a warning.",
			before:    `[{type: A, status: "False", reason: Waits, message: Waiting}]`,
			condition: alarm("quota exceeded"),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_WARNING, Message: "A is False: quota exceeded", Reason: new("Broken"), Target: claimed(),
			}},
		},
		"AlarmSame": {
			reason:    "A warning isn't repeated while nothing changes.",
			before:    `[{type: A, status: "False", reason: Broken, message: quota exceeded}]`,
			condition: alarm("quota exceeded"),
		},
		"AlarmOtherMessage": {
			reason:    "Another message of an alarm makes another warning, because it names something else to mend.",
			before:    `[{type: A, status: "False", reason: Broken, message: quota exceeded}]`,
			condition: alarm("timed out"),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_WARNING, Message: "A is False: timed out", Reason: new("Broken"), Target: claimed(),
			}},
		},
		"AlarmWithoutMessage": {
			reason:    "A condition without message is the same as one with an empty message.",
			before:    `[{type: A, status: "False", reason: Broken}]`,
			condition: alarm(""),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := composition.ParseRequest(observed(t, "{kind: XSonataFlowPlatform, status: {conditions: "+tc.before+"}}"))
			if err != nil {
				t.Fatal(err)
			}
			rsp := req.Respond(&composition.Result{Conditions: []composition.Condition{tc.condition}, Status: status(1)}, nil, time.Hour)
			if diff := cmp.Diff(tc.want, rsp.GetResults(), protocmp.Transform()); diff != "" {
				t.Errorf("%s\nRespond(...): -want results, +got results:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRespondConditions holds that every condition is set at every call, event or not, and
// that lasting ones are repeated beside a fatal result.
func TestRespondConditions(t *testing.T) {
	t.Parallel()
	isTrue, isFalse, unknown := fnv1.Status_STATUS_CONDITION_TRUE, fnv1.Status_STATUS_CONDITION_FALSE, fnv1.Status_STATUS_CONDITION_UNKNOWN
	reported := []composition.Condition{
		{Type: "A", Status: metav1.ConditionTrue, Reason: "Good"},
		{Type: "B", Status: metav1.ConditionFalse, Reason: "Bad", Message: "It is bad"},
		{Type: "C", Status: metav1.ConditionUnknown, Reason: "Unsure"},
	}
	set := []*fnv1.Condition{
		{Type: "A", Status: isTrue, Reason: "Good", Target: claimed()},
		{Type: "B", Status: isFalse, Reason: "Bad", Message: new("It is bad"), Target: claimed()},
		{Type: "C", Status: unknown, Reason: "Unsure", Target: claimed()},
	}
	cases := map[string]struct {
		reason string
		// before are the composite's conditions, in YAML.
		before  string
		result  *composition.Result
		lasting []string
		want    []*fnv1.Condition
	}{
		"Set": {
			reason: "Conditions are set in their order, on the composite and on its claim, also one that says the same as before.",
			before: `[{type: A, status: "True", reason: Good}]`,
			result: &composition.Result{Status: status(1), Conditions: reported},
			want:   set,
		},
		"NotFatal": {
			reason:  "A result that isn't fatal repeats no conditions.",
			before:  `[{type: D, status: "True", reason: Good}]`,
			result:  &composition.Result{Status: status(1), Conditions: reported},
			lasting: []string{"D"},
			want:    set,
		},
		"Fatal": {
			reason:  "Beside a fatal result, lasting conditions are repeated as they were last set, in the order of the lasting types.",
			before:  `[{type: E, status: Unknown, reason: Unsure}, {type: D, status: "False", reason: Bad, message: It is bad}, {type: F, status: "True", reason: Good}]`,
			result:  &composition.Result{Conditions: reported, Fatal: errors.New("no")},
			lasting: []string{"D", "E", "F"},
			want: append(slices.Clone(set),
				&fnv1.Condition{Type: "D", Status: isFalse, Reason: "Bad", Message: new("It is bad"), Target: claimed()},
				&fnv1.Condition{Type: "E", Status: unknown, Reason: "Unsure", Target: claimed()},
				&fnv1.Condition{Type: "F", Status: isTrue, Reason: "Good", Target: claimed()},
			),
		},
		"FatalAndReported": {
			reason:  "A condition that the result reports is as the result says.",
			before:  `[{type: A, status: "False", reason: Bad}]`,
			result:  &composition.Result{Conditions: reported, Fatal: errors.New("no")},
			lasting: []string{"A"},
			want:    set,
		},
		"FatalAndNew": {
			reason:  "A condition that the composite doesn't have can't be repeated.",
			before:  `[]`,
			result:  &composition.Result{Conditions: reported, Fatal: errors.New("no")},
			lasting: []string{"D"},
			want:    set,
		},
		"FatalAndForeign": {
			reason:  "A condition of another type isn't the function's to repeat.",
			before:  `[{type: Ready, status: "True", reason: Available}]`,
			result:  &composition.Result{Conditions: reported, Fatal: errors.New("no")},
			lasting: []string{"D"},
			want:    set,
		},
		"CannotEncode": {
			reason:  "A result that can't be encoded is fatal, too.",
			before:  `[{type: D, status: "True", reason: Good}]`,
			result:  &composition.Result{Conditions: reported, Status: &broken{}},
			lasting: []string{"D"},
			want:    append(slices.Clone(set), &fnv1.Condition{Type: "D", Status: isTrue, Reason: "Good", Target: claimed()}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := composition.ParseRequest(observed(t, "{kind: XSonataFlowPlatform, status: {conditions: "+tc.before+"}}"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, req.Respond(tc.result, tc.lasting, time.Hour).GetConditions(), protocmp.Transform()); diff != "" {
				t.Errorf("%s\nRespond(...): -want conditions, +got conditions:\n%s", tc.reason, diff)
			}
		})
	}
}
