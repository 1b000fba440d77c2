// SPDX-License-Identifier: Apache-2.0

// Package kube talks to a cluster the way a user does: kubectl changes objects, and a
// client reads them as often as a test needs.
package kube

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// A Resource is a kind as the API server serves it: group/version/plural, without a group
// for core kinds.
type Resource string

// Resources that scenarios look at.
const (
	Namespaces  Resource = "v1/namespaces"
	Nodes       Resource = "v1/nodes"
	Pods        Resource = "v1/pods"
	Secrets     Resource = "v1/secrets"
	ConfigMaps  Resource = "v1/configmaps"
	Services    Resource = "v1/services"
	Events      Resource = "v1/events"
	Deployments Resource = "apps/v1/deployments"
	ReplicaSets Resource = "apps/v1/replicasets"
	Budgets     Resource = "policy/v1/poddisruptionbudgets"
	Autoscalers Resource = "autoscaling/v2/horizontalpodautoscalers"
	Jobs        Resource = "batch/v1/jobs"

	CustomResourceDefinitions Resource = "apiextensions.k8s.io/v1/customresourcedefinitions"

	Monitors     Resource = "monitoring.coreos.com/v1/servicemonitors"
	Brokers      Resource = "eventing.knative.dev/v1/brokers"
	Triggers     Resource = "eventing.knative.dev/v1/triggers"
	SinkBindings Resource = "sources.knative.dev/v1/sinkbindings"

	KnativeServices Resource = "serving.knative.dev/v1/services"
	Revisions       Resource = "serving.knative.dev/v1/revisions"

	Platforms  Resource = "sonataflow.org/v1alpha08/sonataflowplatforms"
	Composites Resource = "sonataflow.org/v1alpha08/xsonataflowplatforms"
	Workflows  Resource = "sonataflow.org/v1alpha08/sonataflows"

	WorkflowComposites Resource = "sonataflow.org/v1alpha08/xsonataflows"

	ClusterPlatforms Resource = "sonataflow.org/v1alpha08/sonataflowclusterplatforms"

	Functions         Resource = "pkg.crossplane.io/v1/functions"
	FunctionRevisions Resource = "pkg.crossplane.io/v1/functionrevisions"
	Configurations    Resource = "pkg.crossplane.io/v1/configurations"
	Definitions       Resource = "apiextensions.crossplane.io/v1/compositeresourcedefinitions"
)

func (r Resource) gvr() schema.GroupVersionResource {
	parts := strings.Split(string(r), "/")
	if len(parts) == 2 {
		parts = append([]string{""}, parts...)
	}
	return schema.GroupVersionResource{Group: parts[0], Version: parts[1], Resource: parts[2]}
}

// A Client is one user's access to a cluster.
type Client struct {
	dynamic    dynamic.Interface
	kubectl    string
	kubeconfig string
}

// NewClient returns a client for the cluster of a kubeconfig, with a kubectl binary.
func NewClient(kubeconfig, kubectl string) (*Client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("cannot read the kubeconfig: %w", err)
	}
	// Many scenarios share the client, and the API server is on this machine.
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	// The API server is on this machine, so a proxy would lead to another cluster.
	config.Proxy = nil
	d, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cannot make a client: %w", err)
	}
	return &Client{dynamic: d, kubectl: kubectl, kubeconfig: kubeconfig}, nil
}

// Get returns an object. The namespace of a cluster scoped object is empty.
func (c *Client) Get(ctx context.Context, r Resource, namespace, name string) (*unstructured.Unstructured, error) {
	return c.dynamic.Resource(r.gvr()).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
}

// List returns the objects of a namespace, or of all namespaces if it is empty.
func (c *Client) List(ctx context.Context, r Resource, namespace string) ([]unstructured.Unstructured, error) {
	list, err := c.dynamic.Resource(r.gvr()).Namespace(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// Follow calls see with the objects of a namespace as they are now, and then after every
// single change. It ends with the context.
func (c *Client) Follow(ctx context.Context, r Resource, namespace string, see func(map[types.UID]unstructured.Unstructured)) error {
	resource := c.dynamic.Resource(r.gvr()).Namespace(namespace)
	list, err := resource.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	objects := make(map[types.UID]unstructured.Unstructured, len(list.Items))
	for _, o := range list.Items {
		objects[o.GetUID()] = o
	}
	see(objects)
	changes, err := resource.Watch(ctx, metav1.ListOptions{ResourceVersion: list.GetResourceVersion()})
	if err != nil {
		return err
	}
	defer changes.Stop()
	for change := range changes.ResultChan() {
		o, ok := change.Object.(*unstructured.Unstructured)
		switch {
		case ctx.Err() != nil:
			return nil
		case change.Type == watch.Error:
			return fmt.Errorf("cannot go on watching %s: %w", r, kerrors.FromObject(change.Object))
		case !ok:
			return fmt.Errorf("got a %T while watching %s", change.Object, r)
		case change.Type == watch.Deleted:
			delete(objects, o.GetUID())
		default:
			objects[o.GetUID()] = *o
		}
		see(objects)
	}
	if ctx.Err() == nil {
		return fmt.Errorf("the API server ended the watch of %s", r)
	}
	return nil
}

// Kubectl runs kubectl and returns its output. `-f -` reads stdin.
func (c *Client) Kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.kubectl, args...)
	cmd.Env = []string{"KUBECONFIG=" + c.kubeconfig, "HOME=/nonexistent"}
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// Apply applies manifests as `kubectl apply --server-side --validate=strict` does.
func (c *Client) Apply(ctx context.Context, manifests string) error {
	_, err := c.Kubectl(ctx, manifests, "apply", "--server-side", "--validate=strict", "-f", "-")
	return err
}

// Interval is how often Await runs its check. An API server on the same machine can take
// this load.
const Interval = 200 * time.Millisecond

// Await runs a check until it returns no error. If this takes too long, Await returns the
// last error.
func Await(ctx context.Context, what string, timeout time.Duration, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, Interval, timeout, true, func(ctx context.Context) (bool, error) {
		// An error that comes from the deadline says less than the error before it.
		if err := check(ctx); err == nil || last == nil || ctx.Err() == nil {
			last = err
		}
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waited %s for %s: %w", timeout, what, last)
	}
	return nil
}
