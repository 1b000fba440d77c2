// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/stack"
)

const (
	// faultsVariable turns TestFaults on. The test takes a quarter of an hour, and breaks the
	// control plane that all scenarios share.
	faultsVariable = "SONATAFLOW_E2E_FAULTS"
	// recovery is how long it may take until all platforms are ready again. gRPC waits
	// for up to two minutes before it calls a function again after an outage.
	recovery = 5 * time.Minute
	// outage is how long the function is away.
	outage = 2 * time.Minute
	// forgiveness is how long Crossplane's watch circuit breaker remembers many changes
	// of a composite: it allows 100 at once, and one each second.
	forgiveness = 100 * time.Second
)

// How many platforms there are of each kind, 30 in all.
const (
	minimalPlatforms  = 8
	databasePlatforms = 8
	eventingPlatforms = 2
	migratedPlatforms = 6
	consumerPlatforms = 3
	stuckPlatforms    = 2
)

// TestFaults causes one fault after another under platforms of many kinds, mostly while
// some platforms change. During a fault, no object that a spec asks for may be deleted,
// no pod of a service may run beside its migration, and no pod of an unchanged platform
// may be replaced. Afterwards, all platforms must become ready without help. It prints
// what claims said, and how long the recovery took.
func TestFaults(t *testing.T) {
	if os.Getenv(faultsVariable) == "" {
		t.Skip("only `make e2e-faults` causes faults")
	}
	f := &faults{T: t, history: &history{}, retried: map[string]time.Time{}}
	client := newDynamic(t)
	f.populate()
	for _, r := range recorded() {
		follow(t, client, r, f.history.note)
	}
	f.await("all platforms to be ready", f.recovered)
	f.await("their changes to be forgotten", f.forgotten)

	f.fault("Panic", (*faults).panicked)
	for _, process := range stack.Eventing.Processes() {
		f.fault("KnativeKilled/"+process, func(f *faults) { f.knativeKilled(process) })
	}
	for _, process := range append(stack.Serving.Processes(), stack.IngressesPlayed) {
		f.fault("KnativeKilled/"+process, func(f *faults) { f.servingKilled(process) })
	}
	f.fault("BrokerRemoved", (*faults).brokerRemoved)
	// No event is sent after this fault: Knative's channels may keep subscribers of the
	// Triggers that went with their kind, and then refuse every event.
	f.fault("KnativeKindRemoved", (*faults).knativeKindRemoved)
	f.fault("FunctionKilled", (*faults).functionKilled)
	f.fault("CoreKilled", (*faults).coreKilled)
	f.fault("CoreAway", (*faults).coreAway)
	f.fault("CoreFrozen", (*faults).coreFrozen)
	f.fault("APIServerKilled", (*faults).apiServerKilled)
	f.fault("FunctionAway", (*faults).functionAway)
	f.fault("RegistryGone", (*faults).registryGone)
	f.fault("CertificatesRotated", (*faults).rotated)
	f.fault("SecretRemoved", (*faults).secretRemoved)
	f.fault("Nonsense", (*faults).nonsense)
	f.fault("JobDeleted", (*faults).jobDeleted)
	f.fault("DeploymentDeleted", (*faults).deploymentDeleted)
	f.fault("GatedDeploymentDeleted", (*faults).gatedDeploymentDeleted)
	f.control()
}

// faults has what all faults share.
type faults struct {
	*testing.T

	history *history

	// Platforms by kind. The stuck ones wait for a migration that never ends.
	minimal, databases, migrated, eventing, consumers, stuck []*platform
	central                                                  *platform
	// turn counts the faults. Each fault changes other platforms than the last one,
	// because Crossplane ignores changes of a composite for a while if there were many.
	turn int
	// retried is when a platform was asked for another migration, by namespace.
	retried map[string]time.Time

	rows *[]string
	// About the current fault: when it began, how long it lasted, after how long a claim
	// reported it, the namespaces that it changes, and the objects that it deletes.
	began          time.Time
	mended, spoken time.Duration
	touched        map[string]bool
	deletes        map[string]bool
}

