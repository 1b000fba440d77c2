// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	_ "embed" // Manifests.
	"errors"
	"path/filepath"
	"slices"
)

// serving is Knative Serving: its webhook, its controllers and its autoscaler, which decide
// all that the objects of a Knative Service say. Its activator and its queue proxies only pass
// requests on to containers. Nothing passes requests on here, because no container runs, so
// the Deployment of the activator is a record, and a network layer (Kourier, Istio, Contour)
// would configure proxies that aren't there. kwok plays the network layer's controller: it
// says of each Ingress that it is ready.
func serving() system {
	const (
		module, networking, caching = "knative.dev/serving", "knative.dev/networking", "knative.dev/caching"
		// account is the ServiceAccount of all of Serving's processes.
		account = "controller"
	)
	return system{
		module: module,
		definitions: slices.Concat(from(module, "core/300-resources/*.yaml"), from(caching, "image.yaml"),
			from(networking, "certificate.yaml", "domain-claim.yaml", "ingress.yaml", "serverlessservice.yaml")),
		objects: slices.Concat(from(module,
			"core/100-namespace.yaml", "core/200-roles/*.yaml", "core/200-serviceaccount.yaml", "core/300-knativecertificate.yaml",
			"core/configmaps/*.yaml", "core/deployments/*.yaml", "core/999-cache.yaml"), from(networking, "config-network.yaml")),
		webhooks: from(module, "core/webhooks/*.yaml"),
		settings: map[string]map[string]string{
			// Every second, the autoscaler has an error for each Revision, because no container
			// of the pods runs that it could ask for metrics.
			"config-logging": {"zap-logger-config": quiet, "loglevel.autoscaler": "dpanic"},
			// Images aren't looked up, because the stack reaches no registry.
			"config-deployment": {"registries-skipping-tag-resolving": "index.docker.io,docker.io,quay.io,registry.example.com,registry.access.redhat.com,registry.redhat.io,ghcr.io,gcr.io"},
			"config-domain":     {"example.com": ""},
			"config-network":    {"ingress-class": "played"},
			// After a kill, the next controller waits until the lease of the one before it has
			// ended.
			"config-leader-election": {"lease-duration": "15s", "renew-deadline": "10s", "retry-period": "2s"},
		},
		firstPort: 7300,
		processes: []knativeProcess{
			{
				binary: "webhook", leads: true, account: account, service: "webhook", port: "443", listens: "127.0.0.1:7445",
				env: []string{"WEBHOOK_NAME=webhook", "WEBHOOK_PORT=7445"},
			},
			{binary: "controller", account: account},
			// It takes the port 8080. Its lease has its name and its address, so an autoscaler
			// that is started again needn't wait for the lease. The address is that of all pods.
			{binary: "autoscaler", alone: true, account: account, env: []string{"POD_IP=192.0.2.1"}},
		},
		played: playIngresses,
		works:  servingWorks,
	}
}

//go:embed manifests/ingresses.yaml
var ingresses []byte

//go:embed manifests/ingresses-service.yaml
var ingressesService string

// playIngresses starts another kwok, because kwok can't play kinds that are defined after it
// was started.
func playIngresses(ctx context.Context, s *supervisor) (*process, error) {
	if err := s.client.Apply(ctx, ingressesService); err != nil {
		return nil, err
	}
	config := filepath.Join(s.Dir, IngressesPlayed+".yaml")
	if err := writeFile(config, ingresses); err != nil {
		return nil, err
	}
	return s.start(IngressesPlayed, nil, s.bin("kwok"),
		"--kubeconfig="+s.Kubeconfig(), "--config="+config, "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=none")
}

// IngressesPlayed is the name of the process that plays Knative Serving's network layer.
const IngressesPlayed = "knative-serving-ingresses"

// servingWorks returns an error until a Knative Service would be made as Knative wants it,
// which takes the webhook.
func servingWorks(ctx context.Context, s *supervisor) error {
	const service = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: probe, namespace: default}\n" +
		"spec: {template: {spec: {containers: [{image: probe}]}}}\n"
	made, err := s.client.Kubectl(ctx, service, "create", "--dry-run=server", "--output=jsonpath={.spec.template.spec.timeoutSeconds}", "-f", "-")
	if err == nil && made == "" {
		err = errors.New("a Knative Service gets no timeout")
	}
	return err
}
