// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// histories is how many random histories are walked. `make histories` walks more.
var histories = flag.Int("histories", 300, "walk so many random histories of platforms with migrations")

// steps is how long each history is.
const steps = 10

// TestMigrationSimulation walks random histories of platforms with migrations: specs
// and images change, Jobs end well or badly, objects are deleted by hand, and what
// the function sees lags behind. After each step the promises of the gate hold; and
// once everything goes well, the platform comes to rest and is ready.
func TestMigrationSimulation(t *testing.T) {
	t.Parallel()
	n := *histories
	if testing.Short() {
		n /= 2
	}
	const shards = 8
	for shard := range shards {
		t.Run(fmt.Sprintf("Shard%d", shard), func(t *testing.T) {
			t.Parallel()
			texts := map[string]*structpb.Struct{}
			for i := shard; i < n; i += shards {
				w := newWorld(t, uint64(i), texts)
				for range steps {
					w.step()
				}
				w.rest()
				if t.Failed() {
					t.Fatalf("history %d:\n%s", i, strings.Join(w.history, "\n"))
				}
			}
		})
	}
}

// A world is one platform in a cluster that is played by this test.
type world struct {
	t       *testing.T
	fn      *Function
	texts   map[string]*structpb.Struct
	r       *rand.Rand
	history []string

	strategies [2]string
	tag, db    int
	attempt    int

	// objects are as they are, seen as the function sees them: perhaps some time ago,
	// but never further back than the last time.
	objects, seen map[string]*object
	last          *fnv1.RunFunctionResponse
	// migrated are the targets, by the name of their Job, that a Job completed for.
	migrated map[string]bool
	// counts tells whether Kubernetes counts pods that are ending. Where it doesn't, such a
	// pod may meet a migration.
	counts bool
}

// An object is one composed resource.
type object struct {
	fields map[string]any
	// version counts changes of any kind.
	version int
	// pods are the targets of a Deployment's or a Job's running pods, ending those of its pods
	// that were told to end and still run.
	pods, ending []string
}

// using are the targets of pods that may use the database: those that run, and those that
// are ending, as far as Kubernetes counts them.
func (w *world) using(o *object) []string {
	if !w.counts {
		return o.pods
	}
	return slices.Concat(o.pods, o.ending)
}

// services are the keys of both services.
var services = [2]string{"data-index", "jobs-service"}

func newWorld(t *testing.T, seed uint64, texts map[string]*structpb.Struct) *world {
	t.Helper()
	return &world{
		t: t, fn: NewFunction(logging.NewNopLogger()), texts: texts, r: rand.New(rand.NewPCG(seed, 1)),
		strategies: [2]string{"job", "job"}, objects: map[string]*object{}, seen: map[string]*object{}, migrated: map[string]bool{},
		counts: seed%4 > 0,
	}
}

func (w *world) notef(format string, args ...any) {
	w.history = append(w.history, fmt.Sprintf(format, args...))
}

func (w *world) failf(format string, args ...any) {
	w.notef("  FAILED: "+format, args...)
	w.t.Errorf(format, args...)
}

// step lets one thing happen, and mostly the function is called then.
func (w *world) step() {
	switch w.r.IntN(12) {
	case 0:
		i := w.r.IntN(2)
		w.strategies[i] = []string{"job", "job", "service", "none"}[w.r.IntN(4)]
		w.notef("strategy of %s: %s", services[i], w.strategies[i])
	case 1:
		w.tag = w.r.IntN(3)
		w.notef("image tag %d", w.tag)
	case 2:
		w.db = w.r.IntN(2)
		w.notef("database %d", w.db)
	case 3:
		w.attempt++
		w.notef("attempt %d", w.attempt)
	case 4:
		w.deleteByHand()
	case 5, 6, 7:
		w.stepJob(w.r.IntN(4) > 0)
	case 8, 9, 10:
		part := w.r.IntN(3)
		w.stepDeployment(services[w.r.IntN(2)], part != 0, part != 1)
	case 11:
		w.collect()
	}
	w.look(w.r.IntN(3) == 0)
	w.reconcile()
}

