// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"
	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/workflow"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Function composes SonataFlow platforms and workflows. Its response follows from the request alone.
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
func (f *Function) RunFunction(_ context.Context, message *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	input := &v1beta1.Input{}
	req, err := composition.ParseRequest(message)
	if err == nil {
		input, err = parseInput(req)
	}
	result := compose(req, input, err)
	rsp := req.Respond(result, report.Types(), input.ResyncOrDefault())

	resources, kinds := req.Queries()
	f.log.Debug("Answered",
		"tag", message.GetMeta().GetTag(), "xr-kind", req.Composite.GetKind(), "xr-namespace", req.Composite.GetNamespace(), "xr-name", req.Composite.GetName(),
		"composed", len(result.Composed), "queries", len(resources)+len(kinds), "fatal", result.Fatal)
	return rsp, nil
}

// A composer returns what one composite needs, and how it does.
type composer func(req *composition.Request, input *v1beta1.Input) *composition.Result

// composers are those of all kinds. The group isn't looked at: a kind may be defined in
// more than one.
var composers = map[string]composer{ //nolint:gochecknoglobals // A table that doesn't change.
	v1alpha08.KindXSonataFlow:               workflow.Compose,
	v1alpha08.KindSonataFlow:                workflow.Compose,
	v1alpha08.KindXSonataFlowPlatform:       platform.Compose,
	v1alpha08.KindSonataFlowPlatform:        platform.Compose,
	v1alpha08.KindSonataFlowClusterPlatform: clusterplatform.Compose,
}

// compose hands a request to the composer of its kind.
func compose(req *composition.Request, input *v1beta1.Input, unreadable error) *composition.Result {
	if unreadable != nil {
		return report.Refused(req.Composite, unreadable)
	}
	composer, known := composers[req.Composite.GetKind()]
	if !known {
		return report.Refused(req.Composite, errors.Errorf("cannot compose for kind %q: this function knows %s (claimed as %s), %s (claimed as %s) and %s; mend compositeTypeRef.kind of the Composition, or use another function there",
			req.Composite.GetKind(), v1alpha08.KindXSonataFlowPlatform, v1alpha08.KindSonataFlowPlatform, v1alpha08.KindXSonataFlow, v1alpha08.KindSonataFlow, v1alpha08.KindSonataFlowClusterPlatform))
	}
	return composer(req, input)
}

// parseInput reads the function's input in the Composition's pipeline step. A step without
// input means the defaults. A mistake in the input is the Composition's, so the error
// names the Composition.
func parseInput(req *composition.Request) (*v1beta1.Input, error) {
	where := "its step in the Composition"
	if name := req.CompositionName(); name != "" {
		where += " " + name
	}
	input := &v1beta1.Input{}
	if err := req.DecodeInput(v1beta1.GroupVersionKind(), input); err != nil {
		return input, errors.Wrap(err, "cannot read the function's input: mend the input of "+where)
	}
	errs := append(input.Validate(), images.Validate(input.Images, field.NewPath("input", "images"))...)
	return input, errors.Wrap(errs.ToAggregate(), "cannot use the function's input: mend the input of "+where)
}
