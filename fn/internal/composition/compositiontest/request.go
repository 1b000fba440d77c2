// SPDX-License-Identifier: Apache-2.0

// Package compositiontest makes the requests that tests of composers need. They are
// read as those of Crossplane are, so that numbers have the types that they have in
// production.
package compositiontest

import (
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// A Cluster is what Crossplane knows besides the composite. Objects are in YAML.
type Cluster struct {
	// Observed are the composed resources by key.
	Observed map[string]string
	// Required are the answers to queries by their names. One without objects means
	// that there are none; one that isn't here wasn't asked yet.
	Required map[string][]string
	// Installed are the answers to queries for kinds by their names: whether the
	// kind is installed. A Crossplane without isn't asked; with an empty map it wasn't
	// asked yet.
	Installed map[string]bool
	// Old is a Crossplane that doesn't say that it looks up resources.
	Old bool
}

// Request returns what Crossplane tells about a composite, in YAML.
func Request(t testing.TB, composite string, c Cluster) *composition.Request {
	t.Helper()
	req := &fnv1.RunFunctionRequest{
		Meta:              &fnv1.RequestMeta{},
		Observed:          &fnv1.State{Composite: resource(t, composite), Resources: map[string]*fnv1.Resource{}},
		RequiredResources: map[string]*fnv1.Resources{},
	}
	if !c.Old {
		req.Meta.Capabilities = []fnv1.Capability{fnv1.Capability_CAPABILITY_CAPABILITIES, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES}
	}
	if c.Installed != nil {
		req.Meta.Capabilities = append(req.Meta.Capabilities, fnv1.Capability_CAPABILITY_REQUIRED_SCHEMAS)
		req.RequiredSchemas = map[string]*fnv1.Schema{}
	}
	for name, installed := range c.Installed {
		req.RequiredSchemas[name] = &fnv1.Schema{}
		if installed {
			req.RequiredSchemas[name].OpenapiV3 = &structpb.Struct{}
		}
	}
	for key, o := range c.Observed {
		req.Observed.Resources[key] = resource(t, o)
	}
	for name, objects := range c.Required {
		found := &fnv1.Resources{}
		for _, o := range objects {
			found.Items = append(found.Items, resource(t, o))
		}
		req.RequiredResources[name] = found
	}
	out, err := composition.ParseRequest(req)
	if err != nil {
		t.Fatalf("ParseRequest(): %v", err)
	}
	return out
}

func resource(t testing.TB, text string) *fnv1.Resource {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatalf("cannot read YAML: %v\n%s", err, text)
	}
	s, err := structpb.NewStruct(fields)
	if err != nil {
		t.Fatalf("cannot make a struct: %v\n%s", err, text)
	}
	return &fnv1.Resource{Resource: s}
}