// populate claims all platforms.
func (f *faults) populate() {
	f.Helper()
	f.rows = &[]string{}
	next := 0
	place := func() *world {
		next++
		return newWorld(f.T, fmt.Sprintf("faults-%d", next))
	}
	for range minimalPlatforms {
		w := place()
		f.minimal = append(f.minimal, w.claim(w.withLogLevel("LEVEL-0")))
	}
	for range databasePlatforms {
		w := place()
		w.secret("data-index-database", "username", "user", "password", "secret")
		w.secret("jobs-database", "username", "user", "password", "secret")
		f.databases = append(f.databases, w.claim(w.withDatabases()))
	}
	for range migratedPlatforms {
		w := place()
		w.databaseSecret()
		f.migrated = append(f.migrated, w.claim(w.migrated("platform", "sonataflow", "job")))
	}
	installKnative(f.T)
	installServing(f.T)
	for range eventingPlatforms {
		w := place()
		f.eventing = append(f.eventing, w.eventing(w.broker(w.namespace, "default")))
	}
	for range stuckPlatforms {
		w := place()
		w.databaseSecret()
		f.stuck = append(f.stuck, w.claim(w.migrated("platform", "e2e-stuck", "job")))
	}
	w := place()
	f.central = w.claim(w.withLogLevel("LEVEL-0"))
	for range consumerPlatforms {
		w := place()
		f.consumers = append(f.consumers, w.claim(w.newClaim("consumer", map[string]any{})))
	}
	f.Cleanup(func() {
		if _, err := cluster.Kubectl(context.WithoutCancel(f.Context()), "", "delete", "sonataflowclusterplatform", "faults", "--ignore-not-found", "--timeout=90s"); err != nil {
			f.Error(err)
		}
	})
	w.apply(referring("faults", f.central))
}

// await waits until a check passes, and ends the test if it doesn't.
func (f *faults) await(what string, check func(context.Context) error) {
	f.Helper()
	if err := kube.Await(f.Context(), what, recovery, check); err != nil {
		f.Fatal(err)
	}
}

// in returns a platform for the current part of the test.
func (f *faults) in(p *platform) *platform {
	return &platform{world: &world{T: f.T, namespace: p.namespace}, name: p.name}
}

// ready are the platforms that are ready when nothing is broken.
func (f *faults) ready() []*platform {
	return slices.Concat(f.minimal, f.databases, f.migrated, f.eventing, f.consumers, []*platform{f.central})
}

// recovered returns an error until every platform is ready with its latest spec, and the
// consumers use the cluster platform.
func (f *faults) recovered(ctx context.Context) error {
	claims, err := cluster.List(ctx, kube.Platforms, "")
	if err != nil {
		return err
	}
	there := map[string]*unstructured.Unstructured{}
	for i := range claims {
		there[claims[i].GetNamespace()] = &claims[i]
	}
	for _, p := range f.ready() {
		claim := there[p.namespace]
		if claim == nil {
			return fmt.Errorf("there is no claim in %s", p.namespace)
		}
		for _, condition := range []string{"Synced", "Ready", "Succeed"} {
			if err := kube.Want(claim, condition, "True", ""); err != nil {
				return fmt.Errorf("%s: %w", p.namespace, err)
			}
		}
	}
	for _, p := range f.consumers {
		if usage(there[p.namespace]) == nil {
			return fmt.Errorf("%s uses no cluster platform", p.namespace)
		}
	}
	// Every composite is looked up here. This is slow, so it comes last.
	for _, p := range f.ready() {
		if err := f.in(p).current(ctx, there[p.namespace]); err != nil {
			return fmt.Errorf("%s: %w", p.namespace, err)
		}
	}
	return nil
}

// forgotten returns an error until Crossplane's watch circuit breaker has forgotten the
// changes that made the platforms. Otherwise Crossplane would ignore changes of the first
// fault for a while.
func (f *faults) forgotten(context.Context) error {
	all := f.history.since(time.Time{})
	if passed := time.Since(all[0].at); passed < forgiveness {
		return fmt.Errorf("%s have passed", passed)
	}
	return nil
}

// fault causes a fault, waits until all platforms are ready again, and checks what was
// lost.
func (f *faults) fault(name string, breaks func(*faults)) {
	f.Helper()
	f.turn++
	f.Run(name, func(t *testing.T) {
		part := *f
		part.T = t
		part.began, part.touched, part.deletes = time.Now(), map[string]bool{}, map[string]bool{}
		breaks(&part)
		part.await("all platforms to be ready again", part.recovered)
		part.judge(name)
	})
	f.report()
}

