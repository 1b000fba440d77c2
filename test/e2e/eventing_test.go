// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// sink stands in properties for the address that Knative gives a service.
	sink = "${K_SINK}"
	// shortly is why the short run leaves a scenario out.
	shortly = "the short run has no Broker that is elsewhere, changes or goes"
)

// withBroker returns a claim of both services, with their events through a Broker.
func (w *world) withBroker(b broker) *unstructured.Unstructured {
	return w.newClaim("platform", map[string]any{
		"eventing": map[string]any{"broker": b.ref()},
		"services": bothServices(),
	})
}

// withoutBroker returns a claim of both services, with their events over HTTP.
func (w *world) withoutBroker() *unstructured.Unstructured {
	return w.newClaim("platform", map[string]any{"services": bothServices()})
}

// bothServices returns both services, wired to each other: the Jobs Service reports to
// the Data Index, and needs its sink for this.
func bothServices() map[string]any {
	return map[string]any{"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true}}
}

// eventing makes a Broker that is ready, and a platform that uses it and is ready too.
func (w *world) eventing(b broker) *platform {
	w.Helper()
	b.create()
	p := w.claim(w.withBroker(b))
	p.awaitEventing()
	return p
}

// awaitEventing waits until a platform and its eventing are ready, and until its status
// lists its Triggers.
func (p *platform) awaitEventing() {
	p.Helper()
	p.awaitCondition("EventingReady", "True", "")
	p.awaitReady()
	if err := kube.Want(p.composite(), "EventingReady", "True", ""); err != nil {
		p.Error(err)
	}
	p.await("the claim to list the Triggers that there are", soon, func(ctx context.Context) error {
		triggers, err := cluster.List(ctx, kube.Triggers, "")
		if err != nil {
			return err
		}
		want := []string{}
		for _, o := range triggers {
			if o.GetLabels()["app"] == p.name && o.GetLabels()["app-namespace"] == p.namespace {
				want = append(want, o.GetNamespace()+"/"+o.GetName())
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, p.triggers()); diff != "" { //nolint:contextcheck // It uses the test's context.
			return fmt.Errorf("-there, +listed: %s", diff)
		}
		return nil
	})
}

// triggers lists the Triggers in the claim's status, as namespace/name.
func (p *platform) triggers() []string {
	p.Helper()
	list, _, _ := unstructured.NestedSlice(p.claimed().Object, "status", "triggers")
	out := make([]string, 0, len(list))
	for _, item := range list {
		t := item.(map[string]any)
		out = append(out, fmt.Sprintf("%s/%s", t["namespace"], t["name"]))
	}
	slices.Sort(out)
	return out
}

// uids returns the UIDs of a kind's objects in the scenario's namespace, by name.
func (w *world) uids(r kube.Resource) map[string]types.UID {
	w.Helper()
	objects, err := cluster.List(w.Context(), r, w.namespace)
	if err != nil {
		w.Fatal(err)
	}
	out := map[string]types.UID{}
	for _, o := range objects {
		out[o.GetName()] = o.GetUID()
	}
	return out
}

// steady returns a check that no composed object and no pod was replaced since.
func (w *world) steady() func(while string) {
	w.Helper()
	objects, sets, pods := w.inventory(), w.uids(kube.ReplicaSets), w.uids(kube.Pods)
	return func(while string) {
		w.Helper()
		for what, diff := range map[string]string{
			"objects": cmp.Diff(objects, w.inventory()), "ReplicaSets": cmp.Diff(sets, w.uids(kube.ReplicaSets)), "pods": cmp.Diff(pods, w.uids(kube.Pods)),
		} {
			if diff != "" {
				w.Errorf("%s while %s: -before, +after:\n%s", what, while, diff)
			}
		}
	}
}

// TestEventingKnative installs and removes Knative under a platform. It isn't parallel,
// because Knative is installed for the whole cluster.
func TestEventingKnative(t *testing.T) {
	needs(t, lookups, "Knative and Brokers are looked up")
	if testing.Short() {
		t.Skip("the short run doesn't remove Knative, which takes a minute")
	}
	removeKnative(t)
	w := newWorld(t, "eventing-knative")
	b := w.broker(w.namespace, "default")
	p := w.claim(w.withBroker(b))

	p.awaitCondition("EventingReady", "False", "KnativeNotInstalled")
	p.awaitCondition("DataIndexReady", "True", "Available")
	p.awaitCondition("JobServiceReady", "False", "WaitingForSink")
	p.awaitCondition("Succeed", "False", "Warming")
	p.awaitCondition("Ready", "False", "")
	services := w.inventory()

	// Crossplane doesn't call the function when a kind is installed. It calls the
	// function once a minute.
	installKnative(t)
	p.awaitCondition("EventingReady", "False", "BrokerNotFound")
	b.play()
	p.awaitCondition("EventingReady", "False", "BrokerNotReady")
	b.ready()
	p.awaitCondition("EventingReady", "False", "InProgress")
	b.say("True", b.awaitTriggers(allTriggers)...)
	p.awaitEventing()

	// Crossplane can't reconcile a platform with objects of a kind that is gone, and for
	// minutes it can't reconcile other platforms either. All services go on running, and
	// connect again when Knative is back.
	before := w.inventory()
	removeKnative(t)
	installKnative(t)
	b.create()
	p.awaitEventing()
	// The pods of the Jobs Service may be others: Knative takes the address of the sink away
	// until the Broker is back.
	if diff := cmp.Diff(before, w.inventory()); diff != "" {
		t.Errorf("objects while Knative was away: -before, +after:\n%s", diff)
	}

	// So eventing must leave the spec before Knative is removed.
	w.apply(w.withoutBroker())
	p.awaitWithoutEventing(b)
	removeKnative(t)
	w.apply(w.withBroker(b))
	p.awaitCondition("EventingReady", "False", "KnativeNotInstalled")
	p.awaitCondition("DataIndexReady", "True", "Available")
	p.awaitCondition("JobServiceReady", "True", "Available")
	w.awaitStatusEvents("/jobs")
	if diff := cmp.Diff(services, w.inventory()); diff != "" {
		t.Errorf("objects of other kinds than Knative's: -before Knative was installed, +after it was removed:\n%s", diff)
	}
	other := newWorld(t, "eventing-other")
	other.claim(other.newClaim("other", map[string]any{"services": bothServices()})).awaitReady()
}

// TestEventingSink checks that the Jobs Service is made with the address of its sink: its
// first ReplicaSet is its only one, and no pod is without the address. What Knative writes
// into its Deployment stays there at every reconcile.
func TestEventingSink(t *testing.T) {
	t.Parallel()
	installKnative(t)
	w := newWorld(t, "eventing-sink")
	b := w.broker(w.namespace, "default")
	b.create()
	end := w.always("pods that know their sink", kube.Pods, knowsSink)
	p := w.claim(w.withBroker(b))
	p.awaitEventing()
	w.awaitStatusEvents(sink)
	end()
	if sets := w.replicaSets(jobsService); len(sets) != 1 {
		t.Errorf("the Jobs Service has the ReplicaSets %v, want one", sets)
	}
	if got := w.get(kube.Deployments, jobsService).GetLabels()["bindings.knative.dev/include"]; got != "true" {
		t.Errorf("the Deployment's label bindings.knative.dev/include is %q: Knative wouldn't bind it where it binds only what is included", got)
	}

	check := w.steady()
	for range 10 {
		p.reconcile()
	}
	check("nothing changed")
	for _, pod := range w.pods(jobsService) {
		containers, _, _ := unstructured.NestedSlice(pod.Object, "spec", "containers")
		if got := environment(containers[0].(map[string]any))["K_SINK"]; got != address(b.namespace, b.name) {
			t.Errorf("K_SINK in %s is %q", pod.GetName(), got)
		}
	}
}

// knowsSink returns an error if a pod of the Jobs Service doesn't know its sink.
func knowsSink(pods map[types.UID]unstructured.Unstructured) error {
	for _, o := range pods {
		containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "containers")
		if strings.HasPrefix(o.GetName(), jobsService+"-") && environment(containers[0].(map[string]any))["K_SINK"] == "" {
			return fmt.Errorf("%s doesn't know its sink", o.GetName())
		}
	}
	return nil
}

// replicaSets returns the names of a Deployment's ReplicaSets.
func (w *world) replicaSets(deployment string) []string {
	w.Helper()
	names := slices.Sorted(maps.Keys(w.uids(kube.ReplicaSets)))
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, deployment+"-") })
}

