// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// A platform is a claim and its objects.
type platform struct {
	*world

	name string
}

// claim applies a claim. It has the namespace of the scenario.
func (w *world) claim(o *unstructured.Unstructured) *platform {
	w.Helper()
	w.apply(o)
	return &platform{world: w, name: o.GetName()}
}

// newClaim returns a claim with a spec.
func (w *world) newClaim(name string, spec map[string]any) *unstructured.Unstructured {
	o := object("sonataflow.org/v1alpha08", "SonataFlowPlatform", w.namespace, name)
	o.Object["spec"] = spec
	return o
}

// claimed returns the claim as it is now.
func (p *platform) claimed() *unstructured.Unstructured {
	p.Helper()
	return p.get(kube.Platforms, p.name)
}

// composite returns the composite of a claim that has one.
func (p *platform) composite() *unstructured.Unstructured {
	p.Helper()
	o, err := compositeOf(p.Context(), p.claimed())
	if err != nil {
		p.Fatal(err)
	}
	return o
}

// compositeOf returns the composite of a claim, which may be the claim itself.
func compositeOf(ctx context.Context, claim *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	of := api.compositeOf(claim)
	if of.Name == "" {
		return nil, fmt.Errorf("the claim %s has no composite", claim.GetName())
	}
	return cluster.Get(ctx, api.composites, of.Namespace, of.Name)
}

// awaitCondition waits until a condition of the claim has a status, and a reason if one
// is given.
func (p *platform) awaitCondition(conditionType, status, reason string) kube.Condition {
	p.Helper()
	var out kube.Condition
	p.await(fmt.Sprintf("%s to be %s=%s (%s)", p.name, conditionType, status, reason), noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Platforms, p.namespace, p.name)
		if err != nil {
			return err
		}
		out = kube.Conditions(o)[conditionType]
		return kube.Want(o, conditionType, status, reason)
	})
	return out
}

// awaitReady waits until a platform is ready with its latest spec: Crossplane's
// conditions and the function's Succeed are True.
func (p *platform) awaitReady() {
	p.Helper()
	p.await(p.name+" to be ready", noticed, func(ctx context.Context) error {
		claim, err := cluster.Get(ctx, kube.Platforms, p.namespace, p.name)
		if err != nil {
			return err
		}
		for _, condition := range []string{"Synced", "Ready", "Succeed"} {
			if err := kube.Want(claim, condition, "True", ""); err != nil {
				return err
			}
		}
		return p.current(ctx, claim)
	})
}

// current returns an error until the composite has the claim's spec, and its status is
// about this spec.
func (p *platform) current(ctx context.Context, claim *unstructured.Unstructured) error {
	composite, err := compositeOf(ctx, claim)
	if err != nil {
		return err
	}
	for field, want := range claim.Object["spec"].(map[string]any) {
		// The composite has references of its own.
		if strings.HasPrefix(field, "composition") || field == "resourceRef" || field == "compositeDeletePolicy" {
			continue
		}
		if got := composite.Object["spec"].(map[string]any)[field]; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("the composite's spec.%s is %v, not yet %v", field, got, want)
		}
	}
	// Crossplane writes the condition Synced in the same reconcile as the function's conditions,
	// which have no generation.
	if observed := kube.ObservedGeneration(composite, "Synced"); observed != composite.GetGeneration() {
		return fmt.Errorf("the composite's generation is %d, the condition Synced is that of %d", composite.GetGeneration(), observed)
	}
	return kube.Want(composite, "Succeed", "True", "")
}

// composed lists the objects that the composite refers to, as kind/name. All of them are
// in the platform's namespace, except Triggers, which are in their Broker's.
func (p *platform) composed() []string {
	p.Helper()
	refs, _, err := unstructured.NestedSlice(p.composite().Object, api.own("resourceRefs")...)
	if err != nil {
		p.Fatal(err)
	}
	out := make([]string, 0, len(refs))
	for _, ref := range refs {
		r := ref.(map[string]any)
		// References of a namespaced composite have no namespace, because they mean its
		// own.
		if namespace, said := r["namespace"]; said && namespace != p.namespace && r["kind"] != "Trigger" {
			p.Errorf("%v of %s is in namespace %v", r["kind"], p.name, namespace)
		}
		out = append(out, fmt.Sprintf("%s/%s", r["kind"], r["name"]))
	}
	slices.Sort(out)
	return out
}

// columns returns what `kubectl get --output wide` prints of the claim, by column. If two
// columns have the same name, the first one counts, which is the function's.
func (p *platform) columns() map[string]string {
	p.Helper()
	header, row, _ := strings.Cut(strings.TrimSpace(p.kubectl("get", "sonataflowplatform", p.name, "--output=wide")), "\n")
	// A cell may be empty, so only its position tells its column.
	out := map[string]string{}
	for begin := 0; begin < len(header); {
		width := len(header) - begin
		if i := strings.Index(header[begin:], "   "); i >= 0 {
			width = i + len(header[begin+i:]) - len(strings.TrimLeft(header[begin+i:], " "))
		}
		end := min(begin+width, len(row))
		if begin+width == len(header) {
			end = len(row)
		}
		name := strings.TrimSpace(header[begin : begin+width])
		if _, taken := out[name]; !taken && begin <= end {
			out[name] = strings.TrimSpace(row[begin:end])
		}
		begin += width
	}
	return out
}

// An event is what `kubectl describe` shows of an event, with how often it was recorded.
type event struct {
	Type, Reason, Message string
	Count                 int64
}

// events returns the function's events about the claim.
func (p *platform) events() []event {
	p.Helper()
	objects, err := cluster.List(p.Context(), kube.Events, p.namespace)
	if err != nil {
		p.Fatal(err)
	}
	var out []event
	for _, o := range objects {
		about, _, _ := unstructured.NestedStringMap(o.Object, "involvedObject")
		if about["kind"] != "SonataFlowPlatform" || about["name"] != p.name {
			continue
		}
		text := func(key string) string {
			s, _, _ := unstructured.NestedString(o.Object, key)
			return s
		}
		// Crossplane's own events, such as ComposeResources, or BindCompositeResource of
		// a claim.
		if strings.Contains(text("reason"), "Compos") {
			continue
		}
		count, _, _ := unstructured.NestedInt64(o.Object, "count")
		out = append(out, event{Type: text("type"), Reason: text("reason"), Message: text("message"), Count: count})
	}
	return out
}

// crossplanes are the condition types that Crossplane reports itself.
var crossplanes = []string{"Ready", "Synced", "Responsive"}

// reported returns the condition types of the claim, sorted, without Crossplane's.
func (p *platform) reported() []string {
	p.Helper()
	var out []string
	for conditionType := range kube.Conditions(p.claimed()) {
		if !slices.Contains(crossplanes, conditionType) {
			out = append(out, conditionType)
		}
	}
	slices.Sort(out)
	return out
}