// judge checks the history of a fault that has ended.
func (f *faults) judge(name string) {
	f.Helper()
	ended := time.Since(f.began)
	lost := f.history.lost(f.began, f.mayGo)
	for _, what := range lost {
		f.Errorf("%s was deleted, and the spec asks for it", what)
	}
	replaced := f.history.replaced(f.began, f.touched)
	for _, what := range replaced {
		f.Errorf("%s was replaced, though its platform didn't change", what)
	}
	// The recording must have the objects that the fault itself deletes. This proves that
	// it would have others, too.
	for what := range f.deletes {
		if !slices.Contains(f.history.lost(f.began, func(*unstructured.Unstructured) bool { return false }), what) {
			f.Errorf("%s was deleted by hand, and the recording doesn't have it", what)
		}
	}
	if jobs, pods := f.history.lives(); len(jobs) == 0 || len(pods) == 0 {
		f.Errorf("the recording has %d migrations and %d pods", len(jobs), len(pods))
	}
	premature := f.history.premature()
	for _, what := range premature {
		f.Errorf("a pod ran beside its migration: %s", what)
	}
	said := f.history.said(f.began, func(namespace string) bool {
		return slices.ContainsFunc(f.ready(), func(p *platform) bool { return p.namespace == namespace })
	})
	spoken := "-"
	if f.spoken > 0 {
		spoken = seconds(f.spoken)
	}
	*f.rows = append(*f.rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s", name, load(), spoken, seconds(ended-f.mended), len(lost), len(replaced), len(premature), said))
}

// control starts a pod beside a migration that isn't complete, which the function never
// does. If the recording misses this pod, it proves nothing about the faults either.
func (f *faults) control() {
	f.Run("Control", func(t *testing.T) {
		part := *f
		part.T = t
		w := part.in(f.stuck[0]).world
		pod := object("v1", "Pod", w.namespace, "beside-a-migration")
		pod.SetLabels(map[string]string{"app.kubernetes.io/name": "data-index-service"})
		pod.Object["spec"] = map[string]any{"containers": []any{map[string]any{"name": "data-index-service", "image": "e2e"}}}
		w.apply(pod)
		part.await("the recording to show the pod", func(context.Context) error {
			if len(f.history.premature()) == 0 {
				return errors.New("it doesn't")
			}
			return nil
		})
	})
}

// mayGo tells whether an object may be deleted: the fault deletes it, or it is the Job of
// a target that was replaced.
func (f *faults) mayGo(o *unstructured.Unstructured) bool {
	if f.deletes[key(o)] {
		return true
	}
	asked, retried := f.retried[o.GetNamespace()]
	// Creation times are in whole seconds, and another Job is never made within the same
	// second.
	return o.GetKind() == "Job" && retried && o.GetCreationTimestamp().Time.Before(asked)
}

func (f *faults) report() {
	f.Helper()
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "fault\tload\tclaim reported it after\tready again after\tobjects lost\tpods of unchanged platforms replaced\tpods beside migrations\twhat claims said meanwhile (how many)")
	_, _ = fmt.Fprintln(w, strings.Join(*f.rows, "\n"))
	_ = w.Flush()
	f.Logf("so far:\n%s", out.String())
}

// mend notes that the fault has ended: from now on, the time until platforms are ready is
// measured.
func (f *faults) mend() { f.mended = time.Since(f.began) }

// saying waits until a claim has had a condition with a status and one of several reasons
// since the fault began, and notes how long this took.
func (f *faults) saying(p *platform, conditionType, status string, reasons ...string) kube.Condition {
	f.Helper()
	var out kube.Condition
	f.await(conditionType+"="+status+" "+strings.Join(reasons, " or "), func(context.Context) error {
		after, said, err := f.history.saw(f.began, p, conditionType, status, reasons)
		f.spoken, out = max(f.spoken, after), said
		return err
	})
	return out
}

// A work is a change of some platforms that is under way.
type work struct {
	rolled, migrated []*platform
	level            string
	jobs             map[string]types.UID
}

