// SPDX-License-Identifier: Apache-2.0

// Package xpkg_test opens the packages that `make xpkg` built, and checks their contents,
// as Crossplane reads them.
package xpkg_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const (
	root         = "../.."
	packages     = root + "/.cache/xpkg"
	registry     = "ghcr.io"
	functionRepo = "sonataflow-crossplane/function-sonataflow"
	versionLabel = "org.opencontainers.image.version"
)

// An object has the fields that these tests read, of all kinds in a package.
type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		// Meta.
		Capabilities []string `json:"capabilities"`
		DependsOn    []struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Package    string `json:"package"`
			Version    string `json:"version"`
		} `json:"dependsOn"`

		// Composition.
		Pipeline []struct {
			FunctionRef struct {
				Name string `json:"name"`
			} `json:"functionRef"`
		} `json:"pipeline"`

		// CustomResourceDefinition.
		Group string `json:"group"`
		Names struct {
			Kind string `json:"kind"`
		} `json:"names"`
	} `json:"spec"`
}

func (o object) id() string { return o.Kind + " " + o.Metadata.Name }

// A pkg is an opened .xpkg file.
type pkg struct {
	objects []object
	files   map[string]fs.FileMode // of all layers
	config  struct {               // The image format's names start with a capital; encoding/json doesn't mind.
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
		Config       struct {
			Entrypoint []string          `json:"entrypoint"`
			User       string            `json:"user"`
			Labels     map[string]string `json:"labels"`
		} `json:"config"`
	}
}

func TestFunction(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			p := open(t, "function-"+arch+".xpkg")

			meta := metaOf(t, p, "Function")
			if diff := cmp.Diff([]string{"composition"}, meta.Spec.Capabilities); diff != "" {
				t.Errorf("capabilities: -want, +got:\n%s", diff)
			}
			var content []string
			for _, o := range p.objects {
				if o.Kind != "Function" {
					content = append(content, o.Kind+" "+o.Spec.Group+" "+o.Spec.Names.Kind)
				}
			}
			if diff := cmp.Diff([]string{"CustomResourceDefinition sonataflow.fn.crossplane.io Input"}, content); diff != "" {
				t.Errorf("content: -want, +got:\n%s", diff)
			}

			if p.config.OS != "linux" || p.config.Architecture != arch {
				t.Errorf("platform: want linux/%s, got %s/%s", arch, p.config.OS, p.config.Architecture)
			}
			if diff := cmp.Diff([]string{"/function"}, p.config.Config.Entrypoint); diff != "" {
				t.Errorf("entrypoint: -want, +got:\n%s", diff)
			}
			if mode, ok := p.files["function"]; !ok || mode.Perm() != 0o755 {
				t.Errorf("the image's function: present %v, mode %s", ok, mode)
			}
			if !regexp.MustCompile(`^[1-9]\d*(:[1-9]\d*)?$`).MatchString(p.config.Config.User) {
				t.Errorf("user %q: want a number other than root's", p.config.Config.User)
			}
		})
	}
}

// configurations returns the packages of the API's forms, with the folders that they are
// built from.
func configurations() map[string]string {
	return map[string]string{"configuration.xpkg": "apis/*", "configuration-namespaced.xpkg": "apis/namespaced/*"}
}

func TestConfiguration(t *testing.T) {
	for file, folders := range configurations() {
		t.Run(file, func(t *testing.T) { testConfiguration(t, file, folders) })
	}
}