// look lets the function see what there is. A lagging view misses the newest change
// of some objects.
func (w *world) look(lag bool) {
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		if lag && w.seen[key] != nil && w.r.IntN(2) == 0 {
			w.notef("  %s is seen as it was", key)
			continue
		}
		w.seen[key] = w.objects[key].copy()
	}
	for _, key := range slices.Sorted(maps.Keys(w.seen)) {
		if w.objects[key] == nil && (!lag || w.r.IntN(2) == 0) {
			delete(w.seen, key)
		}
	}
}

func (o *object) copy() *object {
	c := *o
	c.fields = (&unstructured.Unstructured{Object: o.fields}).DeepCopy().Object
	c.pods, c.ending = slices.Clone(o.pods), slices.Clone(o.ending)
	return &c
}

// reconcile calls the function and applies what it wants, as Crossplane does.
func (w *world) reconcile() {
	req := &fnv1.RunFunctionRequest{
		Input: w.parsed(fmt.Sprintf(`{apiVersion: sonataflow.fn.crossplane.io/v1beta1, kind: Input, images: {tag: "%d"}, secrets: Ignore}`, w.tag)),
		Observed: &fnv1.State{
			Composite: &fnv1.Resource{Resource: w.parsed(w.composite())},
			Resources: make(map[string]*fnv1.Resource, len(w.seen)),
		},
	}
	for key, o := range w.seen {
		req.Observed.Resources[key] = &fnv1.Resource{Resource: structOf(w.t, o.fields)}
	}
	rsp, err := w.fn.RunFunction(w.t.Context(), req)
	if err != nil {
		w.failf("RunFunction: %v", err)
		return
	}
	if text := fatal(rsp); text != "" {
		w.failf("fatal: %s", text)
		return
	}
	w.checkDesired(rsp)
	for key, r := range rsp.GetDesired().GetResources() {
		w.apply(key, r.GetResource().AsMap())
	}
	for key := range w.seen {
		if o := w.objects[key]; rsp.GetDesired().GetResources()[key] == nil && o != nil {
			w.notef("  deleted: %s", key)
			if len(w.using(o)) > 0 && !o.deleted() {
				w.failf("%s is deleted while its pods %v run", key, w.using(o))
			}
			w.delete(key)
		}
	}
	w.last = rsp
	w.checkPods()
}

// composite returns the composite in YAML.
func (w *world) composite() string {
	service := func(strategy string) string {
		return fmt.Sprintf(`{persistence: {dbMigrationStrategy: %s, postgresql: {secretRef: {name: pg}, serviceRef: {name: pg%d}}}}`, strategy, w.db)
	}
	return fmt.Sprintf(`{apiVersion: sonataflow.org/v1alpha08, kind: XSonataFlowPlatform,
metadata: {name: plat-x7k2p, annotations: {sonataflow.org/migration-attempt: "%d"}},
spec: {claimRef: {namespace: ns1, name: plat}, services: {dataIndex: %s, jobService: %s}}}`, w.attempt, service(w.strategies[0]), service(w.strategies[1]))
}

// parsed returns YAML as a struct. Few texts differ, and parsing takes longer than
// the function.
func (w *world) parsed(text string) *structpb.Struct {
	if s, ok := w.texts[text]; ok {
		return s
	}
	o := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &o); err != nil {
		w.t.Fatal(err)
	}
	w.texts[text] = structOf(w.t, o)
	return w.texts[text]
}

// apply is server-side apply: status stays, the generation counts changes of the
// spec.
func (w *world) apply(key string, desired map[string]any) {
	old := w.objects[key]
	if old != nil && old.deleted() {
		return
	}
	md, _ := desired["metadata"].(map[string]any)
	next := &object{fields: desired}
	generation := 1.0
	if old != nil {
		next.version, next.pods, next.ending = old.version+1, old.pods, old.ending
		desired["status"] = old.fields["status"]
		if desired["status"] == nil {
			delete(desired, "status")
		}
		before, _, _ := unstructured.NestedFieldNoCopy(old.fields, "metadata", "generation")
		generation, _ = before.(float64)
		if !reflect.DeepEqual(old.fields["spec"], desired["spec"]) {
			generation++
		}
	}
	md["generation"] = generation
	if desired["kind"] == "Deployment" {
		spec, _ := desired["spec"].(map[string]any)
		if spec["replicas"] == nil {
			spec["replicas"] = 1.0
		}
	}
	w.objects[key] = next
}