// change changes the next platforms: some get another environment, which rolls their pods,
// and some another migration, which takes a service down and up again.
func (f *faults) change() work {
	f.Helper()
	const rolled, migrated = 3, 2
	out := work{level: fmt.Sprintf("LEVEL-%d", f.turn), jobs: map[string]types.UID{}}
	for i := range rolled {
		out.rolled = append(out.rolled, f.in(f.minimal[(f.turn*rolled+i)%len(f.minimal)]))
	}
	for i := range migrated {
		out.migrated = append(out.migrated, f.in(f.migrated[(f.turn*migrated+i)%len(f.migrated)]))
	}
	for _, p := range out.migrated {
		jobs, _, err := p.migrating(f.Context())
		if err != nil || len(jobs) != 1 {
			f.Fatalf("want one Job in %s, got %d: %v", p.namespace, len(jobs), err)
		}
		out.jobs[p.namespace] = jobs[0].GetUID()
		f.touched[p.namespace], f.retried[p.namespace] = true, time.Now()
		p.kubectl("annotate", "--overwrite", "sonataflowplatform", p.name, fmt.Sprintf("%s=%d", attempt, f.turn))
	}
	for _, p := range out.rolled {
		f.touched[p.namespace] = true
		p.apply(p.withLogLevel(out.level))
	}
	return out
}

// done waits until a change is complete.
func (f *faults) done(w work) {
	f.Helper()
	for _, p := range w.rolled {
		f.await("the log level in "+p.namespace, func(ctx context.Context) error {
			if got := p.level(ctx); got != w.level {
				return fmt.Errorf("it is %s, not %s", got, w.level)
			}
			return nil
		})
	}
	for _, p := range w.migrated {
		f.await("another migration in "+p.namespace, func(ctx context.Context) error {
			jobs, pods, err := p.migrating(ctx)
			if err != nil {
				return err
			}
			if len(jobs) != 1 || jobs[0].GetUID() == w.jobs[p.namespace] || len(pods) != 1 {
				return fmt.Errorf("there are %d Jobs and %d pods", len(jobs), len(pods))
			}
			return kube.Want(&jobs[0], "Complete", "True", "")
		})
	}
}

// level returns the log level in the Deployment of a platform's Data Index.
func (p *platform) level(ctx context.Context) string {
	o, err := cluster.Get(ctx, kube.Deployments, p.namespace, dataIndex)
	if err != nil {
		return err.Error()
	}
	containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
	return environment(containers[0].(map[string]any))["QUARKUS_LOG_LEVEL"]
}

// underWay waits until the first Deployment of a change has been applied.
func (f *faults) underWay() {
	f.Helper()
	f.await("a reconcile", func(context.Context) error {
		for _, c := range f.history.since(f.began) {
			if c.object.GetKind() == "Deployment" && f.touched[c.object.GetNamespace()] {
				return nil
			}
		}
		return errors.New("nothing was applied")
	})
}

// functionKilled kills the function while it is called, and starts it again as the kubelet
// would.
func (f *faults) functionKilled() {
	f.killed(functionProcess, func(launch) { f.startFunction() })
}

// coreKilled kills core while it applies what the function answers.
func (f *faults) coreKilled() { f.killed(coreProcess, f.startCore) }

// coreAway changes platforms while core is away: after its start, core calls the function
// with what its new caches have of the cluster.
func (f *faults) coreAway() {
	core := f.kill(coreProcess)
	w := f.change()
	f.startCore(core)
	f.mend()
	f.done(w)
}

// coreFrozen changes platforms and deletes composed objects while core is stopped: when
// core continues, it calls the function with what its old caches have of the cluster.
func (f *faults) coreFrozen() {
	f.signal(coreProcess, syscall.SIGSTOP)
	w := f.change()
	for _, p := range w.rolled {
		f.delete(p, "ConfigMap", jobsService+"-props")
	}
	f.signal(coreProcess, syscall.SIGCONT)
	f.mend()
	f.done(w)
}

// apiServerKilled kills the API server while core applies what the function answers.
func (f *faults) apiServerKilled() { f.killed(apiServerProcess, f.startAPIServer) }

// killed kills a process while platforms change, and starts it again.
func (f *faults) killed(process string, start func(launch)) {
	f.Helper()
	w := f.change()
	f.underWay()
	start(f.kill(process))
	f.mend()
	f.done(w)
}

