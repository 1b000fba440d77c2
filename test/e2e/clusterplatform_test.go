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
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// secondary is the annotation of a platform, or a cluster platform, that is never active.
const secondary = "sonataflow.org/secondary.platform"

// The statuses that the pull request for cluster platforms prints: of a cluster platform,
// of a platform that uses it, and of one that doesn't. Its cluster is OpenShift.
const (
	printedClusterPlatform = `
conditions:
  - lastUpdateTime: '2024-01-16T00:42:17Z'
    message: >-
      Referenced SonataFlowPlatform 'central-platform-ns/sonataflow-platform'
      is ready
    status: 'True'
    type: Succeed
observedGeneration: 1
version: '0.8'
`
	printedConsumer = `
cluster: openshift
clusterPlatformRef:
  name: cluster-platform
  platformRef:
    name: sonataflow-platform
    namespace: central-platform-ns
  services:
    dataIndexRef:
      url: 'http://sonataflow-platform-data-index-service.central-platform-ns'
    jobServiceRef:
      url: 'http://sonataflow-platform-jobs-service.central-platform-ns'
conditions:
  - lastUpdateTime: '2024-01-16T00:51:30Z'
    status: 'True'
    type: Succeed
info:
  goOS: darwin
  goVersion: go1.19.10
observedGeneration: 2
version: '0.8'
`
	printedOverride = `
cluster: openshift
clusterPlatformRef:
  name: cluster-platform
  platformRef:
    name: sonataflow-platform
    namespace: central-platform-ns
conditions:
  - lastUpdateTime: '2024-01-16T01:04:22Z'
    status: 'True'
    type: Succeed
info:
  goOS: darwin
  goVersion: go1.19.10
observedGeneration: 2
version: '0.8'
`
)

// second is the name of another cluster platform, which is younger than the one of the
// pull request. It comes first by name, so it would be active if Crossplane compared only
// names.
const second = "another-cluster-platform"

// TestClusterPlatform changes cluster platforms, and platforms that use them. Neither it
// nor its parts are parallel, because a cluster has only one active cluster platform. It
// leaves none when the parallel scenarios begin.
//
// Each part has objects of its own, for the same reason as the scenarios about drift:
// after many changes of an object, Crossplane looks at it only once a minute.
func TestClusterPlatform(t *testing.T) {
	needs(t, lookups, "cluster platforms are looked up")
	shared := &sharing{world: &world{T: t}, timings: &timings{}}
	shared.cluster = shared.seed("cluster-platform")
	shared.uses, shared.overrides = shared.seed("platform-consumer"), shared.seed("platform-override")
	ref, _, _ := unstructured.NestedStringMap(shared.cluster.Object, "spec", "platformRef")
	shared.central = &platform{world: newWorld(t, ref["namespace"]), name: ref["name"]}
	shared.other = &platform{world: newWorld(t, "other-platform-ns"), name: "other-platform"}
	shared.consumer = &platform{world: newWorld(t, shared.uses.GetNamespace()), name: shared.uses.GetName()}
	shared.override = &platform{world: newWorld(t, shared.overrides.GetNamespace()), name: shared.overrides.GetName()}
	t.Cleanup(func() { shared.timings.log(t) })

	part := func(name string, run func(s *sharing)) {
		t.Run(name, func(t *testing.T) { run(shared.part(t)) })
	}
	part("AsPrinted", (*sharing).asPrinted)
	if testing.Short() {
		return
	}
	part("Switched", (*sharing).switched)
	part("Capabilities", (*sharing).capabilities)
	part("Unready", (*sharing).unready)
	part("NeverReady", (*sharing).neverReady)
	part("Deleted", (*sharing).deleted)
	part("Replaced", (*sharing).replaced)
}

// A sharing has four platforms: central shares its services, other may replace central,
// consumer uses the shared services, and override doesn't use them.
type sharing struct {
	*world

	// The documents of the pull request.
	cluster, uses, overrides *unstructured.Unstructured

	central, other, consumer, override *platform
	platforms, clusterPlatforms        *recording
	timings                            *timings
}

