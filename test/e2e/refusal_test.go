// SPDX-License-Identifier: Apache-2.0

//go:build linux && e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
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