// functionAway stops the function for a while. Meanwhile platforms change, and a composed
// object is deleted.
func (f *faults) functionAway() {
	if err := stack.StopFunction(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(f.startFunction)
	w := f.change()
	f.delete(w.rolled[0], "ConfigMap", jobsService+"-props")
	f.await("the outage to pass", func(context.Context) error {
		if passed := time.Since(f.began); passed < outage {
			return fmt.Errorf("%s have passed", passed)
		}
		return nil
	})
	claim := w.rolled[0].claimed()
	f.await("Crossplane to say that it can't reach the function", func(ctx context.Context) error {
		o, err := compositeOf(ctx, claim)
		if err != nil {
			return err
		}
		return kube.Want(o, "Synced", "False", "ReconcileError")
	})
	f.startFunction()
	f.mend()
	f.done(w)
}

// registryGone stops the registry, and starts core without it: installed packages stay
// installed. The registry isn't killed, because it would forget the packages.
func (f *faults) registryGone() {
	f.signal(registryProcess, syscall.SIGSTOP)
	f.Cleanup(func() { f.signal(registryProcess, syscall.SIGCONT) })
	core := f.kill(coreProcess)
	w := f.change()
	f.startCore(core)
	f.mend()
	f.done(w)
}

// rotated replaces the certificates of Crossplane and of the function.
func (f *faults) rotated() {
	w := f.change()
	f.rotate()
	f.mend()
	f.done(w)
}

// secretRemoved removes a Secret that a platform needs, and makes it again.
func (f *faults) secretRemoved() {
	p := f.in(f.databases[0])
	f.touched[p.namespace] = true
	p.kubectl("delete", "secret", "data-index-database")
	said := f.saying(p, "SecretsReady", "False", "SecretNotFound")
	if !strings.Contains(said.Message, "data-index-database") {
		f.Errorf("the message doesn't name the Secret: %q", said.Message)
	}
	p.secret("data-index-database", "username", "user", "password", "secret")
	f.mend()
	p.awaitCondition("SecretsReady", "True", "Found")
}

// nonsense gives a running platform an invalid spec, and then the valid one again. The
// pods of the platform aren't replaced.
func (f *faults) nonsense() {
	p := f.in(f.minimal[0])
	level := p.level(f.Context())
	image := func(image string) *unstructured.Unstructured {
		o := p.withLogLevel(level)
		if image != "" {
			if err := unstructured.SetNestedField(o.Object, image, "spec", "services", "dataIndex", "podTemplate", "container", "image"); err != nil {
				f.Fatal(err)
			}
		}
		return o
	}
	p.apply(image("not an image!"))
	said := f.saying(p, "SpecValid", "False", "Invalid")
	if !strings.Contains(said.Message, "not an image!") {
		f.Errorf("the message doesn't name the value: %q", said.Message)
	}
	p.apply(image(""))
	f.mend()
	p.awaitCondition("SpecValid", "True", "Valid")
}

// jobDeleted deletes a complete Job, which proves that a schema was migrated: the schema
// is migrated again, and its service is down meanwhile.
func (f *faults) jobDeleted() {
	p := f.in(f.migrated[0])
	f.touched[p.namespace] = true
	jobs, _, err := p.migrating(f.Context())
	if err != nil || len(jobs) != 1 {
		f.Fatalf("want one Job, got %d: %v", len(jobs), err)
	}
	f.delete(p, "Job", jobs[0].GetName())
	f.saying(p, "DatabaseMigrated", "False", "InProgress")
	f.saying(p, "DataIndexReady", "False", "WaitingForDBMigration")
	f.done(work{migrated: []*platform{p}, jobs: map[string]types.UID{p.namespace: jobs[0].GetUID()}})
}

// deploymentDeleted deletes a Deployment with its pods.
func (f *faults) deploymentDeleted() { f.deploymentGoes(f.minimal[1]) }

// gatedDeploymentDeleted deletes a Deployment whose migration is complete.
func (f *faults) gatedDeploymentDeleted() { f.deploymentGoes(f.migrated[1]) }

func (f *faults) deploymentGoes(of *platform) {
	p := f.in(of)
	before := p.get(kube.Deployments, dataIndex).GetUID()
	f.delete(p, "Deployment", dataIndex)
	f.saying(p, "DataIndexReady", "False", "Progressing")
	f.await("another Deployment", func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Deployments, p.namespace, dataIndex)
		if err != nil {
			return err
		}
		if o.GetUID() == before {
			return errors.New("it is the same")
		}
		return kube.Want(o, "Available", "True", "")
	})
}

// delete deletes a composed object of a platform by hand.
func (f *faults) delete(p *platform, kind, name string) {
	f.Helper()
	f.touched[p.namespace] = true
	f.deletes[kind+"/"+p.namespace+"/"+name] = true
	p.kubectl("delete", strings.ToLower(kind), name)
}
