// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// ttl is how long Crossplane may take an answer for granted, and so at the latest when it
// looks again at what it doesn't watch. It is what the SDK gives every function.
const ttl = time.Minute

// NewResponse returns a response that wants what earlier functions of the pipeline
// wanted, and nothing else yet. The SDK's package for responses does that too, and brings
// all of Kubernetes' clients: a third of the binary, and of its memory.
func NewResponse(req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	return &fnv1.RunFunctionResponse{
		Meta:    &fnv1.ResponseMeta{Tag: req.GetMeta().GetTag(), Ttl: durationpb.New(ttl)},
		Desired: req.GetDesired(),
		Context: req.GetContext(),
	}
}

// Respond writes a result into a response. What earlier functions of the pipeline
// wanted stays.
//
// A fatal result changes nothing that runs, so nothing that was said of it may change
// either: each condition of a lasting type that the result doesn't report is reported as
// the composite has it. Crossplane makes Unknown of every condition that isn't reported
// beside a fatal result.
func Respond(rsp *fnv1.RunFunctionResponse, req *Request, r *Result, lasting []string) {
	req.require(rsp, r.Requirements)
	req.requireSchemas(rsp, r.Schemas)
	err := r.Fatal
	if err == nil {
		err = desire(rsp, req.Composite, r)
	}
	for _, c := range r.Conditions {
		rsp.Conditions = append(rsp.GetConditions(), condition(c))
		if changed(req.Composite, c) {
			rsp.Results = append(rsp.GetResults(), event(c))
		}
	}
	if err == nil {
		return
	}
	for _, typ := range lasting {
		reported := slices.ContainsFunc(r.Conditions, func(c Condition) bool { return c.Type == typ })
		if last, found := ConditionOf(req.Composite, typ); found && !reported {
			rsp.Conditions = append(rsp.GetConditions(), condition(last))
		}
	}
	rsp.Results = append(rsp.GetResults(), &fnv1.Result{
		Severity: fnv1.Severity_SEVERITY_FATAL, Message: err.Error(), Target: fnv1.Target_TARGET_COMPOSITE.Enum(),
	})
}

// desire writes composed resources and the composite's status. It writes all of
// them or, on an error, nothing.
func desire(rsp *fnv1.RunFunctionResponse, composite *unstructured.Unstructured, r *Result) error {
	resources := make(map[string]*fnv1.Resource, len(r.Composed))
	for _, c := range r.Composed {
		s, err := encode(c.Object)
		if err != nil {
			return errors.Wrapf(err, "cannot compose %q", c.Key)
		}
		resources[c.Key] = &fnv1.Resource{Resource: s, Ready: ready(c.Ready)}
	}
	status, err := structOf(reflect.ValueOf(r.Status).Elem())
	if err != nil {
		return errors.Wrap(err, "cannot encode the status of the composite")
	}
	s := &structpb.Struct{Fields: map[string]*structpb.Value{
		"apiVersion": structpb.NewStringValue(composite.GetAPIVersion()),
		"kind":       structpb.NewStringValue(composite.GetKind()),
		"status":     structpb.NewStructValue(status),
	}}

	if rsp.GetDesired() == nil {
		rsp.Desired = &fnv1.State{}
	}
	if rsp.GetDesired().GetResources() == nil {
		rsp.Desired.Resources = make(map[string]*fnv1.Resource, len(resources))
	}
	maps.Copy(rsp.GetDesired().GetResources(), resources)
	if rsp.GetDesired().GetComposite() == nil {
		rsp.Desired.Composite = &fnv1.Resource{}
	}
	xr := rsp.GetDesired().GetComposite()
	xr.Resource = overlay(xr.GetResource(), s)
	if r.Incomplete {
		xr.Ready = fnv1.Ready_READY_FALSE
	}
	return nil
}

// overlay puts the fields of one composite over another's, and the fields of its
// status over the other's status.
func overlay(under, over *structpb.Struct) *structpb.Struct {
	if len(under.GetFields()) == 0 {
		return over
	}
	status := over.GetFields()["status"]
	if earlier := under.GetFields()["status"].GetStructValue(); len(earlier.GetFields()) > 0 {
		maps.Copy(earlier.GetFields(), status.GetStructValue().GetFields())
		status = structpb.NewStructValue(earlier)
	}
	maps.Copy(under.GetFields(), over.GetFields())
	under.Fields["status"] = status
	return under
}

func ready(ready bool) fnv1.Ready {
	if ready {
		return fnv1.Ready_READY_TRUE
	}
	return fnv1.Ready_READY_FALSE
}

func condition(c Condition) *fnv1.Condition {
	out := &fnv1.Condition{
		Type: c.Type, Status: fnv1.Status_STATUS_CONDITION_UNKNOWN, Reason: c.Reason,
		Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
	}
	switch c.Status {
	case metav1.ConditionTrue:
		out.Status = fnv1.Status_STATUS_CONDITION_TRUE
	case metav1.ConditionFalse:
		out.Status = fnv1.Status_STATUS_CONDITION_FALSE
	case metav1.ConditionUnknown:
	}
	if c.Message != "" {
		out.Message = &c.Message
	}
	return out
}

// ConditionOf returns a composite's condition of a type as it was last set, if it has
// one.
func ConditionOf(composite *unstructured.Unstructured, typ string) (Condition, bool) {
	for _, c := range children(child(composite.Object, "status"), "conditions") {
		if c["type"] != typ {
			continue
		}
		status, _ := c["status"].(string) // Absent and empty are the same, as below.
		reason, _ := c["reason"].(string)
		message, _ := c["message"].(string)
		return Condition{Type: typ, Status: metav1.ConditionStatus(status), Reason: reason, Message: message}, true
	}
	return Condition{}, false
}

// changed tells whether a condition says something that the composite doesn't say
// yet. Crossplane records an event for each result of each call, so results are for
// changes alone.
func changed(composite *unstructured.Unstructured, c Condition) bool {
	for _, o := range children(child(composite.Object, "status"), "conditions") {
		if o["type"] != c.Type {
			continue
		}
		same := o["status"] == string(c.Status) && o["reason"] == c.Reason
		if c.Alarm {
			message, _ := o["message"].(string) // Absent and empty are the same.
			same = same && message == c.Message
		}
		return !same
	}
	return true
}

func event(c Condition) *fnv1.Result {
	out := &fnv1.Result{
		Severity: fnv1.Severity_SEVERITY_NORMAL, Message: c.Type + " is " + string(c.Status), Reason: &c.Reason,
		Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
	}
	if c.Alarm {
		out.Severity = fnv1.Severity_SEVERITY_WARNING
	}
	if c.Message != "" {
		out.Message += ": " + c.Message
	}
	return out
}
