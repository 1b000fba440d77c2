// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// namespace is Crossplane's namespace.
	namespace = "crossplane-system"
	// webhooks is the Service of Crossplane's webhooks, and webhooksPort its port.
	webhooks     = "crossplane-webhooks"
	webhooksPort = "9443"
	// webhooksListen is the port of the process that serves them. The function listens on
	// the Service's port, at an address of its own; core listens on all addresses.
	webhooksListen = "9444"
)

// startCrossplane starts Crossplane and its RBAC manager as two service accounts with the
// rights that the Helm chart gives them. Core gets all other rights from what a user
// installs.
func (s *supervisor) startCrossplane(ctx context.Context) error {
	if err := s.applyChart(ctx); err != nil {
		return err
	}
	core, err := s.serviceAccount(ctx, namespace, "crossplane")
	if err != nil {
		return err
	}
	manager, err := s.serviceAccount(ctx, namespace, "rbac-manager")
	if err != nil {
		return err
	}

	cache := filepath.Join(s.Dir, "xpkg")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return fmt.Errorf("cannot make the cache of packages: %w", err)
	}
	env := []string{
		"KUBECONFIG=" + core, "POD_NAMESPACE=" + namespace, "POD_SERVICE_ACCOUNT=crossplane",
		"CRDS_PATH=" + filepath.Join(s.CoreModule, "cluster", "crds"),
		"WEBHOOK_CONFIGS_PATH=" + filepath.Join(s.CoreModule, "cluster", "webhookconfigurations"),
		"WEBHOOK_SERVICE_NAME=" + webhooks, "WEBHOOK_SERVICE_NAMESPACE=" + namespace, "WEBHOOK_SERVICE_PORT=" + webhooksPort,
		"WEBHOOK_PORT=" + webhooksListen,
		"TLS_CA_SECRET_NAME=crossplane-root-ca",
		"TLS_CLIENT_SECRET_NAME=crossplane-tls-client", "TLS_CLIENT_CERTS_DIR=" + filepath.Join(s.Dir, "tls-client"),
		"TLS_SERVER_SECRET_NAME=crossplane-tls-server", "TLS_SERVER_CERTS_DIR=" + filepath.Join(s.Dir, "tls-server"),
		"XPKG_CACHE_DIR=" + cache,
		// The RBAC manager's metrics have the default port.
		"METRICS_PORT=8082", "HEALTH_PROBE_PORT=8081",
	}
	// `core init` fails until the API server serves the kinds that it has just defined.
	// In a cluster, the kubelet restarts the init container.
	if err := s.await(ctx, "Crossplane's definitions", time.Minute, func(ctx context.Context) error {
		_, err := s.run(ctx, env, s.bin(s.core().tool), "core", "init", "--activation=*")
		return err
	}); err != nil {
		return err
	}
	for _, side := range []string{"tls-client", "tls-server"} {
		if err := s.writeTLS(ctx, "crossplane-"+side, filepath.Join(s.Dir, side)); err != nil {
			return err
		}
	}
	if err := s.expose(ctx, namespace, webhooks, webhooksPort, dialing("127.0.0.1:"+webhooksListen)); err != nil {
		return err
	}
	rbac, err := s.start("crossplane-rbac-manager", []string{"KUBECONFIG=" + manager}, s.bin(s.core().tool),
		"rbac", "start", "--provider-clusterrole=crossplane:allowed-provider-permissions")
	if err != nil {
		return err
	}
	p, err := s.start("crossplane", env, s.bin(s.core().tool), s.startCore()...)
	if err != nil {
		return err
	}
	return s.await(ctx, "Crossplane", time.Minute, serves("http://127.0.0.1:8081/readyz"), p, rbac)
}

// applyChart applies Crossplane's Helm chart without the Deployments, because the stack
// starts their processes itself.
func (s *supervisor) applyChart(ctx context.Context) error {
	chart, err := s.run(ctx, nil, s.bin("helm"), "template", "crossplane", filepath.Join(s.CoreModule, "cluster", "charts", "crossplane"), "--namespace="+namespace)
	if err != nil {
		return err
	}
	manifests := []string{"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: " + namespace + "\n"}
	for document := range strings.SplitSeq(chart, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			return fmt.Errorf("cannot parse Crossplane's chart: %w", err)
		}
		if o.Object != nil && o.GetKind() != "Deployment" {
			manifests = append(manifests, document)
		}
	}
	_, err = s.client.Kubectl(ctx, strings.Join(manifests, "\n---\n"), "apply", "--server-side", "--namespace="+namespace, "-f", "-")
	return err
}

// serviceAccount returns a kubeconfig of a service account.
func (s *supervisor) serviceAccount(ctx context.Context, namespace, name string) (string, error) {
	token, err := s.client.Kubectl(ctx, "", "create", "token", name, "--namespace="+namespace, "--duration=240h")
	if err != nil {
		return "", err
	}
	file := filepath.Join(s.Dir, name+".kubeconfig")
	return file, s.writeKubeconfig(file, &clientcmdapi.AuthInfo{Token: strings.TrimSpace(token)})
}

// writeTLS writes a Secret's certificates into a folder, as a volume would.
func (s *supervisor) writeTLS(ctx context.Context, name, dir string) error {
	secret, err := s.client.Get(ctx, kube.Secrets, namespace, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, key := range []string{"ca.crt", "tls.crt", "tls.key"} {
		text, _, err := unstructured.NestedString(secret.Object, "data", key)
		if err != nil {
			return err
		}
		value, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(value) == 0 {
			return fmt.Errorf("secret %s has no key %s yet", name, key)
		}
		if err := writeFile(filepath.Join(dir, key), value); err != nil {
			return err
		}
	}
	return nil
}
