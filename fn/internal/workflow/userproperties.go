// SPDX-License-Identifier: Apache-2.0

package workflow

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/ownership"
)

// userProperties are what a user writes into the ConfigMap that is named after the workflow.
// The user's own ConfigMap is read, and otherwise left alone. Only where there is none, one
// is composed, without data: what a function wants is applied by force, so that any data
// would wipe out what the user writes.
type userProperties struct {
	// configMap is the name of the ConfigMap, text what it says.
	configMap, text string
	// composed tells that the ConfigMap is composed, or is to be.
	composed bool
}

func lookForUserProperties(req *composition.Request, doc *document) userProperties {
	out := userProperties{configMap: names.Child(doc.Name, "-props")}
	answer := req.Look(ownership.Query(corev1.SchemeGroupVersion.WithKind("ConfigMap"), doc.Namespace, out.configMap))
	observed := req.Observed[userPropertiesKey()]
	current := cmp.Or(observed, answer.First())
	out.text, _ = dataOf(current, component.PropertiesFile)
	out.composed = observed != nil || answer.State == composition.StateAbsent
	if found := answer.First(); found != nil && observed == nil {
		controller := metav1.GetControllerOf(found)
		out.composed = controller != nil && controller.UID == req.Composite.GetUID()
	}
	return out
}

// where is how messages name the place of the properties.
func (p userProperties) where() string {
	return fmt.Sprintf("ConfigMap %s, %s", p.configMap, component.PropertiesFile)
}

// userPropertiesKey is the key of the ConfigMap, if it is composed.
func userPropertiesKey() string {
	return (&component.Component{Kind: component.Workflow()}).Key(component.ResourceUserConfig)
}

// objects is the ConfigMap, if it is composed.
func (p userProperties) objects(req *composition.Request, c *component.Component) []composition.Composed {
	if !p.composed {
		return nil
	}
	configMap := &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: p.configMap, Namespace: c.Namespace, Labels: component.UserLabels(c.Owner)},
	}
	key := c.Key(component.ResourceUserConfig)
	return []composition.Composed{{Key: key, Object: configMap, Ready: health.OfComposed(req.Observed[key], configMap).Phase == health.Ready}}
}