// seed returns a document of the pull request.
func (s *sharing) seed(name string) *unstructured.Unstructured {
	s.Helper()
	return s.documents("test", "seeds", "testdata", "pull-request-"+name+".yaml")[0]
}

// part returns a copy for a part of the scenario. A part begins and ends without
// platforms and cluster platforms.
func (s *sharing) part(t *testing.T) *sharing {
	t.Helper()
	out := *s
	for _, p := range []**platform{&out.central, &out.other, &out.consumer, &out.override} {
		*p = &platform{world: (*p).within(t), name: (*p).name}
	}
	out.world = out.consumer.world
	// Cluster platforms are deleted before the platforms, so that no cluster platform
	// refers to a platform that is being deleted.
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if t.Failed() {
			left, _ := cluster.Kubectl(ctx, "", "get", "sonataflowclusterplatforms", "--output=yaml")
			t.Logf("cluster platforms as the scenario leaves them:\n%s", left)
		}
		if _, err := cluster.Kubectl(ctx, "", "delete", "sonataflowclusterplatforms", s.cluster.GetName(), second, "--ignore-not-found", "--timeout=90s"); err != nil {
			t.Errorf("cannot delete the cluster platforms: %v", err)
		}
	})
	out.platforms = out.record(kube.Platforms, "")
	out.clusterPlatforms = out.record(kube.ClusterPlatforms, "")
	return &out
}

// begin shares these services, and waits until they are used. It applies an object after
// the objects that it depends on, because Crossplane ignores changes for a while if there
// are many at once.
func (s *sharing) begin(services ...string) {
	s.Helper()
	name := s.cluster.GetName()
	s.enable(s.central, services...)
	s.central.awaitReady()
	s.apply(s.cluster)
	s.expect("the beginning", s.ready(name, s.central))
	s.apply(s.uses, s.overrides)
	s.expect("the beginning", s.shows(s.consumer, name, s.central, services...), s.shows(s.override, name, s.central))
}

// both are the names of both services in a spec.
var both = []string{"dataIndex", "jobService"}

// pointAt applies the cluster platform with a reference to a platform.
func (s *sharing) pointAt(p *platform) {
	s.Helper()
	s.apply(referring(s.cluster.GetName(), p))
}

// referring returns a cluster platform that refers to a platform.
func referring(name string, p *platform) *unstructured.Unstructured {
	o := object("sonataflow.org/v1alpha08", "SonataFlowClusterPlatform", "", name)
	o.Object["spec"] = map[string]any{"platformRef": map[string]any{"name": p.name, "namespace": p.namespace}}
	return o
}

// enable claims a platform with these services enabled, and nothing else.
func (s *sharing) enable(p *platform, services ...string) {
	s.Helper()
	enabled := map[string]any{}
	for _, name := range services {
		enabled[name] = map[string]any{"enabled": true}
	}
	p.claim(p.newClaim(p.name, map[string]any{"services": enabled}))
}

// shows is the effect that a platform uses a cluster platform, with these services of the
// platform behind it and no others.
func (s *sharing) shows(user *platform, name string, behind *platform, services ...string) effect {
	want := map[string]any{"name": name, "platformRef": map[string]any{"name": behind.name, "namespace": behind.namespace}}
	refs := map[string]any{}
	for _, service := range services {
		address := map[string]string{"dataIndex": "data-index-service", "jobService": "jobs-service"}[service]
		refs[service+"Ref"] = map[string]any{"url": fmt.Sprintf("http://%s-%s.%s", behind.name, address, behind.namespace)}
	}
	if len(refs) > 0 {
		want["services"] = refs
	}
	return s.of(user, func(o *unstructured.Unstructured) error {
		if diff := cmp.Diff(want, usage(o)); diff != "" {
			return fmt.Errorf("status.clusterPlatformRef: -want, +got:\n%s", diff)
		}
		return nil
	})
}