// TestEventingSinkLater checks that a Jobs Service whose Broker isn't there yet has no pods,
// and gets them with the address of its sink.
func TestEventingSinkLater(t *testing.T) {
	needs(t, lookups, "Brokers are looked up")
	t.Parallel()
	if testing.Short() {
		t.Skip(shortly)
	}
	installKnative(t)
	w := newWorld(t, "eventing-later")
	b := w.broker(w.namespace, "default")
	end := w.always("pods that know their sink", kube.Pods, knowsSink)
	p := w.claim(w.withBroker(b))
	p.awaitCondition("EventingReady", "False", "BrokerNotFound")
	p.awaitCondition("DataIndexReady", "True", "Available")
	p.awaitCondition("JobServiceReady", "False", "WaitingForSink")
	p.awaitCondition("Succeed", "False", "Warming")
	w.awaitField(kube.Deployments, jobsService, "0", "spec", "replicas")
	b.create()
	p.awaitEventing()
	w.awaitStatusEvents(sink)
	end()
}

// pods returns the pods of a Deployment, and fails the scenario if there are none.
func (w *world) pods(deployment string) []unstructured.Unstructured {
	w.Helper()
	pods, err := cluster.List(w.Context(), kube.Pods, w.namespace)
	if err != nil {
		w.Fatal(err)
	}
	pods = slices.DeleteFunc(pods, func(o unstructured.Unstructured) bool { return !strings.HasPrefix(o.GetName(), deployment+"-") })
	if len(pods) == 0 {
		w.Errorf("%s has no pods", deployment)
	}
	return pods
}

