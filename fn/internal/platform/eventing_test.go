// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/eventing"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// withBroker is a platform whose services use one Broker.
const withBroker = `
eventing: {broker: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}}}
services: {dataIndex: {enabled: true}, jobService: {}}`

// withBrokers is a platform whose services use several.
const withBrokers = `
eventing: {broker: {ref: {kind: Broker, name: default}}}
services:
  dataIndex: {source: {ref: {kind: Broker, name: events, namespace: brokers}}}
  jobService: {sink: {ref: {kind: Broker, name: sink, namespace: brokers}}}`

// brokerWith is a Broker of a class.
func brokerWith(ready, class string) string {
	return fmt.Sprintf(`
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default, namespace: ns1, annotations: {eventing.knative.dev/broker.class: %s}}
status: {conditions: [{type: Ready, status: "%s", message: "the ingress isn't up"}]}`, class, ready)
}

// found is the answer to the requirement for the Broker of withBroker.
func found(broker string) map[string][]string {
	return map[string][]string{"broker-ns1/default": {broker}}
}

// connected is a cluster in which all of withBroker is as it should be.
func connected(t *testing.T) compositiontest.Cluster {
	t.Helper()
	c := compositiontest.Cluster{Required: found(brokerWith("True", "MTChannelBasedBroker")), Observed: running(available(1), injected)}
	for _, o := range composeValid(t, withBroker, c).Composed {
		if _, ok := c.Observed[o.Key]; !ok {
			c.Observed[o.Key] = as(t, o, "True")
		}
	}
	return c
}

// as returns a composed object as it is observed.
func as(t *testing.T, o composition.Composed, ready string) string {
	t.Helper()
	fields := map[string]any{}
	text, err := json.Marshal(o.Object)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	fields["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": ready, "message": "not yet"}}}
	if text, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// injected is the Deployment of a Jobs Service that knows its sink.
var injected = strings.Replace(available(1), "progressDeadlineSeconds: 600", `template: {spec: {containers: [{name: jobs-service, env: [{name: K_SINK, value: "http://sink"}]}]}}, progressDeadlineSeconds: 600`, 1)