// showsNone is the effect that a platform uses no cluster platform.
func (s *sharing) showsNone(user *platform) effect {
	return s.of(user, func(o *unstructured.Unstructured) error {
		if ref := usage(o); ref != nil {
			return fmt.Errorf("status.clusterPlatformRef is %v", ref)
		}
		return nil
	})
}

// usage returns the status of a platform about the cluster platform that it uses.
func usage(o *unstructured.Unstructured) map[string]any {
	ref, _, _ := unstructured.NestedMap(o.Object, "status", "clusterPlatformRef")
	return ref
}

// of is an effect on a claim.
func (s *sharing) of(p *platform, check func(*unstructured.Unstructured) error) effect {
	return effect{who: p.name, in: s.platforms, namespace: p.namespace, name: p.name, check: check}
}

// says is the effect that the condition Succeed of a cluster platform has a status, a
// reason and a message.
func (s *sharing) says(name, status, reason, message string) effect {
	return effect{who: name, in: s.clusterPlatforms, name: name, check: func(o *unstructured.Unstructured) error {
		if err := kube.Want(o, "Succeed", status, reason); err != nil {
			return err
		}
		if got := kube.Conditions(o)["Succeed"].Message; !strings.Contains(got, message) {
			return fmt.Errorf("%s says %q, not %q", name, got, message)
		}
		return nil
	}}
}

// ready is the effect that a cluster platform says that a platform is ready.
func (s *sharing) ready(name string, p *platform) effect {
	return s.says(name, "True", "Succeeded", fmt.Sprintf("Referenced SonataFlowPlatform '%s/%s' is ready", p.namespace, p.name))
}

// notReady is the effect that a cluster platform says that a platform isn't ready.
func (s *sharing) notReady(name string, p *platform) effect {
	return s.says(name, "False", "Failure", fmt.Sprintf("Referenced SonataFlowPlatform '%s/%s' not ready", p.namespace, p.name))
}

// succeeds is the effect that the condition Succeed of a claim is True.
func (s *sharing) succeeds(p *platform) effect {
	return s.of(p, func(o *unstructured.Unstructured) error { return kube.Want(o, "Succeed", "True", "") })
}

// after makes a change and waits for its effects.
func (s *sharing) after(change string, do func(), effects ...effect) {
	s.Helper()
	s.world.after(s.timings, change, do, effects...)
}

// asPrinted applies the documents of the pull request, and compares statuses with the
// printed ones. The pull request names the platform behind the cluster platform, but
// doesn't print it. This platform is claimed last: all others wait for it.
func (s *sharing) asPrinted() {
	s.Helper()
	name := s.cluster.GetName()
	s.apply(s.uses, s.overrides)
	s.consumer.awaitReady()
	s.override.awaitReady()
	s.after("cluster platform applied, without a platform", func() { s.apply(s.cluster) },
		s.says(name, "False", "PlatformNotFound", s.central.name+" platform does not exist in "+s.central.namespace+" namespace"))
	users := []effect{
		s.shows(s.consumer, name, s.central, both...),
		s.shows(s.override, name, s.central),
		// central has services of its own.
		s.shows(s.central, name, s.central),
	}
	succeeds := s.succeeds(s.central)
	s.after("its platform applied", func() { s.enable(s.central, both...) }, slices.Concat([]effect{succeeds, s.ready(name, s.central)}, users)...)
	for _, user := range users {
		// Succeed of central may be False again for a moment, because Crossplane may
		// reconcile an old version of central. So its first time counts.
		if early := succeeds.first().Sub(user.since()); early > 0 {
			s.Errorf("%s used the cluster platform %s before its platform was ready", user.who, early)
		}
	}
	s.central.awaitReady()
	s.consumer.awaitReady()
	s.override.awaitReady()

	s.await("the status of the cluster platform", soon, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.ClusterPlatforms, "", name)
		if err != nil {
			return err
		}
		return resembles(o, o.GetGeneration(), printedClusterPlatform)
	})
	for p, printed := range map[*platform]string{s.consumer: printedConsumer, s.override: printedOverride} {
		s.await("the status of "+p.name, soon, func(context.Context) error {
			return resembles(p.claimed(), p.composite().GetGeneration(), printed) //nolint:contextcheck // It uses the test's context.
		})
	}
	for _, p := range []*platform{s.consumer, s.override} {
		if composed := p.composed(); len(composed) > 0 {
			s.Errorf("%s composed %v, and has no services of its own", p.name, composed)
		}
	}
	// The pull request prints no reason for a condition that is True.
	printed := strings.Split(strings.TrimSpace(s.kubectl("get", "SonataFlowClusterPlatform")), "\n")
	for i, want := range []string{
		"NAME PLATFORM_NAME PLATFORM_NS READY REASON",
		"cluster-platform sonataflow-platform central-platform-ns True Succeeded",
	} {
		if got := strings.Join(strings.Fields(printed[i])[:5], " "); got != want {
			s.Errorf("kubectl prints %q, want %q", got, want)
		}
	}
}