// awaitStatusEvents waits until the Jobs Service is configured to report the changes of
// jobs to a URL that ends with where.
func (w *world) awaitStatusEvents(where string) {
	w.Helper()
	w.await("the changes of jobs to be reported to "+where, noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.ConfigMaps, w.namespace, jobsService+"-props")
		if err != nil {
			return err
		}
		text, _, _ := unstructured.NestedString(o.Object, "data", "application.properties")
		for line := range strings.Lines(text) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
			if key == "mp.messaging.outgoing.kogito-job-service-job-status-events-http.url" && strings.HasSuffix(value, where) {
				return nil
			}
		}
		return fmt.Errorf("the properties are %s", text)
	})
}

// TestEventingElsewhere uses a Broker of another namespace. The Triggers in its namespace
// are deleted with the platform. A platform that is a composite itself can't have objects
// in another namespace, and says so.
func TestEventingElsewhere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip(shortly)
	}
	installKnative(t)
	brokers, w := newWorld(t, "eventing-brokers"), newWorld(t, "eventing-elsewhere")
	b := w.broker(brokers.namespace, "default")
	if !api.elsewhere {
		w.sinkElsewhere(b)
		return
	}
	p := w.eventing(b)
	if here := w.uids(kube.Triggers); len(here) > 0 {
		t.Errorf("there are Triggers where no Broker is: %v", here)
	}
	w.kubectl("delete", "sonataflowplatform", p.name, "--timeout=90s")
	w.awaitGone(kube.SinkBindings, w.namespace, p.sinkBinding())
	w.await("the Triggers to go", gone, func(ctx context.Context) error {
		if left, err := cluster.List(ctx, kube.Triggers, b.namespace); err != nil || len(left) > 0 {
			return errors.Join(err, fmt.Errorf("there are %d", len(left)))
		}
		return nil
	})
}

// sinkElsewhere expects a refusal of a Broker in another namespace. Then it uses this
// Broker as a sink, which needs no object in the Broker's namespace.
func (w *world) sinkElsewhere(b broker) {
	w.Helper()
	b.create()
	p := w.claim(w.withBroker(b))
	p.awaitRefusedBroker()
	services := bothServices()
	services["jobService"] = map[string]any{"enabled": true, "sink": b.ref()}
	w.apply(w.newClaim(p.name, map[string]any{"services": services}))
	p.awaitEventing()
	w.awaitStatusEvents(sink)
	b.awaitTriggers(0)
}

