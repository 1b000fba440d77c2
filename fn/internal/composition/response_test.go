// SPDX-License-Identifier: Apache-2.0

package composition_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// claimed is who conditions and events are for.
func claimed() *fnv1.Target { return fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum() }

// status is what a composer says of a composite.
func status(generation int64) *v1alpha08.SonataFlowPlatformStatus {
	return &v1alpha08.SonataFlowPlatformStatus{ObservedGeneration: generation}
}

func TestRespond(t *testing.T) {
	t.Parallel()
	const encodedObject = `{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ns1}, data: {a: b}}`
	object := configMap("a", map[string]string{"a": "b"})
	encoded := func(ready fnv1.Ready) *fnv1.Resource {
		return &fnv1.Resource{Resource: message(t, encodedObject), Ready: ready}
	}
	xr := func(ready fnv1.Ready) *fnv1.Resource {
		return &fnv1.Resource{
			Resource: message(t, `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, status: {observedGeneration: 1}}`), Ready: ready,
		}
	}
	earlier := func() *fnv1.State {
		return &fnv1.State{
			Composite: &fnv1.Resource{
				Resource:          message(t, `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, spec: {a: b}, status: {theirs: {a: b}, observedGeneration: 7}}`),
				ConnectionDetails: map[string][]byte{"user": []byte("u")},
				Ready:             fnv1.Ready_READY_TRUE,
			},
			Resources: map[string]*fnv1.Resource{"theirs": {Resource: message(t, `{kind: Theirs}`), Ready: fnv1.Ready_READY_TRUE}},
		}
	}
	asked := []composition.Requirement{
		{Name: "secret-db", APIVersion: "v1", Kind: "Secret", Namespace: "ns1", ResourceName: "db"},
		{Name: "autoscalers", APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: "ns1"},
		{Name: "classes", APIVersion: "example.org/v1", Kind: "Class"},
	}
	all := &fnv1.ResourceSelector_MatchLabels{MatchLabels: &fnv1.MatchLabels{}} // Until v2.2, Crossplane takes no less.
	selectors := map[string]*fnv1.ResourceSelector{
		"secret-db":   {ApiVersion: "v1", Kind: "Secret", Namespace: new("ns1"), Match: &fnv1.ResourceSelector_MatchName{MatchName: "db"}},
		"autoscalers": {ApiVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: new("ns1"), Match: all},
		"classes":     {ApiVersion: "example.org/v1", Kind: "Class", Match: all},
	}
	able := []fnv1.Capability{fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES}
	invalid := composition.Condition{
		Type: "SpecValid", Status: metav1.ConditionFalse, Reason: "Invalid", Message: "spec.a: wrong", Alarm: true,
	}
	context := message(t, `{a: b}`)

	cases := map[string]struct {
		reason       string
		capabilities []fnv1.Capability
		rsp          *fnv1.RunFunctionResponse
		result       *composition.Result
		want         *fnv1.RunFunctionResponse
	}{
		"First": {
			reason: "A response has what is composed with its readiness, and the composite's status alone.",
			rsp:    &fnv1.RunFunctionResponse{},
			result: &composition.Result{
				Composed: []composition.Composed{{Key: "a", Object: object, Ready: true}, {Key: "b", Object: object}},
				Status:   status(1),
			},
			want: &fnv1.RunFunctionResponse{Desired: &fnv1.State{
				Composite: xr(fnv1.Ready_READY_UNSPECIFIED),
				Resources: map[string]*fnv1.Resource{"a": encoded(fnv1.Ready_READY_TRUE), "b": encoded(fnv1.Ready_READY_FALSE)},
			}},
		},
		"Incomplete": {
			reason: "While something is withheld, the composite isn't ready whatever its resources say.",
			rsp:    &fnv1.RunFunctionResponse{},
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
			rsp:    &fnv1.RunFunctionResponse{},
			result: &composition.Result{Status: status(1)},
			want: &fnv1.RunFunctionResponse{Desired: &fnv1.State{
				Composite: xr(fnv1.Ready_READY_UNSPECIFIED), Resources: map[string]*fnv1.Resource{},
			}},
		},
		"Accumulates": {
			reason: "What earlier functions wanted stays: resources, the composite's other fields, connection details, context.",
			rsp:    &fnv1.RunFunctionResponse{Desired: earlier(), Context: context},
			result: &composition.Result{
				Composed: []composition.Composed{{Key: "a", Object: object}},
				Status:   status(1),
			},
			want: &fnv1.RunFunctionResponse{
				Context: context,
				Desired: &fnv1.State{
					Composite: &fnv1.Resource{
						Resource:          message(t, `{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform, spec: {a: b}, status: {theirs: {a: b}, observedGeneration: 1}}`),
						ConnectionDetails: map[string][]byte{"user": []byte("u")},
						Ready:             fnv1.Ready_READY_TRUE,
					},
					Resources: map[string]*fnv1.Resource{
						"theirs": {Resource: message(t, `{kind: Theirs}`), Ready: fnv1.Ready_READY_TRUE},
						"a":      encoded(fnv1.Ready_READY_FALSE),
					},
				},
			},
		},
		"AccumulatesOnAnEmptyComposite": {
			reason: "An earlier function may have named the composite without a word about it.",
			rsp:    &fnv1.RunFunctionResponse{Desired: &fnv1.State{Composite: &fnv1.Resource{Resource: &structpb.Struct{}}}},
			result: &composition.Result{Status: status(1)},
			want: &fnv1.RunFunctionResponse{Desired: &fnv1.State{
				Composite: xr(fnv1.Ready_READY_UNSPECIFIED), Resources: map[string]*fnv1.Resource{},
			}},
		},
		"AccumulatesOnAnEmptyStatus": {
			reason: "Or with an empty status.",
			rsp:    &fnv1.RunFunctionResponse{Desired: &fnv1.State{Composite: &fnv1.Resource{Resource: message(t, `{status: {}}`)}}},
			result: &composition.Result{Status: status(1)},
			want: &fnv1.RunFunctionResponse{Desired: &fnv1.State{
				Composite: xr(fnv1.Ready_READY_UNSPECIFIED), Resources: map[string]*fnv1.Resource{},
			}},
		},
		"Requirements": {
			reason:       "Requirements are asked beside those that are there.",
			capabilities: able,
			rsp: &fnv1.RunFunctionResponse{Requirements: &fnv1.Requirements{
				Resources: map[string]*fnv1.ResourceSelector{"theirs": {ApiVersion: "v1", Kind: "Theirs"}},
			}},
			result: &composition.Result{Requirements: asked, Status: status(1)},
			want: &fnv1.RunFunctionResponse{
				Requirements: &fnv1.Requirements{Resources: map[string]*fnv1.ResourceSelector{
					"theirs":    {ApiVersion: "v1", Kind: "Theirs"},
					"secret-db": selectors["secret-db"], "autoscalers": selectors["autoscalers"], "classes": selectors["classes"],
				}},
				Desired: &fnv1.State{Composite: xr(fnv1.Ready_READY_UNSPECIFIED), Resources: map[string]*fnv1.Resource{}},
			},
		},
		"RequirementsOfAnOldCrossplane": {
			reason: "A Crossplane that doesn't look things up would give up over requirements that it doesn't know.",
			rsp:    &fnv1.RunFunctionResponse{},
			result: &composition.Result{Requirements: asked, Status: status(1)},
			want: &fnv1.RunFunctionResponse{
				Desired: &fnv1.State{Composite: xr(fnv1.Ready_READY_UNSPECIFIED), Resources: map[string]*fnv1.Resource{}},
			},
		},
		"NoRequirements": {
			reason:       "Nothing to ask is nothing to write.",
			capabilities: able,
			rsp:          &fnv1.RunFunctionResponse{},
			result:       &composition.Result{Status: status(1)},
			want: &fnv1.RunFunctionResponse{
				Desired: &fnv1.State{Composite: xr(fnv1.Ready_READY_UNSPECIFIED), Resources: map[string]*fnv1.Resource{}},
			},
		},
		"Fatal": {
			reason:       "A fatal result changes nothing that is desired; requirements and conditions are there nevertheless.",
			capabilities: able,
			rsp:          &fnv1.RunFunctionResponse{Desired: earlier(), Context: context},
			result: &composition.Result{
				Requirements: asked,
				Composed:     []composition.Composed{{Key: "a", Object: object}},
				Conditions:   []composition.Condition{invalid},
				Incomplete:   true,
				Fatal:        errors.New("spec.a: wrong"),
			},
			want: &fnv1.RunFunctionResponse{
				Requirements: &fnv1.Requirements{Resources: selectors},
				Context:      context,
				Desired:      earlier(),
				Conditions: []*fnv1.Condition{{
					Type: "SpecValid", Status: fnv1.Status_STATUS_CONDITION_FALSE, Reason: "Invalid", Message: new("spec.a: wrong"), Target: claimed(),
				}},
				Results: []*fnv1.Result{
					{Severity: fnv1.Severity_SEVERITY_WARNING, Message: "SpecValid is False: spec.a: wrong", Reason: new("Invalid"), Target: claimed()},
					{Severity: fnv1.Severity_SEVERITY_FATAL, Message: "spec.a: wrong", Target: fnv1.Target_TARGET_COMPOSITE.Enum()},
				},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := observed(t, anyComposite)
			raw.Meta = &fnv1.RequestMeta{Capabilities: tc.capabilities}
			req, err := composition.ParseRequest(raw)
			if err != nil {
				t.Fatal(err)
			}
			got := proto.CloneOf(tc.rsp)
			composition.Respond(got, req, tc.result, nil)
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("%s\nRespond(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRespondAllOrNothing shows that what can't be encoded leaves all of what is
// desired as it was: Crossplane deletes what is missing.
func TestRespondAllOrNothing(t *testing.T) {
	t.Parallel()
	good := composition.Composed{Key: "good", Object: configMap("a", nil)}
	cases := map[string]struct {
		reason string
		result *composition.Result
		want   string
	}{
		"Object": {
			reason: "A type that isn't one of Kubernetes' may not be encodable.",
			result: &composition.Result{Composed: []composition.Composed{good, {Key: "bad", Object: &broken{}}}, Status: status(1)},
			want:   `cannot compose "bad": cannot encode *composition_test.broken: `,
		},
		"Text": {
			reason: "Protobuf takes text for text.",
			result: &composition.Result{
				Composed: []composition.Composed{good, {Key: "bad", Object: configMap("a", map[string]string{"a": "\xff"})}}, Status: status(1),
			},
			want: `cannot compose "bad": cannot encode *v1.ConfigMap: `,
		},
		"Status": {
			reason: "A status may not be encodable either.",
			result: &composition.Result{Composed: []composition.Composed{good}, Status: &broken{}},
			want:   "cannot encode the status of the composite: ",
		},
		"StatusText": {
			reason: "For the same reasons.",
			result: &composition.Result{Composed: []composition.Composed{good}, Status: &corev1.ConfigMap{Data: map[string]string{"a": "\xff"}}},
			want:   "cannot encode the status of the composite: ",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := composition.ParseRequest(observed(t, anyComposite))
			if err != nil {
				t.Fatal(err)
			}
			before := &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": {Resource: message(t, `{kind: Theirs}`)}}}
			rsp := &fnv1.RunFunctionResponse{Desired: proto.CloneOf(before)}
			composition.Respond(rsp, req, tc.result, nil)
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
// each call, hears of changes alone.
func TestRespondEvents(t *testing.T) {
	t.Parallel()
	condition := func(s metav1.ConditionStatus, reason, message string) composition.Condition {
		return composition.Condition{Type: "DataIndexReady", Status: s, Reason: reason, Message: message}
	}
	alarm := func(message string) composition.Condition {
		out := condition(metav1.ConditionFalse, "DeploymentFailure", message)
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
			reason:    "A condition that wasn't there is news.",
			before:    `[{type: Ready, status: "False", reason: Progressing}]`,
			condition: condition(metav1.ConditionFalse, "Progressing", "Waiting"),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "DataIndexReady is False: Waiting", Reason: new("Progressing"), Target: claimed(),
			}},
		},
		"NewWithoutMessage": {
			reason:    "Not all conditions have a message.",
			before:    `[]`,
			condition: condition(metav1.ConditionTrue, "Available", ""),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "DataIndexReady is True", Reason: new("Available"), Target: claimed(),
			}},
		},
		"Same": {
			reason:    "A condition that says the same isn't.",
			before:    `[{type: DataIndexReady, status: "False", reason: Progressing, message: Waiting}]`,
			condition: condition(metav1.ConditionFalse, "Progressing", "Waiting"),
		},
		"OtherMessage": {
			reason:    "Nor is one whose message counts pods.",
			before:    `[{type: DataIndexReady, status: "False", reason: Progressing, message: 1/3}]`,
			condition: condition(metav1.ConditionFalse, "Progressing", "2/3"),
		},
		"OtherReason": {
			reason:    "Another reason is.",
			before:    `[{type: DataIndexReady, status: "False", reason: Progressing}]`,
			condition: condition(metav1.ConditionFalse, "ScaledToZero", ""),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "DataIndexReady is False", Reason: new("ScaledToZero"), Target: claimed(),
			}},
		},
		"OtherStatus": {
			reason:    "So is another status, also one that isn't known.",
			before:    `[{type: DataIndexReady, status: "True", reason: Available}]`,
			condition: condition(metav1.ConditionUnknown, "Available", ""),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_NORMAL, Message: "DataIndexReady is Unknown", Reason: new("Available"), Target: claimed(),
			}},
		},
		"Alarm": {
			reason:    "What the user must mend is a warning.",
			before:    `[{type: DataIndexReady, status: "False", reason: Progressing, message: Waiting}]`,
			condition: alarm("quota exceeded"),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_WARNING, Message: "DataIndexReady is False: quota exceeded", Reason: new("DeploymentFailure"), Target: claimed(),
			}},
		},
		"AlarmSame": {
			reason:    "One warning is enough.",
			before:    `[{type: DataIndexReady, status: "False", reason: DeploymentFailure, message: quota exceeded}]`,
			condition: alarm("quota exceeded"),
		},
		"AlarmOtherMessage": {
			reason:    "Something else to mend is another warning.",
			before:    `[{type: DataIndexReady, status: "False", reason: DeploymentFailure, message: quota exceeded}]`,
			condition: alarm("timed out"),
			want: []*fnv1.Result{{
				Severity: fnv1.Severity_SEVERITY_WARNING, Message: "DataIndexReady is False: timed out", Reason: new("DeploymentFailure"), Target: claimed(),
			}},
		},
		"AlarmWithoutMessage": {
			reason:    "No message and an empty one are the same.",
			before:    `[{type: DataIndexReady, status: "False", reason: DeploymentFailure}]`,
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
			rsp := &fnv1.RunFunctionResponse{}
			composition.Respond(rsp, req, &composition.Result{Conditions: []composition.Condition{tc.condition}, Status: status(1)}, nil)
			if diff := cmp.Diff(tc.want, rsp.GetResults(), protocmp.Transform()); diff != "" {
				t.Errorf("%s\nRespond(...): -want results, +got results:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRespondConditions holds that every condition is set at every call, event or
// not.
func TestRespondConditions(t *testing.T) {
	t.Parallel()
	req, err := composition.ParseRequest(observed(t, `{kind: XSonataFlowPlatform, status: {conditions: [{type: A, status: "True", reason: Good}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	rsp := &fnv1.RunFunctionResponse{}
	composition.Respond(rsp, req, &composition.Result{Status: status(1), Conditions: []composition.Condition{
		{Type: "A", Status: metav1.ConditionTrue, Reason: "Good"},
		{Type: "B", Status: metav1.ConditionFalse, Reason: "Bad", Message: "It is bad"},
		{Type: "C", Status: metav1.ConditionUnknown, Reason: "Unsure"},
	}}, nil)
	want := []*fnv1.Condition{
		{Type: "A", Status: fnv1.Status_STATUS_CONDITION_TRUE, Reason: "Good", Target: claimed()},
		{Type: "B", Status: fnv1.Status_STATUS_CONDITION_FALSE, Reason: "Bad", Message: new("It is bad"), Target: claimed()},
		{Type: "C", Status: fnv1.Status_STATUS_CONDITION_UNKNOWN, Reason: "Unsure", Target: claimed()},
	}
	if diff := cmp.Diff(want, rsp.GetConditions(), protocmp.Transform()); diff != "" {
		t.Errorf("Respond(...): -want conditions, +got conditions:\n%s", diff)
	}
}