// resembles returns an error if a status lacks something of a printed one. Generations
// and versions differ between clusters, and times have another name.
func resembles(o *unstructured.Unstructured, generation int64, printed string) error {
	var want map[string]any
	if err := yaml.Unmarshal([]byte(printed), &want); err != nil {
		return fmt.Errorf("cannot parse what is printed: %w", err)
	}
	status, _, _ := unstructured.NestedMap(o.Object, "status")
	var errs []error
	for field := range want {
		var diff string
		switch field {
		case "conditions":
			for _, c := range kube.Conditions(&unstructured.Unstructured{Object: map[string]any{"status": want}}) {
				errs = append(errs, kube.Want(o, c.Type, c.Status, ""))
				if c.Message != "" {
					diff += cmp.Diff(c.Message, kube.Conditions(o)[c.Type].Message)
				}
			}
		case "observedGeneration":
			// A claim has the composite's status, but another generation, so there is none.
			if got, found := status[field]; found {
				diff = cmp.Diff(generation, got)
			}
		case "info":
			diff = cmp.Diff(slices.Sorted(maps.Keys(want[field].(map[string]any))), slices.Sorted(maps.Keys(status[field].(map[string]any))))
		case "cluster":
			diff = cmp.Diff("kubernetes", status[field])
		default:
			diff = cmp.Diff(want[field], status[field])
		}
		if diff != "" {
			errs = append(errs, fmt.Errorf("%s: -printed, +got:\n%s", field, diff))
		}
	}
	return errors.Join(errs...)
}

// switched points the cluster platform at another platform, which has one service. Then
// the other platform gets the second service.
func (s *sharing) switched() {
	s.Helper()
	s.enable(s.other, "dataIndex")
	s.other.awaitReady()
	s.begin(both...)
	check, name := s.steadyEverywhere(), s.cluster.GetName()
	s.after("platformRef switched", func() { s.pointAt(s.other) },
		s.ready(name, s.other),
		s.shows(s.consumer, name, s.other, "dataIndex"),
		s.shows(s.override, name, s.other),
		s.shows(s.central, name, s.other))
	check("the cluster platform got another platform")
	s.after("a service enabled at the platform", func() { s.enable(s.other, both...) },
		s.shows(s.consumer, name, s.other, both...))
}

