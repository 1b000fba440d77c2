// SPDX-License-Identifier: Apache-2.0

// Package publish_test runs the containers of a composed build for real, but for Maven: it
// packs a stand-in for an application with the script of the container compile, pushes it with
// the publisher of the container publish, and takes the pushed image apart.
package publish_test

import (
	"archive/tar"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// golden is what the function composes for the example.
const golden = "../render/testdata/workflow-preview/first.yaml"

// Where the containers have their volumes, and the builder image its home.
const (
	stage       = "/stage"
	input       = "/input"
	credentials = "/credentials"
	home        = "/home/kogito"
)

// buildJob reads the composed Job.
func buildJob(t *testing.T) corev1.PodSpec {
	t.Helper()
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		job := &batchv1.Job{}
		if err := yaml.Unmarshal([]byte(document), job); err == nil && job.Kind == "Job" {
			return job.Spec.Template.Spec
		}
	}
	t.Fatalf("%s has no Job", golden)
	return corev1.PodSpec{}
}

// publisher compiles crane from the module that pins its version, and checks that it is the
// version of the composed image.
func publisher(t *testing.T, image string) string {
	t.Helper()
	const module = "../tools/crane"
	text, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`google/go-containerregistry (v\S+)`).FindSubmatch(text)
	if pinned == nil || !strings.HasSuffix(image, ":"+string(pinned[1])) {
		t.Fatalf("the composed publisher is %s, and the module %s has %s", image, module, pinned)
	}
	binary := filepath.Join(t.TempDir(), "crane")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-C", module, "-o", binary, "github.com/google/go-containerregistry/cmd/crane").CombinedOutput()
	if err != nil {
		t.Fatalf("cannot compile crane: %v\n%s", err, out)
	}
	return binary
}

