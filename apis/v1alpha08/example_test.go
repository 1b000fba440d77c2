// SPDX-License-Identifier: Apache-2.0

package v1alpha08_test

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// A program that uses a typed client, such as controller-runtime's, adds the types to the
// client's scheme, creates a platform and a workflow, and reads their conditions.
func Example() {
	scheme := runtime.NewScheme()
	if err := v1alpha08.AddToScheme(scheme); err != nil {
		fmt.Println(err)
		return
	}

	enabled := true
	platform := &v1alpha08.SonataFlowPlatform{
		ObjectMeta: metav1.ObjectMeta{Namespace: "orders", Name: "sonataflow-platform"},
		Spec: v1alpha08.SonataFlowPlatformSpec{
			Services: &v1alpha08.ServicesPlatformSpec{
				DataIndex: &v1alpha08.DataIndexServiceSpec{ServiceSpec: v1alpha08.ServiceSpec{Enabled: &enabled}},
			},
		},
	}
	workflow := &v1alpha08.SonataFlow{
		ObjectMeta: metav1.ObjectMeta{Namespace: "orders", Name: "greeting"},
		Spec: v1alpha08.SonataFlowSpec{
			PodTemplate: v1alpha08.FlowPodTemplateSpec{PodTemplateSpec: v1alpha08.PodTemplateSpec{
				Container: v1alpha08.ContainerSpec{Image: "registry.example.com/greeting:1.0"},
			}},
			Flow: v1alpha08.Flow{
				States: []v1alpha08.FlowState{{
					Name: "Greet", Type: "inject",
					Fields: map[string]any{"data": map[string]any{"message": "Hello"}, "end": true},
				}},
			},
		},
	}

	// What a client would send.
	encoder := serializer.NewCodecFactory(scheme).LegacyCodec(v1alpha08.GroupVersion())
	for _, object := range []runtime.Object{platform, workflow} {
		kinds, _, err := scheme.ObjectKinds(object)
		if err != nil {
			fmt.Println(err)
			return
		}
		text, err := runtime.Encode(encoder, object)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(kinds[0].Kind, len(text) > 0)
	}

	// What a client gets.
	answer := `{"apiVersion": "sonataflow.org/v1alpha08", "kind": "SonataFlow", "metadata": {"name": "greeting"},
		"spec": {"flow": {"states": [{"name": "Greet", "type": "inject"}]}},
		"status": {"conditions": [{"type": "Running", "status": "True", "reason": "Available"}]}}`
	if err := runtime.DecodeInto(serializer.NewCodecFactory(scheme).UniversalDeserializer(), []byte(answer), workflow); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(workflow.Spec.Flow.States[0].Name, meta.IsStatusConditionTrue(workflow.Status.Conditions, v1alpha08.ConditionRunning))
	// Output:
	// SonataFlowPlatform true
	// SonataFlow true
	// Greet true
}
