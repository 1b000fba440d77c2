// SPDX-License-Identifier: Apache-2.0

package component

import "k8s.io/apimachinery/pkg/runtime/schema"

// A Runner is a kind of object that runs the pods of a component. Its value is what people
// call such an object.
type Runner string

// The runners.
const (
	// RunnerDeployment is a Deployment, with a Service in front of its pods.
	RunnerDeployment Runner = "Deployment"
	// RunnerKnativeService is a Service of Knative Serving, which makes all else itself.
	RunnerKnativeService Runner = "Knative Service"
)

// The keys of a component's runners, after the key of the component.
const (
	resourceDeployment     = "deployment"
	resourceKnativeService = "knative-service"
)

// Object is the kind of the object that runs the pods.
func (r Runner) Object() schema.GroupVersionKind {
	if r == RunnerKnativeService {
		return schema.GroupVersionKind{Group: "serving.knative.dev", Version: "v1", Kind: "Service"}
	}
	return schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
}

// Receiver is the kind of the object that requests and events are sent to. It has the name of
// the object that runs the pods.
func (r Runner) Receiver() schema.GroupVersionKind {
	if r == RunnerKnativeService {
		return r.Object()
	}
	return schema.GroupVersionKind{Version: "v1", Kind: "Service"}
}

// Resource is how the key of the object names the object.
func (r Runner) Resource() string {
	if r == RunnerKnativeService {
		return resourceKnativeService
	}
	return resourceDeployment
}

// Other is the runner that a component may have had before.
func (r Runner) Other() Runner {
	if r == RunnerKnativeService {
		return RunnerDeployment
	}
	return RunnerKnativeService
}
