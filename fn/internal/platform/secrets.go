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
	var refs []postgres.Secret
	readers := map[postgres.Secret][]string{}
	for _, s := range p.Services {
		if s.Database == nil {
			continue
		}
		ref := s.Database.Secret
		if len(readers[ref]) == 0 {
			refs = append(refs, ref)
		}
		readers[ref] = append(readers[ref], s.Kind.Title())
		s.SecretVersion = secretVersion(req.Answer(secretRequirement(p.Namespace, ref.Name)), req.Observed[s.Kind.Key(service.ResourceDeployment)])
	}
	if len(refs) == 0 {
		return nil
	}
	c := &composition.Condition{Type: v1alpha08.ConditionSecretsReady, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonSecretsFound}
	var problems []string
	for _, ref := range refs {
		reason, problem := judgeSecret(req.Answer(secretRequirement(p.Namespace, ref.Name)), ref, p.Namespace, strings.Join(readers[ref], " and "))
		switch reason {
		case v1alpha08.ReasonSecretNotFound, v1alpha08.ReasonKeyNotFound:
			problems = append(problems, problem)
			if len(problems) == 1 {
				c.Status, c.Reason, c.Alarm = metav1.ConditionFalse, reason, true
			}
		case v1alpha08.ReasonNotChecked:
			if len(problems) == 0 {
				c.Status, c.Reason, c.Message = metav1.ConditionUnknown, reason, problem
			}
		}
	}
	if len(problems) > 0 {
		c.Message = strings.Join(problems, "; ")
	}
	return c
}

// judgeSecret tells what is wrong with a Secret that services read, if anything is.
func judgeSecret(answer composition.Answer, ref postgres.Secret, namespace, readers string) (reason, problem string) {
	switch answer.State {
	case composition.StateAbsent:
		return v1alpha08.ReasonSecretNotFound, fmt.Sprintf("Secret %s doesn't exist in namespace %s, where the pods of %s look for it", ref.Name, namespace, readers)
	case composition.StateFound:
		if missing := missingKeys(answer.Objects[0], ref); len(missing) > 0 {
			return v1alpha08.ReasonKeyNotFound, fmt.Sprintf("Secret %s in namespace %s lacks %s, which the pods of %s read; add what is missing, or set secretRef.userKey and secretRef.passwordKey",
				ref.Name, namespace, strings.Join(missing, " and "), readers)
		}
	case composition.StatePending, composition.StateUnknown:
		return v1alpha08.ReasonNotChecked, "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.2 and later do)"
	}
	return v1alpha08.ReasonSecretsFound, ""
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
// the values could be guessed at. While the Secret isn't there or nothing is known
// about it, it is the version that the pods of the Deployment were last started
// with, so that they keep running.
func secretVersion(answer composition.Answer, deployment *unstructured.Unstructured) string {
	if answer.State == composition.StateFound {
		secret := answer.Objects[0]
		if secret.GetResourceVersion() == "" {
			return "" // A manifest that no API server has seen.
		}
		sum := sha256.Sum256([]byte(string(secret.GetUID()) + "/" + secret.GetResourceVersion()))
		return hex.EncodeToString(sum[:])
	}
	if deployment == nil {
		return ""
	}
	version, _, err := unstructured.NestedString(deployment.Object, "spec", "template", "metadata", "annotations", service.AnnotationSecretVersion)
	if err != nil {
		return ""
	}
	return version
}
