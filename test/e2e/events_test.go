// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

// Events are sent to real Brokers here, and real Triggers deliver them to the addresses of
// composed Services. No pod runs, so scenarios listen there.

// delivered is how long Knative may take to deliver an event. It
// tries again later and later when a subscriber doesn't take an event.
const delivered = 2 * time.Minute

// subscriptions are the types of events that a platform with both services takes, and
// where: the path on one of the services.
func subscriptions() map[string]string {
	return map[string]string{
		"ProcessInstanceErrorDataEvent":    dataIndex + "/processes",
		"ProcessInstanceNodeDataEvent":     dataIndex + "/processes",
		"ProcessInstanceStateDataEvent":    dataIndex + "/processes",
		"ProcessInstanceVariableDataEvent": dataIndex + "/processes",
		"MultipleProcessInstanceDataEvent": dataIndex + "/processes",
		"ProcessDefinitionEvent":           dataIndex + "/definitions",
		"JobEvent":                         dataIndex + "/jobs",
		"job.create":                       jobsService + "/v2/jobs/events",
		"job.delete":                       jobsService + "/v2/jobs/events",
	}
}

// A mailbox has the events that arrived at some services.
type mailbox struct {
	*world

	mu sync.Mutex
	// got counts the events that a service took, by ID and place; refused counts those
	// that it didn't take, by ID.
	got     map[string]map[string]int
	refused map[string]int
	// moody makes services refuse every event once.
	moody bool
}

func (w *world) mailbox() *mailbox {
	return &mailbox{world: w, got: map[string]map[string]int{}, refused: map[string]int{}}
}

// open listens at the address of a composed Service, as the service's pods do, until the
// scenario ends.
func (m *mailbox) open(service string) {
	m.Helper()
	address, _, _ := unstructured.NestedString(m.get(kube.Services, service).Object, "spec", "clusterIP")
	listener, err := (&net.ListenConfig{}).Listen(m.Context(), "tcp", net.JoinHostPort(address, "80"))
	if err != nil {
		m.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		id, place := r.Header.Get("Ce-Id"), service+strings.TrimSuffix(r.URL.Path, "/")
		if m.moody && m.refused[id] == 0 {
			m.refused[id]++
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if m.got[id] == nil {
			m.got[id] = map[string]int{}
		}
		m.got[id][place]++
		w.WriteHeader(http.StatusAccepted)
	})}
	go func() { _ = server.Serve(listener) }()
	m.Cleanup(func() { _ = server.Close() })
}

// arrivals returns a copy of what arrived.
func (m *mailbox) arrivals() map[string]map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := maps.Clone(m.got)
	for id, places := range out {
		out[id] = maps.Clone(places)
	}
	return out
}

// awaitAll waits until each of the events has arrived, and fails the scenario if one
// arrived at another place than wanted, or more than once, or if another event arrived.
func (m *mailbox) awaitAll(want map[string]string) {
	m.Helper()
	m.await("the events to arrive", delivered, func(context.Context) error {
		got := m.arrivals()
		var missing []string
		for id := range want {
			if len(got[id]) == 0 {
				missing = append(missing, id)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("missing: %v", missing)
		}
		return nil
	})
	once := map[string]map[string]int{}
	for id, place := range want {
		once[id] = map[string]int{place: 1}
	}
	if diff := cmp.Diff(once, m.arrivals()); diff != "" {
		m.Errorf("events that arrived: -want, +got:\n%s", diff)
	}
}

// post sends an event to a Broker once.
func post(ctx context.Context, address, eventType, id string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Source": "e2e", "Ce-Type": eventType, "Ce-Id": id,
	} {
		req.Header.Set(name, value)
	}
	rsp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * delivered}).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = rsp.Body.Close() }()
	if rsp.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s", address, rsp.Status)
	}
	return nil
}

// send sends an event until a Broker has taken it.
func (w *world) send(address, eventType, id string) {
	w.Helper()
	w.await("the Broker to take "+id, delivered, func(ctx context.Context) error { return post(ctx, address, eventType, id) })
}

