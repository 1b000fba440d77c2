// SPDX-License-Identifier: Apache-2.0

package references

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// versions returns the annotations of a component's pods that say which versions of
// objects the pods read. An annotation is made of the objects' metadata: a hash of values
// could be guessed at. While an object isn't there or nothing is known about it, the
// annotation is the one with which the pods were last started, so that they keep running.
func versions(req *composition.Request, c *component.Component, uses []use, all []*reference) map[string]string {
	last := lastVersions(req.Observed[c.RunnerKey()])
	var credentials, rest []*unstructured.Unstructured
	knowsCredentials, knowsRest := true, true
	for _, ref := range all {
		read := slices.ContainsFunc(uses, func(u use) bool { return u.kind == ref.kind && u.name == ref.name && !u.unread })
		own := c.Database != nil && ref.kind == kindSecret && ref.name == c.Database.Secret.Name
		found := ref.answer.First()
		switch {
		case !read && !own:
		case own:
			credentials, knowsCredentials = append(credentials, found), found != nil
		case found != nil:
			rest = append(rest, found)
		default:
			// An object that a pod can do without may be missing.
			knowsRest = knowsRest && !ref.required && ref.answer.State == composition.StateAbsent
		}
	}
	out := map[string]string{}
	note := func(annotation string, known, present bool, objects []*unstructured.Unstructured) {
		version := last[annotation]
		if known {
			version = versionOf(objects)
		}
		if present && version != "" {
			out[annotation] = version
		}
	}
	note(component.AnnotationSecretVersion, knowsCredentials, len(credentials) > 0, credentials)
	note(component.AnnotationReferencesVersion, knowsRest, len(rest) > 0 || !knowsRest, rest)
	return out
}

// versionOf changes whenever one of some objects does. It is empty for manifests that no
// API server has seen.
func versionOf(objects []*unstructured.Unstructured) string {
	ids := make([]string, 0, len(objects))
	for _, o := range objects {
		if o.GetResourceVersion() != "" {
			ids = append(ids, string(o.GetUID())+"/"+o.GetResourceVersion())
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids) // Their order depends on what other components refer to.
	sum := sha256.Sum256([]byte(strings.Join(ids, ",")))
	return hex.EncodeToString(sum[:])
}

// lastVersions are the annotations of the pods of a Deployment or Knative Service.
func lastVersions(runs *unstructured.Unstructured) map[string]string {
	if runs == nil {
		return nil
	}
	out, _, err := unstructured.NestedStringMap(runs.Object, "spec", "template", "metadata", "annotations")
	if err != nil {
		return nil
	}
	return out
}
