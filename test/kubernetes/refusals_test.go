// SPDX-License-Identifier: Apache-2.0

package kubernetes_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: sonataflow-platform-data-index-service, namespace: workflows}
spec:
  selector: {matchLabels: {app: data-index}}
  template:
    metadata: {labels: {app: data-index}}
    spec:
      containers:
      - name: data-index-service
        image: docker.io/apache/data-index
        env: [{name: A, value: b}]
        resources: {requests: {cpu: 100m}, limits: {cpu: "1"}}
`
	job = `
apiVersion: batch/v1
kind: Job
metadata: {name: sonataflow-platform-migration, namespace: workflows}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: docker.io/apache/migrator}]
`
	service = `
apiVersion: v1
kind: Service
metadata: {name: sonataflow-platform-data-index-service, namespace: workflows}
spec:
  selector: {app: data-index}
  ports: [{name: web, port: 80, targetPort: 8080}]
`
	configMap = `
apiVersion: v1
kind: ConfigMap
metadata: {name: sonataflow-platform-data-index-service-props, namespace: workflows}
data: {application.properties: a=b}
`
	budget = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: sonataflow-platform-data-index-service, namespace: workflows}
spec:
  minAvailable: 50%
  selector: {matchLabels: {app: data-index}}
`
)

// TestRefusals checks refusals with objects for which Kubernetes' answer is known.
func TestRefusals(t *testing.T) {
	t.Parallel()

	cases := map[string]struct {
		reason   string
		sample   string
		from, to string
		want     string
	}{
		"Deployment":          {reason: "Optional fields that are left out have defaults.", sample: deployment},
		"Job":                 {reason: "A Job gets its selector from the API server.", sample: job},
		"Service":             {reason: "A Service gets its address after the validation.", sample: service},
		"ConfigMap":           {reason: "The name of a file is a valid key.", sample: configMap},
		"PodDisruptionBudget": {reason: "A budget may be a percentage.", sample: budget},
		"UnknownField": {
			reason: "A field that Kubernetes doesn't know would be lost.",
			sample: deployment, from: "selector:", to: "selectors: {}\n  selector:",
			want: `unknown field "spec.selectors"`,
		},
		"WrongType": {
			reason: "A number isn't a string.",
			sample: deployment, from: "value: b", to: "value: 1",
			want: "cannot unmarshal number into Go struct field EnvVar",
		},
		"Selector": {
			reason: "A Deployment selects its own pods.",
			sample: deployment, from: "matchLabels: {app: data-index}", to: "matchLabels: {app: other}",
			want: "`selector` does not match template `labels`",
		},
		"Request": {
			reason: "A container can't request more than its limit.",
			sample: deployment, from: "cpu: 100m", to: `cpu: "2"`,
			want: "must be less than or equal to cpu limit of 1",
		},
		"JobRestarts": {
			reason: "The default of restartPolicy is Always, which a Job doesn't accept.",
			sample: job, from: "      restartPolicy: Never\n", to: "",
			want: "spec.template.spec.restartPolicy: Required value",
		},
		"ServiceName": {
			reason: "A Service's name is a DNS label.",
			sample: service, from: "name: sonataflow-platform-", to: "name: sonataflow.platform-",
			want: "metadata.name: Invalid value",
		},
		"ServicePort": {
			reason: "Port 0 isn't valid.",
			sample: service, from: "port: 80,", to: "port: 0,",
			want: "spec.ports[0].port: Invalid value: 0",
		},
		"ConfigMapKey": {
			reason: "A key becomes the name of a file.",
			sample: configMap, from: "application.properties: a=b", to: "a/b: c",
			want: `Invalid value: "a/b"`,
		},
		"BudgetBoth": {
			reason: "A budget has minAvailable or maxUnavailable, but not both.",
			sample: budget, from: "minAvailable: 50%", to: "minAvailable: 50%\n  maxUnavailable: 1",
			want: "minAvailable and maxUnavailable cannot be both set",
		},
		"BudgetName": {
			reason: "The name of every object is checked.",
			sample: budget, from: "name: sonataflow-platform", to: "name: Sonataflow-platform",
			want: "metadata.name: Invalid value",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(tc.sample, tc.from) {
				t.Fatalf("the sample has no %q", tc.from)
			}
			b, err := yaml.YAMLToJSONStrict([]byte(strings.Replace(tc.sample, tc.from, tc.to, 1)))
			if err != nil {
				t.Fatal(err)
			}
			var head struct{ APIVersion, Kind string }
			if err := yaml.Unmarshal(b, &head); err != nil {
				t.Fatal(err)
			}
			all, err := refusals(t.Context(), kinds()[head.APIVersion+" "+head.Kind], b)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(all, "\n")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("\n%s\nwant %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
}
