// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// A Knative is one of Knative's two systems. Its value is the name of its namespace, and of
// the module in test/tools that pins it.
type Knative string

// Knative's systems.
const (
	Eventing Knative = "knative-eventing"
	Serving  Knative = "knative-serving"
)

// systems says how Knative's systems are installed and started.
func systems() map[Knative]system {
	return map[Knative]system{Eventing: eventing(), Serving: serving()}
}

// knativeVariables are the variables that ask for a stack that starts a system at once.
func knativeVariables() map[Knative]string {
	return map[Knative]string{Eventing: "SONATAFLOW_E2E_KNATIVE", Serving: "SONATAFLOW_E2E_SERVING"}
}

// wantedKnative returns the systems that the environment asks for.
func wantedKnative() []Knative {
	var out []Knative
	for _, k := range []Knative{Eventing, Serving} {
		if os.Getenv(knativeVariables()[k]) != "" {
			out = append(out, k)
		}
	}
	return out
}

// A system is how one of Knative's systems is installed and started.
type system struct {
	// module has the system's source.
	module string
	// definitions, then objects, and then webhooks are applied: webhooks refuse objects
	// until their processes are up.
	definitions, objects, webhooks []source
	// settings are keys of ConfigMaps, by the name of the ConfigMap.
	settings map[string]map[string]string
	// processes are the system's processes. The first one has the profiling port
	// firstPort, and the probes' port that is 100 higher.
	processes []knativeProcess
	firstPort int
	// reaches are the Services that processes with a network of their own reach at port 80.
	reaches []string
	// played starts the process that plays what the system relies on; nil if there is none.
	played func(context.Context, *supervisor) (*process, error)
	// works returns an error until the system works.
	works func(context.Context, *supervisor) error
}

// A source is manifests in the folder config of a module.
type source struct{ module, pattern string }

// from returns sources in one module.
func from(module string, patterns ...string) []source {
	out := make([]source, 0, len(patterns))
	for _, pattern := range patterns {
		out = append(out, source{module: module, pattern: pattern})
	}
	return out
}

// A knativeProcess is one of Knative's processes.
type knativeProcess struct {
	// binary is its name in the tool, account its ServiceAccount.
	binary, account string
	// env are the variables that its Deployment gives it.
	env []string
	// service and port are what others reach it at, and listens where it listens; empty if it
	// isn't reached.
	service, port, listens string
	// leads says that replicas of the process elect a leader, unless a flag forbids it.
	leads bool
	// alone says that the process runs in a network namespace of its own, because it listens
	// on a port that is taken, and its port can't be chosen.
	alone bool
}

// An installation is what runs of one of Knative's systems.
type installation struct {
	processes map[string]*process
	played    *process
	// room is the network namespace of the processes that are alone; nil before the first
	// one starts.
	room *room
}

// quiet is the configuration of the logs: at the level info, they grow by hundreds of MB
// while something is retried.
const quiet = `{"level": "warn", "encoding": "json", "outputPaths": ["stdout"], "errorOutputPaths": ["stderr"],
"encoderConfig": {"timeKey": "ts", "levelKey": "level", "nameKey": "logger", "messageKey": "msg", "timeEncoder": "iso8601"}}`

// processName is the name of a process in the stack.
func (k Knative) processName(binary string) string { return string(k) + "-" + binary }

// Processes returns the names of the system's processes, which are those of their logs.
func (k Knative) Processes() []string {
	processes := systems()[k].processes
	out := make([]string, 0, len(processes))
	for _, p := range processes {
		out = append(out, k.processName(p.binary))
	}
	return out
}

// built tells whether the system's processes were built on this machine.
func (l *Layout) built(k Knative) bool {
	_, err := os.Stat(l.bin(string(k)))
	return err == nil
}

// knativeTool is the folder of the module that pins a system.
func (l *Layout) knativeTool(k Knative) string {
	return filepath.Join(l.Root, "test", "tools", string(k))
}

// download downloads the modules of a system's manifests, which are needed also where the
// processes were built on another machine. The stack itself reaches no network.
func (l *Layout) download(ctx context.Context, k Knative) error {
	s := systems()[k]
	modules := []string{}
	for _, from := range slices.Concat(s.definitions, s.objects, s.webhooks) {
		modules = append(modules, from.module)
	}
	slices.Sort(modules)
	modules = slices.Compact(modules)
	cmd := exec.CommandContext(ctx, "go", append([]string{"mod", "download"}, modules...)...)
	cmd.Dir = l.knativeTool(k)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot download the modules %s: %w: %s", strings.Join(modules, ", "), err, out)
	}
	return nil
}

