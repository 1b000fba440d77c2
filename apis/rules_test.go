// SPDX-License-Identifier: Apache-2.0

package apis_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/test/xrdschema"
)

// What several cases have in common.
const (
	oneOf    = `: Invalid value: exactly one of serviceRef and jdbcUrl must be set: say where the database is, in one way`
	noJDBC   = `: must look like jdbc:postgresql://host:port/database?currentSchema=schema, with neither blanks nor credentials in it`
	notRange = `: Invalid value: "integer": must be a number of pods, such as 1, or a percentage of them, such as 50%`
	postgres = `postgresql: {secretRef: {name: s}, serviceRef: {name: db}}`
)

type ruleCase struct {
	reason string
	spec   string
	want   []string
}

// platformCases are refused, and next to it accepted, specs of platforms.
func platformCases() map[string]ruleCase {
	return map[string]ruleCase{
		"Empty": {
			reason: "A platform that asks for nothing is fine.",
			spec:   `{}`,
		},

		// Where a database is.
		"PlatformServiceRef": {
			reason: "A Service says where the database is.",
			spec:   `persistence: {` + postgres + `}`,
		},
		"PlatformJdbcUrl": {
			reason: "A URL says where the database is.",
			spec:   `persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://host:1234/database?currentSchema=data-index-service"}}`,
		},
		"PlatformNeither": {
			reason: "Nothing says where the database is.",
			spec:   `persistence: {postgresql: {secretRef: {name: s}}}`,
			want:   []string{`spec.persistence.postgresql: Invalid value: exactly one of serviceRef and jdbcUrl must be set: say where the database is, in one way`},
		},
		"PlatformBoth": {
			reason: "Two things say where the database is.",
			spec:   `persistence: {postgresql: {secretRef: {name: s}, serviceRef: {name: db}, jdbcUrl: "jdbc:postgresql://db"}}`,
			want:   []string{`spec.persistence.postgresql` + oneOf},
		},
	}
}
var _ = yaml.Marshal
var _ = slices.Sort[[]string]
var _ extv1.JSON
var _ = v1alpha08.Group
func TestY(t *testing.T) {
	v, err := xrdschema.Load(".")
	if err != nil { t.Fatal(err) }
	for _, s := range []string{
		`persistence: {postgresql: {secretRef: {name: s}}}`,
		`persistence: {postgresql: {secretRef: {name: ""}, serviceRef: {name: ""}}}`,
		`persistence: {postgresql: {serviceRef: {name: "a", port: 0}}}`,
		`persistence: {postgresql: {secretRef: {name: s}, jdbcUrl: ""}}`,
		`services: {dataIndex: {persistence: {dbMigrationStrategy: jobs}, source: {}, podTemplate: {replicas: -1, podDisruptionBudget: {minAvailable: -1, maxUnavailable: 0%}}}}`,
		`services: {dataIndex: {persistence: {dbMigrationStrategy: job}, source: {}, podTemplate: {podDisruptionBudget: {minAvailable: -1, maxUnavailable: 101%}}}}`,
		`services: {jobService: {sink: {}, source: {uri: "http://x"}}}`,
		`services: {jobService: {sink: {uri: ""}, source: {ref: {kind: "", name: x}}}}`,
		`properties: {flow: [{name: ""}, {name: x, valueFrom: {secretKeyRef: {key: x}, configMapKeyRef: {key: "", name: x}}}]}`,
		`properties: {flow: [{name: "x"}, {name: x, valueFrom: {secretKeyRef: {key: x}, configMapKeyRef: {key: "", name: x}}}]}`,
	} {
		var spec map[string]any
		if err := yaml.Unmarshal([]byte(s), &spec); err != nil { t.Fatal(err) }
		for _, e := range v.Validate(map[string]any{"apiVersion": v1alpha08.APIVersion, "kind": "SonataFlowPlatform", "metadata": map[string]any{"name": "a"}, "spec": spec}) {
			t.Log(e)
		}
	}
	_ = cmp.Diff("", "")
}
