// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	configurationRevisions kube.Resource = "pkg.crossplane.io/v1/configurationrevisions"
	compositions           kube.Resource = "apiextensions.crossplane.io/v1/compositions"
	compositionRevisions   kube.Resource = "apiextensions.crossplane.io/v1/compositionrevisions"

	// nextTag is the default tag of all images in the next version.
	nextTag = "10.99.0"
)

// TestUpgrade updates the Configuration package as a user does: to a version with another
// number and the same content, to a version with another tag of the images, and back. A
// platform follows each update, and a pinned platform follows when its pin is moved.
//
// All scenarios use the package that is updated. They aren't disturbed, because this one
// isn't parallel and restores the version that it found. In a stack that was running
// before, platforms of other namespaces are updated too.
func TestUpgrade(t *testing.T) {
	followed, held := newWorld(t, "upgrade"), newWorld(t, "upgrade-pinned")
	installed := installedVersion(t)
	restored := false
	t.Cleanup(func() {
		if !restored {
			update(context.WithoutCancel(t.Context()), t, installed)
		}
	})
	services := map[string]any{"dataIndex": map[string]any{"enabled": true}, "jobService": map[string]any{"enabled": true}}
	automatic := followed.claim(followed.newClaim("automatic", map[string]any{"services": services}))
	first := latestRevision(t.Context(), t)
	pinned := func(revision string) *platform {
		claim := held.newClaim("pinned", map[string]any{"services": services})
		api.choose(t, claim, "Manual", "compositionUpdatePolicy")
		api.choose(t, claim, revision, "compositionRevisionRef", "name")
		return held.claim(claim)
	}
	manual := pinned(first)
	automatic.awaitReady()
	manual.awaitReady()
	before, beforeHeld := followed.contents(), held.contents()

	// A release that changes no default changes no object. Crossplane takes the version
	// that is installed last for the latest.
	same, next := installed+"-next.1", installed+"-next.2"
	if err := layout.PushConfiguration(t.Context(), installed, same, func(manifests string) string {
		return strings.Replace(manifests, "friendly-name.meta.crossplane.io: SonataFlow", "friendly-name.meta.crossplane.io: SonataFlow again", 1)
	}); err != nil {
		t.Fatal(err)
	}
	update(t.Context(), t, same)
	if got := latestRevision(t.Context(), t); got != first {
		t.Errorf("a package with the same Composition made another revision: %s, it was %s", got, first)
	}
	automatic.awaitReady()
	if got := changes(before, followed.contents()); len(got) > 0 {
		t.Errorf("a package with the same Composition changed\n%s", strings.Join(got, "\n"))
	}

	// A release with newer images.
	if err := layout.PushConfiguration(t.Context(), installed, next, func(manifests string) string {
		return strings.Replace(manifests, `tag: ""`, "tag: "+nextTag, 1)
	}); err != nil {
		t.Fatal(err)
	}
	update(t.Context(), t, next)
	var second string
	followed.await("another revision of the Composition", soon, func(ctx context.Context) error {
		if second = latestRevision(ctx, t); second == first {
			return fmt.Errorf("there is only %s", first)
		}
		return nil
	})
	automatic.awaitTag(nextTag)
	automatic.awaitReady()
	if diff := cmp.Diff(changedByTag("automatic"), changes(before, followed.contents())); diff != "" {
		t.Errorf("what an update of the images changes: -want, +got:\n%s", diff)
	}
	for _, name := range []string{"automatic-data-index-service", "automatic-jobs-service"} {
		if got := followed.get(kube.Deployments, name).GetAnnotations()["deployment.kubernetes.io/revision"]; got != "2" {
			t.Errorf("%s is at revision %s, want 2: one update, one rollout", name, got)
		}
	}

	// Crossplane knows the new revision, because the other platform has it. A reconcile
	// of the pinned platform must not change it.
	manual.reconcile()
	if got := changes(beforeHeld, held.contents()); len(got) > 0 {
		t.Errorf("the update changed a platform that is pinned to %s:\n%s", first, strings.Join(got, "\n"))
	}
	if got := manual.revision(); got != first {
		t.Errorf("the composite that is pinned to %s is of %s", first, got)
	}
	pinned(second)
	manual.awaitTag(nextTag)
	manual.awaitReady()
	if diff := cmp.Diff(changedByTag("pinned"), changes(beforeHeld, held.contents())); diff != "" {
		t.Errorf("what moving the pin changes: -want, +got:\n%s", diff)
	}

	if testing.Short() {
		// Platforms get a new revision at once. A revision that is the latest again
		// reaches them only when Crossplane looks at them next, once a minute.
		return
	}
	// Back: the first revision is the latest again, and all objects are as before.
	update(t.Context(), t, installed)
	restored = true
	followed.await("the first revision to be the latest", soon, func(ctx context.Context) error {
		if got := latestRevision(ctx, t); got != first {
			return fmt.Errorf("it is %s", got)
		}
		return nil
	})
	automatic.awaitTag("")
	automatic.awaitReady()
	if got := changes(before, followed.contents()); len(got) > 0 {
		t.Errorf("the first version doesn't bring the objects back:\n%s", strings.Join(got, "\n"))
	}
	if got := manual.revision(); got != second {
		t.Errorf("the composite that is pinned to %s is of %s", second, got)
	}
}

