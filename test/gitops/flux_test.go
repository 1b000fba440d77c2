// SPDX-License-Identifier: Apache-2.0

package gitops_test

import (
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
)

// A flux is Flux's expressions by kind, and by the health that they stand for.
type flux map[string]map[health]cel.Program

// newFlux parses the expressions as Flux does: without types, and with optional fields.
func newFlux(t *testing.T) flux {
	t.Helper()
	env, err := cel.NewEnv(cel.HomogeneousAggregateLiterals(), cel.DefaultUTCTimeZone(true), cel.CrossTypeNumericComparisons(true), cel.OptionalTypes())
	if err != nil {
		t.Fatal(err)
	}
	out := flux{}
	for _, item := range load(t, examples+"flux-kustomization.yaml")[0]["spec"].(document)["healthCheckExprs"].([]any) {
		fields := item.(document)
		programs := map[health]cel.Program{}
		for name, h := range map[string]health{"inProgress": progressing, "failed": degraded, "current": healthy} {
			ast, issues := env.Parse(fields[name].(string))
			if issues.Err() != nil {
				t.Fatalf("%s of %s: %v", name, fields["kind"], issues.Err())
			}
			if programs[h], err = env.Program(ast); err != nil {
				t.Fatalf("%s of %s: %v", name, fields["kind"], err)
			}
		}
		out[fields["kind"].(string)] = programs
	}
	return out
}

// health evaluates the expressions of a document's kind in Flux's order: a status of an
// older generation and the expression inProgress come first, then failed, then current.
// While an expression can't be evaluated, Flux waits.
func (f flux) health(t *testing.T, doc document) health {
	t.Helper()
	status, _ := doc["status"].(document)
	if observed, ok := status["observedGeneration"]; ok && observed != doc["metadata"].(document)["generation"] {
		return progressing
	}
	for _, h := range []health{progressing, degraded, healthy} {
		result, _, err := f[doc["kind"].(string)][h].Eval(doc)
		if err != nil || result == types.True {
			if err != nil {
				t.Logf("%s: %v", doc["kind"], err)
				return progressing
			}
			return h
		}
	}
	return progressing
}
