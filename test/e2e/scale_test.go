// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// scaleVariable has the numbers of platforms to measure, one after the other. Without
	// it, TestScale is skipped, because it takes ten minutes and asserts little.
	scaleVariable = "SONATAFLOW_E2E_SCALE"
	// scaleLabel is the label of the namespaces of all platforms here.
	scaleLabel = "e2e.sonataflow.org/scale"

	// functionMetrics and coreMetrics are the URLs that Prometheus would read.
	functionMetrics = "http://127.0.1.1:8090/metrics"
	coreMetrics     = "http://127.0.0.1:8082/metrics"

	// restVariable is how long platforms are watched at rest. The default is a minute and a
	// tenth, in which Crossplane before v2.4 reconciles each platform.
	restVariable = "SONATAFLOW_E2E_REST"
)

// TestScale claims many platforms at once, and measures how long it takes until all are
// ready, how much each process uses meanwhile, and how much platforms cost at rest. Then it
// claims as many while the floor answers in place of the function. It prints a table, and
// asserts only that all platforms become ready and are deleted again.
func TestScale(t *testing.T) {
	sizes := strings.Fields(os.Getenv(scaleVariable))
	if len(sizes) == 0 {
		t.Skip("only `make e2e-scale` runs this test")
	}
	var measurements []measurement
	for i, size := range sizes {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			t.Fatalf("N=%s isn't a number of platforms", size)
		}
		t.Run(size, func(t *testing.T) {
			s := &scale{T: t, client: newDynamic(t), prefix: fmt.Sprintf("scale-%d-", i+1)}
			measurements = append(measurements, s.measure(n))
		})
		t.Run(size+"/Floor", func(t *testing.T) {
			s := &scale{T: t, client: newDynamic(t), prefix: fmt.Sprintf("floor-%d-", i+1), floor: (&scale{T: t}).newFloor()}
			s.floor.serve(s)
			measurements = append(measurements, s.measure(n))
		})
		// Printed after each size, so that a failure doesn't lose the earlier results.
		printMeasurements(t, measurements)
	}
}

// A scale measures one number of platforms.
type scale struct {
	*testing.T

	client dynamic.Interface
	// prefix begins the names of the namespaces.
	prefix string
	// floor answers in place of the function, if it isn't nil.
	floor *floor
}

// A measurement is a row of the table.
type measurement struct {
	n int
	// floor tells that the floor answered in place of the function.
	floor bool
	load  string
	// accepted is how long it took until the API server had all claims, and deleted until
	// nothing was left. ready has the times until each platform was ready, sorted.
	accepted, deleted time.Duration
	ready             []time.Duration

	busy, resting      map[string]time.Duration
	peak, resident     map[string]float64
	calls, callsAtRest float64
	// writesAtRest counts the writes to the API server in a minute, by kind of request.
	writesAtRest            map[string]float64
	waited                  time.Duration
	open, opened, dropped   int
	events, recorded, noise int
	// requests counts the requests that the API server answered until all platforms were
	// ready, by kind of request.
	requests map[string]float64
}

// counters are sums of Prometheus metrics.
type counters struct {
	calls, waited, opened, dropped float64
}

func (s *scale) counters() counters {
	s.Helper()
	core := s.scrape(coreMetrics)
	var calls float64
	if s.floor != nil {
		calls = float64(s.floor.calls.Load())
	} else {
		calls = s.scrape(functionMetrics).sum("grpc_server_handled_total", `grpc_method="RunFunction"`)
	}
	return counters{
		calls:   calls,
		waited:  core.sum("function_run_function_seconds_sum"),
		opened:  core.sum("circuit_breaker_opens_total"),
		dropped: core.sum("circuit_breaker_events_total", `result="Dropped"`),
	}
}

