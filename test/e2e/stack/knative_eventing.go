// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// eventing is Knative Eventing, with Brokers that are made of in-memory channels. In a
// cluster each process has an address of its own; here only the dispatcher has.
func eventing() system {
	const module = "knative.dev/eventing"
	return system{
		module:      module,
		definitions: from(module, "core/resources/*.yaml", "channels/in-memory-channel/resources/*.yaml"),
		objects: from(module,
			"core/*.yaml", "core/roles/*.yaml", "core/configmaps/*.yaml", "core/deployments/*.yaml",
			"channels/in-memory-channel/*.yaml", "channels/in-memory-channel/roles/*.yaml", "channels/in-memory-channel/configmaps/*.yaml", "channels/in-memory-channel/deployments/*.yaml",
			"brokers/mt-channel-broker/roles/*.yaml", "brokers/mt-channel-broker/deployments/*.yaml"),
		webhooks:  from(module, "core/webhooks/*.yaml", "channels/in-memory-channel/webhooks/*.yaml"),
		settings:  map[string]map[string]string{"config-logging": {"zap-logger-config": quiet}},
		firstPort: 7100,
		reaches:   []string{"broker-ingress", "broker-filter"},
		processes: []knativeProcess{
			{
				binary: "webhook", leads: true, account: "eventing-webhook", service: "eventing-webhook", port: "443", listens: "127.0.0.1:7443",
				env: []string{"WEBHOOK_NAME=eventing-webhook", "WEBHOOK_PORT=7443", "SINK_BINDING_SELECTION_MODE=exclusion"},
			},
			{
				binary: "channel_controller", leads: true, account: "imc-controller", service: "inmemorychannel-webhook", port: "443", listens: "127.0.0.1:7444",
				env: []string{"WEBHOOK_NAME=inmemorychannel-webhook", "WEBHOOK_PORT=7444", "DISPATCHER_IMAGE=unused"},
			},
			{binary: "controller", leads: true, account: "eventing-controller", env: []string{"APISERVER_RA_IMAGE=unused", "AUTH_PROXY_IMAGE=unused"}},
			{binary: "mtchannel_broker", leads: true, account: "eventing-controller"},
			{
				binary: "ingress", account: "mt-broker-ingress", service: "broker-ingress", port: "80", listens: "127.0.0.1:7080",
				env: []string{"INGRESS_PORT=7080", "INGRESS_PORT_HTTPS=7081", "NAMESPACE=" + string(Eventing), "CONTAINER_NAME=ingress"},
			},
			{
				binary: "filter", account: "mt-broker-filter", service: "broker-filter", port: "80", listens: "127.0.0.1:7082",
				env: []string{"FILTER_PORT=7082", "FILTER_PORT_HTTPS=7083", "NAMESPACE=" + string(Eventing), "CONTAINER_NAME=filter"},
			},
			{
				// It delivers the events of in-memory channels, and takes the ports 8080 and 8443.
				binary: "channel_dispatcher", alone: true, account: "imc-dispatcher", service: "imc-dispatcher", port: "80", listens: "127.0.0.1:8080",
				env: []string{"CONTAINER_NAME=dispatcher", "MAX_IDLE_CONNS=1000", "MAX_IDLE_CONNS_PER_HOST=1000"},
			},
		},
		works: eventingWorks,
	}
}

// EventingDefinitions returns the definitions of Knative Eventing that platforms need, for
// scenarios that install and remove them. A stack starts without them.
func (l *Layout) EventingDefinitions(ctx context.Context) (string, error) {
	manifests, err := l.manifests(ctx, Eventing, eventing().definitions)
	if err != nil {
		return "", err
	}
	needed := []string{"brokers.eventing.knative.dev", "triggers.eventing.knative.dev", "sinkbindings.sources.knative.dev"}
	return join(slices.DeleteFunc(manifests, func(o unstructured.Unstructured) bool { return !slices.Contains(needed, o.GetName()) }))
}

// eventingWorks returns an error until a Broker would be made as Knative wants it, which takes the
// webhooks, and until the processes are reached that events travel through.
func eventingWorks(ctx context.Context, s *supervisor) error {
	const broker = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: probe, namespace: default}\n"
	const channel = "apiVersion: messaging.knative.dev/v1\nkind: InMemoryChannel\nmetadata: {name: probe, namespace: default}\n"
	made, err := s.client.Kubectl(ctx, broker, "create", "--dry-run=server", "--output=jsonpath={.spec.config.name}", "-f", "-")
	if err != nil {
		return err
	}
	if made == "" {
		return errors.New("a Broker gets no channel's template")
	}
	if _, err := s.client.Kubectl(ctx, channel, "create", "--dry-run=server", "-f", "-"); err != nil {
		return err
	}
	for _, service := range []string{"broker-ingress", "broker-filter", "imc-dispatcher"} {
		// Like a kubelet's, the request is about the process, and not about an event.
		if err := serves("http://" + service + "." + string(Eventing) + ".svc.cluster.local/healthz")(ctx); err != nil {
			return err
		}
	}
	return nil
}
