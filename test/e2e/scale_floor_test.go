// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// A floor is the function that costs Crossplane the least: it wants the objects of the
// smallest platform that has both services, all at once, and says either that the platform
// is being created or that it is ready. It looks nothing up and thinks about nothing, so
// what a platform costs with it is the price of the objects themselves.
type floor struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	// composite has the status of a platform that is ready. objects are what is composed for
	// it, by key, with the namespace of the rendered example.
	composite *unstructured.Unstructured
	objects   map[string]*unstructured.Unstructured
	namespace string

	calls atomic.Int64
}

// newFloor returns a floor that wants what is rendered for the example.
func (s *scale) newFloor() *floor {
	s.Helper()
	f := &floor{objects: map[string]*unstructured.Unstructured{}}
	for _, o := range (&world{T: s.T}).documents("test", "render", "testdata", "minimal", "ready.yaml") {
		key := o.GetAnnotations()["crossplane.io/composition-resource-name"]
		if o.GetKind() == "XSonataFlowPlatform" {
			f.composite = o
		}
		if key == "" {
			continue // The composite, or a result of the render.
		}
		// Crossplane adds these, to what was rendered too.
		o.SetOwnerReferences(nil)
		annotations, labels := o.GetAnnotations(), o.GetLabels()
		delete(annotations, "crossplane.io/composition-resource-name")
		for name := range labels {
			if strings.HasPrefix(name, "crossplane.io/") {
				delete(labels, name)
			}
		}
		o.SetAnnotations(annotations)
		o.SetLabels(labels)
		f.objects[key] = o
	}
	f.namespace, _, _ = unstructured.NestedString(f.composite.Object, "spec", "claimRef", "namespace")
	if f.namespace == "" || len(f.objects) == 0 {
		s.Fatal("the rendered example has no claim, or composes nothing")
	}
	return f
}

// RunFunction wants the objects, each of which is ready when it is there and available.
func (f *floor) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	f.calls.Add(1)
	composite := &unstructured.Unstructured{Object: req.GetObserved().GetComposite().GetResource().AsMap()}
	namespace, _, _ := unstructured.NestedString(composite.Object, "spec", "claimRef", "namespace")
	namespace = cmp.Or(namespace, composite.GetNamespace())

	rsp := &fnv1.RunFunctionResponse{
		Meta:    &fnv1.ResponseMeta{Tag: req.GetMeta().GetTag(), Ttl: durationpb.New(time.Hour)},
		Desired: &fnv1.State{Composite: &fnv1.Resource{}, Resources: map[string]*fnv1.Resource{}},
		Context: req.GetContext(),
	}
	all := true
	for key, o := range f.objects {
		resource, err := structpb.NewStruct(moved(o.Object, f.namespace, namespace).(map[string]any))
		if err != nil {
			return nil, err
		}
		observed := &unstructured.Unstructured{Object: req.GetObserved().GetResources()[key].GetResource().AsMap()}
		ready := len(observed.Object) > 0 && (o.GetKind() != "Deployment" || available(observed))
		all = all && ready
		rsp.Desired.Resources[key] = &fnv1.Resource{Resource: resource, Ready: readiness(ready)}
	}
	status, _, err := unstructured.NestedMap(f.composite.Object, "status")
	if err != nil {
		return nil, err
	}
	delete(status, "conditions")
	delete(status, "claimConditionTypes")
	rsp.Desired.Composite.Resource, err = structpb.NewStruct(map[string]any{
		"apiVersion": composite.GetAPIVersion(), "kind": composite.GetKind(), "status": moved(status, f.namespace, namespace),
	})
	if err != nil {
		return nil, err
	}
	target := fnv1.Target_TARGET_COMPOSITE_AND_CLAIM
	for _, name := range []string{"SpecValid", "DataIndexReady", "JobServiceReady", "Succeed"} {
		said := &fnv1.Condition{Type: name, Status: fnv1.Status_STATUS_CONDITION_TRUE, Reason: kube.Conditions(f.composite)[name].Reason, Target: &target}
		if !all && name != "SpecValid" {
			said.Status, said.Reason = fnv1.Status_STATUS_CONDITION_FALSE, "Progressing"
		}
		rsp.Conditions = append(rsp.Conditions, said)
	}
	return rsp, nil
}

func readiness(ready bool) fnv1.Ready {
	if ready {
		return fnv1.Ready_READY_TRUE
	}
	return fnv1.Ready_READY_FALSE
}

// available tells whether a Deployment's current generation is.
func available(deployment *unstructured.Unstructured) bool {
	observed, _, _ := unstructured.NestedInt64(deployment.Object, "status", "observedGeneration")
	return observed == deployment.GetGeneration() && kube.Conditions(deployment)["Available"].Status == "True"
}

// moved returns a copy of a value in which another namespace stands for the first.
func moved(value any, from, to string) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, from, to)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			out[key] = moved(inner, from, to)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = moved(inner, from, to)
		}
		return out
	}
	return value
}

// serve serves the floor in the function's place, until the test ends.
func (f *floor) serve(s *scale) {
	s.Helper()
	if err := stack.StopFunction(s.Context()); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := stack.StartFunction(context.WithoutCancel(s.Context())); err != nil {
			s.Errorf("cannot start the function again: %v", err)
		}
	})
	folder := filepath.Join(layout.Dir, "tls-function")
	certificate, err := tls.LoadX509KeyPair(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
	if err != nil {
		s.Fatal(err)
	}
	authority, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if err != nil {
		s.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		s.Fatal("the authority's certificate can't be read")
	}
	var listener net.Listener
	s.await("the function's port", soon, func(ctx context.Context) error {
		listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", stack.FunctionAddress+":9443")
		return err
	})
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	})))
	fnv1.RegisterFunctionRunnerServiceServer(server, f)
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			s.Errorf("the floor can't be served: %v", err)
		}
	}()
	s.Cleanup(server.Stop)
}
