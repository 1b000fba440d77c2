// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/test/e2e/kube"
)

// TestRefusedByAPIServer applies invalid specs: kubectl says what is wrong, and no claim
// is created.
func TestRefusedByAPIServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "refused")
	const (
		exactly = "exactly one of serviceRef and jdbcUrl must be set"
		broker  = "must be a ref to a Broker"
	)
	cases := map[string]struct {
		spec string
		want string
	}{
		"TwoDatabases":       {spec: `persistence: {postgresql: {secretRef: {name: pg}, serviceRef: {name: pg}, jdbcUrl: "jdbc:postgresql://pg/db"}}`, want: exactly},
		"NoDatabase":         {spec: `services: {dataIndex: {persistence: {postgresql: {secretRef: {name: pg}}}}}`, want: exactly},
		"OtherDatabase":      {spec: `persistence: {postgresql: {secretRef: {name: pg}, jdbcUrl: "jdbc:mysql://pg/db"}}`, want: "must look like jdbc:postgresql://host:port/database"},
		"Strategy":           {spec: `services: {dataIndex: {persistence: {dbMigrationStrategy: Job}}}`, want: `supported values: "service", "job", "none"`},
		"JobDataIndex":       {spec: `services: {dataIndex: {persistence: {dbMigrationStrategy: job}}}`, want: "the job strategy migrates a PostgreSQL database: set services.dataIndex"},
		"JobJobsService":     {spec: `services: {jobService: {persistence: {dbMigrationStrategy: job}}}`, want: "the job strategy migrates a PostgreSQL database: set services.jobService"},
		"TwoBudgets":         {spec: `services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}}}}`, want: "minAvailable and maxUnavailable exclude each other"},
		"Budget":             {spec: `services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: half}}}}`, want: "must be a number of pods"},
		"SinkNowhere":        {spec: `services: {jobService: {sink: {}}}`, want: "a destination needs a ref, a uri or both"},
		"SinkWithoutName":    {spec: `services: {jobService: {sink: {ref: {kind: Broker, name: ""}}}}`, want: "a ref needs a kind and a name"},
		"BrokerURI":          {spec: `eventing: {broker: {uri: "http://broker"}}`, want: broker},
		"SourceURI":          {spec: `services: {dataIndex: {source: {uri: "http://broker"}}}`, want: broker},
		"JobsSourceURI":      {spec: `services: {jobService: {source: {uri: "http://broker"}}}`, want: broker},
		"Replicas":           {spec: `services: {dataIndex: {podTemplate: {replicas: -1}}}`, want: "greater than or equal to 0"},
		"Port":               {spec: `persistence: {postgresql: {secretRef: {name: pg}, serviceRef: {name: pg, port: 65536}}}`, want: "less than or equal to 65535"},
		"Property":           {spec: `properties: {flow: [{name: p, valueFrom: {secretKeyRef: {name: "", key: k}}}]}`, want: "name and key are needed"},
		"UnknownField":       {spec: `services: {dataindex: {}}`, want: "spec.services.dataindex: field not declared in schema"},
		"WorkingDirOfOthers": {spec: `services: {dataIndex: {podTemplate: {container: {workingDir: /}}}}`, want: "workingDir: field not declared in schema"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var spec map[string]any
			if err := yaml.Unmarshal([]byte(tc.spec), &spec); err != nil {
				t.Fatal(err)
			}
			err := cluster.Apply(t.Context(), manifests(t, w.newClaim("refused", spec)))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("kubectl apply: want it to say %q, got %v", tc.want, err)
			}
		})
	}
	if out := w.kubectl("get", "sonataflowplatforms", "--output=name"); out != "" {
		t.Errorf("want no claim, got %s", out)
	}
}

// TestRefusedByFunction gives a running platform a spec that only the function can
// refuse: the claim says why, and the objects stay unchanged until the spec is mended.
func TestRefusedByFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "refused-by-function")
	spec := func(image string) map[string]any {
		return map[string]any{"services": map[string]any{"dataIndex": map[string]any{
			"podTemplate": map[string]any{"container": map[string]any{"image": image}},
		}}}
	}
	p := w.claim(w.newClaim("platform", spec("registry.example.com/data-index:1")))
	p.awaitReady()
	before := w.inventory()

	w.apply(w.newClaim("platform", spec("not an image!")))
	c := p.awaitCondition("SpecValid", "False", "Invalid")
	for _, want := range []string{"spec.services.dataIndex.podTemplate.container.image", "not an image!", "write it like"} {
		if !strings.Contains(c.Message, want) {
			t.Errorf("SpecValid: want %q in %q", want, c.Message)
		}
	}
	p.awaitCondition("Succeed", "False", "Failure")
	if diff := cmp.Diff(before, w.inventory()); diff != "" {
		t.Errorf("objects of the refused platform: -before, +after:\n%s", diff)
	}

	w.apply(w.newClaim("platform", spec("registry.example.com/data-index:2")))
	p.awaitCondition("SpecValid", "True", "Valid")
	p.awaitReady()
}