// stepJob lets one Job get on.
func (w *world) stepJob(well bool) {
	keys := w.keysOf("Job")
	if len(keys) == 0 {
		return
	}
	key := keys[w.r.IntN(len(keys))]
	o := w.objects[key]
	o.version++
	suspended, _, _ := unstructured.NestedBool(o.fields, "spec", "suspend")
	status, _ := o.fields["status"].(map[string]any)
	switch {
	case len(o.ending) > 0:
		o.ending = nil
		w.notef("%s has no pod left", key)
		if status["conditions"] != nil {
			w.count(o, status)
		}
	case status["succeeded"] != nil || status["failed"] != nil || o.deleted():
	case suspended:
		o.pods, o.ending = nil, o.pods
		o.fields["status"] = w.count(o, map[string]any{"conditions": []any{map[string]any{"type": "Suspended", "status": "True"}}})
		w.notef("%s is suspended with pods %v", key, o.ending)
	case len(o.pods) == 0:
		o.pods = []string{key}
		o.fields["status"] = w.count(o, map[string]any{"startTime": "2026-01-01T00:00:00Z", "active": 1.0})
		w.notef("%s runs", key)
		w.checkJobStart(key)
	case well:
		o.pods = nil
		o.fields["status"] = w.count(o, map[string]any{"succeeded": 1.0, "conditions": []any{map[string]any{"type": "Complete", "status": "True"}}})
		w.migrated[key] = true
		w.notef("%s is complete", key)
	default:
		o.pods = nil
		o.fields["status"] = w.count(o, map[string]any{"failed": 7.0, "conditions": []any{map[string]any{"type": "Failed", "status": "True"}}})
		w.notef("%s failed", key)
	}
}

// count writes into the status of a Job how many pods of it are ending, where Kubernetes
// counts them.
func (w *world) count(o *object, status map[string]any) map[string]any {
	if w.counts {
		status["terminating"] = float64(len(o.ending))
	}
	return status
}

// stepDeployment lets the controllers of one Deployment do part of their work: pods
// become what the spec says, the status says what pods there are, or both.
func (w *world) stepDeployment(service string, pods, status bool) {
	o := w.objects[service+"-deployment"]
	if o == nil {
		return
	}
	o.version++
	if pods {
		n, _, _ := unstructured.NestedFloat64(o.fields, "spec", "replicas")
		before := o.pods
		o.pods, o.ending = nil, nil
		if n == 0 && w.r.IntN(2) == 0 {
			o.ending = before
		}
		for range int(n) {
			o.pods = append(o.pods, w.targetOf(service, o))
		}
		w.notef("%s has pods %v", service, o.pods)
	}
	if status {
		generation, _, _ := unstructured.NestedFloat64(o.fields, "metadata", "generation")
		n := float64(len(o.pods))
		o.fields["status"] = map[string]any{
			"observedGeneration": generation, "replicas": n, "updatedReplicas": n, "readyReplicas": n, "availableReplicas": n,
			"conditions": []any{map[string]any{"type": "Available", "status": "True"}, map[string]any{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}},
		}
		if w.counts {
			o.fields["status"].(map[string]any)["terminatingReplicas"] = float64(len(o.ending))
		}
		w.notef("%s has status %v, ending %v, of generation %v", service, n, o.ending, generation)
	}
	w.checkPods()
}

// targetOf returns the key of the Job that must have completed before pods of a
// Deployment start: none if the service migrates itself, or nothing does.
func (w *world) targetOf(service string, o *object) string {
	hash, _, _ := unstructured.NestedString(o.fields, "metadata", "annotations", "sonataflow.org/migration-target")
	if hash == "" {
		return "none"
	}
	return service + "-migration-" + hash
}

func (w *world) deleteByHand() {
	keys := append(w.keysOf("Job"), w.keysOf("Deployment")...)
	if len(keys) == 0 {
		return
	}
	key := keys[w.r.IntN(len(keys))]
	w.delete(key)
	w.notef("%s is deleted by hand", key)
}

// delete begins to delete an object. It goes once what it owns has gone; an object
// that is made anew meanwhile would be another one, so nothing can be applied to it.
func (w *world) delete(key string) {
	o := w.objects[key]
	o.version++
	md, _ := o.fields["metadata"].(map[string]any)
	md["deletionTimestamp"] = "2026-01-01T00:00:00Z"
}