// sendAll sends an event of an unknown type, and then one of each type that a platform
// takes, all at once. It returns where they should arrive. It doesn't wait for them: a
// Broker whose channels are in memory answers when the subscribers have taken an event.
func (w *world) sendAll(address, prefix string) map[string]string {
	w.Helper()
	w.send(address, "unknown", prefix+"unknown")
	want := map[string]string{}
	var sending sync.WaitGroup
	for eventType, place := range subscriptions() {
		id := prefix + eventType
		want[id] = place
		sending.Go(func() {
			if err := post(w.Context(), address, eventType, id); err != nil && w.Context().Err() == nil {
				w.Errorf("%s wasn't taken: %v", id, err)
			}
		})
	}
	w.Cleanup(sending.Wait)
	return want
}

// sinkIn returns the sink in the pod template of a Deployment, which Knative writes there.
func sinkIn(deployment *unstructured.Unstructured) string {
	containers, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	for _, c := range containers {
		if sink := environment(c.(map[string]any))["K_SINK"]; sink != "" {
			return sink
		}
	}
	return ""
}

// awaitSink waits until the pods of a platform's Jobs Service know that the Broker takes
// their events.
func (b broker) awaitSink(p *platform) {
	b.Helper()
	b.await("the Jobs Service of "+p.name+" to know "+b.name, noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, p.namespace, p.name+"-jobs-service")
		if err != nil {
			return err
		}
		if got := sinkIn(o); got != address(b.namespace, b.name) {
			return fmt.Errorf("its sink is %q", got)
		}
		return nil
	})
}

// sinkOf returns the sink that the pods of a Deployment send their events to.
func (w *world) sinkOf(deployment string) string {
	w.Helper()
	out := sinkIn(w.get(kube.Deployments, deployment))
	if out == "" {
		w.Fatalf("%s knows no sink", deployment)
	}
	return out
}

// TestEvents sends events to the address that the Jobs Service gets: each type arrives
// once, at the right path of the right service, and an event of another type never. Events
// that are sent while the services are down, and those that the services refuse at first,
// arrive later.
func TestEvents(t *testing.T) {
	t.Parallel()
	installKnative(t)
	w := newWorld(t, "events")
	w.eventing(w.broker(w.namespace, "default"))
	sink := w.sinkOf(jobsService)

	// Nothing listens yet.
	m := w.mailbox()
	m.moody = true
	want := w.sendAll(sink, "down-")
	m.open(dataIndex)
	m.open(jobsService)
	m.awaitAll(want)
	for id := range want {
		if m.refused[id] == 0 {
			t.Errorf("%s arrived before it was refused", id)
		}
	}
	m.mu.Lock()
	m.moody = false
	m.mu.Unlock()
	maps.Copy(want, w.sendAll(sink, "up-"))
	m.awaitAll(want)
}

// TestEventsElsewhere sends events to a Broker of another namespace.
func TestEventsElsewhere(t *testing.T) {
	t.Parallel()
	if testing.Short() || !api.elsewhere {
		t.Skip(shortly)
	}
	installKnative(t)
	brokers, w := newWorld(t, "events-brokers"), newWorld(t, "events-elsewhere")
	w.eventing(w.broker(brokers.namespace, "default"))
	m := w.mailbox()
	m.open(dataIndex)
	m.open(jobsService)
	m.awaitAll(w.sendAll(w.sinkOf(jobsService), ""))
}