func testConfiguration(t *testing.T, file, folders string) {
	t.Helper()
	p := open(t, file)
	meta := metaOf(t, p, "Configuration")

	got := map[string]bool{}
	for _, o := range p.objects {
		if o.Kind != "Configuration" {
			got[o.id()] = true
		}
	}
	want := map[string]bool{}
	for _, file := range glob(t, folders+"/definition.yaml", folders+"/composition.yaml") {
		for _, o := range parse(t, read(t, file)) {
			want[o.id()] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("content: -apis/, +package:\n%s", diff)
	}

	if len(meta.Spec.DependsOn) != 1 {
		t.Fatalf("want one dependency, got %v", meta.Spec.DependsOn)
	}
	dep := meta.Spec.DependsOn[0]
	if dep.APIVersion != "pkg.crossplane.io/v1" || dep.Kind != "Function" || dep.Package != registry+"/"+functionRepo {
		t.Errorf("dependency: got %+v", dep)
	}
	release := open(t, "function-amd64.xpkg").config.Config.Labels[versionLabel]
	if release == "" || dep.Version != ">="+release {
		t.Errorf("dependency's version: got %q, the function is %q", dep.Version, release)
	}
}

// TestFunctionName checks that every file gives the function the name that Crossplane
// gives it when it installs it as a dependency.
func TestFunctionName(t *testing.T) {
	want := dnsLabel(functionRepo)
	objects := slices.Concat(open(t, "configuration.xpkg").objects, open(t, "configuration-namespaced.xpkg").objects)
	for _, o := range objects {
		if o.Kind != "Composition" {
			continue
		}
		if len(o.Spec.Pipeline) == 0 {
			t.Errorf("%s has no pipeline", o.id())
		}
		for _, step := range o.Spec.Pipeline {
			if got := step.FunctionRef.Name; got != want {
				t.Errorf("%s: functionRef.name: want %q, got %q", o.id(), want, got)
			}
		}
	}
	for _, o := range parse(t, read(t, filepath.Join(root, "example/functions.yaml"))) {
		if o.Metadata.Name != want {
			t.Errorf("example/functions.yaml: want %q, got %q", want, o.Metadata.Name)
		}
	}
}

// TestMarketplace checks the annotations that a marketplace shows.
func TestMarketplace(t *testing.T) {
	icon := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(read(t, filepath.Join(root, "package/icon.svg")))
	for file, kind := range map[string]string{"function-amd64.xpkg": "Function", "configuration.xpkg": "Configuration", "configuration-namespaced.xpkg": "Configuration"} {
		a := metaOf(t, open(t, file), kind).Metadata.Annotations
		for _, name := range []string{
			"friendly-name.meta.crossplane.io",
			"meta.crossplane.io/maintainer",
			"meta.crossplane.io/source",
			"meta.crossplane.io/license",
			"meta.crossplane.io/description",
			"meta.crossplane.io/readme",
		} {
			if a[name] == "" {
				t.Errorf("%s: no %s", file, name)
			}
		}
		if a["meta.crossplane.io/iconURI"] != icon {
			t.Errorf("%s: its icon is not package/icon.svg", file)
		}
	}
}

// dnsLabel is Crossplane's rule for the name of a package that is installed as
// a dependency: its repository's path as a DNS label.
// https://github.com/crossplane/crossplane-runtime/blob/v2.4.0/pkg/xpkg/name.go#L86
func dnsLabel(repository string) string {
	label := regexp.MustCompile(`[./:]`).ReplaceAllString(repository, "-")
	label = regexp.MustCompile(`[^a-z0-9-]`).ReplaceAllString(label, "")
	return strings.Trim(label[:min(len(label), 63)], "-")
}

// metaOf finds a package's only meta object.
func metaOf(t *testing.T, p pkg, kind string) object {
	t.Helper()
	var metas []object
	for _, o := range p.objects {
		if strings.HasPrefix(o.APIVersion, "meta.pkg.crossplane.io/") {
			metas = append(metas, o)
		}
	}
	if len(metas) != 1 || metas[0].Kind != kind {
		t.Fatalf("want one meta object, a %s; got %v", kind, metas)
	}
	return metas[0]
}

// open opens a package: a tar file with a manifest, a configuration and layers.
func open(t *testing.T, name string) pkg {
	t.Helper()
	image := untar(t, bytes.NewReader(read(t, filepath.Join(packages, name))))

	var manifests []struct {
		Config string   `json:"config"`
		Layers []string `json:"layers"`
	}
	if err := json.Unmarshal(image["manifest.json"].content, &manifests); err != nil || len(manifests) != 1 {
		t.Fatalf("%s: want one manifest, got %d: %v", name, len(manifests), err)
	}
	p := pkg{files: map[string]fs.FileMode{}}
	if err := json.Unmarshal(image[manifests[0].Config].content, &p.config); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, layer := range manifests[0].Layers {
		z, err := gzip.NewReader(bytes.NewReader(image[layer].content))
		if err != nil {
			t.Fatalf("%s: layer %s: %v", name, layer, err)
		}
		for path, f := range untar(t, z) {
			p.files[path] = f.mode
			if path == "package.yaml" {
				p.objects = parse(t, f.content)
			}
		}
	}
	return p
}

type file struct {
	mode    fs.FileMode
	content []byte
}

func untar(t *testing.T, r io.Reader) map[string]file {
	t.Helper()
	files := map[string]file{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(h.Name, "./")] = file{h.FileInfo().Mode(), b}
	}
}

func parse(t *testing.T, stream []byte) []object {
	t.Helper()
	var objects []object
	for _, doc := range regexp.MustCompile(`(?m)^---.*$`).Split(string(stream), -1) {
		o := object{}
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatal(err)
		}
		if o.Kind != "" {
			objects = append(objects, o)
		}
	}
	return objects
}

func glob(t *testing.T, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(root, p))
		if err != nil || len(found) == 0 {
			t.Fatalf("nothing is at %s: %v", p, err)
		}
		files = append(files, found...)
	}
	return files
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, packages) {
		t.Fatalf("%v: `make xpkg` builds it", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWeight limits the size of the package, which every node downloads, and of the
// binary, which every pod of the function maps into memory. A single import can make the
// binary half as large again: .golangci.yml names such packages.
func TestWeight(t *testing.T) {
	t.Parallel()
	const mebibyte = 1 << 20
	for _, arch := range []string{"amd64", "arm64"} {
		for file, most := range map[string]int64{
			filepath.Join(packages, "function-"+arch+".xpkg"): 10 * mebibyte,
			filepath.Join(packages, arch, "function"):         22 * mebibyte,
		} {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatalf("run `make xpkg`: %v", err)
			}
			if info.Size() > most {
				t.Errorf("%s has %d bytes, want at most %d: `go tool nm -size -sort size` tells what they are", file, info.Size(), most)
			}
		}
	}
}
