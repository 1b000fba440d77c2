// SPDX-License-Identifier: Apache-2.0

package knative_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	trigger = `
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: jobs-service-create-job
  namespace: brokers
  labels:
    app.kubernetes.io/name: jobs-service
spec:
  broker: default
  filter:
    attributes:
      type: job.create
  subscriber:
    ref:
      apiVersion: v1
      kind: Service
      name: sonataflow-platform-jobs-service
      namespace: workflows
    uri: /v2/jobs/events
`

	sinkBinding = `
apiVersion: sources.knative.dev/v1
kind: SinkBinding
metadata:
  name: sonataflow-platform-jobs-service-sb
  namespace: workflows
spec:
  sink:
    ref:
      apiVersion: eventing.knative.dev/v1
      kind: Broker
      name: default
      namespace: brokers
  subject:
    apiVersion: apps/v1
    kind: Deployment
    name: sonataflow-platform-jobs-service
    namespace: workflows
`

	service = `
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: vet
  namespace: workflows
spec:
  template:
    spec:
      containers:
      - name: workflow
        image: registry.example.com/workflows/vet:1.0
        ports: [{name: h2c, containerPort: 8080}]
`

	broker = `
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: default
  namespace: brokers
status:
  address:
    url: http://broker-ingress.knative-eventing.svc.cluster.local/brokers/default
  conditions:
  - type: Ready
    status: "True"
`
)

// changed returns a sample in which a piece is replaced. A missing piece is fatal,
// because the sample would stay unchanged.
func changed(t *testing.T, sample, from, to string) document {
	t.Helper()
	if !strings.Contains(sample, from) {
		t.Fatalf("the sample has no %q", from)
	}
	b, err := yaml.YAMLToJSONStrict([]byte(strings.Replace(sample, from, to, 1)))
	if err != nil {
		t.Fatalf("cannot read the sample: %v", err)
	}
	d, err := newDocument(b)
	if err != nil {
		t.Fatalf("cannot read the sample: %v", err)
	}
	return d
}

// matches compares the error of a check with the wanted text. An empty text wants no
// error.
func matches(t *testing.T, reason, want string, got error) {
	t.Helper()
	switch {
	case want == "" && got != nil:
		t.Errorf("\n%s\nwant no error, got %v", reason, got)
	case want != "" && (got == nil || !strings.Contains(got.Error(), want)):
		t.Errorf("\n%s\nwant an error with %q, got %v", reason, want, got)
	}
}
