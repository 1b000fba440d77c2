// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// newDynamic returns a client that creates hundreds of claims at once, because kubectl
// would need a process for each.
func newDynamic(t *testing.T) dynamic.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", layout.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Proxy, config.WarningHandler = -1, nil, restclient.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// served returns a resource in the form that the dynamic client takes.
func served(r kube.Resource) schema.GroupVersionResource {
	parts := strings.Split(string(r), "/")
	group := strings.Join(parts[:len(parts)-2], "/")
	return schema.GroupVersionResource{Group: group, Version: parts[len(parts)-2], Resource: parts[len(parts)-1]}
}

// A change is one change, or the deletion, of one object.
type change struct {
	at      time.Time
	deleted bool
	object  *unstructured.Unstructured
}

// A follower sees each change of the objects of a kind, in all namespaces. Unlike
// kube.Client's Follow it reports one change at a time, which is fast enough for hundreds
// of objects, and it survives a restart of the API server. It finds changes of an outage
// by comparing, so it misses an object that came and went during the outage.
type follower struct {
	resource dynamic.NamespaceableResourceInterface
	known    map[types.UID]*unstructured.Unstructured
	see      func(change)
}

// follow starts a follower, which ends with the test, and returns when the follower has
// seen all existing objects.
func follow(t *testing.T, client dynamic.Interface, r kube.Resource, see func(change)) {
	t.Helper()
	f := &follower{resource: client.Resource(served(r)), known: map[types.UID]*unstructured.Unstructured{}, see: see}
	ctx, stop := context.WithCancel(t.Context())
	begun, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		first := begun
		_ = wait.PollUntilContextCancel(ctx, kube.Interval, true, func(ctx context.Context) (bool, error) {
			version, err := f.list(ctx)
			if err != nil {
				return false, nil //nolint:nilerr // The API server may be away. It is looked for again.
			}
			if first != nil {
				close(first)
				first = nil
			}
			_ = f.watch(ctx, version) // It ends with the API server.
			return false, nil
		})
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	select {
	case <-begun:
	case <-time.After(soon):
		t.Fatalf("cannot list %s", r)
	}
}

// list reports the differences between the API server's objects and the known ones, and
// returns the version of the API server's.
func (f *follower) list(ctx context.Context) (string, error) {
	list, err := f.resource.List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", fmt.Errorf("cannot list: %w", err)
	}
	there := map[types.UID]bool{}
	for i := range list.Items {
		o := &list.Items[i]
		there[o.GetUID()] = true
		if before := f.known[o.GetUID()]; before == nil || before.GetResourceVersion() != o.GetResourceVersion() {
			f.tell(false, o)
		}
	}
	for uid, o := range f.known {
		if !there[uid] {
			gone := o.DeepCopy()
			gone.SetResourceVersion(list.GetResourceVersion())
			f.tell(true, gone)
		}
	}
	return list.GetResourceVersion(), nil
}

// watch reports each change since a version, until the watch ends.
func (f *follower) watch(ctx context.Context, version string) error {
	changes, err := f.resource.Watch(ctx, metav1.ListOptions{ResourceVersion: version})
	if err != nil {
		return fmt.Errorf("cannot watch: %w", err)
	}
	defer changes.Stop()
	for c := range changes.ResultChan() {
		o, ok := c.Object.(*unstructured.Unstructured)
		if !ok || c.Type == watch.Error {
			return errors.New("the watch ended")
		}
		f.tell(c.Type == watch.Deleted, o)
	}
	return nil
}

func (f *follower) tell(deleted bool, o *unstructured.Unstructured) {
	if deleted {
		delete(f.known, o.GetUID())
	} else {
		f.known[o.GetUID()] = o
	}
	f.see(change{at: time.Now(), deleted: deleted, object: o})
}
