// SPDX-License-Identifier: Apache-2.0

// Command templated composes the same objects as the function, but with a template, as
// users of a template function do. function-go-templating can't be imported as a module,
// so this command does the same work per call: it turns the request into maps, parses the
// template of the input with text/template and sprig, executes it, decodes the YAML
// documents, converts them with the SDK, and reads the readiness that their annotations
// give.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"

	"github.com/crossplane/function-sdk-go"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/request"
	"github.com/crossplane/function-sdk-go/resource"
	"github.com/crossplane/function-sdk-go/resource/composed"
	"github.com/crossplane/function-sdk-go/response"
)

// The annotations that function-go-templating reads.
const (
	annotationName  = "gotemplating.fn.crossplane.io/composition-resource-name"
	annotationReady = "gotemplating.fn.crossplane.io/ready"
)

type templated struct {
	fnv1.UnimplementedFunctionRunnerServiceServer
}

// RunFunction composes the objects that the template in the input renders.
func (f *templated) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	rsp := response.To(req, response.DefaultTTL)
	if err := render(req, rsp); err != nil {
		response.Fatal(rsp, err)
	}
	return rsp, nil
}

func render(req *fnv1.RunFunctionRequest, rsp *fnv1.RunFunctionResponse) error {
	text := req.GetInput().GetFields()["inline"].GetStructValue().GetFields()["template"].GetStringValue()
	t, err := template.New("manifests").Funcs(sprig.TxtFuncMap()).Parse(text)
	if err != nil {
		return fmt.Errorf("cannot parse the template: %w", err)
	}
	asJSON, err := protojson.Marshal(req)
	if err != nil {
		return err
	}
	values := map[string]any{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(asJSON, &values); err != nil {
		return err
	}
	out := &bytes.Buffer{}
	if err := t.Execute(out, values); err != nil {
		return fmt.Errorf("cannot execute the template: %w", err)
	}
	if _, err := request.GetObservedComposedResources(req); err != nil {
		return err
	}
	desired, err := request.GetDesiredComposedResources(req)
	if err != nil {
		return err
	}
	xr, err := request.GetDesiredCompositeResource(req)
	if err != nil {
		return err
	}
	observed, err := request.GetObservedCompositeResource(req)
	if err != nil {
		return err
	}
	for d := yaml.NewYAMLOrJSONDecoder(out, 1024); ; {
		u := &unstructured.Unstructured{}
		if err := d.Decode(&u.Object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("cannot decode a document: %w", err)
		}
		if len(u.Object) == 0 {
			continue
		}
		if u.GetKind() == observed.Resource.GetKind() {
			xr.Resource.Object["status"] = u.Object["status"]
			continue
		}
		annotations := u.GetAnnotations()
		name, ready := annotations[annotationName], annotations[annotationReady]
		delete(annotations, annotationName)
		delete(annotations, annotationReady)
		u.SetAnnotations(annotations)
		desired[resource.Name(name)] = &resource.DesiredComposed{Resource: &composed.Unstructured{Unstructured: *u}, Ready: resource.Ready(ready)}
	}
	if err := response.SetDesiredComposedResources(rsp, desired); err != nil {
		return err
	}
	xr.Resource.SetAPIVersion(observed.Resource.GetAPIVersion())
	xr.Resource.SetKind(observed.Resource.GetKind())
	return response.SetDesiredCompositeResource(rsp, xr)
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to serve")
	flag.Parse()
	if err := function.Serve(&templated{}, function.Listen("tcp", *address), function.Insecure(true), function.WithMetricsServer("")); err != nil {
		log.Fatal(err)
	}
}
