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

// A form is what scenarios have to know of the form of the API that the cluster has. What
// they call a claim is a platform as its user applies it, in either form.
type form struct {
	stack.Form

	// composites are what is composed for: kind, and as what it is served.
	kind       string
	composites kube.Resource
	// compositeOf tells which one a claim has. It has no name until there is one.
	compositeOf func(claim *unstructured.Unstructured) types.NamespacedName
	// machinery is the field of a spec that has what is Crossplane's own; the spec itself
	// without one.
	machinery []string
	// folder has the definition and the Composition of platforms, which has a name.
	folder, composition string
	// elsewhere tells whether Brokers may be in other namespaces than their platform.
	elsewhere bool
}

// api is the form that the cluster has.
var api form

var forms = map[stack.Form]form{
	stack.Claimed: {
		Form:       stack.Claimed,
		kind:       "XSonataFlowPlatform",
		composites: kube.Composites,
		compositeOf: func(claim *unstructured.Unstructured) types.NamespacedName {
			name, _, _ := unstructured.NestedString(claim.Object, "spec", "resourceRef", "name")
			return types.NamespacedName{Name: name}
		},
		folder:      "apis/sonataflowplatforms",
		composition: "xsonataflowplatforms.sonataflow.org",
		elsewhere:   true,
	},
	stack.Namespaced: {
		Form:       stack.Namespaced,
		kind:       "SonataFlowPlatform",
		composites: kube.Platforms,
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

// TestOtherForm puts the form of the API that the cluster doesn't have in the place of the
// one that it has, as who changes his mind does: their definitions have the same names.
//
// It isn't parallel: a cluster has one form.
func TestOtherForm(t *testing.T) {
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

// skipIfUsed skips a scenario that takes the definitions of platforms away, if there are
// platforms.
func skipIfUsed(t *testing.T) {
	t.Helper()
	claims, err := cluster.List(t.Context(), kube.Platforms, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) > 0 {
		t.Skipf("there are platforms of somebody's, who would lose them: %s in %s is one", claims[0].GetName(), claims[0].GetNamespace())
	}
}
