// SPDX-License-Identifier: Apache-2.0

// Package references looks for the Secrets that pods refer to: whether they exist with the
// keys that are read, and when they change.
package references

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Plan is what the Secrets of some components mean for them.
type Plan struct {
	// Condition is about the Secrets; nil when there is nothing to say about any.
	Condition *composition.Condition

	// versions of the Secrets, by the key of the component that reads them.
	versions map[string]string
}

// Version changes whenever a Secret does that a component's pods read. It is empty when
// nothing is known.
func (p Plan) Version(c *component.Component) string { return p.versions[c.Kind.Key] }

// A reference is a Secret, and who reads it.
type reference struct {
	secret  postgres.Secret
	answer  composition.Answer
	readers []string
}

// For looks for the Secrets of components that live in one namespace.
func For(req *composition.Request, components []*component.Component, secrets v1beta1.Secrets) Plan {
	plan := Plan{versions: map[string]string{}}
	if secrets == v1beta1.SecretsIgnore {
		return plan
	}
	var refs []*reference
	known := map[postgres.Secret]*reference{}
	for _, c := range components {
		if c.Database == nil {
			continue
		}
		ref := known[c.Database.Secret]
		if ref == nil {
			ref = &reference{secret: c.Database.Secret, answer: req.Look(secretQuery(c.Namespace, c.Database.Secret.Name))}
			known[c.Database.Secret] = ref
			refs = append(refs, ref)
		}
		ref.readers = append(ref.readers, c.Kind.Title)
		plan.versions[c.Kind.Key] = version(ref.answer, req.Observed[c.Key(component.ResourceDeployment)])
	}
	if len(refs) > 0 {
		condition := conditionOf(refs, components[0].Namespace)
		plan.Condition = &condition
	}
	return plan
}

func secretQuery(namespace, name string) composition.Query {
	return composition.Query{Name: "secret-" + name, APIVersion: "v1", Kind: "Secret", Namespace: namespace, ResourceName: name}
}

// conditionOf sums up what is known of Secrets. The reason is that of the first one with a
// problem; the message names all that have one.
func conditionOf(refs []*reference, namespace string) composition.Condition {
	reason, unknown := "", ""
	var problems []string
	for _, ref := range refs {
		switch found, message := ref.problem(namespace); found {
		case v1alpha08.ReasonSecretNotFound, v1alpha08.ReasonKeyNotFound:
			reason = cmp.Or(reason, found)
			problems = append(problems, message)
		case v1alpha08.ReasonNotChecked:
			unknown = message
		}
	}
	switch {
	case len(problems) > 0:
		return report.Condition(v1alpha08.ConditionSecretsReady, reason, strings.Join(problems, "; "))
	case unknown != "":
		return report.Condition(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonNotChecked, unknown)
	}
	return report.Condition(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonSecretsFound, "")
}

// problem tells what is wrong with a Secret, if anything is.
func (r *reference) problem(namespace string) (reason, message string) {
	readers := strings.Join(r.readers, " and ")
	switch r.answer.State {
	case composition.StateAbsent:
		return v1alpha08.ReasonSecretNotFound, fmt.Sprintf("Secret %s doesn't exist in namespace %s, where the pods of %s look for it", r.secret.Name, namespace, readers)
	case composition.StateFound:
		if missing := missingKeys(r.answer.First(), r.secret); len(missing) > 0 {
			return v1alpha08.ReasonKeyNotFound, fmt.Sprintf("Secret %s in namespace %s lacks %s, which the pods of %s read; add what is missing, or set secretRef.userKey and secretRef.passwordKey",
				r.secret.Name, namespace, strings.Join(missing, " and "), readers)
		}
	case composition.StatePending, composition.StateUnknown:
		return v1alpha08.ReasonNotChecked, "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.2 and later do)"
	}
	return v1alpha08.ReasonSecretsFound, ""
}

// missingKeys lists the keys that a component reads and a Secret lacks.
func missingKeys(secret *unstructured.Unstructured, ref postgres.Secret) []string {
	var out []string
	for _, key := range []string{ref.UserKey, ref.PasswordKey} {
		if !has(secret, "data", key) && !has(secret, "stringData", key) {
			out = append(out, key)
		}
	}
	return out
}

// has tells whether a Secret has a key. Values aren't looked at. Only a manifest has
// stringData: one that is handed to an offline render.
func has(secret *unstructured.Unstructured, data, key string) bool {
	values, _, err := unstructured.NestedMap(secret.Object, data)
	_, found := values[key]
	return err == nil && found
}

// version changes whenever a Secret does. It is made of metadata: a hash of the values
// could be guessed at. While the Secret isn't there or nothing is known about it, it is
// the version that the pods of the Deployment were last started with, so that they keep
// running.
func version(answer composition.Answer, deployment *unstructured.Unstructured) string {
	if secret := answer.First(); secret != nil {
		if secret.GetResourceVersion() == "" {
			return "" // A manifest that no API server has seen.
		}
		sum := sha256.Sum256([]byte(string(secret.GetUID()) + "/" + secret.GetResourceVersion()))
		return hex.EncodeToString(sum[:])
	}
	if deployment == nil {
		return ""
	}
	last, _, err := unstructured.NestedString(deployment.Object, "spec", "template", "metadata", "annotations", component.AnnotationSecretVersion)
	if err != nil {
		return ""
	}
	return last
}