// capabilities changes what the cluster platform offers.
func (s *sharing) capabilities() {
	s.Helper()
	s.begin(both...)
	check, name := s.steadyEverywhere(), s.cluster.GetName()
	offers := func(workflows ...any) effect {
		return effect{who: name, in: s.clusterPlatforms, name: name, check: func(o *unstructured.Unstructured) error {
			if got, _, _ := unstructured.NestedSlice(o.Object, "status", "capabilities", "workflows"); !slices.Equal(got, workflows) {
				return fmt.Errorf("it offers %v", got)
			}
			return nil
		}}
	}
	s.after("capabilities emptied", func() {
		o := referring(name, s.central)
		o.Object["spec"].(map[string]any)["capabilities"] = map[string]any{}
		s.apply(o)
	}, offers(), s.shows(s.consumer, name, s.central))
	s.after("capabilities left out again", func() { s.pointAt(s.central) },
		offers("services"), s.shows(s.consumer, name, s.central, both...))
	check("the cluster platform offered nothing for a while")
}

// unready makes the platform behind the cluster platform unready for a while: the
// platforms that use the cluster platform keep it.
func (s *sharing) unready() {
	s.Helper()
	s.begin("dataIndex")
	name := s.cluster.GetName()
	users := []effect{s.shows(s.consumer, name, s.central, "dataIndex"), s.shows(s.override, name, s.central)}
	before := make([]time.Time, len(users))
	for i, user := range users {
		before[i] = user.since()
	}

	mistaken := s.central.newClaim(s.central.name, map[string]any{"services": map[string]any{
		"dataIndex": map[string]any{"enabled": true, "podTemplate": map[string]any{"container": map[string]any{"image": "not an image!"}}},
	}})
	s.after("the platform unready", func() { s.apply(mistaken) }, s.notReady(name, s.central))
	s.consumer.reconcile()
	s.override.reconcile()
	s.after("the platform ready again", func() { s.enable(s.central, "dataIndex") }, s.ready(name, s.central))
	s.consumer.reconcile()
	s.override.reconcile()
	for i, user := range users {
		if after := user.since(); !after.Equal(before[i]) {
			s.Errorf("%s lost the cluster platform while that wasn't ready: it has used it since %s, and before since %s", user.who, after, before[i])
		}
	}
}

// neverReady points the cluster platform at a platform that has never been ready, and
// then at a platform that doesn't exist. No platform uses their services.
func (s *sharing) neverReady() {
	s.Helper()
	name := s.cluster.GetName()
	s.apply(s.other.newClaim(s.other.name, map[string]any{"services": map[string]any{"dataIndex": map[string]any{
		"enabled": true, "persistence": map[string]any{"postgresql": map[string]any{
			"secretRef": map[string]any{"name": "missing"}, "serviceRef": map[string]any{"name": "postgres"},
		}},
	}}}))
	s.other.awaitCondition("Succeed", "False", "Warming")
	s.begin(both...)
	s.after("platformRef switched to a platform that isn't ready", func() { s.pointAt(s.other) },
		s.notReady(name, s.other), s.showsNone(s.consumer), s.showsNone(s.override))
	s.after("platformRef switched back", func() { s.pointAt(s.central) },
		s.ready(name, s.central), s.shows(s.consumer, name, s.central, both...), s.shows(s.override, name, s.central))
	s.after("platformRef switched to nothing", func() { s.pointAt(&platform{world: s.other.world, name: "missing"}) },
		s.says(name, "False", "PlatformNotFound", "missing"), s.showsNone(s.consumer), s.showsNone(s.override))
	for _, user := range []*platform{s.consumer, s.override} {
		for name := range s.platforms.behind(user) {
			if name != s.central.name {
				s.Errorf("%s used %s for a while", user.name, name)
			}
		}
	}
}

// deleted deletes the platform behind the cluster platform, and claims it again.
func (s *sharing) deleted() {
	s.Helper()
	s.begin(both...)
	name := s.cluster.GetName()
	s.after("the platform deleted", func() { s.central.kubectl("delete", "sonataflowplatform", s.central.name, "--timeout=90s") },
		s.says(name, "False", "PlatformNotFound", ""), s.showsNone(s.consumer), s.showsNone(s.override))
	s.after("the platform claimed again", func() { s.enable(s.central, "dataIndex") },
		s.succeeds(s.central), s.ready(name, s.central), s.shows(s.consumer, name, s.central, "dataIndex"), s.shows(s.override, name, s.central))
}