// TestSources holds which Broker wins for what.
func TestSources(t *testing.T) {
	t.Parallel()
	ref := func(name string) string { return "{ref: {kind: Broker, name: " + name + ", namespace: brokers}}" }
	type want struct {
		DataIndex, JobsService, Sink string
	}
	cases := map[string]struct {
		reason string
		spec   string
		want   want
	}{
		"Nothing": {
			reason: "Without any of it, events travel over HTTP.",
			spec:   both,
		},
		"Platform": {
			reason: "The platform's Broker is for all that don't say, and is looked for in the platform's namespace.",
			spec:   withBroker,
			want:   want{DataIndex: "ns1/default", JobsService: "ns1/default", Sink: "ns1/default"},
		},
		"Own": {
			reason: "A service's own word wins.",
			spec:   `{eventing: {broker: ` + ref("p") + `}, services: {dataIndex: {source: ` + ref("a") + `}, jobService: {source: ` + ref("b") + `, sink: ` + ref("c") + `}}}`,
			want:   want{DataIndex: "brokers/a", JobsService: "brokers/b", Sink: "brokers/c"},
		},
		"OwnWithoutPlatform": {
			reason: "It needs no platform's Broker to win over.",
			spec:   `services: {dataIndex: {source: ` + ref("a") + `}, jobService: {sink: ` + ref("c") + `}}`,
			want:   want{DataIndex: "brokers/a", Sink: "brokers/c"},
		},
		"Disabled": {
			reason: "Whether workflows are wired to a service has nothing to do with the events that it takes.",
			spec:   `{eventing: {broker: ` + ref("p") + `}, services: {dataIndex: {enabled: false}}}`,
			want:   want{DataIndex: "brokers/p"},
		},
		"Address": {
			reason: "A sink may be an address.",
			spec:   `services: {jobService: {sink: {uri: "http://events.example.com/in"}}}`,
			want:   want{Sink: "http://events.example.com/in"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A Crossplane that can't look for Brokers composes for all of them.
			r := composeValid(t, tc.spec, compositiontest.Cluster{Old: true})
			got := want{}
			for _, c := range r.Composed {
				switch o := c.Object.(type) {
				case *eventing.Trigger:
					from := &got.DataIndex
					if strings.HasPrefix(c.Key, "jobs-service-") {
						from = &got.JobsService
					}
					*from = o.Namespace + "/" + o.Spec.Broker
				case *eventing.SinkBinding:
					if got.Sink = o.Spec.Sink.URI.String(); o.Spec.Sink.Ref != nil {
						got.Sink = o.Spec.Sink.Ref.Namespace + "/" + o.Spec.Sink.Ref.Name
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestAskForKnative holds what is asked about Knative, and when: its kinds first, and
// nothing where the spec doesn't need it.
func TestAskForKnative(t *testing.T) {
	t.Parallel()
	all := map[string]bool{"knative-broker": true, "knative-trigger": true, "knative-sinkbinding": true}
	cases := map[string]struct {
		reason    string
		spec      string
		installed map[string]bool
		schemas   []string
		brokers   []string
	}{
		"NoEventing": {
			reason:    "Without eventing in the spec Knative isn't touched.",
			spec:      both,
			installed: map[string]bool{},
		},
		"WithoutServices": {
			reason:    "A Broker for workflows alone isn't looked up either: nobody here uses it.",
			spec:      `{eventing: {broker: {ref: {kind: Broker, name: default}}}, services: {}}`,
			installed: map[string]bool{},
		},
		"KindsFirst": {
			reason:    "To look for a Broker where there are none fails everything.",
			spec:      withBroker,
			installed: map[string]bool{},
			schemas:   []string{"knative-broker", "knative-sinkbinding", "knative-trigger"},
		},
		"ThenBrokers": {
			reason:    "Once they are known to be there, each Broker is asked for once, by name.",
			spec:      withBrokers,
			installed: all,
			schemas:   []string{"knative-broker", "knative-sinkbinding", "knative-trigger"},
			brokers:   []string{"broker-brokers/events", "broker-brokers/sink", "broker-ns1/default"},
		},
		"NotInstalled": {
			reason:    "Where they aren't there, nothing else is asked.",
			spec:      withBrokers,
			installed: map[string]bool{"knative-broker": false, "knative-trigger": false, "knative-sinkbinding": false},
			schemas:   []string{"knative-broker", "knative-sinkbinding", "knative-trigger"},
		},
		"CannotAsk": {
			reason:  "A Crossplane that doesn't tell about kinds is asked for the Brokers at once.",
			spec:    withBroker,
			brokers: []string{"broker-ns1/default"},
			schemas: []string{"knative-broker", "knative-sinkbinding", "knative-trigger"},
		},
		"Address": {
			reason:    "A sink that is an address needs nothing but a SinkBinding.",
			spec:      `services: {jobService: {sink: {uri: "http://events.example.com"}}}`,
			installed: map[string]bool{},
			schemas:   []string{"knative-sinkbinding"},
		},
		"Invalid": {
			reason:    "A spec that makes no sense asks the same.",
			spec:      withBrokers + "\npersistence: {postgresql: {secretRef: {name: db}}}",
			installed: all,
			schemas:   []string{"knative-broker", "knative-sinkbinding", "knative-trigger"},
			brokers:   []string{"broker-brokers/events", "broker-brokers/sink", "broker-ns1/default"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := compose(t, tc.spec, compositiontest.Cluster{Installed: tc.installed})
			var brokers []string
			schemas := make([]string, 0, len(r.Schemas))
			for _, q := range r.Schemas {
				schemas = append(schemas, q.Name)
			}
			for _, q := range r.Requirements {
				if q.Kind == eventing.KindBroker {
					brokers = append(brokers, q.Name)
				}
			}
			slices.Sort(schemas)
			slices.Sort(brokers)
			if diff := cmp.Diff(tc.schemas, schemas, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nschemas: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.brokers, brokers); diff != "" {
				t.Errorf("%s\nBrokers: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestEventingReady holds what a user reads about events.
func TestEventingReady(t *testing.T) {
	t.Parallel()
	change := func(c compositiontest.Cluster, observed map[string]string, without ...string) compositiontest.Cluster {
		c.Observed = maps.Clone(c.Observed)
		maps.Copy(c.Observed, observed)
		maps.DeleteFunc(c.Observed, func(key, _ string) bool { return slices.Contains(without, key) })
		return c
	}
	lost := connected(t)
	lost.Required = map[string][]string{"broker-ns1/default": nil}
	gone := connected(t)
	gone.Installed = map[string]bool{"knative-broker": false, "knative-trigger": false, "knative-sinkbinding": false}
	unknown := connected(t)
	unknown.Required, unknown.Old = nil, true
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		want    string
		succeed string
		// triggers and binding tell what is composed.
		triggers int
		binding  bool
	}{
		"NotInstalled": {
			reason:  "What isn't installed can't be composed; all else is.",
			cluster: compositiontest.Cluster{Installed: gone.Installed},
			want: "False KnativeNotInstalled: Knative Eventing isn't installed: the cluster doesn't know Trigger, SinkBinding, Broker; install it (https://knative.dev/docs/install/)," +
				" or remove eventing, source and sink from the spec; for an offline render, give --required-schemas",
			succeed: "False Warming",
		},
		"NoLongerInstalled": {
			reason:  "What exists isn't given up for what one answer says.",
			cluster: gone,
			want: "False KnativeNotInstalled: Knative Eventing isn't installed: the cluster doesn't know Trigger, SinkBinding, Broker; install it (https://knative.dev/docs/install/)," +
				" or remove eventing, source and sink from the spec; for an offline render, give --required-schemas",
			succeed:  "False Warming",
			triggers: 9,
			binding:  true,
		},
		"NotAskedYet": {
			reason:  "Nothing is made before Crossplane has answered.",
			cluster: compositiontest.Cluster{Installed: map[string]bool{}},
			want:    "False InProgress: Looking for Broker default in namespace ns1; Waiting until Knative writes K_SINK into Deployment plat-jobs-service",
			succeed: "False Creating",
		},
		"BrokerMissing": {
			reason:  "Triggers wait for their Broker; the SinkBinding doesn't, because Knative says how it does.",
			cluster: compositiontest.Cluster{Required: lost.Required},
			want:    "False BrokerNotFound: Broker default in namespace ns1 doesn't exist, which Data Index and Jobs Service should use: create it, or name another",
			succeed: "False Warming",
			binding: true,
		},
		"BrokerLost": {
			reason:   "Triggers that exist stay when their Broker goes.",
			cluster:  lost,
			want:     "False BrokerNotFound: Broker default in namespace ns1 doesn't exist, which Data Index and Jobs Service should use: create it, or name another",
			succeed:  "False Warming",
			triggers: 9,
			binding:  true,
		},
		"BrokerNotReady": {
			reason:  "A Broker's own words tell what is the matter with it.",
			cluster: compositiontest.Cluster{Required: found(brokerWith("False", "MTChannelBasedBroker"))},
			want:    "False BrokerNotReady: Broker default in namespace ns1 isn't ready, which Data Index and Jobs Service should use: the ingress isn't up",
			succeed: "False Warming",
			binding: true,
		},
		"Connected": {
			reason:   "When everything is ready and the sink is known, events travel.",
			cluster:  connected(t),
			want:     "True Connected",
			succeed:  "True Succeeded",
			triggers: 9,
			binding:  true,
		},
		"BrokersUnknown": {
			reason:   "Where Brokers can't be looked up, Knative's word about Triggers is enough.",
			cluster:  unknown,
			want:     "True Connected",
			succeed:  "True Succeeded",
			triggers: 9,
			binding:  true,
		},
		"NoSink": {
			reason:   "A service that doesn't know its sink is told about.",
			cluster:  change(connected(t), map[string]string{"jobs-service-deployment": available(0)}),
			want:     "False InProgress: Waiting until Knative writes K_SINK into Deployment plat-jobs-service",
			succeed:  "False Creating",
			triggers: 9,
			binding:  true,
		},
		"NoTrigger": {
			reason:   "A Trigger that isn't ready tells why.",
			cluster:  change(connected(t), map[string]string{triggerKeys(t)[0]: `{apiVersion: eventing.knative.dev/v1, kind: Trigger, metadata: {name: t, namespace: ns1}, spec: {broker: default}, status: {conditions: [{type: Ready, status: "False", message: the subscriber has no address}]}}`}),
			want:     "False InProgress: Trigger " + triggerNames(t)[0] + ": the subscriber has no address",
			succeed:  "False Creating",
			triggers: 9,
			binding:  true,
		},
		"NoTriggers": {
			reason:   "Of several it is enough to know where they are.",
			cluster:  change(connected(t), nil, triggerKeys(t)...),
			want:     "False InProgress: Waiting for Triggers in namespace ns1",
			succeed:  "False Creating",
			triggers: 9,
			binding:  true,
		},
		"NoBinding": {
			reason:   "So is a SinkBinding that is being made.",
			cluster:  change(connected(t), nil, "jobs-service-sinkbinding"),
			want:     "False InProgress: SinkBinding plat-jobs-service-sb: Not created yet",
			succeed:  "False Creating",
			triggers: 9,
			binding:  true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, withBroker, tc.cluster)
			c := condition(r, v1alpha08.ConditionEventingReady)
			got := strings.TrimSuffix(fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message), ": ")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nEventingReady: -want, +got:\n%s", tc.reason, diff)
			}
			s := condition(r, v1alpha08.ConditionSucceed)
			if got := string(s.Status) + " " + s.Reason; got != tc.succeed {
				t.Errorf("%s\nSucceed: got %s, want %s", tc.reason, got, tc.succeed)
			}
			triggers := 0
			for _, c := range r.Composed {
				if _, ok := c.Object.(*eventing.Trigger); ok {
					triggers++
				}
			}
			if triggers != tc.triggers {
				t.Errorf("%s\ngot %d Triggers, want %d", tc.reason, triggers, tc.triggers)
			}
			if binding := composed[*eventing.SinkBinding](t, r, service.JobsService, service.ResourceSink); (binding != nil) != tc.binding {
				t.Errorf("%s\ngot SinkBinding %v, want %t", tc.reason, binding, tc.binding)
			}
		})
	}
}

// triggerKeys are those of withBroker's Triggers.
func triggerKeys(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, c := range composeValid(t, withBroker, compositiontest.Cluster{Old: true}).Composed {
		if _, ok := c.Object.(*eventing.Trigger); ok {
			out = append(out, c.Key)
		}
	}
	return out
}

// triggerNames are their names.
func triggerNames(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, c := range composeValid(t, withBroker, compositiontest.Cluster{Old: true}).Composed {
		if _, ok := c.Object.(*eventing.Trigger); ok {
			out = append(out, c.Object.GetName())
		}
	}
	return out
}

// TestOrder holds which Triggers keep events in order, whatever becomes of their
// Broker.
func TestOrder(t *testing.T) {
	t.Parallel()
	kafka := compositiontest.Cluster{Required: found(brokerWith("True", "KafkaNamespaced"))}
	existing := map[string]string{}
	for _, o := range composeValid(t, withBroker, kafka).Composed {
		if strings.Contains(o.Key, "-trigger-") {
			existing[o.Key] = as(t, o, "True")
		}
	}
	want := []string{"JobEvent", "ProcessDefinitionEvent", "job.create", "job.delete"}
	cases := map[string]struct {
		reason  string
		cluster compositiontest.Cluster
		want    []string
	}{
		"Kafka": {
			reason:  "Only a Kafka Broker can keep events in order, and only some events need it.",
			cluster: kafka,
			want:    want,
		},
		"Other": {
			reason:  "To others the annotation would mean nothing.",
			cluster: compositiontest.Cluster{Required: found(brokerWith("True", "MTChannelBasedBroker"))},
		},
		"Unknown": {
			reason:  "A Broker that can't be looked up may be one of Kafka's.",
			cluster: compositiontest.Cluster{Old: true},
			want:    want,
		},
		"Lost": {
			reason:  "While the Broker can't be looked at, a Trigger keeps its order.",
			cluster: compositiontest.Cluster{Observed: existing, Required: map[string][]string{"broker-ns1/default": nil}},
			want:    want,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range composeValid(t, withBroker, tc.cluster).Composed {
				if o, ok := c.Object.(*eventing.Trigger); ok && o.Annotations["kafka.eventing.knative.dev/delivery.order"] == "ordered" {
					got = append(got, o.Spec.Filter.Attributes["type"])
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nordered: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestNamespacedComposite holds that a composite that lives in a namespace itself
// isn't given Triggers that it can't have.
func TestNamespacedComposite(t *testing.T) {
	t.Parallel()
	const composite = `
apiVersion: sonataflow.org/v1alpha08
kind: SonataFlowPlatform
metadata: {name: plat, namespace: ns1}
spec:
  `
	elsewhere := `{eventing: {broker: {ref: {kind: Broker, name: default, namespace: brokers}}}, services: {dataIndex: {}}}`
	r := platform.Compose(compositiontest.Request(t, composite+elsewhere, compositiontest.Cluster{}))
	const want = `spec.eventing.broker.ref.namespace: Invalid value: "brokers": a platform that is a namespaced composite can't have Triggers in other namespaces: use a Broker in namespace ns1, or a SonataFlowPlatform that is a claim`
	if r.Fatal == nil || r.Fatal.Error() != want {
		t.Errorf("a Broker elsewhere: got %v, want %s", r.Fatal, want)
	}
	for name, spec := range map[string]string{
		"its own namespace":     `{eventing: {broker: {ref: {kind: Broker, name: default}}}, services: {dataIndex: {}}}`,
		"a sink elsewhere":      `{services: {jobService: {sink: {ref: {kind: Broker, name: default, namespace: brokers}}}}}`,
		"nobody who'd use it":   `{eventing: {broker: {ref: {kind: Broker, name: default, namespace: brokers}}}, services: {}}`,
		"a source that is here": `{eventing: {broker: {ref: {kind: Broker, name: default, namespace: brokers}}}, services: {dataIndex: {source: {ref: {kind: Broker, name: mine}}}}}`,
	} {
		if r := platform.Compose(compositiontest.Request(t, composite+spec, compositiontest.Cluster{})); r.Fatal != nil {
			t.Errorf("%s: %v", name, r.Fatal)
		}
	}
}