// TestEventsBrokerChanged moves a platform to another Broker while events are sent all the
// time to the Broker that the Jobs Service knows: each service has Triggers for all of its
// events at any time, no event arrives twice, and all events arrive that are sent to the
// new Broker.
func TestEventsBrokerChanged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip(shortly)
	}
	installKnative(t)
	w := newWorld(t, "events-changed")
	before, after := w.broker(w.namespace, "default"), w.broker(w.namespace, "other")
	p := w.eventing(before)
	m := w.mailbox()
	m.open(dataIndex)
	m.open(jobsService)
	m.awaitAll(w.sendAll(address(before.namespace, before.name), "before-"))
	after.create()
	end := w.always("complete Triggers", kube.Triggers, complete)

	sending := w.sendAlways(jobsService)
	w.apply(w.withBroker(after))
	after.awaitSink(p)
	p.awaitEventing()
	before.awaitTriggers(0)
	sending.awaitMore(address(after.namespace, after.name), 100)
	sent := sending.end()
	end()

	var lost, total map[string]int
	count := func(context.Context) error {
		got := m.arrivals()
		lost, total = map[string]int{}, map[string]int{}
		for id, s := range sent {
			total[s.sink]++
			if len(got[id]) == 0 {
				lost[s.sink]++
			}
		}
		if len(lost) > 0 {
			return fmt.Errorf("events that haven't arrived, by Broker: %v", lost)
		}
		return nil
	}
	w.await("the events to arrive", delivered, count)
	twice := 0
	for id, places := range m.arrivals() {
		if s, found := sent[id]; found && places[s.place] == 0 {
			t.Errorf("%s arrived at %v, not at %s", id, places, s.place)
		}
		for place, n := range places {
			if n > 1 {
				t.Errorf("%s arrived %d times at %s", id, n, place)
				twice++
			}
		}
	}
	t.Logf("events by Broker: taken %v, of these lost %v; arrived twice: %d; without an answer when the move was over: %d", total, lost, twice, sending.unanswered)
}

// A sent event was taken by a Broker, and should arrive at a place.
type sent struct{ sink, place string }

// A sending goes on until it is ended.
type sending struct {
	*world

	mu sync.Mutex
	// sent are the events that a Broker has taken, by ID; unanswered counts those that a
	// Broker neither took nor refused until the end.
	sent       map[string]sent
	unanswered int
	stop       context.CancelFunc
	done       chan struct{}
}

// sendAlways sends ten events a second, of each type in turn, to the sink that the pods of
// a Deployment know at the time. It doesn't wait for an answer before it sends the next
// one: a Broker may take minutes for an event whose Trigger is being removed.
func (w *world) sendAlways(deployment string) *sending {
	w.Helper()
	ctx, stop := context.WithCancel(w.Context())
	s := &sending{world: w, sent: map[string]sent{}, stop: stop, done: make(chan struct{})}
	types := slices.Sorted(maps.Keys(subscriptions()))
	go func() {
		defer close(s.done)
		var posts sync.WaitGroup
		defer posts.Wait()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			o, err := cluster.Get(ctx, kube.Deployments, w.namespace, deployment)
			if err != nil || sinkIn(o) == "" {
				continue
			}
			eventType, id := types[i%len(types)], fmt.Sprintf("moving-%d", i)
			posts.Go(func() {
				err := post(ctx, sinkIn(o), eventType, id)
				s.mu.Lock()
				defer s.mu.Unlock()
				switch {
				case err == nil:
					s.sent[id] = sent{sink: sinkIn(o), place: subscriptions()[eventType]}
				case ctx.Err() != nil:
					s.unanswered++
				}
			})
			<-tick.C
		}
	}()
	w.Cleanup(func() { s.end() })
	s.awaitMore("", 50)
	return s
}

// awaitMore waits until a number of events more were sent, to a Broker if one is given.
func (s *sending) awaitMore(sink string, n int) {
	s.Helper()
	count := func() (out int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range s.sent {
			if sink == "" || e.sink == sink {
				out++
			}
		}
		return out
	}
	before := count()
	s.await(fmt.Sprintf("%d events to be sent", n), delivered, func(context.Context) error {
		if got := count() - before; got < n {
			return fmt.Errorf("%d were sent", got)
		}
		return nil
	})
}

// end ends the sending, and returns what was sent.
func (s *sending) end() map[string]sent {
	s.stop()
	<-s.done
	return s.sent
}

