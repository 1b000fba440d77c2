// SPDX-License-Identifier: Apache-2.0

// Package platform composes a SonataFlowPlatform: it reads the composite, decides
// what the spec means, builds the objects of its services, judges those that exist,
// and reports.
package platform

import (
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// Compose returns what a SonataFlowPlatform needs, and how it does.
func Compose(req *composition.Request) *composition.Result {
	doc, errs := parse(req.Composite)
	if len(errs) > 0 {
		return invalid(errs)
	}
	cluster := lookUpCluster(req, doc)
	cluster.lend(doc, req.Input.Compatibility)
	eventing := lookUpEventing(req, doc, cluster)
	result := answer(req, doc, cluster, eventing)
	result.Requirements = append(requirements(req, doc, cluster, eventing), result.Requirements...)
	result.Schemas = eventing.schemas()
	yield(req, elder(req, doc), result)
	return result
}

// answer returns what a platform needs whose document was read.
func answer(req *composition.Request, doc *document, cluster *Cluster, eventing *Eventing) *composition.Result {
	if errs := doc.validate(); len(errs) > 0 {
		return invalid(errs)
	}
	p, errs := resolve(doc, req.Input, images.Resolve(req.Input.Images))
	if len(errs) > 0 {
		return invalid(errs)
	}
	secrets := lookUpSecrets(req, p)
	scale(req, p)
	asked := append(adopt(req, p), migrate(req, p)...)
	p.ClusterPlatform = cluster
	verdicts := judge(req.Observed)
	if eventing != nil {
		p.Eventing = eventing
		wire(req, p, verdicts)
	}
	composed := compose(p)
	return report(req, p, observe(req, p, secrets, verdicts, composed), composed, asked)
}

// compose builds the objects of all services, and those that carry events.
func compose(p *Platform) []composition.Composed {
	var out []composition.Composed
	for _, s := range p.Services {
		out = append(out,
			composition.Composed{Key: s.Kind.Key(service.ResourceConfig), Object: s.ConfigMap()},
			composition.Composed{Key: s.Kind.Key(service.ResourceService), Object: s.NetworkService()},
		)
		if m := s.Migration; m != nil && m.Job != nil {
			out = append(out, composition.Composed{Key: m.Key, Object: m.Job})
		}
		if m := s.Migration; m == nil || m.Deployment != migration.Withheld {
			out = append(out, composition.Composed{Key: s.Kind.Key(service.ResourceDeployment), Object: s.Deployment()})
		}
		if budget := s.PodDisruptionBudget(); budget != nil {
			out = append(out, composition.Composed{Key: s.Kind.Key(service.ResourceBudget), Object: budget})
		}
	}
	if p.Eventing != nil {
		out = append(out, p.Eventing.Composed...)
	}
	return out
}
