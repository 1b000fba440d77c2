// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// adopt finds the Deployments of the services: those that are composed, else those that
// have their names already, as the operator's have. Applied over, they become composed
// ones; until then a gate must not take what runs for something that isn't there. Where
// there is no gate, nobody looks. It returns what it requires to be looked up.
func adopt(req *composition.Request, p *Platform) []composition.Requirement {
	var asked []composition.Requirement
	for _, s := range p.Services {
		s.Existing = req.Observed[s.Kind.Key(service.ResourceDeployment)]
		if s.Existing != nil || s.Target == nil && s.Sink == nil {
			continue
		}
		q := composition.Requirement{Name: "deployment-" + s.Name, APIVersion: "apps/v1", Kind: "Deployment", Namespace: s.Namespace, ResourceName: s.Name}
		asked = append(asked, q)
		if answer := req.Answer(q); answer.State == composition.StateFound {
			s.Existing = answer.Objects[0]
		}
	}
	return asked
}
