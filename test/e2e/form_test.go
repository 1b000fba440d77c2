// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// A form has the differences between the forms of the API that scenarios must know. In
// both forms, scenarios call the object that a user applies a claim.
type form struct {
	stack.Form

	// kind and composites are the kind and the resource of the composites.
	kind       string
	composites kube.Resource
	// workflowKind and workflowComposites are the same for workflows.
	workflowKind       string
	workflowComposites kube.Resource
	// compositeOf returns the composite of a claim. The name is empty until there is a
	// composite.
	compositeOf func(claim *unstructured.Unstructured) types.NamespacedName
	// machinery is the path of Crossplane's own fields in a spec; empty if they are in
	// the spec itself.
	machinery []string
	// folder has the definition and the Composition of platforms; composition is the name
	// of the Composition.
	folder, composition string
	// elsewhere tells whether Brokers may be in other namespaces than their platform.
	elsewhere bool
}

// api is the form that the cluster has.
var api form

var forms = map[stack.Form]form{
	stack.Claimed: {
		Form:               stack.Claimed,
		kind:               "XSonataFlowPlatform",
		composites:         kube.Composites,
		workflowKind:       "XSonataFlow",
		workflowComposites: kube.WorkflowComposites,
		compositeOf: func(claim *unstructured.Unstructured) types.NamespacedName {
			name, _, _ := unstructured.NestedString(claim.Object, "spec", "resourceRef", "name")
			return types.NamespacedName{Name: name}
		},
		folder:      "apis/sonataflowplatforms",
		composition: "xsonataflowplatforms.sonataflow.org",
		elsewhere:   true,
	},
	stack.Namespaced: {
		Form:               stack.Namespaced,
		kind:               "SonataFlowPlatform",
		composites:         kube.Platforms,
		workflowKind:       "SonataFlow",
		workflowComposites: kube.Workflows,
		compositeOf: func(claim *unstructured.Unstructured) types.NamespacedName {
			return types.NamespacedName{Namespace: claim.GetNamespace(), Name: claim.GetName()}
		},
		machinery:   []string{"crossplane"},
		folder:      "apis/namespaced/sonataflowplatforms",
		composition: "sonataflowplatforms.sonataflow.org",
	},
}

// own is the path of a field of a spec that is Crossplane's own.
func (f form) own(fields ...string) []string {
	return append(append([]string{"spec"}, f.machinery...), fields...)
}

// choose gives a claim a field that tells Crossplane how to compose it.
func (f form) choose(t *testing.T, claim *unstructured.Unstructured, value string, field ...string) {
	t.Helper()
	if err := unstructured.SetNestedField(claim.Object, value, f.own(field...)...); err != nil {
		t.Fatal(err)
	}
}

// TestOtherForm uninstalls the form of the API that the cluster has, and installs the
// other one. Their definitions have the same names.
//
// It isn't parallel, because a cluster has only one form at a time.
func TestOtherForm(t *testing.T) {
	if testing.Short() {
		t.Skip("the short run doesn't install the other form, which takes a minute")
	}
	skipIfUsed(t)
	mine, version := api, installedVersion(t)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		uninstall(ctx, t)
		api = mine
		install(ctx, t, version)
	})
	uninstall(t.Context(), t)
	for name, other := range forms {
		if name != mine.Form {
			api = other
		}
	}
	install(t.Context(), t, version)

	w := newWorld(t, "other-form")
	p := w.claim(w.moved(w.documents("example", "minimal", "claim.yaml"))[0])
	p.awaitReady()
	p.checkOwned(p.composed())
}

// skipIfUsed skips a scenario that removes the definitions of platforms, or changes all
// platforms, if there are platforms.
func skipIfUsed(t *testing.T) {
	t.Helper()
	claims, err := cluster.List(t.Context(), kube.Platforms, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) > 0 {
		t.Skipf("the scenario would delete or change platforms that it didn't make, such as %s in %s", claims[0].GetName(), claims[0].GetNamespace())
	}
}