// TestRefusedByKnative gives a SinkBinding, and then the Jobs Service of a claim, sinks that
// Knative's webhook refuses: the claim names the field, and no SinkBinding is composed. Every
// other sink is composed as it stands, and the webhook takes it.
func TestRefusedByKnative(t *testing.T) {
	t.Parallel()
	installKnative(t)
	// A case's name is part of its namespace's.
	cases := map[string]struct {
		reason string
		sink   string
		// knative and claim are what the webhook and the claim say about a sink that they
		// refuse.
		knative, claim string
	}{
		"nowhere": {
			reason: "A sink is an object or an address.",
			sink:   `{}`, knative: "expected at least one, got none: spec.sink.ref, spec.sink.uri", claim: "a destination needs a ref, a uri or both",
		},
		"path-alone": {
			reason: "A path is a path at something.",
			sink:   `{uri: /in}`, knative: "Relative URI is not allowed", claim: "spec.services.jobService.sink.uri",
		},
		"host-without-scheme": {
			reason: "An address has a scheme.",
			sink:   `{uri: broker.example.com}`, knative: "Relative URI is not allowed", claim: "spec.services.jobService.sink.uri",
		},
		"address-beside-ref": {
			reason: "Events go to one place.",
			sink:   `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}, uri: "http://broker.example.com/in"}`, knative: "Absolute URI is not allowed", claim: "Absolute URI is not allowed",
		},
		"no-api": {
			reason: "Only of a Broker the function knows the API.",
			sink:   `{ref: {kind: Channel, name: default}}`, knative: "missing field(s): spec.sink.ref.apiVersion", claim: "spec.services.jobService.sink.ref.apiVersion",
		},
		"no-name": {
			reason: "A reference names an object.",
			sink:   `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: ""}}`, knative: "missing field(s): spec.sink.ref.name", claim: "a ref needs a kind and a name",
		},
		"certificate": {
			reason: "A certificate is one.",
			sink:   `{uri: "https://broker.example.com", CACerts: none}`, knative: "CA Cert provided is invalid", claim: "spec.services.jobService.sink.CACerts",
		},
		"address": {
			reason: "Events may go to an address.",
			sink:   `{uri: "https://broker.example.com:8443/in?from=jobs"}`,
		},
		"path-at-broker": {
			reason: "Beside an object, a uri is a path.",
			sink:   `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: my.broker, namespace: refused-path-at-broker}, uri: /in}`,
		},
		"channel": {
			reason: "Events may go to other objects than Brokers.",
			sink:   `{ref: {apiVersion: messaging.knative.dev/v1, kind: Channel, name: default, namespace: refused-channel}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "refused-"+name)
			var sink map[string]any
			if err := yaml.Unmarshal([]byte(tc.sink), &sink); err != nil {
				t.Fatal(err)
			}
			byHand := object("sources.knative.dev/v1", "SinkBinding", w.namespace, "by-hand")
			byHand.Object["spec"] = map[string]any{
				"subject": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": "any", "namespace": w.namespace},
				"sink":    sink,
			}
			err := cluster.Apply(t.Context(), manifests(t, byHand))
			claim := w.newClaim("platform", map[string]any{"services": map[string]any{"jobService": map[string]any{"sink": sink}}})
			if tc.knative == "" {
				if err != nil {
					t.Errorf("%s: want Knative's webhook to take it, got %v", tc.reason, err)
				}
				w.claim(claim).awaitSinkBinding(sink)
				return
			}
			if err == nil || !strings.Contains(err.Error(), "webhook") || !strings.Contains(err.Error(), tc.knative) {
				t.Errorf("%s: want Knative's webhook to say %q, got %v", tc.reason, tc.knative, err)
			}
			// The definition refuses some of these, the function all others.
			if err := cluster.Apply(t.Context(), manifests(t, claim)); err != nil {
				if !strings.Contains(err.Error(), tc.claim) {
					t.Errorf("%s: want kubectl apply to say %q, got %v", tc.reason, tc.claim, err)
				}
				return
			}
			p := w.claim(claim)
			if said := p.awaitCondition("SpecValid", "False", "Invalid"); !strings.Contains(said.Message, tc.claim) {
				t.Errorf("%s: want the claim to say %q, got %q", tc.reason, tc.claim, said.Message)
			}
			if made := w.uids(kube.SinkBindings); len(made) > 0 {
				t.Errorf("%s: there are SinkBindings: %v", tc.reason, made)
			}
		})
	}
}

// awaitSinkBinding waits until the SinkBinding of the Jobs Service has a sink.
func (p *platform) awaitSinkBinding(sink map[string]any) {
	p.Helper()
	p.await("the SinkBinding to have the sink", noticed, func(ctx context.Context) error {
		o, err := cluster.Get(ctx, kube.SinkBindings, p.namespace, p.sinkBinding())
		if err != nil {
			return err
		}
		got, _, _ := unstructured.NestedMap(o.Object, "spec", "sink")
		if diff := cmp.Diff(sink, got); diff != "" {
			return fmt.Errorf("-want, +got: %s", diff)
		}
		return nil
	})
}
