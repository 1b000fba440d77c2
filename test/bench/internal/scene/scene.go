// SPDX-License-Identifier: Apache-2.0

// Package scene calls a function as Crossplane does, until a platform is at rest: nothing
// changes any more. It returns some of these requests, for measurements.
package scene

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

var (
	//go:embed testdata/composite.yaml
	platform []byte
	//go:embed testdata/clusterplatform.yaml
	clusterPlatform []byte
	//go:embed testdata/workflow.yaml
	workflow []byte
)

// A Scene is a request, and the function's answer to it.
type Scene struct {
	Name     string
	Request  *fnv1.RunFunctionRequest
	Response *fnv1.RunFunctionResponse
}

// Platform calls the function as Crossplane does, until a platform is at rest. It returns
// the last call of the first reconcile, and a call at rest. It returns an error if a call
// fails, or if the platform doesn't come to rest.
func Platform(ctx context.Context, client fnv1.FunctionRunnerServiceClient) (first, steady Scene, err error) {
	req, err := request(platform)
	if err != nil {
		return first, steady, err
	}
	return rest(ctx, client, req, "Succeed")
}

// sizeOfFlow is how many bytes of JSON the flow of Workflow has, at least: about as many as
// the largest flow that was found in public.
const sizeOfFlow = 60_000

// Workflow calls the function as Crossplane does, until a workflow with a large flow is at
// rest, and returns a call at rest. It returns an error if a call fails, or if the workflow
// doesn't come to rest.
func Workflow(ctx context.Context, client fnv1.FunctionRunnerServiceClient) (Scene, error) {
	req, err := request(workflow)
	if err != nil {
		return Scene{}, err
	}
	flow := req.GetObserved().GetComposite().GetResource().GetFields()["spec"].GetStructValue().GetFields()["flow"].GetStructValue()
	var states []any
	for size := 0; size < sizeOfFlow; {
		state := stateOf(len(states))
		states = append(states, state)
		text, err := json.Marshal(state)
		if err != nil {
			return Scene{}, err
		}
		size += len(text)
	}
	last := states[len(states)-1].(map[string]any)
	delete(last, "transition")
	last["end"] = true
	flow.Fields["states"], err = structpb.NewValue(states)
	if err != nil {
		return Scene{}, err
	}
	_, steady, err := rest(ctx, client, req, "Running")
	steady.Name = "a workflow of 60 KB at rest"
	return steady, err
}

// stateOf returns a state that goes on to the next one.
func stateOf(i int) map[string]any {
	return map[string]any{
		"name": fmt.Sprintf("Step%d", i), "type": "operation",
		"timeouts": map[string]any{"actionExecTimeout": "PT1M"},
		"actions": []any{map[string]any{
			"name": fmt.Sprintf("approve%d", i), "condition": `${ .order.total > 100 and (.order.lines | length) > 0 }`,
			"functionRef":      map[string]any{"refName": "approve", "arguments": map[string]any{"order": "${ .order.id }", "customer": "${ .order.customer.name }"}},
			"actionDataFilter": map[string]any{"results": "${ {approval: .response.approval, reason: .response.reason} }", "toStateData": fmt.Sprintf("${ .approvals.step%d }", i)},
		}},
		"transition": fmt.Sprintf("Step%d", i+1),
	}
}

// rest calls the function as Crossplane does, until a composite is at rest: a condition is
// True, and nothing changes any more.
func rest(ctx context.Context, client fnv1.FunctionRunnerServiceClient, req *fnv1.RunFunctionRequest, conditionType string) (first, steady Scene, err error) {
	const reconciles = 8
	for i := range reconciles {
		rsp, err := settle(ctx, client, req)
		if err != nil {
			return first, steady, err
		}
		if i == 0 {
			first = Scene{Name: "first apply", Request: proto.Clone(req).(*fnv1.RunFunctionRequest), Response: rsp}
		}
		steady = Scene{Name: "at rest", Request: proto.Clone(req).(*fnv1.RunFunctionRequest), Response: rsp}
		req.Observed.Resources = map[string]*fnv1.Resource{}
		for key, r := range rsp.GetDesired().GetResources() {
			o, err := structpb.NewStruct(live(r.GetResource().AsMap()))
			if err != nil {
				return first, steady, err
			}
			req.Observed.Resources[key] = &fnv1.Resource{Resource: o}
		}
		if err := tell(req, rsp); err != nil {
			return first, steady, err
		}
	}
	return first, steady, holds(steady.Response, conditionType)
}

