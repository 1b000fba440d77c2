// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

const (
	// knativeVariable asks for a stack that starts Knative Eventing at once.
	knativeVariable = "SONATAFLOW_E2E_KNATIVE"
	// knativeModule is the source of Knative Eventing, knativeTool the module in test/tools
	// that pins it.
	knativeModule = "knative.dev/eventing"
	knativeTool   = "knative-eventing"
	// KnativeNamespace is Knative Eventing's namespace.
	KnativeNamespace = "knative-eventing"
	// dispatcher delivers the events of in-memory channels.
	dispatcher = "channel_dispatcher"
)

// A knativeProcess is one of Knative's processes.
type knativeProcess struct {
	// binary is its name in the tool, account its ServiceAccount.
	binary, account string
	// env are the variables that its Deployment gives it.
	env []string
	// service and port are what others reach it at, and listens where it listens; empty if it
	// isn't reached.
	service, port, listens string
	// leads says that replicas of the process elect a leader.
	leads bool
}

// KnativeProcesses returns the names of Knative's processes.
func KnativeProcesses() []string {
	processes := knativeProcesses()
	out := make([]string, 0, len(processes))
	for _, p := range processes {
		out = append(out, p.binary)
	}
	return out
}

// knativeProcesses are those of Knative Eventing with Brokers that are made of in-memory
// channels. In a cluster each has an address of its own; here only the dispatcher has, whose
// ports can't be chosen.
func knativeProcesses() []knativeProcess {
	return []knativeProcess{
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
			env: []string{"INGRESS_PORT=7080", "INGRESS_PORT_HTTPS=7081", "NAMESPACE=" + KnativeNamespace, "CONTAINER_NAME=ingress"},
		},
		{
			binary: "filter", account: "mt-broker-filter", service: "broker-filter", port: "80", listens: "127.0.0.1:7082",
			env: []string{"FILTER_PORT=7082", "FILTER_PORT_HTTPS=7083", "NAMESPACE=" + KnativeNamespace, "CONTAINER_NAME=filter"},
		},
		{
			binary: dispatcher, account: "imc-dispatcher", service: "imc-dispatcher", port: "80", listens: "127.0.0.1:8080",
			env: []string{"CONTAINER_NAME=dispatcher", "MAX_IDLE_CONNS=1000", "MAX_IDLE_CONNS_PER_HOST=1000"},
		},
	}
}

// knativeTool is the folder of the module that pins knativeModule.
func (l *Layout) knativeTool() string { return filepath.Join(l.Root, "test", "tools", knativeTool) }

// Knative returns the definitions of Knative Eventing that platforms need, for scenarios that
// install and remove them. A stack starts without them.
func (l *Layout) Knative(ctx context.Context) (string, error) {
	manifests, err := l.knativeManifests(ctx, "core/resources")
	if err != nil {
		return "", err
	}
	needed := []string{"brokers.eventing.knative.dev", "triggers.eventing.knative.dev", "sinkbindings.sources.knative.dev"}
	return join(slices.DeleteFunc(manifests, func(o unstructured.Unstructured) bool { return !slices.Contains(needed, o.GetName()) }))
}

// knativeManifests reads the manifests of some folders of Knative's source.
func (l *Layout) knativeManifests(ctx context.Context, folders ...string) ([]unstructured.Unstructured, error) {
	module, err := goList(ctx, l.knativeTool(), knativeModule)
	if err != nil {
		return nil, err
	}
	var out []unstructured.Unstructured
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(module, "config", folder, "*.yaml"))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("cannot find Knative's manifests in %s: %w", folder, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			for document := range strings.SplitSeq("\n"+string(text), "\n---") {
				o := unstructured.Unstructured{}
				if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
					return nil, fmt.Errorf("cannot parse %s: %w", file, err)
				}
				if o.Object != nil {
					out = append(out, o)
				}
			}
		}
	}
	return out, nil
}

// join writes manifests into one stream.
func join(manifests []unstructured.Unstructured) (string, error) {
	var out strings.Builder
	for _, o := range manifests {
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			return "", err
		}
		out.WriteString("---\n" + string(text))
	}
	return out.String(), nil
}