// installedVersion returns the version of the Configuration that the cluster has.
func installedVersion(t *testing.T) string {
	t.Helper()
	o, err := cluster.Get(t.Context(), kube.Configurations, "", api.Configuration())
	if err != nil {
		t.Fatal(err)
	}
	source, _, _ := unstructured.NestedString(o.Object, "spec", "package")
	version, found := strings.CutPrefix(source, api.Package()+":")
	if !found {
		t.Fatalf("the Configuration is %s", source)
	}
	return version
}

// update updates the Configuration as a user does, and waits until the version's revision
// is the only active one, and the Composition belongs to it.
func update(ctx context.Context, t *testing.T, version string) {
	t.Helper()
	source := api.Package() + ":" + version
	cmd := exec.CommandContext(ctx, "crossplane", "xpkg", "update", "configuration", source, api.Configuration())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", cmd, err, out)
	}
	if err := kube.Await(ctx, "the Configuration's version "+version, noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.Configurations, "", api.Configuration())
		if err != nil {
			return err
		}
		for _, condition := range []string{"Installed", "Healthy"} {
			if err := kube.Want(o, condition, "True", ""); err != nil {
				return err
			}
		}
		revisions, err := cluster.List(ctx, configurationRevisions, "")
		if err != nil {
			return err
		}
		current, _, _ := unstructured.NestedString(o.Object, "status", "currentRevision")
		// A version that was active before gets another revision.
		found := false
		for _, r := range revisions {
			image, _, _ := unstructured.NestedString(r.Object, "spec", "image")
			state, _, _ := unstructured.NestedString(r.Object, "spec", "desiredState")
			if active := r.GetName() == current && image == source; active != (state == "Active") {
				return fmt.Errorf("revision %s of %s is %s, the current one is %s", r.GetName(), image, state, current)
			} else if !active {
				continue
			}
			found = true
			if err := kube.Want(&r, "RevisionHealthy", "True", ""); err != nil {
				return err
			}
		}
		if !found {
			return fmt.Errorf("there is no revision %s yet", current)
		}
		c, err := cluster.Get(ctx, compositions, "", api.composition)
		if err != nil {
			return err
		}
		for _, owner := range c.GetOwnerReferences() {
			if owner.Controller != nil && *owner.Controller && owner.Name == current {
				return nil
			}
		}
		return fmt.Errorf("the Composition isn't that of %s", current)
	}); err != nil {
		t.Fatal(err)
	}
}

// latestRevision returns the name of the latest CompositionRevision of platforms.
func latestRevision(ctx context.Context, t *testing.T) string {
	t.Helper()
	revisions, err := cluster.List(ctx, compositionRevisions, "")
	if err != nil {
		t.Fatal(err)
	}
	name, latest := "", int64(0)
	for _, r := range revisions {
		number, _, _ := unstructured.NestedInt64(r.Object, "spec", "revision")
		if r.GetLabels()["crossplane.io/composition-name"] == api.composition && number > latest {
			name, latest = r.GetName(), number
		}
	}
	return name
}

// revision returns the CompositionRevision that the platform's composite uses.
func (p *platform) revision() string {
	p.Helper()
	name, _, _ := unstructured.NestedString(p.composite().Object, api.own("compositionRevisionRef", "name")...)
	return name
}

// awaitTag waits until the images of a platform's services have a tag, and the rollout is
// observed. An empty tag stands for any tag but nextTag.
func (p *platform) awaitTag(tag string) {
	p.Helper()
	p.await("images of "+p.name+" with the tag "+tag, noticed, func(ctx context.Context) error {
		deployments, err := cluster.List(ctx, kube.Deployments, p.namespace)
		if err != nil {
			return err
		}
		if len(deployments) != 2 {
			return fmt.Errorf("there are %d Deployments", len(deployments))
		}
		for _, d := range deployments {
			containers, _, _ := unstructured.NestedSlice(d.Object, "spec", "template", "spec", "containers")
			image := fmt.Sprint(containers[0].(map[string]any)["image"])
			if strings.HasSuffix(image, ":"+nextTag) != (tag == nextTag) {
				return fmt.Errorf("%s has %s", d.GetName(), image)
			}
			observed, _, _ := unstructured.NestedInt64(d.Object, "status", "observedGeneration")
			if observed != d.GetGeneration() {
				return fmt.Errorf("%s isn't rolled out", d.GetName())
			}
		}
		return nil
	})
}