// ClusterPlatform returns a call about a cluster platform whose platform is ready. A
// cluster platform composes nothing, so the request has no observed resources. It returns
// an error if the call fails.
func ClusterPlatform(ctx context.Context, client fnv1.FunctionRunnerServiceClient) (Scene, error) {
	req, err := request(clusterPlatform)
	if err != nil {
		return Scene{}, err
	}
	rsp, err := settle(ctx, client, req)
	if err != nil {
		return Scene{}, err
	}
	return Scene{Name: "cluster platform", Request: req, Response: rsp}, holds(rsp, "Succeed")
}

func holds(rsp *fnv1.RunFunctionResponse, conditionType string) error {
	for _, c := range rsp.GetConditions() {
		if c.GetType() == conditionType && c.GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE {
			return nil
		}
	}
	return fmt.Errorf("the composite doesn't come to rest: %v", rsp.GetConditions())
}

// tell writes status and conditions of a response into the observed composite of the next
// request.
func tell(req *fnv1.RunFunctionRequest, rsp *fnv1.RunFunctionResponse) error {
	status := rsp.GetDesired().GetComposite().GetResource().AsMap()["status"].(map[string]any)
	var conditions []any
	for _, c := range rsp.GetConditions() {
		s := strings.TrimPrefix(c.GetStatus().String(), "STATUS_CONDITION_")
		conditions = append(conditions, map[string]any{"type": c.GetType(), "status": s[:1] + strings.ToLower(s[1:]), "reason": c.GetReason(), "message": c.GetMessage()})
	}
	status["conditions"] = conditions
	v, err := structpb.NewValue(status)
	if err != nil {
		return err
	}
	req.GetObserved().GetComposite().GetResource().GetFields()["status"] = v
	return nil
}

// request returns Crossplane's first request about a composite, which is given in YAML.
func request(composite []byte) (*fnv1.RunFunctionRequest, error) {
	o := map[string]any{}
	if err := yaml.UnmarshalStrict(composite, &o); err != nil {
		return nil, err
	}
	xr, err := structpb.NewStruct(managed(o))
	return &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Tag: "bench", Capabilities: []fnv1.Capability{
			fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS, fnv1.Capability_CAPABILITY_CONDITIONS,
		}},
		Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: xr}},
	}, err
}

// settle calls the function until its requirements don't change any more. Afterwards, the
// request has the required resources and schemas.
func settle(ctx context.Context, client fnv1.FunctionRunnerServiceClient, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	var last *fnv1.Requirements
	for range 6 {
		rsp, err := client.RunFunction(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, r := range rsp.GetResults() {
			if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
				return nil, errors.New(r.GetMessage())
			}
		}
		if proto.Equal(last, rsp.GetRequirements()) {
			return rsp, nil
		}
		last = rsp.GetRequirements()
		req.RequiredResources = map[string]*fnv1.Resources{}
		for name, q := range last.GetResources() {
			if req.RequiredResources[name], err = find(q); err != nil {
				return nil, err
			}
		}
		req.RequiredSchemas = map[string]*fnv1.Schema{}
		for name := range last.GetSchemas() {
			req.RequiredSchemas[name] = &fnv1.Schema{OpenapiV3: &structpb.Struct{}}
		}
	}
	return nil, errors.New("the requirements aren't stable")
}

