// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"
	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
)

// A Function composes SonataFlow platforms. Its answer follows from the request
// alone.
type Function struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	log logging.Logger
}

// NewFunction returns a function that logs to log.
func NewFunction(log logging.Logger) *Function {
	return &Function{log: log}
}

// RunFunction composes for one composite. What a user can mend is reported in the
// response, never as a gRPC error.
func (f *Function) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	rsp := composition.NewResponse(req)
	in, err := composition.ParseRequest(req)
	log := f.log.WithValues("tag", req.GetMeta().GetTag(), "xr-kind", in.Composite.GetKind(), "xr-namespace", in.Composite.GetNamespace(), "xr-name", in.Composite.GetName())

	result := answer(in, err)
	composition.Respond(rsp, in, result, v1alpha08.ConditionTypes())
	log.Debug("Answered", "composed", len(result.Composed), "requirements", len(result.Requirements), "fatal", result.Fatal)
	return rsp, nil
}

// answer hands a request to the composer of its kind. The group isn't looked at: a
// kind may be defined in more than one.
func answer(in *composition.Request, unreadable error) *composition.Result {
	if unreadable != nil {
		return refused(unreadable)
	}
	if errs := append(in.Input.Validate(), images.Validate(in.Input.Images, field.NewPath("input", "images"))...); len(errs) > 0 {
		return refused(errors.Wrap(errs.ToAggregate(), "cannot use the function's input: mend the input of its step in the Composition"))
	}
	switch kind := in.Composite.GetKind(); kind {
	case v1alpha08.KindXSonataFlowPlatform, v1alpha08.KindSonataFlowPlatform:
		return platform.Compose(in)
	case v1alpha08.KindSonataFlowClusterPlatform:
		return clusterplatform.Compose(in)
	default:
		return refused(errors.Errorf("cannot compose for kind %q: this function knows %s (claimed as %s) and %s; mend compositeTypeRef.kind of the Composition, or use another function there",
			kind, v1alpha08.KindXSonataFlowPlatform, v1alpha08.KindSonataFlowPlatform, v1alpha08.KindSonataFlowClusterPlatform))
	}
}

// refused reports a request that no composer can work with.
func refused(err error) *composition.Result {
	return &composition.Result{
		Conditions: []composition.Condition{{
			Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailure, Message: err.Error(), Alarm: true,
		}},
		Fatal: err,
	}
}