// TestEventsWorkflow sends the events that a workflow waits for, and the event that it
// sends itself about its state: the first arrive at the workflow, the other one at the Data
// Index of its platform.
func TestEventsWorkflow(t *testing.T) {
	needs(t, lookups, "workflows look their platform up")
	t.Parallel()
	if testing.Short() {
		t.Skip("the short run sends events of a platform")
	}
	installKnative(t)
	w := newWorld(t, "events-workflow")
	w.eventing(w.broker(w.namespace, "default"))
	w.apply(w.moved(w.documents("example", "workflow-events", "claim.yaml"))...)
	const vet = "vet"
	w.await("the workflow to run, with its events", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Workflows, w.namespace, vet)
		if err != nil {
			return err
		}
		return errors.Join(kube.Want(o, "Running", "True", ""), kube.Want(o, "EventingReady", "True", ""), kube.Want(o, "Ready", "True", ""))
	})
	if sets := w.replicaSets(vet); len(sets) != 1 {
		t.Errorf("the workflow has the ReplicaSets %v, want one", sets)
	}
	m := w.mailbox()
	m.open(vet)
	m.open(dataIndex)
	sink := w.sinkOf(vet)
	w.send(sink, "unknown", "unknown")
	w.send(sink, "events.vet.appointments.request", "request")
	w.send(sink, "events.vet.appointments.info", "info")
	w.send(sink, "ProcessInstanceStateDataEvent", "state")
	m.awaitAll(map[string]string{"request": vet, "info": vet, "state": dataIndex + "/processes"})
}

// TestEventingWebhookDown claims a platform with a Broker while Knative's webhook is down,
// which every change of a Deployment and of a SinkBinding must pass: nothing of a platform
// that runs is changed, composites say what is refused, and all platforms are ready when the
// webhook is back. It isn't parallel, because the webhook is there for the whole cluster.
func TestEventingWebhookDown(t *testing.T) {
	needs(t, lookups, "Brokers are looked up")
	if testing.Short() {
		t.Skip("the short run breaks nothing")
	}
	installKnative(t)
	runs, w := newWorld(t, "webhook-running"), newWorld(t, "webhook-down")
	old := runs.eventing(runs.broker(runs.namespace, "default"))
	b := w.broker(w.namespace, "default")
	b.create()
	check := runs.steady()

	(&faults{T: t}).kill("knative-eventing-webhook")
	back := func() {
		if err := stack.StartKnative(context.WithoutCancel(t.Context()), stack.Eventing); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(back)
	p := w.claim(w.withBroker(b))
	composite := old.composite()
	if _, err := cluster.Kubectl(t.Context(), "", "annotate", composite.GetKind(), composite.GetName(), "--namespace="+composite.GetNamespace(), "e2e/webhook=down"); err != nil {
		t.Fatal(err)
	}
	p.awaitRefusedByWebhook()
	old.awaitRefusedByWebhook()
	check("the webhook was down")

	back()
	b.awaitSink(p)
	p.awaitEventing()
	old.awaitEventing()
	check("the webhook came back")
}

// awaitRefusedByWebhook waits until the composite of a platform says that a webhook doesn't
// let Crossplane apply an object. A claim of the claimed form has no condition for it.
func (p *platform) awaitRefusedByWebhook() {
	p.Helper()
	p.await("the composite of "+p.namespace+" to say that a webhook is down", noticed, func(ctx context.Context) error {
		claim, err := cluster.Get(ctx, kube.Platforms, p.namespace, p.name)
		if err != nil {
			return err
		}
		o, err := compositeOf(ctx, claim)
		if err != nil {
			return err
		}
		if err := kube.Want(o, "Synced", "False", "ReconcileError"); err != nil {
			return err
		}
		if message := kube.Conditions(o)["Synced"].Message; !strings.Contains(message, "failed calling webhook") {
			return fmt.Errorf("it says %s", message)
		}
		return nil
	})
	p.Logf("the claim in %s says meanwhile: %v", p.namespace, kube.Conditions(p.claimed()))
}