// find returns the required resources of a selector: Secrets, Brokers and named platforms
// exist, other objects don't.
func find(q *fnv1.ResourceSelector) (*fnv1.Resources, error) {
	o := map[string]any{
		"apiVersion": q.GetApiVersion(), "kind": q.GetKind(),
		"metadata": map[string]any{"namespace": q.GetNamespace(), "name": q.GetMatchName(), "uid": "u", "resourceVersion": "5"},
	}
	switch q.GetKind() {
	case "Secret":
		o["data"] = map[string]any{"POSTGRESQL_USER": "eA==", "POSTGRESQL_PASSWORD": "eA=="}
	case "SonataFlowPlatform":
		if q.GetMatchName() == "" {
			return &fnv1.Resources{}, nil
		}
		o["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Succeed", "status": "True"}}}
	case "Broker":
		o["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}
	default:
		return &fnv1.Resources{}, nil
	}
	s, err := structpb.NewStruct(managed(o))
	return &fnv1.Resources{Items: []*fnv1.Resource{{Resource: s}}}, err
}

// live returns the observed object of a desired one in a healthy cluster.
func live(o map[string]any) map[string]any {
	yes := func(types ...string) []any {
		var out []any
		for _, typ := range types {
			out = append(out, map[string]any{"type": typ, "status": "True", "reason": "AsItShouldBe", "lastTransitionTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-01-01T00:00:00Z"})
		}
		return out
	}
	spec, _ := o["spec"].(map[string]any)
	switch o["kind"] {
	case "Deployment":
		n, ok := spec["replicas"].(float64)
		if !ok {
			n, spec["replicas"] = 1, 1.0
		}
		inject(o)
		o["status"] = map[string]any{"observedGeneration": 2.0, "replicas": n, "updatedReplicas": n, "readyReplicas": n, "availableReplicas": n, "conditions": yes("Available", "Progressing")}
	case "Job":
		o["status"] = map[string]any{"succeeded": 1.0, "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:01:00Z", "conditions": yes("SuccessCriteriaMet", "Complete")}
	case "Trigger", "SinkBinding":
		o["status"] = map[string]any{"observedGeneration": 2.0, "conditions": yes("Ready", "SinkProvided", "BrokerReady", "SubscriberResolved")}
	case "PodDisruptionBudget":
		o["status"] = map[string]any{"observedGeneration": 2.0, "currentHealthy": 2.0, "desiredHealthy": 1.0, "disruptionsAllowed": 1.0, "expectedPods": 2.0, "conditions": yes("DisruptionAllowed")}
	}
	return managed(o)
}

// inject writes the address of the sink into a Deployment, as Knative does.
func inject(deployment map[string]any) {
	template := deployment["spec"].(map[string]any)["template"].(map[string]any)
	for _, c := range template["spec"].(map[string]any)["containers"].([]any) {
		container := c.(map[string]any)
		env, _ := container["env"].([]any)
		container["env"] = append(slices.Clone(env), map[string]any{"name": "K_SINK", "value": "http://broker-ingress.knative-eventing.svc.cluster.local/ns/default"})
	}
}

// managed adds what an API server adds to an object: its identity, and the managers of
// its fields.
func managed(o map[string]any) map[string]any {
	md := o["metadata"].(map[string]any)
	fields := owned(o)
	maps.Copy(md, map[string]any{
		"uid": "0a1b2c3d-1111-2222-3333-444455556666", "resourceVersion": "123456", "generation": 2.0, "creationTimestamp": "2026-01-01T00:00:00Z",
	})
	md["managedFields"] = []any{map[string]any{
		"manager": "apiextensions.crossplane.io/composed/0123456789abcdef", "operation": "Apply", "apiVersion": o["apiVersion"], "time": "2026-01-01T00:00:00Z",
		"fieldsType": "FieldsV1", "fieldsV1": fields,
	}}
	return o
}

// owned lists the fields of a value as managedFields do.
func owned(v any) map[string]any {
	out := map[string]any{}
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			out["f:"+name] = owned(value)
		}
	case []any:
		for _, e := range v {
			m, ok := e.(map[string]any)
			if !ok {
				continue
			}
			key, err := json.Marshal(map[string]any{"name": m["name"]})
			if err != nil {
				continue
			}
			inner := owned(m)
			inner["."] = map[string]any{}
			out["k:"+string(key)] = inner
		}
	}
	return out
}
