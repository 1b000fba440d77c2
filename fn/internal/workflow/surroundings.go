// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/devmode"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/discovery"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/files"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/flow"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/properties"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// surroundings are all that a workflow depends on beside its own document.
type surroundings struct {
	// local is the platform of the namespace.
	local sharing.Local
	// offer is what the active cluster platform offers.
	offer sharing.Offer
	// shared are the properties that the platform gives every workflow.
	shared sharedProperties
	// properties are those that the user writes.
	properties userProperties
	// addresses are those of what the workflow names in place of an address.
	addresses discovery.Addresses
	// files are those beside the flow.
	files files.Found
	// host is that of the Route of a workflow in the profile dev, nodePort the port of every
	// node; empty and 0 where there is none.
	host     string
	nodePort int32
}

// lookAround finds out about the surroundings of a workflow.
func lookAround(req *composition.Request, doc *document, input *v1beta1.Input) surroundings {
	out := surroundings{local: sharing.LookForLocal(req, doc.Namespace)}
	out.offer = sharing.LookForOffer(req, sharing.Platform{
		NamespacedName: types.NamespacedName{Namespace: doc.Namespace, Name: out.local.Name},
		Composite:      out.local.Composite,
		Namespaced:     doc.namespaced,
		NamesServices:  out.local.Spec.Services != nil,
		Used:           doc.status.ClusterPlatform,
		AnyBroker:      true,
	}, input.Compatibility)
	out.properties = lookForUserProperties(req, doc)
	out.addresses = discovery.FindAll(req, discovery.Workflow{
		Namespace:  doc.Namespace,
		Properties: out.properties.text, Where: out.properties.where(),
		Functions: flow.Read(doc.flow).Functions,
	}, input.Workflows.Discovery)
	out.files = files.Look(req, doc.files(), doc.Namespace)
	if doc.profile() == flow.Dev {
		out.host, out.nodePort = devmode.Host(req), devmode.NodePort(req)
	}
	if p := out.local.Spec.Properties; p != nil {
		out.shared = lookForSharedProperties(req, p.Flow, doc.Namespace)
	}
	return out
}

// waiting says for which platform a workflow waits: one that it belongs to and that is gone,
// or one that is invalid, also behind the cluster platform. Without the platform its pods would
// be rolled with another configuration, and rolled again once the platform is back.
func (s surroundings) waiting(doc *document) string {
	if s.local.Problem != "" {
		return fmt.Sprintf("The platform %s of this namespace is invalid, so that the workflow stays as it is until the platform is mended: %s", s.local.Name, s.local.Problem)
	}
	if s.offer.Problem != "" {
		return s.offer.Problem
	}
	if had := doc.status.Platform; had != nil && s.local.State == composition.StateAbsent {
		return fmt.Sprintf("The platform %s of this namespace is gone, so that the workflow stays as it is: create the platform again or, to run the workflow without, delete the workflow and apply it again", had.Name)
	}
	return ""
}

// sharedProperties are those that a platform gives every workflow.
type sharedProperties struct {
	values map[string]string
	// env are the environment variables by which a workflow learns the values that are in
	// Secrets.
	env      []corev1.EnvVar
	warnings []string
}

// lookForSharedProperties finds the values of the properties that a platform gives every
// workflow. A value out of a Secret never gets into a ConfigMap: the property refers to an
// environment variable. As to the operator, a value that isn't there is an empty one, and of
// a property that is given more than once the last one counts.
func lookForSharedProperties(req *composition.Request, given []v1alpha08.PropertyVar, namespace string) sharedProperties {
	out := sharedProperties{values: map[string]string{}}
	for i, p := range given {
		if properties.Overridden(given, i) {
			continue
		}
		from := p.ValueFrom
		switch {
		case p.Value != "":
			out.values[p.Name] = p.Value
		case from == nil:
		case from.SecretKeyRef != nil:
			variable := variableOf(p.Name)
			out.values[p.Name] = "${" + variable + ":}"
			ref := from.SecretKeyRef.DeepCopy()
			ref.Optional = new(true)
			out.env = append(out.env, corev1.EnvVar{Name: variable, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: ref}})
		case from.ConfigMapKeyRef != nil:
			ref := from.ConfigMapKeyRef
			answer := req.Look(ownership.Query(corev1.SchemeGroupVersion.WithKind("ConfigMap"), namespace, ref.Name))
			value, found := dataOf(answer.First(), ref.Key)
			out.values[p.Name] = value
			if !found && answer.State != composition.StatePending {
				out.warnings = append(out.warnings, fmt.Sprintf("the platform's spec.properties.flow[%d]: property %s is empty, because ConfigMap %s in namespace %s has no key %s; add what is missing", i, p.Name, ref.Name, namespace, ref.Key))
			}
		}
	}
	return out
}

// variableOf is the environment variable with the value of a property.
func variableOf(property string) string {
	const digits = 8
	return "SONATAFLOW_" + strings.ToUpper(names.Hash(property)[:digits])
}

// dataOf returns the value of a key of a ConfigMap; nil is one that doesn't exist.
func dataOf(configMap *unstructured.Unstructured, key string) (value string, found bool) {
	if configMap == nil {
		return "", false
	}
	data, _, _ := unstructured.NestedFieldNoCopy(configMap.Object, "data") // The API server takes no other types.
	values, _ := data.(map[string]any)
	value, found = values[key].(string)
	return value, found
}