// installKnative installs Knative Eventing, where something of it is missing, and starts its
// processes that don't run.
func (s *supervisor) installKnative(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	began := time.Now()
	// Definitions come first, and webhooks last: a webhook refuses objects until it is up.
	if err := s.applyKnative(ctx, "core/resources", "channels/in-memory-channel/resources"); err != nil {
		return err
	}
	processes := knativeProcesses()
	if s.knative == nil {
		for _, folders := range [][]string{
			{"core", "core/roles", "core/configmaps", "core/deployments"},
			{"channels/in-memory-channel", "channels/in-memory-channel/roles", "channels/in-memory-channel/configmaps", "channels/in-memory-channel/deployments"},
			{"brokers/mt-channel-broker/roles", "brokers/mt-channel-broker/deployments"},
			{"core/webhooks", "channels/in-memory-channel/webhooks"},
		} {
			if err := s.applyKnative(ctx, folders...); err != nil {
				return err
			}
		}
		s.knative = make([]*process, len(processes))
	}
	started := false
	for i, p := range processes {
		if s.knative[i].runs() {
			continue
		}
		started = true
		if err := s.startKnative(ctx, i, p); err != nil {
			return err
		}
	}
	if !started {
		return nil
	}
	if err := s.awaitKnative(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintf(os.Stderr, "Knative Eventing was started in %.1f s\n", time.Since(began).Seconds())
	return err
}

// applyKnative applies the manifests of some folders of Knative's source.
func (s *supervisor) applyKnative(ctx context.Context, folders ...string) error {
	manifests, err := s.knativeManifests(ctx, folders...)
	if err != nil {
		return err
	}
	manifests = slices.DeleteFunc(manifests, func(o unstructured.Unstructured) bool { return o.GetKind() == "HorizontalPodAutoscaler" })
	text, err := join(manifests)
	if err != nil {
		return err
	}
	// At the level info, the logs grow by hundreds of MB while something is retried.
	text = strings.ReplaceAll(text, `"level": "info"`, `"level": "warn"`)
	_, err = s.client.Kubectl(ctx, text, "apply", "--server-side", "--force-conflicts", "-f", "-")
	return err
}

// startKnative starts one of Knative's processes.
func (s *supervisor) startKnative(ctx context.Context, i int, p knativeProcess) error {
	kubeconfig, err := s.serviceAccount(ctx, KnativeNamespace, p.account)
	if err != nil {
		return err
	}
	env := slices.Concat([]string{
		"KUBECONFIG=" + kubeconfig, "SYSTEM_NAMESPACE=" + KnativeNamespace, "POD_NAME=" + p.binary,
		"CONFIG_LOGGING_NAME=config-logging", "CONFIG_OBSERVABILITY_NAME=config-observability", "METRICS_DOMAIN=knative.dev/eventing",
		// Ports that all of them would take by default.
		fmt.Sprintf("PROFILING_PORT=%d", 7100+i), fmt.Sprintf("KNATIVE_HEALTH_PROBES_PORT=%d", 7200+i),
	}, p.env)
	dial := dialing(p.listens)
	var args []string
	if p.leads {
		// A process that is started again needn't wait for the lease of the one before it.
		args = append(args, "--disable-ha")
	}
	start := func() (err error) {
		started, err := s.start("knative-"+p.binary, env, s.bin(filepath.Join(knativeTool, p.binary)), args...)
		if err == nil {
			s.knative[i] = started
		}
		return err
	}
	if p.binary == dispatcher {
		if s.room == nil {
			if s.room, err = s.furnishRoom(ctx); err != nil {
				return err
			}
		}
		dial = s.room.dialing(p.listens)
		s.room.in(func() { err = start() })
	} else {
		err = start()
	}
	if err != nil || p.service == "" {
		return err
	}
	return s.expose(ctx, KnativeNamespace, p.service, p.port, dial)
}

// furnishRoom makes a room from which the API server, the name server and Brokers are
// reached.
func (s *supervisor) furnishRoom(ctx context.Context) (*room, error) {
	r, err := newRoom()
	if err != nil {
		return nil, err
	}
	names, err := r.listenPacket(nameServer)
	if err != nil {
		return nil, err
	}
	go s.serveNames(ctx, names)
	targets := []string{strings.TrimPrefix(apiServer, "https://")}
	for _, service := range []string{"broker-ingress", "broker-filter"} {
		address, err := s.resolve(ctx, service+"."+KnativeNamespace+".svc")
		if err != nil {
			return nil, err
		}
		targets = append(targets, net.JoinHostPort(address.String(), "80"))
	}
	for _, target := range targets {
		l, err := r.listen(target)
		if err != nil {
			return nil, err
		}
		go forward(ctx, l, dialing(target))
	}
	return r, nil
}

// awaitKnative waits until a Broker would be made as Knative wants it, which takes the
// webhooks, and until the processes are reached that events travel through.
func (s *supervisor) awaitKnative(ctx context.Context) error {
	const broker = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: probe, namespace: default}\n"
	const channel = "apiVersion: messaging.knative.dev/v1\nkind: InMemoryChannel\nmetadata: {name: probe, namespace: default}\n"
	return kube.Await(ctx, "Knative Eventing", 2*time.Minute, func(ctx context.Context) error {
		made, err := s.client.Kubectl(ctx, broker, "create", "--dry-run=server", "--output=jsonpath={.spec.config.name}", "-f", "-")
		if err != nil {
			return err
		}
		if made == "" {
			return fmt.Errorf("a Broker gets no channel's template")
		}
		if _, err := s.client.Kubectl(ctx, channel, "create", "--dry-run=server", "-f", "-"); err != nil {
			return err
		}
		for _, service := range []string{"broker-ingress", "broker-filter", "imc-dispatcher"} {
			// Like a kubelet's, the request is about the process, and not about an event.
			if err := serves("http://" + service + "." + KnativeNamespace + ".svc.cluster.local/healthz")(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// removeKnative ends Knative's processes, and removes what would refuse objects without
// them.
func (s *supervisor) removeKnative(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.knative {
		if !p.runs() {
			continue
		}
		// A webhook takes more than a minute to end in peace.
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	s.knative = nil
	webhooks, err := s.knativeManifests(ctx, "core/webhooks", "channels/in-memory-channel/webhooks")
	if err != nil {
		return err
	}
	text, err := join(slices.DeleteFunc(webhooks, func(o unstructured.Unstructured) bool { return !strings.HasSuffix(o.GetKind(), "WebhookConfiguration") }))
	if err != nil {
		return err
	}
	_, err = s.client.Kubectl(ctx, text, "delete", "--ignore-not-found", "-f", "-")
	return err
}
