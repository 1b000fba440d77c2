// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	_ "embed" // Manifests.
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	registry = "127.0.0.1:5000"
	// repository is the repository of the packages, in their own registry and in the
	// stack's.
	repository = "sonataflow-crossplane"
	// function is the function's name when Crossplane installs it as a dependency of the
	// Configuration.
	function = "sonataflow-crossplane-function-sonataflow"
)

// FunctionAddress is the function's address. Nothing else listens there, because all
// functions listen on the same port.
const FunctionAddress = "127.0.1.1"

//go:embed manifests/imageconfig.yaml
var imageConfig string

// startRegistry starts a registry that has all packages.
func (s *supervisor) startRegistry(ctx context.Context) error {
	r, err := s.start("registry", nil, s.bin("crane"), "registry", "serve", "--address="+registry)
	if err != nil {
		return err
	}
	if err := s.await(ctx, "the registry", 30*time.Second, serves("http://"+registry+"/v2/"), r); err != nil {
		return err
	}
	functions, err := filepath.Glob(filepath.Join(s.Packages, "function-*.xpkg"))
	if err != nil {
		return err
	}
	for name, files := range map[string][]string{
		"function-sonataflow": functions,
		Claimed.name():        {filepath.Join(s.Packages, "configuration.xpkg")},
		Namespaced.name():     {filepath.Join(s.Packages, "configuration-namespaced.xpkg")},
	} {
		s.sayf("pushing %s:%s", name, s.Version)
		if _, err := s.run(ctx, nil, s.bin("crossplane"), "xpkg", "push", "-f", strings.Join(files, ","),
			registry+"/"+repository+"/"+name+":"+s.Version); err != nil {
			return err
		}
	}
	return nil
}

// install installs the packages as the README tells users to.
func (s *supervisor) install(ctx context.Context) error {
	manifests := []string{imageConfig}
	for _, file := range []string{"rbac.yaml", "rbac-knative.yaml"} {
		rbac, err := os.ReadFile(filepath.Join(s.Root, "example", "install", file))
		if err != nil {
			return err
		}
		manifests = append(manifests, string(rbac))
	}
	if err := s.client.Apply(ctx, strings.Join(manifests, "\n---\n")); err != nil {
		return err
	}
	if _, err := s.run(ctx, []string{"KUBECONFIG=" + s.Kubeconfig()}, s.bin("crossplane"), s.Form.Installation(s.Version)...); err != nil {
		return err
	}
	if err := s.await(ctx, "the function's certificates", 2*time.Minute, s.writeFunctionTLS); err != nil {
		return err
	}
	if err := s.startFunction(); err != nil {
		return err
	}
	if err := s.await(ctx, "healthy packages", 2*time.Minute, s.packagesHealthy, s.function); err != nil {
		return err
	}
	return s.await(ctx, "the definitions of platforms", 3*time.Minute, func(ctx context.Context) error {
		definitions, err := s.client.List(ctx, kube.Definitions, "")
		if err != nil {
			return err
		}
		for _, d := range definitions {
			if err := kube.Want(&d, "Established", "True", ""); err != nil {
				return err
			}
			// A definition without claimNames offers no claim.
			if _, claimed, _ := unstructured.NestedMap(d.Object, "spec", "claimNames"); !claimed {
				continue
			}
			if err := kube.Want(&d, "Offered", "True", ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// PushConfiguration pushes another version of the Configuration package: a version that
// the registry has, changed by edit. It is called within the stack's namespaces.
func (l *Layout) PushConfiguration(ctx context.Context, of, version string, edit func(manifests string) string) error {
	dir, err := os.MkdirTemp("", "configuration")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	name := registry + "/" + repository + "/" + l.Form.name()
	crossplane, content, file := l.bin("crossplane"), filepath.Join(dir, "content"), filepath.Join(dir, "configuration.xpkg")
	manifests, err := l.output(ctx, "bash", "-o", "pipefail", "-c", `crane export "$0" - | tar xO package.yaml`, name+":"+of)
	if err != nil {
		return err
	}
	if err := writeManifests(content, edit(manifests)); err != nil {
		return err
	}
	if _, err := l.output(ctx, crossplane, "xpkg", "build", "-f", content, "-o", file); err != nil {
		return err
	}
	_, err = l.output(ctx, crossplane, "xpkg", "push", "-f", file, name+":"+version)
	return err
}

// output runs a command with the stack's tools and returns what it prints.
func (l *Layout) output(ctx context.Context, binary string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = l.Environment()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(binary), strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// writeManifests writes the manifests of a package, which are in one document stream,
// into a folder. `xpkg build` wants the package's metadata in crossplane.yaml, and takes
// other files under any name.
func writeManifests(dir, manifests string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for i, document := range strings.Split("\n"+manifests, "\n---\n") {
		file := fmt.Sprintf("%d.yaml", i)
		if strings.Contains(document, "apiVersion: meta.pkg.crossplane.io/") {
			file = "crossplane.yaml"
		}
		if strings.TrimSpace(document) == "" {
			continue
		}
		if err := writeFile(filepath.Join(dir, file), []byte(document)); err != nil {
			return err
		}
	}
	return nil
}

func (s *supervisor) packagesHealthy(ctx context.Context) error {
	for _, r := range []kube.Resource{kube.Configurations, kube.Functions} {
		packages, err := s.client.List(ctx, r, "")
		if err != nil {
			return err
		}
		if len(packages) != 1 {
			return fmt.Errorf("want one of %s, got %d", r, len(packages))
		}
		for _, condition := range []string{"Installed", "Healthy"} {
			if err := kube.Want(&packages[0], condition, "True", ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeFunctionTLS writes the certificates that Crossplane makes for the function.
func (s *supervisor) writeFunctionTLS(ctx context.Context) error {
	revisions, err := s.client.List(ctx, kube.FunctionRevisions, "")
	if err != nil {
		return err
	}
	for _, revision := range revisions {
		if revision.GetLabels()["pkg.crossplane.io/package"] != function {
			continue
		}
		secret, _, err := unstructured.NestedString(revision.Object, "spec", "tlsServerSecretName")
		if err != nil {
			return err
		}
		return s.writeTLS(ctx, secret, filepath.Join(s.Dir, "tls-function"))
	}
	return fmt.Errorf("there is no revision of %s yet", function)
}

// startFunction starts the function's process. Its pod is only an object, like all pods
// here.
func (s *supervisor) startFunction() error {
	args := []string{"--address=" + FunctionAddress + ":9443", "--metrics-address=" + FunctionAddress + ":8090"}
	if !s.Plain {
		args = append(args, "--debug") // Logs every request.
	}
	p, err := s.start("function", []string{"TLS_SERVER_CERTS_DIR=" + filepath.Join(s.Dir, "tls-function")},
		filepath.Join(s.Packages, runtime.GOARCH, "function"), args...)
	if err != nil {
		return err
	}
	s.function = p
	return nil
}

// hosts is the file of host names. Crossplane finds the function by the name of its
// Service, which no DNS server knows.
func hosts() []byte {
	return []byte("127.0.0.1 localhost\n" + FunctionAddress + " " + function + "." + namespace + "\n")
}
