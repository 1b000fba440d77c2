// SPDX-License-Identifier: Apache-2.0

// Package references looks for the Secrets and ConfigMaps that pods refer to: whether they
// exist with the keys that are read, and when they change.
package references

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Plan is what the Secrets and ConfigMaps mean that components refer to.
type Plan struct {
	// Condition is about all of them; nil when there is nothing to say about any.
	Condition *composition.Condition

	// versions are annotations, by the key of the component.
	versions map[string]map[string]string
}

// Versions are annotations for a component's pods. One changes whenever an object does
// that the pods read, but for the component's own ConfigMaps.
func (p Plan) Versions(c *component.Component) map[string]string { return p.versions[c.Kind.Key] }

// A reference is a Secret or a ConfigMap, and what is read of it.
type reference struct {
	kind, name string
	answer     composition.Answer
	// required tells whether a pod needs the object, keys which of its keys are needed, in
	// order, and by whom.
	required bool
	keys     []string
	keyUsers map[string][]string
	// readers are the titles of the components whose pods refer to the object.
	readers []string
	// pulls tells that images are pulled with the object, if it exists.
	pulls bool
	// credentials tells that it is the Secret of a database.
	credentials bool
}

// For looks for what components refer to that live in one namespace.
func For(req *composition.Request, components []*component.Component, secrets v1beta1.Secrets) Plan {
	plan := Plan{versions: map[string]map[string]string{}}
	if secrets == v1beta1.SecretsIgnore {
		return plan
	}
	var all []*reference
	for _, c := range components {
		uses := slices.DeleteFunc(slices.Concat(usesOf(c.Pod), usesOfMigration(c), usesOfBuild(c)), func(u use) bool {
			return u.kind == kindConfigMap && (u.name == c.ConfigMap() || u.name == c.UserConfigMap || slices.Contains(c.Files, u.name)) // Their content counts already.
		})
		for _, u := range uses {
			i := slices.IndexFunc(all, func(r *reference) bool { return r.kind == u.kind && r.name == u.name })
			if i < 0 {
				i = len(all)
				all = append(all, &reference{kind: u.kind, name: u.name, keyUsers: map[string][]string{}, answer: req.Look(ownership.Query(kindOf(u.kind), c.Namespace, u.name))})
			}
			all[i].add(u, c)
		}
		plan.versions[c.Kind.Key] = versions(req, c, uses, all)
	}
	// The Secrets of databases come first: without them nothing works.
	slices.SortStableFunc(all, func(a, b *reference) int { return compareBool(b.credentials, a.credentials) })
	told := slices.DeleteFunc(slices.Clone(all), func(r *reference) bool { return !r.required && !r.pulls })
	if len(told) > 0 {
		condition := conditionOf(told, components[0].Namespace)
		plan.Condition = &condition
	}
	return plan
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// usesOfMigration lists what the pod of a component's migration refers to.
func usesOfMigration(c *component.Component) []use {
	if c.Migration == nil {
		return nil
	}
	return usesOf(c.Migration.Pod)
}

// usesOfBuild lists what the pod refers to that makes a component's image.
func usesOfBuild(c *component.Component) []use {
	out := usesOf(c.BuildPod)
	for i := range out {
		out[i].unread = true
	}
	return out
}

// kindOf is the full name of a kind that pods refer to.
func kindOf(kind string) schema.GroupVersionKind { return corev1.SchemeGroupVersion.WithKind(kind) }

// add notes that a component's pods use the object.
func (r *reference) add(u use, c *component.Component) {
	if !slices.Contains(r.readers, c.Kind.Title) {
		r.readers = append(r.readers, c.Kind.Title)
	}
	r.credentials = r.credentials || u.kind == kindSecret && c.Database != nil && c.Database.Secret.Name == u.name
	r.pulls = r.pulls || u.pulls
	if u.optional {
		return
	}
	r.required = true
	for _, key := range u.keys {
		if !slices.Contains(r.keys, key) {
			r.keys = append(r.keys, key)
		}
		if !slices.Contains(r.keyUsers[key], c.Kind.Title) {
			r.keyUsers[key] = append(r.keyUsers[key], c.Kind.Title)
		}
	}
}

// conditionOf sums up what is known of the objects. The reason is that of the first one
// with a problem; the message names all that have one.
func conditionOf(refs []*reference, namespace string) composition.Condition {
	reason, unknown := "", ""
	var problems, notes []string
	for _, ref := range refs {
		switch found, message := ref.problem(namespace); found {
		case v1alpha08.ReasonSecretNotFound, v1alpha08.ReasonConfigMapNotFound, v1alpha08.ReasonKeyNotFound:
			reason = cmp.Or(reason, found)
			problems = append(problems, message)
		case v1alpha08.ReasonNotChecked:
			unknown = message
		case v1alpha08.ReasonSecretsFound:
			notes = append(notes, message)
		}
	}
	switch {
	case len(problems) > 0:
		return report.Condition(v1alpha08.ConditionSecretsReady, reason, strings.Join(problems, "; "))
	case unknown != "":
		return report.Condition(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonNotChecked, unknown)
	}
	notes = slices.DeleteFunc(notes, func(note string) bool { return note == "" })
	return report.Condition(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonSecretsFound, strings.Join(notes, "; "))
}

// problem tells what is wrong with an object, if anything is. What may be wrong is a message
// without a problem.
func (r *reference) problem(namespace string) (reason, message string) {
	switch r.answer.State {
	case composition.StateAbsent:
		if !r.required { // A pull secret: the node tries without it.
			return v1alpha08.ReasonSecretsFound, fmt.Sprintf("Secret %s doesn't exist in namespace %s, so that images of %s are pulled without it; create it if the registry asks for credentials", r.name, namespace, strings.Join(r.readers, " and "))
		}
		reason = v1alpha08.ReasonSecretNotFound
		if r.kind == kindConfigMap {
			reason = v1alpha08.ReasonConfigMapNotFound
		}
		return reason, fmt.Sprintf("%s %s doesn't exist in namespace %s, where the pods of %s look for it", r.kind, r.name, namespace, strings.Join(r.readers, " and "))
	case composition.StateFound:
		missing := slices.DeleteFunc(slices.Clone(r.keys), func(key string) bool { return has(r.answer.First(), key) })
		if len(missing) == 0 {
			break
		}
		mend := "add what is missing"
		if r.credentials {
			mend += ", or set secretRef.userKey and secretRef.passwordKey"
		}
		users := slices.DeleteFunc(slices.Clone(r.readers), func(reader string) bool {
			return !slices.ContainsFunc(missing, func(key string) bool { return slices.Contains(r.keyUsers[key], reader) })
		})
		return v1alpha08.ReasonKeyNotFound, fmt.Sprintf("%s %s in namespace %s lacks %s, which the pods of %s read; %s",
			r.kind, r.name, namespace, strings.Join(missing, " and "), strings.Join(users, " and "), mend)
	case composition.StatePending:
		return v1alpha08.ReasonNotChecked, "Whether the Secrets exist isn't known yet: Crossplane was asked, and hasn't answered"
	case composition.StateUnknown:
		return v1alpha08.ReasonNotChecked, "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.2 and later do)"
	}
	return v1alpha08.ReasonSecretsFound, ""
}

// has tells whether a Secret or a ConfigMap has a key. Values aren't looked at. Only a
// manifest has stringData: one that is handed to an offline render.
func has(o *unstructured.Unstructured, key string) bool {
	for _, field := range []string{"data", "stringData", "binaryData"} {
		values, _, err := unstructured.NestedFieldNoCopy(o.Object, field)
		if m, ok := values.(map[string]any); err == nil && ok {
			if _, found := m[key]; found {
				return true
			}
		}
	}
	return false
}
