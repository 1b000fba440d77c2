// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// newTyped returns a client for the Go types of the API, as programs use it.
func newTyped(t *testing.T) *restclient.RESTClient {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha08.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", layout.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	version := v1alpha08.GroupVersion()
	config.Proxy = nil // The API server is on this machine.
	config.GroupVersion, config.APIPath = &version, "/apis"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := restclient.RESTClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestTypedClient creates a platform and a workflow with a typed client, and waits for their
// conditions, as a program does.
func TestTypedClient(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	w := newWorld(t, "typed")
	client := newTyped(t)
	create := func(resource string, o runtime.Object) {
		t.Helper()
		strict := &metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}
		if err := client.Post().Namespace(w.namespace).Resource(resource).VersionedParams(strict, metav1.ParameterCodec).Body(o).Do(t.Context()).Error(); err != nil {
			t.Fatalf("cannot create one of %s: %v", resource, err)
		}
	}
	// get reads an object, and says whether a condition of it is True.
	get := func(ctx context.Context, resource, name string, into runtime.Object, conditions *[]metav1.Condition, conditionType string) error {
		if err := client.Get().Namespace(w.namespace).Resource(resource).Name(name).Do(ctx).Into(into); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(*conditions, conditionType) {
			return fmt.Errorf("the conditions are %v", *conditions)
		}
		return nil
	}

	enabled := true
	create("sonataflowplatforms", &v1alpha08.SonataFlowPlatform{
		ObjectMeta: metav1.ObjectMeta{Name: "sonataflow-platform"},
		Spec: v1alpha08.SonataFlowPlatformSpec{Services: &v1alpha08.ServicesPlatformSpec{
			DataIndex: &v1alpha08.DataIndexServiceSpec{ServiceSpec: v1alpha08.ServiceSpec{Enabled: &enabled}},
		}},
	})
	platform := &v1alpha08.SonataFlowPlatform{}
	w.await("the platform to succeed", noticed, func(ctx context.Context) error {
		return get(ctx, "sonataflowplatforms", "sonataflow-platform", platform, &platform.Status.Conditions, v1alpha08.ConditionSucceed)
	})

	create("sonataflows", &v1alpha08.SonataFlow{
		ObjectMeta: metav1.ObjectMeta{Name: greeting},
		Spec: v1alpha08.SonataFlowSpec{
			PodTemplate: v1alpha08.FlowPodTemplateSpec{PodTemplateSpec: v1alpha08.PodTemplateSpec{
				Container: v1alpha08.ContainerSpec{Image: "registry.example.com/greeting:1.0"},
			}},
			Flow: v1alpha08.Flow{States: []v1alpha08.FlowState{{Name: "Greet", Type: "inject", Fields: map[string]any{"end": true}}}},
		},
	})
	workflow := &v1alpha08.SonataFlow{}
	w.await("the workflow to run", noticed, func(ctx context.Context) error {
		return get(ctx, "sonataflows", greeting, workflow, &workflow.Status.Conditions, v1alpha08.ConditionRunning)
	})
	if got := workflow.Status.Services; got == nil || got.DataIndexRef == nil || got.DataIndexRef.URL != platform.Status.Services.DataIndex.URL {
		t.Errorf("the workflow is connected to %v, want the Data Index at %s", got, platform.Status.Services.DataIndex.URL)
	}
	list := &v1alpha08.SonataFlowList{}
	if err := client.Get().Namespace(w.namespace).Resource("sonataflows").Do(t.Context()).Into(list); err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != 1 || list.Items[0].Spec.Flow.States[0].Name != "Greet" {
		t.Errorf("the list is %v", list.Items)
	}
}
