// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"maps"
	"slices"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/clusterplatform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// requirements lists what a composite's decisions depend on. They follow from the
// spec, the input, the cluster platform and what is installed.
func requirements(req *composition.Request, doc *document, c *Cluster, e *Eventing) []composition.Requirement {
	out := []composition.Requirement{clusterplatform.AllRequirement()}
	if asksSiblings(req) {
		out = append(out, siblingsRequirement(req, doc))
	}
	if c != nil && !c.isSelf(doc) {
		out = append(out, c.Requirement)
	}
	out = append(out, e.requirements()...)
	if req.Input.Secrets != v1beta1.SecretsIgnore {
		for _, name := range doc.secretNames() {
			out = append(out, secretRequirement(doc.Namespace, name))
		}
	}
	if asksAutoscalers(&doc.spec) {
		out = append(out, autoscalersRequirement(doc.Namespace))
	}
	return out
}

func secretRequirement(namespace, name string) composition.Requirement {
	return composition.Requirement{Name: "secret-" + name, APIVersion: "v1", Kind: "Secret", Namespace: namespace, ResourceName: name}
}

// autoscalersRequirement asks for all of a namespace: which one targets a Deployment
// stands in its spec.
func autoscalersRequirement(namespace string) composition.Requirement {
	return composition.Requirement{Name: "autoscalers", APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler", Namespace: namespace}
}

// secretNames lists the Secrets that the services of a spec use.
func (d *document) secretNames() []string {
	found := map[string]bool{}
	for _, w := range d.services() {
		db := w.spec.Persistence.Database()
		if db == nil {
			db = d.spec.Persistence.Database()
		}
		if db != nil && db.SecretRef.Name != "" {
			found[db.SecretRef.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// asksAutoscalers tells whether an autoscaler would matter: where nobody says how
// many pods there are, nobody disagrees with one.
func asksAutoscalers(s *v1alpha08.SonataFlowPlatformSpec) bool {
	if s.Services == nil || s.Services.DataIndex == nil {
		return false
	}
	t := s.Services.DataIndex.PodTemplate
	return t.Replicas != nil || t.PodDisruptionBudget != nil
}
