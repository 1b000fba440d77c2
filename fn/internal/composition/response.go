// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"maps"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// Respond returns the response that a result makes. What earlier functions of the
// pipeline wanted stays. The SDK's package for responses does much of this, and brings all
// of Kubernetes' clients: a third of the binary, and of its memory.
//
// A fatal result changes nothing that runs, so nothing that was said of it may change
// either: each condition of a lasting type that the result doesn't report is reported as
// the composite has it. Crossplane makes Unknown of every condition that isn't reported
// beside a fatal result.
//
// Crossplane may take the response for granted for the time of resync where nothing is
// awaited and Crossplane watches what was looked up, and else for a minute.
func (r *Request) Respond(result *Result, lasting []string, resync time.Duration) *fnv1.RunFunctionResponse {
	rsp := &fnv1.RunFunctionResponse{
		Meta:    &fnv1.ResponseMeta{Tag: r.message.GetMeta().GetTag()},
		Desired: r.message.GetDesired(),
		Context: r.remember(),
	}
	r.lookups.require(rsp)
	err := result.Fatal
	if err == nil {
		err = r.desire(rsp, result)
	}
	if err != nil || !result.resting() || !r.watched() {
		resync = soon
	}
	rsp.Meta.Ttl = durationpb.New(resync)
	last := Conditions(r.Composite)
	for _, c := range result.Conditions {
		rsp.Conditions = append(rsp.GetConditions(), condition(c))
		if changed(last, c) {
			rsp.Results = append(rsp.GetResults(), event(c))
		}
	}
	if err != nil {
		rsp.Conditions = append(rsp.GetConditions(), repeated(last, lasting, result.Conditions)...)
		rsp.Results = append(rsp.GetResults(), &fnv1.Result{
			Severity: fnv1.Severity_SEVERITY_FATAL, Message: err.Error(), Target: fnv1.Target_TARGET_COMPOSITE.Enum(),
		})
	}
	return rsp
}

// desire writes composed resources and the composite's status. It writes all of them or,
// on an error, nothing.
func (r *Request) desire(rsp *fnv1.RunFunctionResponse, result *Result) error {
	resources := make(map[string]*fnv1.Resource, len(result.Composed))
	for _, c := range result.Composed {
		s, err := encodeObject(c.Object)
		if err != nil {
			return errors.Wrapf(err, "cannot compose %q", c.Key)
		}
		resources[c.Key] = &fnv1.Resource{Resource: s, Ready: ready(c.Ready)}
	}
	status, err := encode(result.Status)
	if err != nil {
		return errors.Wrap(err, "cannot encode the status of the composite")
	}
	s := &structpb.Struct{Fields: map[string]*structpb.Value{
		"apiVersion": structpb.NewStringValue(r.Composite.GetAPIVersion()),
		"kind":       structpb.NewStringValue(r.Composite.GetKind()),
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
	if result.Incomplete {
		xr.Ready = fnv1.Ready_READY_FALSE
	}
	return nil
}

// overlay puts the fields of one composite over another's, and the fields of its status
// over the other's status.
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