// replaced adds a second cluster platform, which isn't active until the first one is
// deleted. Then it deletes the second one, too. No object of a platform is replaced
// meanwhile.
func (s *sharing) replaced() {
	s.Helper()
	s.enable(s.other, "dataIndex")
	s.other.awaitReady()
	s.begin(both...)
	first := s.cluster.GetName()
	check := s.steadyEverywhere()
	uses := s.shows(s.consumer, first, s.central, both...)
	before := uses.since()
	o, err := cluster.Get(s.Context(), kube.ClusterPlatforms, "", first)
	if err != nil {
		s.Fatal(err)
	}
	s.awaitAge(o)
	s.after("a second cluster platform, secondary", func() {
		o := referring(second, s.other)
		o.SetAnnotations(map[string]string{secondary: "true"})
		s.apply(o)
	}, s.ready(second, s.other))
	s.after("the second one not secondary", func() { s.kubectl("annotate", "sonataflowclusterplatform", second, secondary+"-") },
		s.says(second, "False", "Duplicated", first))
	if after := uses.since(); !after.Equal(before) {
		s.Errorf("a cluster platform that isn't active disturbed %s, which has used the active one since %s, and before since %s", s.consumer.name, after, before)
	}
	begin := time.Now()
	s.after("the first one deleted", func() { s.kubectl("delete", "sonataflowclusterplatform", first, "--timeout=90s") },
		s.ready(second, s.other),
		s.shows(s.consumer, second, s.other, "dataIndex"),
		s.shows(s.override, second, s.other))
	s.timings.add("the first one deleted", s.showsNone(s.consumer).during(begin), "how long "+s.consumer.name+" had no cluster platform")
	s.after("the second one deleted", func() { s.kubectl("delete", "sonataflowclusterplatform", second, "--timeout=90s") },
		s.showsNone(s.consumer), s.showsNone(s.override))
	s.expect("the second one deleted", s.showsNone(s.central), s.showsNone(s.other))
	check("cluster platforms came and went")
}

// steadyEverywhere returns a check that no object of any of the platforms was replaced
// since.
func (s *sharing) steadyEverywhere() func(while string) {
	s.Helper()
	platforms := []*platform{s.consumer, s.override, s.central, s.other}
	checks := make([]func(string), len(platforms))
	for i, p := range platforms {
		checks[i] = p.steady()
	}
	return func(while string) {
		s.Helper()
		for _, check := range checks {
			check(while)
		}
	}
}

