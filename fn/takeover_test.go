// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// TestTakeover goes through sequences of what may happen to three platforms of a
// namespace, and to three cluster platforms, and holds which one counts after each
// step. Steps are `+a` (create a), `-a` (delete it), `2a` (make it secondary) and `1a`
// (make it primary again). Each step looks at all of them in both orders: which one is
// looked at first must not matter.
func TestTakeover(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		steps  []string
		// active is the one that counts after each step, then, after a slash, those that
		// are secondary.
		active []string
	}{
		"InOrder": {
			reason: "The first one counts until it goes, then the next one.",
			steps:  []string{"+a", "+b", "+c", "-a", "-b", "-c"},
			active: []string{"a", "a", "a", "b", "c", ""},
		},
		"AgainstTheAlphabet": {
			reason: "Age counts, not the name.",
			steps:  []string{"+c", "+b", "+a", "-c", "-b"},
			active: []string{"c", "c", "c", "b", "a"},
		},
		"OthersGo": {
			reason: "The first one counts, also when later ones come and go.",
			steps:  []string{"+a", "+b", "-b", "+c", "+b", "-c"},
			active: []string{"a", "a", "a", "a", "a", "a"},
		},
		"ComesBack": {
			reason: "One that goes and comes back is the youngest.",
			steps:  []string{"+a", "+b", "-a", "+a", "-b"},
			active: []string{"a", "a", "b", "b", "a"},
		},
		"Secondary": {
			reason: "A secondary one never counts, and makes no other one a duplicate.",
			steps:  []string{"+a", "+b", "2a", "+c", "1a", "2b", "-a"},
			active: []string{"a", "a", "b/a", "b/a", "a", "a/b", "c/b"},
		},
		"AllSecondary": {
			reason: "If all are secondary, none counts.",
			steps:  []string{"+a", "+b", "2a", "2b", "1b"},
			active: []string{"a", "a", "b/a", "/ab", "b/a"},
		},
		"SameTime": {
			reason: "Of those that are as old, the name decides.",
			steps:  []string{"+c", "=b", "=a", "-a", "-b"},
			active: []string{"c", "b", "a", "b", "c"},
		},
	}
	for name, tc := range cases {
		for _, kind := range []string{v1alpha08.KindXSonataFlowPlatform, v1alpha08.KindSonataFlowClusterPlatform} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := &takeoverWorld{t: t, kind: kind, all: map[string]*unstructured.Unstructured{}}
				var got []string
				for _, step := range tc.steps {
					w.take(step)
					got = append(got, w.active())
				}
				if diff := cmp.Diff(tc.active, got); diff != "" {
					t.Errorf("%s\nafter %v: -want, +got:\n%s", tc.reason, tc.steps, diff)
				}
			})
		}
	}
}

// A takeoverWorld has some objects of a kind.
type takeoverWorld struct {
	t    *testing.T
	kind string
	all  map[string]*unstructured.Unstructured
	time int
}

func (w *takeoverWorld) take(step string) {
	w.t.Helper()
	name := step[1:]
	switch step[0] {
	case '+', '=':
		if step[0] == '+' {
			w.time++
		}
		w.all[name] = w.object(name)
	case '-':
		delete(w.all, name)
	case '2':
		w.all[name].SetAnnotations(map[string]string{"sonataflow.org/secondary.platform": "true"})
	case '1':
		w.all[name].SetAnnotations(map[string]string{"sonataflow.org/secondary.platform": "false"})
	}
}

func (w *takeoverWorld) object(name string) *unstructured.Unstructured {
	o := compositeOf(w.t, "services: {dataIndex: {}}")
	o.SetKind(w.kind)
	o.SetName(name)
	if w.kind == v1alpha08.KindXSonataFlowPlatform {
		// The names of composites say nothing about age, nor those of claims.
		o.SetName(name + "-x7k2p")
		_ = unstructured.SetNestedField(o.Object, name, "spec", "claimRef", "name")
	} else {
		o.Object["spec"] = map[string]any{"platformRef": map[string]any{"name": "central", "namespace": "ns2"}}
	}
	_ = unstructured.SetNestedField(o.Object, fmt.Sprintf("2026-01-01T00:00:%02dZ", w.time), "metadata", "creationTimestamp")
	return o
}

// active calls the function for each, and tells which one counts, and which are
// secondary.
func (w *takeoverWorld) active() string {
	w.t.Helper()
	names := slices.Sorted(maps.Keys(w.all))
	backwards := slices.Clone(names)
	slices.Reverse(backwards)
	forth, back := w.ask(names), w.ask(backwards)
	if forth != back {
		w.t.Errorf("looked at in one order %q counts, in the other %q", forth, back)
	}
	return forth
}

func (w *takeoverWorld) ask(names []string) string {
	var active, secondary []string
	for _, name := range names {
		rsp := resolved(w.t, requestFor(w.t, w.all[name]), func(q *fnv1.ResourceSelector) *fnv1.Resources {
			if q.GetKind() != w.kind {
				return nil
			}
			out := &fnv1.Resources{}
			for _, n := range names {
				out.Items = append(out.Items, &fnv1.Resource{Resource: structOf(w.t, w.all[n].Object)})
			}
			return out
		})
		duplicated := conditionOf(rsp, v1alpha08.ConditionSucceed).GetReason() == v1alpha08.ReasonDuplicated
		if duplicated == (len(rsp.GetDesired().GetResources()) > 0) && w.kind == v1alpha08.KindXSonataFlowPlatform {
			w.t.Errorf("%s: duplicated %t, with %d resources", name, duplicated, len(rsp.GetDesired().GetResources()))
		}
		switch {
		case duplicated:
		case w.all[name].GetAnnotations()["sonataflow.org/secondary.platform"] == "true":
			secondary = append(secondary, name)
		default:
			active = append(active, name)
		}
	}
	slices.Sort(secondary)
	out := strings.Join(active, "+")
	if len(secondary) > 0 {
		out += "/" + strings.Join(secondary, "")
	}
	return out
}