// reconcile makes Crossplane reconcile a platform at once instead of once a minute, and
// waits until the result is applied.
func (p *platform) reconcile() {
	p.Helper()
	composite := p.composite()
	log, err := os.Open(filepath.Join(layout.Logs(), "crossplane.log"))
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	// The log's earlier lines are about earlier reconciles.
	if _, err := log.Seek(0, io.SeekEnd); err != nil {
		p.Fatal(err)
	}
	// The annotation has never had this value.
	mark := "e2e/reconciled-after=" + composite.GetResourceVersion()
	version, err := cluster.Kubectl(p.Context(), "", "annotate", "--overwrite", composite.GetKind(), composite.GetName(), "--namespace="+composite.GetNamespace(), mark, "--output=jsonpath={.metadata.resourceVersion}")
	if err != nil {
		p.Fatal(err)
	}
	lines := bufio.NewReader(log)
	var line string
	p.await("Crossplane to look at "+p.name, noticed, func(context.Context) error {
		for {
			// The end of the last line may not have been written yet.
			part, err := lines.ReadString('\n')
			line += part
			if err != nil {
				return fmt.Errorf("it hasn't since version %s of the composite: %w", version, err)
			}
			if composed(line, composite.GetUID(), version) {
				return nil
			}
			line = ""
		}
	})
}

// composed tells whether a line of Crossplane's log says that Crossplane has applied
// everything for a composite in a version or a later one.
func composed(line string, composite types.UID, version string) bool {
	fields := strings.SplitN(line, "\t", 5)
	if len(fields) < 5 || fields[3] != "Successfully composed resources" {
		return false
	}
	var about struct {
		UID     types.UID `json:"uid"`
		Version string    `json:"version"`
	}
	if err := json.Unmarshal([]byte(fields[4]), &about); err != nil || about.UID != composite {
		return false
	}
	after, err := resourceversion.CompareResourceVersion(about.Version, version)
	return err == nil && after >= 0
}

// contents returns all fields of a platform's objects, by object and field, without the
// fields that the cluster writes.
func (w *world) contents() map[string]string {
	w.Helper()
	out := map[string]string{}
	for kind, r := range resources {
		objects, err := cluster.List(w.Context(), r, w.namespace)
		if kerrors.IsNotFound(err) {
			continue // Knative isn't installed.
		}
		if err != nil {
			w.Fatal(err)
		}
		for _, o := range objects {
			for _, field := range [][]string{{"status"}, {"metadata", "managedFields"}, {"metadata", "resourceVersion"}, {"metadata", "generation"}, {"metadata", "annotations", "deployment.kubernetes.io/revision"}} {
				unstructured.RemoveNestedField(o.Object, field...)
			}
			flatten(kind+"/"+o.GetName(), o.Object, out)
		}
	}
	return out
}

// flatten notes every value that has no fields itself.
func flatten(path string, value any, into map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, field := range value {
			flatten(path+" "+key, field, into)
		}
	case []any:
		for i, item := range value {
			flatten(fmt.Sprintf("%s %d", path, i), item, into)
		}
	default:
		into[path] = fmt.Sprint(value)
	}
}

// changes lists what differs in contents, sorted.
func changes(before, after map[string]string) []string {
	all := maps.Clone(before)
	maps.Copy(all, after)
	maps.DeleteFunc(all, func(path, _ string) bool {
		was, had := before[path]
		is, has := after[path]
		return had == has && was == is
	})
	return slices.Sorted(maps.Keys(all))
}

// changedByTag lists the fields that another tag of the images changes in a platform with
// both services: the images, and the labels with the version. Everything else stays.
func changedByTag(platform string) []string {
	const version = " metadata labels app.kubernetes.io/version"
	services := []string{"-data-index-service", "-jobs-service"}
	out := make([]string, 0, 6*len(services))
	for _, service := range services {
		deployment := "Deployment/" + platform + service
		out = append(out,
			"ConfigMap/"+platform+service+"-props"+version,
			"Service/"+platform+service+version,
			deployment+version,
			deployment+" metadata annotations "+specChecksum,
			deployment+" spec template"+version,
			deployment+" spec template spec containers 0 image",
		)
	}
	slices.Sort(out)
	return out
}