// TestTwoPlatforms claims two platforms in a namespace: the older one is active. The
// younger one is a duplicate until the older one is deleted, or until the younger one is
// annotated as secondary.
func TestTwoPlatforms(t *testing.T) {
	needs(t, lookups, "platforms are looked up")
	t.Parallel()
	w := newWorld(t, "two-platforms")
	services := map[string]any{"services": map[string]any{"dataIndex": map[string]any{"enabled": true}}}
	table, claims, deployments := &timings{}, w.record(kube.Platforms, w.namespace), w.record(kube.Deployments, w.namespace)
	t.Cleanup(func() { table.log(t) })
	// The younger platform comes first by name.
	older := w.claim(w.newClaim("second", services))
	newer := &platform{world: w, name: "first"}
	is := func(p *platform, status, reason string) effect {
		return effect{who: p.name, in: claims, namespace: w.namespace, name: p.name, check: func(o *unstructured.Unstructured) error {
			return kube.Want(o, "Succeed", status, reason)
		}}
	}
	has := func(p *platform) effect {
		name := p.name + "-data-index-service"
		return effect{who: "Deployment of " + p.name, in: deployments, namespace: w.namespace, name: name, check: func(*unstructured.Unstructured) error { return nil }}
	}
	older.awaitReady()
	w.awaitAge(older.composite())

	check := w.steady()
	w.after(table, "a second claim", func() { w.claim(w.newClaim(newer.name, services)) }, is(newer, "False", "Duplicated"))
	newer.checkDuplicate(older)
	newer.reconcile()
	newer.checkDuplicate(older)
	check("a duplicate came")
	older.awaitReady()

	w.after(table, "the first claim deleted", func() { w.kubectl("delete", "sonataflowplatform", older.name, "--timeout=90s") },
		has(newer), is(newer, "True", "Succeeded"))
	newer.awaitReady()
	w.awaitGone(kube.Deployments, w.namespace, older.name+"-data-index-service")

	older, newer = newer, older
	w.claim(w.newClaim(newer.name, services))
	newer.awaitCondition("Succeed", "False", "Duplicated")
	newer.checkDuplicate(older)
	w.after(table, "the duplicate secondary", func() { w.kubectl("annotate", "sonataflowplatform", newer.name, secondary+"=true") },
		has(newer), is(newer, "True", "Succeeded"))
	newer.awaitReady()
	older.awaitReady()
	check = w.steady()
	w.after(table, "the secondary one not secondary", func() { w.kubectl("annotate", "sonataflowplatform", newer.name, secondary+"-") },
		is(newer, "False", "Duplicated"))
	newer.reconcile()
	check("a platform that was composed became a duplicate")
	older.awaitReady()
}

// awaitAge waits until an object is older than an object that is made now. Ages are
// counted in seconds.
func (w *world) awaitAge(o *unstructured.Unstructured) {
	w.Helper()
	w.await("a second to pass", soon, func(context.Context) error {
		if created := o.GetCreationTimestamp(); !time.Now().Truncate(time.Second).After(created.Time) {
			return fmt.Errorf("%s is as old as what is made now: %s", o.GetName(), created)
		}
		return nil
	})
}

// checkDuplicate fails the scenario unless a platform composes nothing and says which
// platform is active.
func (p *platform) checkDuplicate(elder *platform) {
	p.Helper()
	if message := kube.Conditions(p.claimed())["Succeed"].Message; !strings.Contains(message, elder.name) {
		p.Errorf("%s doesn't say that %s is the active platform: %q", p.name, elder.name, message)
	}
	if diff := cmp.Diff([]string{"SpecValid", "Succeed"}, p.reported()); diff != "" {
		p.Errorf("conditions of %s: -want, +got:\n%s", p.name, diff)
	}
	if composed := p.composed(); len(composed) > 0 {
		p.Errorf("%s, a duplicate, composed %v", p.name, composed)
	}
	for name := range p.inventory() {
		if strings.Contains(name, "/"+p.name+"-") {
			p.Errorf("%s, a duplicate, has %s", p.name, name)
		}
	}
	columns := p.columns()
	if columns["READY"] != "False" || columns["REASON"] != "Duplicated" {
		p.Errorf("kubectl prints of %s: %v", p.name, columns)
	}
}

// A recording has every state of the objects of a kind, with its time. Polling would find
// changes too late to time them, or not at all.
type recording struct {
	mu     sync.Mutex
	states []state
}

// A state has the objects since a time.
type state struct {
	since   time.Time
	objects map[types.NamespacedName]*unstructured.Unstructured
}

// record starts a recording of a namespace, or of all namespaces if it is empty. The
// recording ends with the scenario.
func (w *world) record(r kube.Resource, namespace string) *recording {
	w.Helper()
	out := &recording{}
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- cluster.Follow(ctx, r, namespace, func(objects map[types.UID]unstructured.Unstructured) {
			now := state{since: time.Now(), objects: map[types.NamespacedName]*unstructured.Unstructured{}}
			for _, o := range objects {
				now.objects[types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}] = &o
			}
			out.mu.Lock()
			defer out.mu.Unlock()
			out.states = append(out.states, now)
		})
	}()
	w.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !kerrors.IsTimeout(err) && !errors.Is(err, context.Canceled) {
			w.Error(err)
		}
	})
	w.await("a recording of "+string(r), soon, func(context.Context) error {
		if out.length() == 0 {
			return errors.New("it hasn't begun")
		}
		return nil
	})
	return out
}