// application writes what Quarkus leaves behind, and what the operator's Dockerfile leaves out.
func application(t *testing.T, folder string) {
	t.Helper()
	for path, content := range map[string]string{
		"lib/main/a.jar": "a", "lib/boot/b.jar": "b", "app/wf-1.0.jar": "app", "quarkus/generated-bytecode.jar": "q",
		"quarkus-run.jar": "run", "other.jar": "other", "quarkus-app-dependencies.txt": "left out",
	} {
		file := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

// pack runs the script of the container compile, in a root folder of its own that has the
// tools of this machine, and a stand-in for the builder's build-app.sh. It returns the layer.
func pack(t *testing.T, compile corev1.Container) string {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{stage, input + "/schemas", home + "/launch", home + "/serverless-workflow-project", "/proc", "/dev", "/usr", "/bin", "/lib", "/lib64", "/etc"} {
		if err := os.MkdirAll(root+folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for file, text := range map[string]string{"/wf.sw.json": "{}", "/schemas/a.json": "{}"} {
		if err := os.WriteFile(root+input+file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	application(t, root+"/prepared")
	// What the builder's script does with the folder that it is given, but for Maven.
	const stub = `#!/usr/bin/env bash
set -e
[ "$#" = 1 ] && [ -f "$1/wf.sw.json" ] && [ -f "$1/schemas/a.json" ]
mkdir -p /home/kogito/serverless-workflow-project/target
cp -r /prepared /home/kogito/serverless-workflow-project/target/quarkus-app
`
	if err := os.WriteFile(root+home+"/launch/build-app.sh", []byte(stub), 0o755); err != nil {
		t.Fatal(err)
	}
	const enter = `for folder in usr bin lib lib64 etc dev; do [ ! -e "/$folder" ] || mount --rbind "/$folder" "$0/$folder"; done; exec chroot "$0" "$@"`
	args := append([]string{"--user", "--map-root-user", "--mount", "bash", "-euc", enter, root}, append(compile.Command, compile.Args...)...)
	cmd := exec.CommandContext(t.Context(), "unshare", args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"}
	if out, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "unshare") || strings.Contains(string(out), "mount:") {
			t.Skipf("this machine has no user namespaces with mounts: %s", out)
		}
		t.Fatalf("the script of the container compile: %v\n%s", err, out)
	}
	return root + stage + "/app.tar"
}

// An entry is a file in a layer.
type entry struct {
	User, Group int
	Mode        int64
	Content     string
}

// entries reads an uncompressed layer.
func entries(t *testing.T, from io.Reader) map[string]entry {
	t.Helper()
	out := map[string]entry{}
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			out[h.Name] = entry{User: h.Uid, Group: h.Gid, Mode: h.Mode & 0o777, Content: string(content)}
		}
	}
}

// packed is what the layer of the stand-in has: what the operator's Dockerfile copies. The
// group has the rights of the user, because OpenShift runs pods with any user of group 0.
func packed() map[string]entry {
	out := map[string]entry{}
	for path, content := range map[string]string{
		"lib/main/a.jar": "a", "lib/boot/b.jar": "b", "app/wf-1.0.jar": "app", "quarkus/generated-bytecode.jar": "q", "quarkus-run.jar": "run", "other.jar": "other",
	} {
		out["deployments/"+path] = entry{User: 185, Group: 0, Mode: 0o660, Content: content}
	}
	return out
}

// TestCompileScript packs the application.
func TestCompileScript(t *testing.T) {
	t.Parallel()
	layer, err := os.Open(pack(t, buildJob(t).InitContainers[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = layer.Close() }()
	if diff := cmp.Diff(packed(), entries(t, layer)); diff != "" {
		t.Errorf("the layer: -want, +got:\n%s", diff)
	}
}

// A server is a registry on the loopback address.
type server struct {
	*httptest.Server

	host string
}

// serve starts a registry, with TLS and a password if asked for.
func serve(t *testing.T, secure bool, password string) server {
	t.Helper()
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, given, _ := r.BasicAuth(); given != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	})
	out := server{Server: httptest.NewUnstartedServer(guarded)}
	if secure {
		out.StartTLS()
	} else {
		out.Start()
	}
	t.Cleanup(out.Close)
	_, out.host, _ = strings.Cut(out.URL, "://")
	return out
}

// certificate is the server's own.
func (s server) certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// options are how this test itself reaches the registry.
func (s server) options(password string) []remote.Option {
	return []remote.Option{remote.WithTransport(s.Client().Transport), remote.WithAuth(&authn.Basic{Username: "user", Password: password})}
}

// runtimeImage pushes a stand-in for the runtime image, for two architectures.
func (s server) runtimeImage(t *testing.T, password string) (ref string, amd64 v1.Image) {
	t.Helper()
	index := v1.ImageIndex(empty.Index)
	for _, architecture := range []string{"arm64", "amd64"} {
		image, err := random.Image(1024, 2)
		if err != nil {
			t.Fatal(err)
		}
		file, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		file = file.DeepCopy()
		file.OS, file.Architecture = "linux", architecture
		file.Config = v1.Config{
			User: "185", Entrypoint: []string{"/opt/jboss/container/java/run/run-java.sh"}, WorkingDir: "/home/default",
			Env: []string{"PATH=/usr/bin", "JAVA_OPTS=of the base", "LANG=C.utf8"}, Labels: map[string]string{"of": "the base"}, ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		}
		if image, err = mutate.ConfigFile(image, file); err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
		if architecture == "amd64" {
			amd64 = image
		}
	}
	ref = s.host + "/ubi9/openjdk-17-runtime:1"
	parsed, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(parsed, index, s.options(password)...); err != nil {
		t.Fatal(err)
	}
	return ref, amd64
}

// folder writes files into a folder of its own.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	out := t.TempDir()
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(out, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestPublish runs the composed publisher against registries with and without TLS and a
// password, and takes the image apart.
func TestPublish(t *testing.T) {
	t.Parallel()
	pod := buildJob(t)
	container := pod.Containers[0]
	crane := publisher(t, container.Image)
	layer := filepath.Join(t.TempDir(), "app.tar")
	file, err := os.Create(layer)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(file)
	for _, path := range slices.Sorted(maps.Keys(packed())) {
		e := packed()[path]
		err = errors.Join(err, w.WriteHeader(&tar.Header{Name: path, Typeflag: tar.TypeReg, Uid: e.User, Gid: e.Group, Mode: e.Mode, Size: int64(len(e.Content))}))
		_, failed := w.Write([]byte(e.Content))
		err = errors.Join(err, failed)
	}
	if err = errors.Join(err, w.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	const password = "secret"
	login := func(host, password string) []byte {
		return fmt.Appendf(nil, `{"auths": {%q: {"username": "user", "password": %q}}}`, host, password)
	}
	cases := map[string]struct {
		reason string
		secure bool
		// locked tells that the registry wants the password; key is the key of the Secret, and
		// given is the password in it.
		locked     bool
		key, given string
		// trusted is a ConfigMap with the registry's certificate, insecure the platform's field.
		trusted, insecure bool
		want              string
	}{
		"Plain":           {reason: "Some registries have no TLS. On the loopback address, crane needs no permission."},
		"Insecure":        {reason: "TLS is no must with the permission.", insecure: true},
		"Trusted":         {reason: "The authority's certificate is that of the ConfigMap.", secure: true, trusted: true},
		"Untrusted":       {reason: "A certificate of an unknown authority is refused.", secure: true, want: "certificate"},
		"InsecureTLS":     {reason: "With the permission it isn't.", secure: true, insecure: true},
		"DockerConfig":    {reason: "A Secret of type kubernetes.io/dockerconfigjson has credentials.", locked: true, key: ".dockerconfigjson", given: password},
		"ConfigJSON":      {reason: "So has one with the file of Docker's clients.", locked: true, key: "config.json", given: password},
		"All":             {reason: "Registries have TLS and credentials.", secure: true, trusted: true, locked: true, key: ".dockerconfigjson", given: password},
		"InsecureLocked":  {reason: "Credentials work without TLS, too.", insecure: true, locked: true, key: "config.json", given: password},
		"WrongPassword":   {reason: "Wrong credentials are refused, and the message says so.", locked: true, key: ".dockerconfigjson", given: "wrong", want: "401"},
		"WithoutPassword": {reason: "Without credentials nothing is pushed.", locked: true, want: "401"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wanted := ""
			if tc.locked {
				wanted = password
			}
			s := serve(t, tc.secure, wanted)
			base, runtime := s.runtimeImage(t, wanted)
			target := s.host + "/ns1/wf:0123456789"

			args := slices.Clone(container.Args)
			args[1], args[slices.Index(args, "--append")+1], args[slices.Index(args, "--tag")+1] = base, layer, target
			if tc.insecure {
				args = append(args, "--insecure")
			}
			cmd := exec.CommandContext(t.Context(), crane, args...)
			cmd.Env = []string{"HOME=/nonexistent"}
			if tc.key != "" {
				mounted := folder(t, map[string][]byte{tc.key: login(s.host, tc.given)})
				for _, e := range container.Env {
					cmd.Env = append(cmd.Env, e.Name+"="+strings.Replace(e.Value, credentials, mounted, 1))
				}
			}
			if tc.trusted {
				cmd.Env = append(cmd.Env, "SSL_CERT_DIR="+folder(t, map[string][]byte{"ca.crt": s.certificate()}))
			}
			out, err := cmd.CombinedOutput()
			if tc.want != "" {
				if err == nil || !strings.Contains(string(out), tc.want) {
					t.Errorf("%s\nwant an error with %q, got %v\n%s", tc.reason, tc.want, err, out)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s\ncrane %s: %v\n%s", tc.reason, strings.Join(args, " "), err, out)
			}
			s.takeApart(t, target, wanted, runtime)
		})
	}
}

// takeApart compares a pushed image with its runtime image and its layer.
func (s server) takeApart(t *testing.T, target, password string, runtime v1.Image) {
	t.Helper()
	ref, err := name.ParseReference(target, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref, s.options(password)...)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	below, err := runtime.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) != len(below)+1 {
		t.Fatalf("want %d layers, got %d", len(below)+1, len(layers))
	}
	for i := range below {
		want, _ := below[i].Digest()
		if got, _ := layers[i].Digest(); got != want {
			t.Errorf("layer %d: want %s of the runtime image, got %s", i, want, got)
		}
	}
	last, err := layers[len(below)].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = last.Close() }()
	if diff := cmp.Diff(packed(), entries(t, last)); diff != "" {
		t.Errorf("the last layer: -want, +got:\n%s", diff)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := v1.Config{
		User: "185", Entrypoint: []string{"/opt/jboss/container/java/run/run-java.sh"}, WorkingDir: "/home/default", Labels: map[string]string{"of": "the base"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Env: []string{
			"PATH=/usr/bin", "JAVA_OPTS=-Dquarkus.http.host=0.0.0.0 -Djava.util.logging.manager=org.jboss.logmanager.LogManager", "LANG=C.utf8",
			"LANGUAGE=en_US:en", "AB_JOLOKIA_OFF=", "JAVA_APP_JAR=/deployments/quarkus-run.jar",
		},
	}
	if diff := cmp.Diff(want, file.Config); diff != "" {
		t.Errorf("the image's configuration: -want, +got:\n%s", diff)
	}
	if file.OS != "linux" || file.Architecture != "amd64" || len(file.RootFS.DiffIDs) != len(layers) {
		t.Errorf("want an image for linux/amd64 with %d layers, got %s/%s with %d", len(layers), file.OS, file.Architecture, len(file.RootFS.DiffIDs))
	}
}
