// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"maps"
	"reflect"

	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/response"
)

// Respond writes a result into a response. What earlier functions of the pipeline
// wanted stays.
func Respond(rsp *fnv1.RunFunctionResponse, req *Request, r *Result) {
	req.require(rsp, r.Requirements)
	req.requireSchemas(rsp, r.Schemas)
	for _, c := range r.Conditions {
		condition(rsp, c)
		if changed(req.Composite, c) {
			event(rsp, c)
		}
	}
	if r.Fatal != nil {
		response.Fatal(rsp, r.Fatal)
		return
	}
	if err := desire(rsp, req.Composite, r); err != nil {
		response.Fatal(rsp, err)
	}
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

func condition(rsp *fnv1.RunFunctionResponse, c Condition) {
	set := response.ConditionUnknown
	switch c.Status {
	case metav1.ConditionTrue:
		set = response.ConditionTrue
	case metav1.ConditionFalse:
		set = response.ConditionFalse
	case metav1.ConditionUnknown:
	}
	option := set(rsp, c.Type, c.Reason).TargetCompositeAndClaim()
	if c.Message != "" {
		option.WithMessage(c.Message)
	}
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

func event(rsp *fnv1.RunFunctionResponse, c Condition) {
	text := c.Type + " is " + string(c.Status)
	if c.Message != "" {
		text += ": " + c.Message
	}
	if !c.Alarm {
		response.Normal(rsp, text).TargetCompositeAndClaim().WithReason(c.Reason)
		return
	}
	response.Warning(rsp, errors.New(text)).TargetCompositeAndClaim().WithReason(c.Reason)
}