func (r *recording) length() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.states)
}

// An effect is what a change does to one object.
type effect struct {
	who             string
	in              *recording
	namespace, name string
	// check returns an error until the object has the effect. The object exists.
	check func(*unstructured.Unstructured) error
}

// complaint returns why the effect isn't there now; nil if it is.
func (e effect) complaint() error {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	return e.against(e.in.states[len(e.in.states)-1])
}

// against returns why the effect isn't there in a state; nil if it is.
func (e effect) against(s state) error {
	o := s.objects[types.NamespacedName{Namespace: e.namespace, Name: e.name}]
	if o == nil {
		return fmt.Errorf("%s isn't there", e.name)
	}
	return e.check(o)
}

// since returns the time since which the effect is there without a break; zero if it
// isn't there now.
func (e effect) since() time.Time {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	var out time.Time
	for _, s := range slices.Backward(e.in.states) {
		if e.against(s) != nil {
			break
		}
		out = s.since
	}
	return out
}

// first returns the first time at which the effect was there; zero if it never was.
func (e effect) first() time.Time {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	for _, s := range e.in.states {
		if e.against(s) == nil {
			return s.since
		}
	}
	return time.Time{}
}

// during returns for how long, in total, the effect was there since a time.
func (e effect) during(begin time.Time) time.Duration {
	e.in.mu.Lock()
	defer e.in.mu.Unlock()
	var out time.Duration
	for i, s := range e.in.states[:len(e.in.states)-1] {
		if end := e.in.states[i+1].since; end.After(begin) && e.against(s) == nil {
			out += end.Sub(s.since)
		}
	}
	return out
}

// behind collects the names of all platforms that a platform has used.
func (r *recording) behind(user *platform) map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]bool{}
	for _, s := range r.states {
		if o := s.objects[types.NamespacedName{Namespace: user.namespace, Name: user.name}]; o != nil {
			if name, found, _ := unstructured.NestedString(usage(o), "platformRef", "name"); found {
				out[name] = true
			}
		}
	}
	return out
}

// expect waits until all effects are there, and returns since when each effect is there.
func (w *world) expect(after string, effects ...effect) []time.Time {
	w.Helper()
	since := make([]time.Time, len(effects))
	w.await("the effects of: "+after, noticed, func(context.Context) error {
		for i, e := range effects {
			if since[i] = e.since(); since[i].IsZero() {
				return fmt.Errorf("%s: %w", e.who, e.complaint())
			}
		}
		return nil
	})
	return since
}

// after makes a change, waits until all effects are there, and notes when each effect
// came.
func (w *world) after(table *timings, change string, do func(), effects ...effect) {
	w.Helper()
	for _, e := range effects {
		if e.complaint() == nil {
			w.Fatalf("%s: %s has the effect before the change", change, e.who)
		}
	}
	do()
	done := time.Now()
	for i, since := range w.expect(change, effects...) {
		table.add(change, since.Sub(done), effects[i].who)
	}
}

// timings are how long changes take to show. They are for people to read: the scenarios
// assert only that changes show.
type timings struct {
	rows []string
}

func (table *timings) add(change string, took time.Duration, who string) {
	table.rows = append(table.rows, fmt.Sprintf("%s\t%s\t%s", change, took.Round(10*time.Millisecond), who))
}

// log prints the table.
func (table *timings) log(t *testing.T) {
	t.Helper()
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "after kubectl returned from\tit took\tuntil it showed at\n"+strings.Join(table.rows, "\n"))
	_ = w.Flush()
	t.Logf("what showed before kubectl returned is negative\n%s", out.String())
}
