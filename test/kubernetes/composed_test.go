// SPDX-License-Identifier: Apache-2.0

package kubernetes_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"sigs.k8s.io/yaml"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

var (
	mutants = flag.Uint64("specs", 300, "how many changed specs to try")
	first   = flag.Uint64("first", 0, "the number of the first changed spec")
	seed    = flag.Uint64("seed", 1, "the seed of the random numbers that choose the changes of specs")
)

// TestComposed runs one process of the function, and asks it about all specs.
func TestComposed(t *testing.T) {
	client := start(t)
	t.Run("AsTheyAre", func(t *testing.T) { asTheyAre(t, client) })
	t.Run("Changed", func(t *testing.T) { changed(t, client) })
}

// asTheyAre asks the function about the unchanged specs: the function must accept each of
// them, and Kubernetes must accept the composed objects.
func asTheyAre(t *testing.T, client fnv1.FunctionRunnerServiceClient) {
	seen := map[string]int{}
	for _, s := range specs(t) {
		answers, err := ask(t.Context(), client, s)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for _, rsp := range answers {
			if !valid(rsp) {
				t.Errorf("%s: want a valid spec, got %q, %v", s.name, fatal(rsp), rsp.GetConditions())
			}
			faults, err := check(t.Context(), rsp, seen)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			for _, f := range faults {
				t.Errorf("%s: %s", s.name, f)
			}
		}
	}
	for name := range kinds() {
		if seen[name] == 0 {
			t.Errorf("want a %s of at least one spec, got %v", name, seen)
		}
	}
}

// changed asks the function about changed specs: whenever the function accepts one,
// Kubernetes must accept the composed objects. To repeat a failed spec, give its number:
// go test -run TestComposed/Changed -first=17 -specs=1
func changed(t *testing.T, client fnv1.FunctionRunnerServiceClient) {
	all := specs(t)
	seen, refused := map[string]int{}, 0
	for n := *first; n < *first+*mutants; n++ {
		s := mutant(*seed, n, all)
		answers, err := ask(t.Context(), client, s)
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.name, err, show(s))
		}
		for _, rsp := range answers {
			if !valid(rsp) {
				refused++
				continue
			}
			faults, err := check(t.Context(), rsp, seen)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if len(faults) > 0 {
				t.Errorf("%s: the function accepts this spec, but Kubernetes refuses composed objects:\n%s\n%s", s.name, strings.Join(faults, "\n"), show(s))
			}
		}
	}
	t.Logf("%d answers refused a spec; composed: %v", refused, seen)
	// If all changed specs were refused, or none, this test would prove nothing.
	const enough = 100
	if *mutants < enough {
		return
	}
	if n := uint64(refused); n < *mutants/10 || n > *mutants*9/10 {
		t.Errorf("want between a tenth and nine tenths of %d specs refused, got %d", *mutants, n)
	}
}

// check returns Kubernetes' refusals of composed objects. It counts the objects of each kind
// in seen.
func check(ctx context.Context, rsp *fnv1.RunFunctionResponse, seen map[string]int) ([]string, error) {
	var faults []string
	resources := rsp.GetDesired().GetResources()
	for _, key := range slices.Sorted(maps.Keys(resources)) {
		object := resources[key].GetResource()
		apiVersion, name := object.GetFields()["apiVersion"].GetStringValue(), object.GetFields()["kind"].GetStringValue()
		if strings.Contains(apiVersion, "knative.dev/") || strings.HasPrefix(apiVersion, "monitoring.coreos.com/") {
			continue // It is no kind of Kubernetes.
		}
		k, ok := kinds()[apiVersion+" "+name]
		if !ok {
			return nil, fmt.Errorf("%w: %s %s", errUnknownKind, apiVersion, name)
		}
		seen[apiVersion+" "+name]++
		b, err := protojson.Marshal(object)
		if err != nil {
			return nil, err
		}
		all, err := refusals(ctx, k, b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		for _, refusal := range all {
			faults = append(faults, fmt.Sprintf("%s (%s): %s", key, name, refusal))
		}
	}
	return faults, nil
}

func show(s spec) string {
	b, err := yaml.Marshal(s.composite)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
