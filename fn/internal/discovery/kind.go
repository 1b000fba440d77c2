// SPDX-License-Identifier: Apache-2.0

package discovery

import "github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"

// A Kind is one that a URI can name, in the words of the URI.
type Kind string

// The kinds.
const (
	Service          Kind = "kubernetes:services.v1"
	Pod              Kind = "kubernetes:pods.v1"
	Deployment       Kind = "kubernetes:deployments.v1.apps"
	StatefulSet      Kind = "kubernetes:statefulsets.v1.apps"
	Ingress          Kind = "kubernetes:ingresses.v1.networking.k8s.io"
	KnativeService   Kind = "knative:services.v1.serving.knative.dev"
	KnativeBroker    Kind = "knative:brokers.v1.eventing.knative.dev"
	Route            Kind = "openshift:routes.v1.route.openshift.io"
	DeploymentConfig Kind = "openshift:deploymentconfigs.v1.apps.openshift.io"
)

func kinds() []Kind {
	return []Kind{Service, Pod, Deployment, StatefulSet, Ingress, KnativeService, KnativeBroker, Route, DeploymentConfig}
}

// A resource is what a kind is in the API of the cluster.
type resource struct {
	apiVersion, kind string
	// query is the name of the question whether the kind is installed; empty for a kind that
	// every cluster has. Needs is what brings it.
	query, needs string
}

// resource returns what a kind is in the API. It is false for kinds that aren't looked up:
// to look for pods would let Crossplane keep all pods of the cluster in its memory, and the
// address of a pod doesn't last; a Route and a DeploymentConfig stand for a Service that can
// be named itself.
func (k Kind) resource() (resource, bool) {
	switch k {
	case Service:
		return resource{apiVersion: "v1", kind: "Service"}, true
	case Deployment:
		return resource{apiVersion: "apps/v1", kind: "Deployment"}, true
	case StatefulSet:
		return resource{apiVersion: "apps/v1", kind: "StatefulSet"}, true
	case Ingress:
		return resource{apiVersion: "networking.k8s.io/v1", kind: "Ingress"}, true
	case KnativeService:
		return resource{apiVersion: "serving.knative.dev/v1", kind: "Service", query: "knative-service", needs: "Knative Serving"}, true
	case KnativeBroker:
		return resource{apiVersion: component.APIVersionBroker, kind: component.KindBroker, query: "knative-broker", needs: "Knative Eventing"}, true
	case Pod, Route, DeploymentConfig:
	}
	return resource{}, false
}
