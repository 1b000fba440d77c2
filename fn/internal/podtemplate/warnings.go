// SPDX-License-Identifier: Apache-2.0

package podtemplate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// warnings tell what of a template was left aside, and why.
type warnings []string

func (w *warnings) add(path *field.Path, name any, why string) {
	*w = append(*w, fmt.Sprintf("%s: %v %s", path, name, why))
}

func (w *warnings) say(path *field.Path, what string) {
	*w = append(*w, path.String()+": "+what)
}

// drop removes from a list of the template what would take the place of something
// that the platform needs.
func (w *warnings) drop(template map[string]any, list string, path *field.Path, taken func(map[string]any) bool) {
	items, ok := template[list].([]any)
	if !ok {
		return
	}
	kept := make([]any, 0, len(items))
	for i, item := range items {
		if m, ok := item.(map[string]any); ok && taken(m) {
			w.add(path.Child(list).Index(i), label(m), "is left out: the pod has one of the platform's in its place, which stays; use another name or path")
			continue
		}
		kept = append(kept, item)
	}
	template[list] = kept
	if len(kept) == 0 {
		delete(template, list)
	}
}

// label returns what a user would call an item of a list.
func label(item map[string]any) any {
	for _, key := range []string{"name", "mountPath"} {
		if v, ok := item[key]; ok {
			return v
		}
	}
	return "it"
}

// env appends the user's environment variables to the platform's. None of them may say what
// one of the platform's says, in another way. Of two with one name the later one wins, as in
// a container; server-side apply would refuse both.
func (w *warnings) env(own, theirs []corev1.EnvVar, injected []string, path *field.Path) []corev1.EnvVar {
	out, indices := slices.Clone(own), make(map[string]int, len(theirs))
	for i, e := range theirs {
		at, taken := indices[e.Name]
		ours := slices.IndexFunc(own, func(o corev1.EnvVar) bool { return same(e.Name, o.Name) })
		switch {
		case slices.Contains(injected, e.Name):
			w.add(path.Index(i), e.Name, "is left out, because Knative sets it for the sink")
		case ours >= 0:
			w.add(path.Index(i), e.Name, fmt.Sprintf("has no effect: %s; remove it here", source(own[ours])))
		case !taken:
			indices[e.Name] = len(out)
			out = append(out, e)
		default:
			w.add(path.Index(i), e.Name, "is given more than once; the last one counts")
			out[at] = e
		}
	}
	return out
}

// source tells where the value of one of the platform's variables comes from.
func source(own corev1.EnvVar) string {
	if own.ValueFrom == nil || own.ValueFrom.SecretKeyRef == nil {
		return fmt.Sprintf("the platform sets %s in the service's container itself", own.Name)
	}
	ref := own.ValueFrom.SecretKeyRef
	return fmt.Sprintf("the service's container has %s from key %s of Secret %s, where its value can be changed", own.Name, ref.Key, ref.Name)
}

// ports appends the user's ports to the platform's. A patch would take two ports with
// one number for the same, even if one is UDP.
func (w *warnings) ports(own, theirs []corev1.ContainerPort, path *field.Path) []corev1.ContainerPort {
	out := slices.Clone(own)
	for i, p := range theirs {
		taken := slices.ContainsFunc(own, func(o corev1.ContainerPort) bool {
			protocol := cmp.Or(p.Protocol, corev1.ProtocolTCP)
			return o.Name == p.Name || o.ContainerPort == p.ContainerPort && o.Protocol == protocol
		})
		if taken {
			w.add(path.Index(i), cmp.Or(p.Name, strconv.Itoa(int(p.ContainerPort))), "is left out: the platform's own port has this name or number, and stays; use others")
			continue
		}
		out = append(out, p)
	}
	return out
}

// place puts the platform's container among the user's: in the place of the first
// with its name, else last.
func (w *warnings) place(own corev1.Container, theirs []corev1.Container, path *field.Path) []corev1.Container {
	out := make([]corev1.Container, 0, len(theirs)+1)
	placed := false
	for i, c := range theirs {
		if c.Name != own.Name {
			out = append(out, c)
			continue
		}
		w.add(path.Child("containers").Index(i), c.Name, "is left out: this is the platform's own container; shape it with "+path.Child("container").String())
		if !placed {
			out = append(out, own)
			placed = true
		}
	}
	if !placed {
		out = append(out, own)
	}
	return out
}