// awaitRefusedBroker waits until a platform is refused for a Broker of another namespace,
// and fails the scenario if the platform composes anything.
func (p *platform) awaitRefusedBroker() {
	p.Helper()
	c := p.awaitCondition("SpecValid", "False", "Invalid")
	if want := "use a Broker in namespace " + p.namespace; !strings.Contains(c.Message, want) {
		p.Errorf("SpecValid: want %q in %q", want, c.Message)
	}
	p.awaitCondition("Succeed", "False", "Failure")
	if composed := p.composed(); len(composed) > 0 {
		p.Errorf("%s is refused, and composed %v", p.name, composed)
	}
}

// TestEventingBrokerChanged moves a platform to another Broker: at any time, each service
// has Triggers for all of its events.
func TestEventingBrokerChanged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip(shortly)
	}
	installKnative(t)
	w := newWorld(t, "eventing-changed")
	before, after := w.broker(w.namespace, "default"), w.broker(w.namespace, "other")
	p := w.eventing(before)
	end := w.always("complete Triggers", kube.Triggers, complete)

	after.play()
	after.ready()
	w.apply(w.withBroker(after))
	triggers := after.awaitTriggers(allTriggers)
	p.awaitCondition("EventingReady", "False", "InProgress")
	// One Trigger of the Data Index isn't ready, so all old Triggers stay: the Jobs Service
	// goes on sending to the old Broker.
	late := slices.IndexFunc(triggers, func(o unstructured.Unstructured) bool { return strings.HasPrefix(o.GetName(), "data-index-") })
	after.say("True", slices.Delete(slices.Clone(triggers), late, late+1)...)
	p.reconcile()
	before.awaitTriggers(allTriggers)
	if sink, _, _ := unstructured.NestedString(w.get(kube.SinkBindings, p.sinkBinding()).Object, "spec", "sink", "ref", "name"); sink != before.name {
		t.Errorf("the Jobs Service is told to send events to %s, whose Triggers aren't all ready yet", sink)
	}
	after.say("True", triggers[late])
	before.awaitTriggers(0)
	p.awaitEventing()
	end()
}

// complete returns an error unless each service has all of its Triggers for one Broker.
func complete(triggers map[types.UID]unstructured.Unstructured) error {
	type service struct{ broker, name string }
	ready := map[service]int{}
	for _, o := range triggers {
		if o.GetDeletionTimestamp() != nil || kube.Conditions(&o)["Ready"].Status != "True" {
			continue
		}
		broker, _, _ := unstructured.NestedString(o.Object, "spec", "broker")
		name, _, _ := unstructured.NestedString(o.Object, "spec", "subscriber", "ref", "name")
		ready[service{broker, name}]++
	}
	most := map[string]int{}
	for s, n := range ready {
		most[s.name] = max(most[s.name], n)
	}
	if most[dataIndex] != 7 || most[jobsService] != 2 {
		return fmt.Errorf("the Triggers that are ready: %v", ready)
	}
	return nil
}

// TestEventingBrokerDeleted deletes the Broker of a running platform: the platform goes
// on running, says what is missing, and is ready again when the Broker is back. Knative takes
// the address of the sink out of the Jobs Service meanwhile.
func TestEventingBrokerDeleted(t *testing.T) {
	needs(t, lookups, "Brokers are looked up")
	t.Parallel()
	if testing.Short() {
		t.Skip(shortly)
	}
	installKnative(t)
	w := newWorld(t, "eventing-deleted")
	b := w.broker(w.namespace, "default")
	p := w.eventing(b)
	objects, triggers := w.inventory(), w.uids(kube.Triggers)

	b.delete()
	p.awaitCondition("EventingReady", "False", "BrokerNotFound")
	p.awaitCondition("Succeed", "False", "Warming")
	p.awaitCondition("DataIndexReady", "True", "Available")
	w.awaitStatusEvents("/jobs")
	p.awaitCondition("JobServiceReady", "True", "Available")
	p.reconcile()
	b.create()
	p.awaitEventing()
	w.awaitStatusEvents(sink)
	if diff := cmp.Diff(objects, w.inventory()); diff != "" {
		t.Errorf("objects while the Broker was away: -before, +after:\n%s", diff)
	}
	if diff := cmp.Diff(triggers, w.uids(kube.Triggers)); diff != "" {
		t.Errorf("Triggers while the Broker was away: -before, +after:\n%s", diff)
	}
}