// collect finishes deletions.
func (w *world) collect() {
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		if w.objects[key].deleted() {
			delete(w.objects, key)
			w.notef("%s is gone", key)
		}
	}
}

func (o *object) deleted() bool {
	_, deleted, _ := unstructured.NestedString(o.fields, "metadata", "deletionTimestamp")
	return deleted
}

func (w *world) keysOf(kind string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.objects)), func(key string) bool { return w.objects[key].fields["kind"] != kind })
}

// checkDesired holds what the function wants against what it sees: what is there
// stays, but for Jobs of other targets, and for those that nothing asks for.
func (w *world) checkDesired(rsp *fnv1.RunFunctionResponse) {
	desired := rsp.GetDesired().GetResources()
	for _, key := range slices.Sorted(maps.Keys(w.seen)) {
		if desired[key] == nil && w.seen[key].fields["kind"] != "Job" {
			w.failf("%s leaves desired state", key)
		}
	}
	for i, service := range services {
		jobs, ending := 0, false
		for key, r := range desired {
			if !strings.HasPrefix(key, service+"-migration-") {
				continue
			}
			if suspended, _, _ := unstructured.NestedBool(r.GetResource().AsMap(), "spec", "suspend"); suspended {
				ending = true
				continue
			}
			jobs++
		}
		if jobs > 1 {
			w.failf("%d migrations of %s at once", jobs, service)
		}
		d := desired[service+"-deployment"]
		replicas, given, _ := unstructured.NestedFloat64(d.GetResource().AsMap(), "spec", "replicas")
		down := d == nil || given && replicas == 0
		switch {
		case w.strategies[i] != "job" && (down != ending || jobs > 0):
			w.failf("%s is down (%t) while earlier migrations end (%t), or has %d Jobs, though no Job migrates it", service, down, ending, jobs)
		case w.strategies[i] == "job" && jobs == 0 && !down:
			w.failf("%s runs without its migration", service)
		case d == nil && w.seen[service+"-deployment"] != nil:
			w.failf("the Deployment of %s is left out", service)
		}
		ready := rsp.GetDesired().GetComposite().GetReady()
		if down && ready != fnv1.Ready_READY_FALSE {
			w.failf("%s is kept down, and the composite may be ready", service)
		}
	}
}

// checkPods holds running pods against completed migrations.
func (w *world) checkPods() {
	for _, service := range services {
		if o := w.objects[service+"-deployment"]; o != nil {
			for _, target := range o.pods {
				if target != "none" && !w.migrated[target] {
					w.failf("a pod of %s runs with target %s, whose Job never completed", service, target)
				}
			}
		}
	}
}

// checkJobStart holds a migration that begins against running pods: there are none
// with another schema. A Job that is run again may meet those of its own target.
func (w *world) checkJobStart(key string) {
	service, _, _ := strings.Cut(key, "-migration-")
	for _, other := range w.keysOf("Job") {
		if other != key && strings.HasPrefix(other, service) && len(w.using(w.objects[other])) > 0 {
			w.failf("%s begins while pods of %s run", key, other)
		}
	}
	o := w.objects[service+"-deployment"]
	if o == nil {
		return
	}
	for _, target := range w.using(o) {
		if target != key || !w.migrated[key] {
			w.failf("%s begins while a pod of target %s runs", key, target)
		}
	}
}

// rest lets everything go well until nothing changes. Only a failed Job needs a user who
// asks for another attempt.
func (w *world) rest() {
	w.notef("from now on everything goes well")
	const enough = 40
	for range enough {
		for _, key := range w.keysOf("Job") {
			status, _ := w.objects[key].fields["status"].(map[string]any)
			if status["failed"] != nil && strings.Contains(fmt.Sprint(status["conditions"]), "Failed") && w.last.GetDesired().GetResources()[key] != nil {
				w.attempt++
				w.notef("attempt %d", w.attempt)
			}
		}
		for range 2 {
			w.stepJob(true)
		}
		for _, service := range services {
			w.stepDeployment(service, true, true)
		}
		w.collect()
		w.look(false)
		before := w.last
		w.reconcile()
		if before != nil && proto.Equal(before, w.last) && conditionOf(w.last, v1alpha08.ConditionSucceed).GetStatus() == fnv1.Status_STATUS_CONDITION_TRUE {
			return
		}
	}
	w.failf("not at rest: %v", w.last.GetConditions())
}
