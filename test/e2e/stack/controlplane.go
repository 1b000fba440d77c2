// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	_ "embed" // Manifests.
	"fmt"
	"path/filepath"
	"time"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	etcd      = "http://127.0.0.1:2379"
	apiServer = "https://127.0.0.1:6443"
)

//go:embed manifests/node.yaml
var nodeManifest string

//go:embed manifests/stages.yaml
var stages []byte

// startControlPlane starts Kubernetes, without a kubelet that runs containers.
func (s *supervisor) startControlPlane(ctx context.Context) error {
	if err := s.writePKI(); err != nil {
		return fmt.Errorf("cannot make certificates: %w", err)
	}
	store, err := s.start("etcd", nil, s.bin("etcd"),
		"--data-dir="+filepath.Join(s.Dir, "etcd"), "--listen-client-urls="+etcd, "--advertise-client-urls="+etcd,
		"--listen-peer-urls=http://127.0.0.1:2380",
		// The data needn't survive a power failure.
		"--unsafe-no-fsync")
	if err != nil {
		return err
	}
	if err := s.await(ctx, "etcd", 30*time.Second, serves(etcd+"/health"), store); err != nil {
		return err
	}

	file := func(name string) string { return filepath.Join(s.Dir, name) }
	api, err := s.start("kube-apiserver", nil, s.bin("kubernetes/kube-apiserver"),
		"--etcd-servers="+etcd, "--secure-port=6443", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		// Endpoints must not be loopback addresses.
		"--endpoint-reconciler-type=none", "--service-cluster-ip-range="+serviceRange,
		"--authorization-mode=Node,RBAC", "--client-ca-file="+file(authorityFile),
		"--tls-cert-file="+file(serverFile), "--tls-private-key-file="+file(serverKeyFile),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+file(accountKeyFile), "--service-account-signing-key-file="+file(accountKeyFile))
	if err != nil {
		return err
	}
	if s.client, err = kube.NewClient(s.Kubeconfig(), s.bin("kubernetes/kubectl")); err != nil {
		return err
	}
	if err := s.await(ctx, "the API server", time.Minute, func(ctx context.Context) error {
		_, err := s.client.Kubectl(ctx, "", "get", "--raw=/readyz")
		return err
	}, api); err != nil {
		return err
	}

	if _, err := s.start("kube-controller-manager", nil, s.bin("kubernetes/kube-controller-manager"),
		"--kubeconfig="+s.Kubeconfig(), "--leader-elect=false", "--bind-address=127.0.0.1",
		// There are no metrics to scale by. Autoscalers keep to their minimum and maximum.
		"--horizontal-pod-autoscaler-sync-period=2s",
		"--use-service-account-credentials", "--kube-api-qps=200", "--kube-api-burst=400",
		"--root-ca-file="+file(authorityFile), "--service-account-private-key-file="+file(accountKeyFile)); err != nil {
		return err
	}
	if _, err := s.start("kube-scheduler", nil, s.bin("kubernetes/kube-scheduler"),
		"--kubeconfig="+s.Kubeconfig(), "--leader-elect=false", "--bind-address=127.0.0.1"); err != nil {
		return err
	}
	return s.startNode(ctx)
}

// startNode starts kwok, which plays a node and its kubelet.
func (s *supervisor) startNode(ctx context.Context) error {
	config := filepath.Join(s.Dir, "stages.yaml")
	if err := writeFile(config, stages); err != nil {
		return err
	}
	kwok, err := s.start("kwok", nil, s.bin("kwok"),
		"--kubeconfig="+s.Kubeconfig(), "--config="+config,
		"--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", "--node-lease-duration-seconds=40")
	if err != nil {
		return err
	}
	if err := s.client.Apply(ctx, nodeManifest); err != nil {
		return err
	}
	return s.await(ctx, "the node", time.Minute, func(ctx context.Context) error {
		node, err := s.client.Get(ctx, kube.Nodes, "", "node")
		if err != nil {
			return err
		}
		return kube.Want(node, "Ready", "True", "")
	}, kwok)
}