// TestEventingAdded gives a Broker to a running platform that had none: the Jobs Service
// stays unchanged until it knows its sink. Then the Broker is removed from the spec
// again.
func TestEventingAdded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip(shortly)
	}
	installKnative(t)
	w := newWorld(t, "eventing-added")
	p := w.claim(w.withoutBroker())
	p.awaitReady()
	w.awaitStatusEvents("/jobs")
	b := w.broker(w.namespace, "default")
	b.play() // A Broker that isn't ready has no address, so that the Jobs Service has to wait.
	end := w.always("pods of the Jobs Service", kube.Pods, running)
	pods := w.pods(jobsService)

	w.apply(w.withBroker(b))
	p.awaitCondition("EventingReady", "False", "")
	p.reconcile()
	w.awaitStatusEvents("/jobs")
	if now := w.pods(jobsService); len(now) != 1 || len(pods) != 1 || now[0].GetUID() != pods[0].GetUID() {
		t.Errorf("the pods of the Jobs Service were %v, and are %v", pods, now)
	}
	end()
	b.ready()
	b.say("True", b.awaitTriggers(allTriggers)...)
	w.awaitStatusEvents(sink)
	p.awaitEventing()

	w.apply(w.withoutBroker())
	p.awaitWithoutEventing(b)
}

// awaitWithoutEventing waits until a platform that had eventing has none any more.
func (p *platform) awaitWithoutEventing(b broker) {
	p.Helper()
	p.awaitGone(kube.SinkBindings, p.namespace, p.sinkBinding())
	b.awaitTriggers(0)
	p.awaitCondition("EventingReady", "Unknown", "NotAskedFor")
	p.awaitReady()
	p.awaitStatusEvents("/jobs")
	if listed := p.triggers(); len(listed) > 0 {
		p.Errorf("the claim lists Triggers that are gone: %v", listed)
	}
}

// running returns an error unless a pod of the Jobs Service is available.
func running(pods map[types.UID]unstructured.Unstructured) error {
	for _, o := range pods {
		if strings.HasPrefix(o.GetName(), jobsService+"-") && o.GetDeletionTimestamp() == nil && kube.Conditions(&o)["Ready"].Status == "True" {
			return nil
		}
	}
	return fmt.Errorf("none of %d pods is a ready pod of the Jobs Service", len(pods))
}

// always runs a check on every state of a kind's objects in the scenario's namespace, and
// fails the scenario at the first error. The returned function waits until every change
// so far has been checked, and ends the checks.
func (w *world) always(what string, r kube.Resource, check func(map[types.UID]unstructured.Unstructured) error) (end func()) {
	w.Helper()
	var (
		mu     sync.Mutex
		seen   map[types.UID]string
		states int
	)
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := cluster.Follow(ctx, r, w.namespace, func(objects map[types.UID]unstructured.Unstructured) {
			mu.Lock()
			defer mu.Unlock()
			seen = versions(slices.Collect(maps.Values(objects)))
			states++
			if err := check(objects); err != nil {
				w.Errorf("%s: %v", what, err)
			}
		}); err != nil {
			w.Error(err)
		}
	}()
	w.Cleanup(func() {
		stop()
		<-ended
	})
	caughtUp := func(ctx context.Context) error {
		objects, err := cluster.List(ctx, r, w.namespace)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff(versions(objects), seen); diff != "" {
			return fmt.Errorf("-there, +seen: %s", diff)
		}
		return nil
	}
	w.await(what+" to be watched", soon, caughtUp)
	return func() {
		w.Helper()
		w.await(what+" to be seen", soon, caughtUp)
		stop()
		<-ended
		w.Logf("%s: %d states", what, states)
	}
}

// versions returns the resource version of each object, by UID.
func versions(objects []unstructured.Unstructured) map[types.UID]string {
	out := make(map[types.UID]string, len(objects))
	for _, o := range objects {
		out[o.GetUID()] = o.GetResourceVersion()
	}
	return out
}
