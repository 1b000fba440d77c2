// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// lookUpSecrets looks for the Secrets of all services, and tells each service the
// version of its own. It returns the condition about them, or nil when there is
// nothing to look at.
func lookUpSecrets(req *composition.Request, p *Platform) *composition.Condition {
	if req.Input.Secrets == v1beta1.SecretsIgnore {
		return nil
	}
	looked, known := false, true
	reason := v1alpha08.ReasonSecretsFound
	var problems []problem
	for _, s := range p.Services {
		if s.Database == nil {
			continue
		}
		looked = true
		ref := s.Database.Secret
		answer := req.Answer(secretRequirement(p.Namespace, ref.Name))
		// While nothing is known, or the Secret is gone, running pods keep what they
		// started with.
		s.SecretVersion = observedSecretVersion(req.Observed[s.Kind.Key(service.ResourceDeployment)])
		switch answer.State {
		case composition.StatePending, composition.StateUnknown:
			known = false
		case composition.StateAbsent:
			reason = v1alpha08.ReasonSecretNotFound
			problems = add(problems, problem{
				before: fmt.Sprintf("Secret %s doesn't exist in namespace %s, where", ref.Name, p.Namespace),
				after:  "look for it",
			}, s.Kind)
		case composition.StateFound:
			secret := answer.Objects[0]
			s.SecretVersion = secretVersion(secret)
			if missing := missingKeys(secret, ref); len(missing) > 0 {
				if len(problems) == 0 {
					reason = v1alpha08.ReasonKeyNotFound
				}
				problems = add(problems, problem{
					before: fmt.Sprintf("Secret %s in namespace %s lacks %s, which", ref.Name, p.Namespace, strings.Join(missing, " and ")),
					after:  "read; add what is missing, or set secretRef.userKey and secretRef.passwordKey",
				}, s.Kind)
			}
		}
	}
	c := &composition.Condition{Type: v1alpha08.ConditionSecretsReady, Status: metav1.ConditionTrue, Reason: reason, Message: sentence(problems)}
	switch {
	case !looked:
		return nil
	case len(problems) > 0:
		c.Status = metav1.ConditionFalse
	case !known:
		c.Status, c.Reason = metav1.ConditionUnknown, v1alpha08.ReasonNotChecked
		c.Message = "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.0 and later do)"
	}
	return c
}

// A problem is what is wrong with a Secret, in words around those whose pods need it.
type problem struct {
	before, after string
	services      []string
}

// add tells of a problem that a service has. Services may share one.
func add(problems []problem, p problem, k service.Kind) []problem {
	for i, o := range problems {
		if o.before == p.before {
			problems[i].services = append(o.services, "the "+k.Title())
			return problems
		}
	}
	p.services = []string{"the " + k.Title()}
	return append(problems, p)
}

func sentence(problems []problem) string {
	texts := make([]string, 0, len(problems))
	for _, p := range problems {
		texts = append(texts, fmt.Sprintf("%s the pods of %s %s", p.before, strings.Join(p.services, " and "), p.after))
	}
	return strings.Join(texts, "; ")
}

// missingKeys lists the keys that a service reads and a Secret lacks.
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

// secretVersion changes whenever a Secret does. It is made of metadata: a hash of
// the values could be guessed at. Empty for a Secret that no API server has seen.
func secretVersion(secret *unstructured.Unstructured) string {
	if secret.GetResourceVersion() == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(string(secret.GetUID()) + "/" + secret.GetResourceVersion()))
	return hex.EncodeToString(sum[:])
}

// observedSecretVersion returns the version that the pods of a Deployment were last
// started with.
func observedSecretVersion(deployment *unstructured.Unstructured) string {
	if deployment == nil {
		return ""
	}
	version, _, err := unstructured.NestedString(deployment.Object, "spec", "template", "metadata", "annotations", service.AnnotationSecretVersion)
	if err != nil {
		return ""
	}
	return version
}