// manifests reads manifests of a system.
func (l *Layout) manifests(ctx context.Context, k Knative, sources []source) ([]unstructured.Unstructured, error) {
	modules := map[string]string{}
	var out []unstructured.Unstructured
	for _, from := range sources {
		if modules[from.module] == "" {
			module, err := goList(ctx, l.knativeTool(k), from.module)
			if err != nil {
				return nil, err
			}
			modules[from.module] = module
		}
		files, err := filepath.Glob(filepath.Join(modules[from.module], "config", from.pattern))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("cannot find the manifests %s of %s: %w", from.pattern, from.module, cmp.Or(err, os.ErrNotExist))
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

// installKnative installs one of Knative's systems, where something of it is missing, and
// starts its processes that don't run.
func (s *supervisor) installKnative(ctx context.Context, k Knative) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	began := time.Now()
	system, known := systems()[k]
	if !known {
		return fmt.Errorf("there is no %q of Knative's", k)
	}
	if !s.built(k) {
		return fmt.Errorf("there is no %s: run `make .cache/bin/%s`", s.bin(string(k)), k)
	}
	if err := s.applyKnative(ctx, k, system.definitions); err != nil {
		return err
	}
	if s.knative[k] == nil {
		s.knative[k] = &installation{}
	}
	runs := s.knative[k]
	if runs.processes == nil {
		for _, sources := range [][]source{system.objects, system.webhooks} {
			if err := s.applyKnative(ctx, k, sources); err != nil {
				return err
			}
		}
		runs.processes = map[string]*process{}
	}
	started := false
	for i, p := range system.processes {
		if runs.processes[p.binary].runs() {
			continue
		}
		started = true
		if err := s.startKnative(ctx, k, system.firstPort+i, p); err != nil {
			return err
		}
	}
	if system.played != nil && !runs.played.runs() {
		started = true
		var err error
		if runs.played, err = system.played(ctx, s); err != nil {
			return err
		}
	}
	if !started {
		return nil
	}
	needs := slices.Collect(maps.Values(runs.processes))
	if err := s.await(ctx, string(k), 2*time.Minute, func(ctx context.Context) error { return system.works(ctx, s) }, needs...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(os.Stderr, "%s was started in %.1f s\n", k, time.Since(began).Seconds())
	return err
}

// applyKnative applies manifests of a system, with the settings of its ConfigMaps.
func (s *supervisor) applyKnative(ctx context.Context, k Knative, sources []source) error {
	manifests, err := s.manifests(ctx, k, sources)
	if err != nil {
		return err
	}
	manifests = slices.DeleteFunc(manifests, func(o unstructured.Unstructured) bool { return o.GetKind() == "HorizontalPodAutoscaler" })
	for _, o := range manifests {
		if o.GetKind() != "ConfigMap" {
			continue
		}
		for key, value := range systems()[k].settings[o.GetName()] {
			if err := unstructured.SetNestedField(o.Object, value, "data", key); err != nil {
				return err
			}
		}
	}
	text, err := join(manifests)
	if err != nil {
		return err
	}
	_, err = s.client.Kubectl(ctx, text, "apply", "--server-side", "--force-conflicts", "-f", "-")
	return err
}

// startKnative starts one of Knative's processes.
func (s *supervisor) startKnative(ctx context.Context, k Knative, port int, p knativeProcess) error {
	kubeconfig, err := s.serviceAccount(ctx, string(k), p.account)
	if err != nil {
		return err
	}
	env := slices.Concat([]string{
		"KUBECONFIG=" + kubeconfig, "SYSTEM_NAMESPACE=" + string(k), "POD_NAME=" + p.binary,
		"CONFIG_LOGGING_NAME=config-logging", "CONFIG_OBSERVABILITY_NAME=config-observability", "METRICS_DOMAIN=" + systems()[k].module,
		// Ports that all of them would take by default.
		fmt.Sprintf("PROFILING_PORT=%d", port), fmt.Sprintf("KNATIVE_HEALTH_PROBES_PORT=%d", port+100),
	}, p.env)
	dial := dialing(p.listens)
	var args []string
	if p.leads {
		// A process that is started again needn't wait for the lease of the one before it.
		args = append(args, "--disable-ha")
	}
	runs := s.knative[k]
	start := func() (err error) {
		started, err := s.start(k.processName(p.binary), env, s.bin(filepath.Join(string(k), p.binary)), args...)
		if err == nil {
			runs.processes[p.binary] = started
		}
		return err
	}
	if p.alone {
		if runs.room == nil {
			if runs.room, err = s.furnishRoom(ctx, k); err != nil {
				return err
			}
		}
		dial = runs.room.dialing(p.listens)
		runs.room.in(func() { err = start() })
	} else {
		err = start()
	}
	if err != nil || p.service == "" {
		return err
	}
	return s.expose(ctx, string(k), p.service, p.port, dial)
}

// furnishRoom makes a room from which the API server, the name server and the Services are
// reached that a system needs.
func (s *supervisor) furnishRoom(ctx context.Context, k Knative) (*room, error) {
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
	for _, service := range systems()[k].reaches {
		address, err := s.resolve(ctx, service+"."+string(k)+".svc")
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

// removeKnative ends the processes of one of Knative's systems, and removes what would
// refuse objects without them.
func (s *supervisor) removeKnative(ctx context.Context, k Knative) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if runs := s.knative[k]; runs != nil {
		for _, p := range append(slices.Collect(maps.Values(runs.processes)), runs.played) {
			if !p.runs() {
				continue
			}
			// A webhook takes more than a minute to end in peace.
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
		runs.processes = nil
	}
	webhooks, err := s.manifests(ctx, k, systems()[k].webhooks)
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