func (s *scale) consumed() consumption {
	s.Helper()
	out, err := consumed()
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// measure claims n platforms, each in a namespace of its own, because only one platform
// of a namespace is active.
func (s *scale) measure(n int) measurement {
	s.Helper()
	m := measurement{n: n, floor: s.floor != nil, load: load()}
	namespaces := s.namespaces(n)
	arrivals := s.awaitArrivals(namespaces)
	if err := forgetPeaks(); err != nil {
		s.Fatal(err)
	}
	asked := s.requests()
	counted, used := s.counters(), s.consumed()

	begin := time.Now()
	s.claim(namespaces)
	m.accepted = time.Since(begin)
	// The timeout is a minute and two seconds for each platform.
	s.await(fmt.Sprintf("%d ready platforms", n), time.Minute+time.Duration(n)*2*time.Second, func(context.Context) error {
		if got := arrivals.count(); got < n {
			return fmt.Errorf("%d are", got)
		}
		return nil
	})
	m.ready = arrivals.since(begin)
	at, after := s.counters(), s.consumed()
	m.busy, m.peak = after.since(used), after.peak
	m.calls, m.waited = (at.calls-counted.calls)/float64(n), time.Duration((at.waited-counted.waited)*float64(time.Second))

	m.requests = s.requests()
	for request, before := range asked {
		m.requests[request] -= before
	}

	s.awaitRest(n)
	if s.floor == nil {
		s.rest(&m)
	}
	m.open = s.unresponsive()
	end := s.counters()
	m.opened, m.dropped = int(end.opened-counted.opened), int(end.dropped-counted.dropped)

	begin = time.Now()
	s.clear(namespaces)
	m.deleted = time.Since(begin)
	s.remove(namespaces)
	return m
}

// requests counts the requests to the API server so far, by verb, resource and error
// code. Most reads come from caches, so most of these requests change something.
func (s *scale) requests() map[string]float64 {
	s.Helper()
	text, err := cluster.Kubectl(s.Context(), "", "get", "--raw=/metrics")
	if err != nil {
		s.Fatal(err)
	}
	out := map[string]float64{}
	for line := range strings.Lines(text) {
		series, found := strings.CutPrefix(line, "apiserver_request_total{")
		if !found {
			continue
		}
		labels, value, _ := strings.Cut(series, "} ")
		n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
		what := fmt.Sprintf("%s %s %s", label(labels, "verb"), label(labels, "resource"), label(labels, "subresource"))
		if code := label(labels, "code"); !strings.HasPrefix(code, "2") {
			what += " " + code
		}
		out[what] += n
	}
	return out
}

// writes tells whether a kind of request changes something.
func writes(request string) bool {
	verb, _, _ := strings.Cut(request, " ")
	return slices.Contains([]string{"APPLY", "PATCH", "POST", "PUT", "DELETE"}, verb)
}

// written counts the writes to the API server until all platforms were ready.
func (m measurement) written() float64 {
	var out float64
	for request, n := range m.requests {
		if writes(request) {
			out += n
		}
	}
	return out
}

// name is the name of a measurement's rows.
func (m measurement) name() string {
	if m.floor {
		return fmt.Sprintf("%d, floor", m.n)
	}
	return strconv.Itoa(m.n)
}

// label returns the value of one of a sample's labels.
func label(labels, name string) string {
	_, rest, _ := strings.Cut(","+labels, ","+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// await waits until a check passes, and ends the test if it doesn't.
func (s *scale) await(what string, timeout time.Duration, check func(context.Context) error) {
	s.Helper()
	if err := kube.Await(s.Context(), what, timeout, check); err != nil {
		s.Fatal(err)
	}
}

// namespaces makes n namespaces, and waits until Kubernetes has added its default objects
// to each, so that this work isn't counted.
func (s *scale) namespaces(n int) []string {
	s.Helper()
	out := make([]string, n)
	objects := make([]*unstructured.Unstructured, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", s.prefix, i+1)
		objects[i] = object("v1", "Namespace", "", out[i])
		objects[i].SetLabels(map[string]string{scaleLabel: "true"})
	}
	s.Cleanup(func() {
		if _, err := cluster.Kubectl(context.WithoutCancel(s.Context()), "", "delete", "namespace", "--selector="+scaleLabel, "--wait=false", "--ignore-not-found"); err != nil {
			s.Errorf("cannot delete the namespaces: %v", err)
		}
	})
	if err := cluster.Apply(s.Context(), manifests(s.T, objects...)); err != nil {
		s.Fatal(err)
	}
	s.await("furnished namespaces", gone, func(ctx context.Context) error {
		for _, name := range out {
			if err := (&world{T: s.T, namespace: name}).furnished(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// remove removes the namespaces, and waits until they are gone, because their deletion
// keeps the control plane as busy as platforms do.
func (s *scale) remove(namespaces []string) {
	s.Helper()
	if _, err := cluster.Kubectl(s.Context(), "", "delete", "namespace", "--selector="+scaleLabel, "--wait=false"); err != nil {
		s.Fatal(err)
	}
	s.await("the namespaces to go", gone+time.Duration(len(namespaces))*2*time.Second, func(ctx context.Context) error {
		left, err := s.client.Resource(served(kube.Namespaces)).List(ctx, metav1.ListOptions{LabelSelector: scaleLabel})
		if err != nil {
			return err
		}
		if len(left.Items) > 0 {
			return fmt.Errorf("%d are there", len(left.Items))
		}
		return nil
	})
}

// arrivals are the times at which platforms became ready for the first time.
type arrivals struct {
	mu    sync.Mutex
	times map[string]time.Time
}

// awaitArrivals notes from now on when the claim of each namespace becomes ready.
func (s *scale) awaitArrivals(namespaces []string) *arrivals {
	s.Helper()
	out := &arrivals{times: map[string]time.Time{}}
	follow(s.T, s.client, kube.Platforms, func(c change) {
		if c.deleted || !slices.Contains(namespaces, c.object.GetNamespace()) || !succeeded(c.object) {
			return
		}
		out.mu.Lock()
		defer out.mu.Unlock()
		if _, known := out.times[c.object.GetNamespace()]; !known {
			out.times[c.object.GetNamespace()] = c.at
		}
	})
	return out
}

// succeeded tells whether a platform is ready: Crossplane's conditions and the function's
// Succeed are True.
func succeeded(claim *unstructured.Unstructured) bool {
	conditions := kube.Conditions(claim)
	for _, name := range []string{"Synced", "Ready", "Succeed"} {
		if conditions[name].Status != "True" {
			return false
		}
	}
	return true
}

func (a *arrivals) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.times)
}

// since returns how long after a time the platforms became ready.
func (a *arrivals) since(begin time.Time) []time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]time.Duration, 0, len(a.times))
	for _, at := range a.times {
		out = append(out, at.Sub(begin))
	}
	slices.Sort(out)
	return out
}

// claim claims the smallest platform that has both services, in all namespaces at once.
func (s *scale) claim(namespaces []string) {
	s.Helper()
	claim := (&world{T: s.T}).documents("example", "minimal", "claim.yaml")[0]
	s.everywhere(namespaces, func(ctx context.Context, namespace string) error {
		o := claim.DeepCopy()
		o.SetNamespace(namespace)
		_, err := s.client.Resource(served(kube.Platforms)).Namespace(namespace).Create(ctx, o, metav1.CreateOptions{FieldManager: "kubectl", FieldValidation: metav1.FieldValidationStrict})
		return err
	})
}

// everywhere does something in all namespaces at once.
func (s *scale) everywhere(namespaces []string, do func(ctx context.Context, namespace string) error) {
	s.Helper()
	var all sync.WaitGroup
	for _, namespace := range namespaces {
		all.Go(func() {
			if err := do(s.Context(), namespace); err != nil {
				s.Errorf("%s: %v", namespace, err)
			}
		})
	}
	all.Wait()
}

// awaitRest waits until Crossplane calls the function as seldom as it does when nothing
// happens.
func (s *scale) awaitRest(n int) {
	s.Helper()
	window, calls := time.Now(), s.counters().calls
	s.await("calls to become seldom", 10*time.Minute, func(context.Context) error {
		if time.Since(window) < settled {
			return fmt.Errorf("it is counted since %s", window)
		}
		now := s.counters().calls //nolint:contextcheck // It uses the test's context.
		perMinute := (now - calls) / float64(n) / time.Since(window).Minutes()
		window, calls = time.Now(), now
		// With few platforms, there may be no call in this time at all.
		if perMinute > callsAtRest {
			return fmt.Errorf("each is called for %.1f times a minute", perMinute)
		}
		return nil
	})
}

// rest measures what platforms use while they don't change.
func (s *scale) rest(m *measurement) {
	s.Helper()
	restPeriod, err := time.ParseDuration(cmp.Or(os.Getenv(restVariable), "66s"))
	if err != nil {
		s.Fatal(err)
	}
	begin, counted, used := time.Now(), s.counters(), s.consumed()
	asked := s.requests()
	_, before := s.events()
	s.await("the time at rest to pass", 2*restPeriod, func(context.Context) error {
		if passed := time.Since(begin); passed < restPeriod {
			return fmt.Errorf("%s have passed", passed)
		}
		return nil
	})
	now, after := s.counters(), s.consumed()
	minutes := time.Since(begin).Minutes()
	m.callsAtRest = (now.calls - counted.calls) / float64(m.n) / minutes
	m.resident, m.resting = after.resident, after.since(used)
	for name, used := range m.resting {
		m.resting[name] = time.Duration(float64(used) / minutes)
	}
	m.writesAtRest = map[string]float64{}
	for request, n := range s.requests() {
		if writes(request) && n > asked[request] {
			m.writesAtRest[request] = (n - asked[request]) / minutes
		}
	}
	m.events, m.recorded = s.events()
	m.noise = m.recorded - before
}

// events counts the events about the claims of a measurement, and how often they were
// recorded.
func (s *scale) events() (objects, recorded int) {
	s.Helper()
	all, err := cluster.List(s.Context(), kube.Events, "")
	if err != nil {
		s.Fatal(err)
	}
	for _, o := range all {
		about, _, _ := unstructured.NestedString(o.Object, "involvedObject", "kind")
		if about != "SonataFlowPlatform" || !strings.HasPrefix(o.GetNamespace(), s.prefix) {
			continue
		}
		count, _, _ := unstructured.NestedInt64(o.Object, "count")
		objects, recorded = objects+1, recorded+int(max(count, 1))
	}
	return objects, recorded
}

// unresponsive counts the composites whose changes Crossplane ignores for a while,
// because there were too many.
func (s *scale) unresponsive() int {
	s.Helper()
	composites, err := cluster.List(s.Context(), api.composites, "")
	if err != nil {
		s.Fatal(err)
	}
	return len(slices.DeleteFunc(composites, func(o unstructured.Unstructured) bool {
		return kube.Conditions(&o)["Responsive"].Status != "False"
	}))
}

// clear deletes the claims at once, and waits until what was composed is gone.
func (s *scale) clear(namespaces []string) {
	s.Helper()
	s.everywhere(namespaces, func(ctx context.Context, namespace string) error {
		return s.client.Resource(served(kube.Platforms)).Namespace(namespace).Delete(ctx, "minimal", metav1.DeleteOptions{})
	})
	timeout := gone + time.Duration(len(namespaces))*2*time.Second
	for _, r := range []kube.Resource{kube.Platforms, api.composites, kube.Deployments, kube.Services, kube.Pods} {
		s.await("all "+string(r)+" to go", timeout, func(ctx context.Context) error {
			left, err := cluster.List(ctx, r, "")
			if err != nil {
				return err
			}
			if n := countOf(left, namespaces); n > 0 {
				return fmt.Errorf("%d are there", n)
			}
			return nil
		})
	}
}

// countOf counts the objects in namespaces. An object without a namespace counts for its
// claim's namespace.
func countOf(objects []unstructured.Unstructured, namespaces []string) int {
	n := 0
	for _, o := range objects {
		namespace := o.GetNamespace()
		if namespace == "" {
			namespace = o.GetLabels()["crossplane.io/claim-namespace"]
		}
		if slices.Contains(namespaces, namespace) {
			n++
		}
	}
	return n
}

// samples are the lines of a process's Prometheus metrics.
type samples []string

func (s *scale) scrape(url string) samples {
	s.Helper()
	var out samples
	s.await(url, soon, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		rsp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = rsp.Body.Close() }()
		out = nil
		lines := bufio.NewScanner(rsp.Body)
		for lines.Scan() {
			out = append(out, lines.Text())
		}
		return lines.Err()
	})
	return out
}

// sum adds up the samples that have a name and labels.
func (s samples) sum(name string, labels ...string) float64 {
	var out float64
	for _, line := range s {
		series, value, _ := strings.Cut(line, "} ")
		if got, _, _ := strings.Cut(series, "{"); got != name {
			continue
		}
		if slices.ContainsFunc(labels, func(label string) bool { return !strings.Contains(series, label) }) {
			continue
		}
		n, _ := strconv.ParseFloat(value, 64)
		out += n
	}
	return out
}

// mostRequests is how many kinds of requests are printed.
const mostRequests = 24

// printMeasurements logs all that was measured so far.
func printMeasurements(t *testing.T, measurements []measurement) {
	t.Helper()
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	row := func(cells ...any) {
		for _, cell := range cells {
			_, _ = fmt.Fprintf(w, "%v\t", cell)
		}
		_, _ = fmt.Fprintln(w)
	}
	row("N", "load", "accepted", "first ready", "median", "all ready", "calls each", "writes each", "a call takes", "calls/min at rest", "breakers opened", "open now", "dropped", "events each", "recorded each", "at rest", "deleted")
	for _, m := range measurements {
		n := float64(m.n)
		row(m.name(), m.load, seconds(m.accepted), seconds(m.ready[0]), seconds(m.ready[len(m.ready)/2]), seconds(m.ready[len(m.ready)-1]),
			tenths(m.calls), tenths(m.written()/n), (m.waited / time.Duration(max(1, m.calls*n))).Round(100*time.Microsecond), tenths(m.callsAtRest),
			m.opened, m.open, m.dropped, tenths(float64(m.events)/n), tenths(float64(m.recorded)/n), m.noise, seconds(m.deleted))
	}
	for _, m := range measurements {
		row()
		row("N="+m.name(), "CPU until ready", "in a minute at rest", "MiB at the peak", "at rest")
		var all, rest time.Duration
		for _, name := range most(m.busy) {
			row(name, seconds(m.busy[name]), seconds(m.resting[name]), fmt.Sprintf("%.0f", m.peak[name]), fmt.Sprintf("%.0f", m.resident[name]))
			if name != othersProcesses {
				all, rest = all+m.busy[name], rest+m.resting[name]
			}
		}
		row("the stack", seconds(all), seconds(rest))
		_, _ = fmt.Fprintln(w, "requests each: "+listed(m.requests, float64(m.n)))
		if m.floor {
			continue // It isn't watched at rest.
		}
		_, _ = fmt.Fprintln(w, "writes of all in a minute at rest: "+listed(m.writesAtRest, 1))
	}
	_ = w.Flush()
	t.Logf("measured:\n%s", out.String())
}

// listed names the most frequent requests, with their numbers divided by n.
func listed(requests map[string]float64, n float64) string {
	var out []string
	for _, what := range most(requests)[:min(mostRequests, len(requests))] {
		out = append(out, strings.Join(strings.Fields(what), " ")+" "+tenths(requests[what]/n))
	}
	return strings.Join(out, ", ")
}

// most returns the keys of a map, sorted by value, the largest first.
func most[V cmp.Ordered](of map[string]V) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
}

func seconds(d time.Duration) string { return tenths(d.Seconds()) + " s" }

func tenths(n float64) string { return fmt.Sprintf("%.1f", n) }
