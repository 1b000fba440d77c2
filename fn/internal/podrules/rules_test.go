// SPDX-License-Identifier: Apache-2.0

package podrules_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podrules"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
)

// at is where the templates of these tests stand.
var at = field.NewPath("t")

// What Kubernetes says of names.
const (
	notALabel       = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`
	notAName        = `not a name that Kubernetes accepts: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`
	notALabelsKey   = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`
	notALabelsValue = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`
	notAKey         = `not a key that Kubernetes accepts: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`

	notALabelsPrefix = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`
	notADomain       = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')`
	notAParameter    = `not the name of a kernel parameter: use one such as net.core.somaxconn`
	notAMode         = `must be between 0 and 0777, which is 511 as a decimal number`
	ownUsers         = `a pod whose users aren't the node's can't share this with the node: remove this or hostUsers`

	pods  = `: must be a number of pods, such as 1, or a percentage of them, such as 50%`
	twice = `: Kubernetes takes it once: rename or remove one`
)

// own is the pod of a Data Index before a template is merged in.
func own() corev1.PodSpec {
	return component.NewPod(component.PodOptions{Kind: component.DataIndex()})
}

// spec reads a podTemplate in YAML.
func spec(t *testing.T, text string) *v1alpha08.PodTemplateSpec {
	t.Helper()
	out := &v1alpha08.PodTemplateSpec{}
	if err := yaml.UnmarshalStrict([]byte(text), out); err != nil {
		t.Fatalf("cannot read template: %v\n%s", err, text)
	}
	return out
}

// TestValidate shows what a user reads whose template makes a pod that Kubernetes refuses or
// never starts.
func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		// refused has the errors of each template that is refused.
		refused  map[string][]string
		accepted []string
	}{
		"Empty": {
			reason:   "A template may say nothing.",
			accepted: []string{`{}`, `{container: {}}`, `{restartPolicy: "", dnsPolicy: "", tolerations: []}`},
		},
		"Everything": {
			reason: "All that is wrong is told at once, in the order of the fields.",
			refused: map[string][]string{
				`{replicas: -1, podDisruptionBudget: {minAvailable: -1, maxUnavailable: -1}, restartPolicy: Never, volumes: [{}], container: {env: [{}]}, containers: [{name: a}]}`: {
					`t.replicas: Invalid value: -1: must be 0 or more`,
					`t.podDisruptionBudget: Forbidden: minAvailable and maxUnavailable exclude each other: set one of them`,
					`t.podDisruptionBudget.minAvailable: Invalid value: "-1"` + pods,
					`t.podDisruptionBudget.maxUnavailable: Invalid value: "-1"` + pods,
					`t.restartPolicy: Unsupported value: "Never": supported values: "Always"`,
					`t.volumes[0].name: Required value: give it a name`,
					`t.container.env[0].name: Required value: give the variable a name`,
					`t.containers[0].image: Required value: name the image that the container runs`,
				},
			},
		},
		"Image": {
			reason:   "Whether an image is one isn't checked here, but by package images.",
			accepted: []string{`{container: {image: "no image!"}, containers: [{name: a, image: "no image!"}]}`},
		},
		"RestartPolicy": {
			reason: "A Deployment restarts its containers always.",
			refused: map[string][]string{
				`restartPolicy: OnFailure`: {`t.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"`},
				`restartPolicy: always`:    {`t.restartPolicy: Unsupported value: "always": supported values: "Always"`},
			},
			accepted: []string{`restartPolicy: Always`},
		},
		"Deadline": {
			reason:  "A Deployment has no deadline.",
			refused: map[string][]string{`activeDeadlineSeconds: 60`: {`t.activeDeadlineSeconds: Forbidden: a service runs for good, and no Deployment takes a deadline: remove it`}},
		},
		"Replicas": {
			reason:   "There is no negative number of pods.",
			refused:  map[string][]string{`replicas: -1`: {`t.replicas: Invalid value: -1: must be 0 or more`}},
			accepted: []string{`replicas: 0`, `replicas: 3`},
		},
		"Budget": {
			reason: "Kubernetes takes one of the two, and only numbers and percentages.",
			refused: map[string][]string{
				`podDisruptionBudget: {minAvailable: 1, maxUnavailable: 1}`: {
					`t.podDisruptionBudget: Forbidden: minAvailable and maxUnavailable exclude each other: set one of them`,
				},
				`podDisruptionBudget: {minAvailable: -1}`:     {`t.podDisruptionBudget.minAvailable: Invalid value: "-1"` + pods},
				`podDisruptionBudget: {minAvailable: half}`:   {`t.podDisruptionBudget.minAvailable: Invalid value: "half"` + pods},
				`podDisruptionBudget: {minAvailable: 05%}`:    {`t.podDisruptionBudget.minAvailable: Invalid value: "05%"` + pods},
				`podDisruptionBudget: {maxUnavailable: 150%}`: {`t.podDisruptionBudget.maxUnavailable: Invalid value: "150%"` + pods},
			},
			accepted: []string{
				`podDisruptionBudget: {}`,
				`podDisruptionBudget: {minAvailable: 1}`,
				`podDisruptionBudget: {minAvailable: 0%}`,
				`podDisruptionBudget: {maxUnavailable: 0}`,
				`podDisruptionBudget: {maxUnavailable: 50%}`,
				`podDisruptionBudget: {maxUnavailable: 100%}`,
			},
		},
		"ContainerNames": {
			reason: "Each container of a pod has a name of its own; a container beside the service's that has its name is left out by Merge.",
			refused: map[string][]string{
				`containers: [{name: a, image: i}, {name: a, image: i}]`: {
					`t.containers[1].name: Duplicate value: "a"` + twice,
				},
				`{containers: [{name: a, image: i}], initContainers: [{name: a, image: i}, {name: data-index-service, image: i}]}`: {
					`t.initContainers[0].name: Duplicate value: "a"` + twice,
					`t.initContainers[1].name: Duplicate value: "data-index-service"` + twice,
				},
				`containers: [{}]`: {
					`t.containers[0].name: Required value: give it a name`,
					`t.containers[0].image: Required value: name the image that the container runs`,
				},
				`initContainers: [{name: my_init, image: i}]`: {
					`t.initContainers[0].name: Invalid value: "my_init": ` + notALabel,
				},
			},
			accepted: []string{`{containers: [{name: data-index-service}, {name: a, image: i}], initContainers: [{name: b, image: i}]}`},
		},
		"Policies": {
			reason: "A policy that Kubernetes doesn't know is refused.",
			refused: map[string][]string{
				`container: {imagePullPolicy: Sometimes, terminationMessagePolicy: Logs}`: {
					`t.container.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
					`t.container.terminationMessagePolicy: Unsupported value: "Logs": supported values: "File", "FallbackToLogsOnError"`,
				},
				`initContainers: [{name: a, image: i, restartPolicy: Sometimes}]`: {
					`t.initContainers[0].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"`,
				},
				`preemptionPolicy: Sometimes`: {
					`t.preemptionPolicy: Unsupported value: "Sometimes": supported values: "PreemptLowerPriority", "Never"`,
				},
				`preemptionPolicy: ""`: {
					`t.preemptionPolicy: Unsupported value: "": supported values: "PreemptLowerPriority", "Never"`,
				},
			},
			accepted: []string{`{preemptionPolicy: Never, container: {imagePullPolicy: Always}, initContainers: [{name: a, image: i, restartPolicy: Always}]}`},
		},
		"Env": {
			reason: "A variable has a name and one source; a service's container takes the last of two with one name.",
			refused: map[string][]string{
				`container: {env: [{value: x}]}`: {`t.container.env[0].name: Required value: give the variable a name`},
				`container: {env: [{name: "a=b", value: x}]}`: {
					`t.container.env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
				},
				`container: {env: [{name: a, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}`: {
					`t.container.env[0].valueFrom: Forbidden: value and valueFrom exclude each other: set one of them`,
				},
				`container: {env: [{name: a, valueFrom: {}}]}`: {
					`t.container.env[0].valueFrom: Required value: set one of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef`,
				},
				`container: {env: [{name: a, valueFrom: {fieldRef: {}, resourceFieldRef: {}}}]}`: {
					`t.container.env[0].valueFrom.resourceFieldRef: Forbidden: fieldRef and resourceFieldRef exclude each other: set one of them`,
					`t.container.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "": not a field of a pod that variables know: use one such as metadata.name, metadata.labels['KEY'] or status.podIP`,
					`t.container.env[0].valueFrom.resourceFieldRef.resource: Invalid value: "": not a resource of a container: use one such as limits.cpu or requests.memory`,
				},
				`container: {env: [{name: a, valueFrom: {fieldRef: {apiVersion: v2, fieldPath: "metadata.labels['a b']"}}}, {name: b, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 10m}}}, {name: c, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 2Mi}}}]}`: {
					`t.container.env[0].valueFrom.fieldRef.apiVersion: Unsupported value: "v2": supported values: "v1"`,
					`t.container.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.labels['a b']": ` + notALabelsKey,
					`t.container.env[1].valueFrom.resourceFieldRef.divisor: Unsupported value: "10m": supported values: "1", "1m"`,
					`t.container.env[2].valueFrom.resourceFieldRef.divisor: Invalid value: "2Mi": must be one unit, such as 1, 1M or 1Mi`,
				},
				`container: {env: [{name: a, valueFrom: {secretKeyRef: {name: My Secret, key: a b}}}]}`: {
					`t.container.env[0].valueFrom.secretKeyRef.name: Invalid value: "My Secret": ` + notAName,
					`t.container.env[0].valueFrom.secretKeyRef.key: Invalid value: "a b": ` + notAKey,
				},
				`container: {env: [{name: a, valueFrom: {configMapKeyRef: {}}}]}`: {
					`t.container.env[0].valueFrom.configMapKeyRef.name: Required value: say which one is meant`,
					`t.container.env[0].valueFrom.configMapKeyRef.key: Required value: say which key is meant`,
				},
				`containers: [{name: a, image: i, env: [{name: x}, {name: x}]}]`: {
					`t.containers[0].env[1].name: Duplicate value: "x"` + twice,
				},
			},
			accepted: []string{
				`container: {env: [{name: A, value: "1"}, {name: A, value: "2"}, {name: my.property-x, value: ""}, {name: B, value: "", valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: C, valueFrom: {fieldRef: {fieldPath: "metadata.labels['a/b']"}}}]}`,
				`container: {env: [{name: A, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.hugepages-2Mi, divisor: 1Mi}}}]}`,
			},
		},
		"EnvFrom": {
			reason: "A source of variables is one object.",
			refused: map[string][]string{
				`container: {envFrom: [{prefix: X_}]}`: {`t.container.envFrom[0]: Required value: set one of configMapRef, secretRef`},
				`container: {envFrom: [{secretRef: {name: "${SECRET}"}, configMapRef: {name: a}}]}`: {
					`t.container.envFrom[0].secretRef: Forbidden: configMapRef and secretRef exclude each other: set one of them`,
					`t.container.envFrom[0].secretRef.name: Invalid value: "${SECRET}": holds the placeholder ${SECRET}, which was to be filled in before the document was applied: put the value there`,
				},
			},
			accepted: []string{`container: {envFrom: [{prefix: X_, configMapRef: {name: a}}, {secretRef: {name: b, optional: true}}]}`},
		},
		"Ports": {
			reason: "Server-side apply refuses a port that is there twice, the API server a number or a name that isn't a port's.",
			refused: map[string][]string{
				`container: {ports: [{containerPort: 9000}, {containerPort: 9000, protocol: TCP}]}`: {
					`t.container.ports[1].containerPort: Duplicate value: "9000/TCP"` + twice,
				},
				`container: {ports: [{name: a, containerPort: 0}, {name: a, containerPort: 1, hostPort: 65536, protocol: HTTP}]}`: {
					`t.container.ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, inclusive`,
					`t.container.ports[1].protocol: Unsupported value: "HTTP": supported values: "TCP", "UDP", "SCTP"`,
					`t.container.ports[1].hostPort: Invalid value: 65536: must be between 1 and 65535, inclusive`,
					`t.container.ports[1].name: Duplicate value: "a"` + twice,
				},
				`container: {ports: [{name: a-very-long-name, containerPort: 1}]}`: {
					`t.container.ports[0].name: Invalid value: "a-very-long-name": must be no more than 15 characters`,
				},
				`{hostNetwork: true, container: {ports: [{containerPort: 9000, hostPort: 9001}]}}`: {
					`t.container.ports[0].hostPort: Invalid value: 9001: with hostNetwork the node's port is the container's, 9000: remove this`,
				},
				`{hostNetwork: true, containers: [{name: a, image: i, ports: [{containerPort: 8080}]}]}`: {
					`t.containers[0].ports[0].hostPort: Duplicate value: "8080/TCP"` + twice,
				},
				`containers: [{name: a, image: i, ports: [{containerPort: 1, hostPort: 5}]}, {name: b, image: i, ports: [{containerPort: 2, hostPort: 5}]}]`: {
					`t.containers[1].ports[0].hostPort: Duplicate value: "5/TCP"` + twice,
				},
			},
			accepted: []string{
				`{hostNetwork: true, container: {ports: [{name: a, containerPort: 53, hostPort: 53}, {name: b, containerPort: 53, protocol: UDP}, {containerPort: 8080}]}}`,
				`containers: [{name: a, image: i, ports: [{containerPort: 8080}, {containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5, hostIP: 10.0.0.1}]}]`,
			},
		},
		"Probes": {
			reason: "A probe has one handler, which calls a port that the container has; the platform's own probes have handlers already.",
			refused: map[string][]string{
				`container: {startupProbe: {periodSeconds: 5}}`: {
					`t.container.startupProbe: Required value: set one of exec, httpGet, tcpSocket, grpc`,
				},
				`container: {livenessProbe: {exec: {command: [ls]}, tcpSocket: {port: 8080}}}`: {
					`t.container.livenessProbe.tcpSocket: Forbidden: exec and tcpSocket exclude each other: set one of them`,
				},
				`container: {livenessProbe: {successThreshold: 2, failureThreshold: -1}, readinessProbe: {terminationGracePeriodSeconds: 5}}`: {
					`t.container.livenessProbe.failureThreshold: Invalid value: -1: must be 0 or more`,
					`t.container.livenessProbe.successThreshold: Invalid value: 2: must be 1: only a readinessProbe counts successes`,
					`t.container.readinessProbe.terminationGracePeriodSeconds: Forbidden: a readinessProbe ends no container: remove it`,
				},
				`container: {livenessProbe: {httpGet: {port: web, scheme: http}}, readinessProbe: {exec: {}}, startupProbe: {grpc: {port: 0}}}`: {
					`t.container.livenessProbe.httpGet.port: Invalid value: "web": the container has no port of this name: add it to its ports, or use a number`,
					`t.container.livenessProbe.httpGet.scheme: Unsupported value: "http": supported values: "HTTP", "HTTPS"`,
					`t.container.startupProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
					`t.container.readinessProbe.exec.command: Required value: say what to run`,
				},
				`container: {livenessProbe: {terminationGracePeriodSeconds: 0, httpGet: {port: 8080, httpHeaders: [{name: X-A, value: b}, {name: "X A", value: b}]}}}`: {
					`t.container.livenessProbe.httpGet.httpHeaders[1].name: Invalid value: "X A": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
					`t.container.livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be 1 or more`,
				},
				`containers: [{name: a, image: i, livenessProbe: {tcpSocket: {port: h2c}}}]`: {
					`t.containers[0].livenessProbe.tcpSocket.port: Invalid value: "h2c": the container has no port of this name: add it to its ports, or use a number`,
				},
				`initContainers: [{name: a, image: i, livenessProbe: {tcpSocket: {port: 1}}, lifecycle: {}}]`: {
					`t.initContainers[0].livenessProbe: Forbidden: an init container ends before the service starts: remove it, or set restartPolicy: Always to let the container run beside the service`,
					`t.initContainers[0].lifecycle: Forbidden: an init container ends before the service starts: remove it, or set restartPolicy: Always to let the container run beside the service`,
				},
			},
			accepted: []string{
				`container: {livenessProbe: {periodSeconds: 5}, readinessProbe: {successThreshold: 3, httpGet: {path: /x, port: h2c}}}`,
				`container: {ports: [{name: web, containerPort: 9000}], livenessProbe: {httpGet: {port: web}}}`,
				`initContainers: [{name: a, image: i, restartPolicy: Always, startupProbe: {exec: {command: [ls]}}}]`,
			},
		},
		"Lifecycle": {
			reason: "A hook has one handler, which ends before the pod has to.",
			refused: map[string][]string{
				`container: {lifecycle: {preStop: {sleep: {seconds: 60}}}}`: {
					`t.container.lifecycle.preStop.sleep.seconds: Invalid value: 60: must be between 0 and terminationGracePeriodSeconds, 30`,
				},
				`container: {lifecycle: {postStart: {}, preStop: {exec: {command: []}, sleep: {seconds: 5}}}}`: {
					`t.container.lifecycle.postStart: Required value: set one of exec, httpGet, tcpSocket, sleep`,
					`t.container.lifecycle.preStop.sleep: Forbidden: exec and sleep exclude each other: set one of them`,
					`t.container.lifecycle.preStop.exec.command: Required value: say what to run`,
				},
			},
			accepted: []string{`container: {lifecycle: {preStop: {sleep: {seconds: 30}}}}`, `{terminationGracePeriodSeconds: 90, container: {lifecycle: {preStop: {sleep: {seconds: 60}}}}}`},
		},
		"Resources": {
			reason: "No container may reserve more than it is limited to, be it by the template or the platform.",
			refused: map[string][]string{
				`container: {resources: {requests: {cpu: 2, memory: -1}, limits: {cpu: 1}}}`: {
					`t.container.resources.requests[memory]: Invalid value: "-1": must be 0 or more`,
					`t.container.resources.requests[cpu]: Invalid value: "2": must not be more than the limit, 1`,
				},
				`container: {resources: {requests: {memory: 2Gi, cpu: 2}, limits: {memory: 1Gi, cpu: 1}}}`: {
					`t.container.resources.requests[cpu]: Invalid value: "2": must not be more than the limit, 1`,
					`t.container.resources.requests[memory]: Invalid value: "2Gi": must not be more than the limit, 1Gi`,
				},
				`container: {resources: {requests: {memory: 2Gi}}}`: {
					`t.container.resources.requests[memory]: Invalid value: "2Gi": is more than the platform's limit of 1Gi: set limits[memory], too`,
				},
				`containers: [{name: a, image: i, resources: {limits: {cpus: 1}, requests: {example.com/gpu: 1}}}]`: {
					`t.containers[0].resources.limits[cpus]: Invalid value: "cpus": not a resource that Kubernetes knows: use cpu, memory, ephemeral-storage, or the full name of an extended resource`,
					`t.containers[0].resources.limits[example.com/gpu]: Required value: what can't be shared needs a limit that is its request`,
				},
				`{overhead: {cpu: -1m}, containers: [{name: a, image: i, resources: {limits: {example.com/gpu: 500m, a b/c: 1, hugepages-2Mi: 3Mi}}}]}`: {
					`t.overhead[cpu]: Invalid value: "-1m": must be 0 or more`,
					`t.containers[0].resources.limits[a b/c]: Invalid value: "a b/c": prefix part ` + notALabelsPrefix,
					`t.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be a whole number, because example.com/gpu can't be shared`,
					`t.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": must be a number of whole pages of the size in its name`,
					`t.containers[0].resources: Forbidden: huge pages need cpu or memory beside them: set one of these, too`,
				},
				`initContainers: [{name: a, image: i, resources: {limits: {example.com/gpu: 2}, requests: {example.com/gpu: 1}}}]`: {
					`t.initContainers[0].resources.requests[example.com/gpu]: Invalid value: "1": must be the limit, 2, because example.com/gpu can't be shared`,
				},
			},
			accepted: []string{
				`container: {resources: {limits: {cpu: 50m}}}`,
				`container: {resources: {requests: {cpu: 100m, memory: 1024Mi}, limits: {cpu: 1}}}`,
				`container: {resources: {requests: {cpu: 1000m}, limits: {cpu: 1}}}`,
				`container: {resources: {requests: {memory: 2Gi}, limits: {memory: 2Gi, example.com/gpu: 1}}}`,
				`containers: [{name: a, image: i, resources: {requests: {memory: 2Gi, hugepages-2Mi: 2Mi}, limits: {hugepages-2Mi: 2Mi}}}]`,
			},
		},
		"ResourceClaims": {
			reason: "A container uses devices that the pod claims, and a claim is one object.",
			refused: map[string][]string{
				`resourceClaims: [{}, {name: a, resourceClaimName: ""}, {name: a, resourceClaimName: b, resourceClaimTemplateName: c}]`: {
					`t.resourceClaims[0].name: Required value: give it a name`,
					`t.resourceClaims[0]: Required value: set one of resourceClaimName, resourceClaimTemplateName`,
					`t.resourceClaims[1].resourceClaimName: Required value: say which one is meant`,
					`t.resourceClaims[2].name: Duplicate value: "a"` + twice,
					`t.resourceClaims[2].resourceClaimTemplateName: Forbidden: resourceClaimName and resourceClaimTemplateName exclude each other: set one of them`,
				},
				`{resourceClaims: [{name: a, resourceClaimName: b}], container: {resources: {claims: [{name: a}, {name: a, request: r}, {name: b, request: A}]}}}`: {
					`t.container.resources.claims[1].name: Duplicate value: "a"` + twice,
					`t.container.resources.claims[2].name: Invalid value: "b": the pod claims no device of this name: add it to resourceClaims, or correct the name`,
					`t.container.resources.claims[2].request: Invalid value: "A": ` + notALabel,
				},
			},
			accepted: []string{`{resourceClaims: [{name: a, resourceClaimName: b}, {name: c, resourceClaimTemplateName: d}], container: {resources: {claims: [{name: a}, {name: c, request: r}, {name: c, request: s}]}}}`},
		},
		"Resizing": {
			reason: "CPU and memory can be resized, each in one way; an init container isn't restarted.",
			refused: map[string][]string{
				`container: {resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: cpu, restartPolicy: ""}, {resourceName: storage, restartPolicy: Never}]}`: {
					`t.container.resizePolicy[1].resourceName: Duplicate value: "cpu"` + twice,
					`t.container.resizePolicy[1].restartPolicy: Unsupported value: "": supported values: "NotRequired", "RestartContainer"`,
					`t.container.resizePolicy[2].resourceName: Unsupported value: "storage": supported values: "cpu", "memory"`,
					`t.container.resizePolicy[2].restartPolicy: Unsupported value: "Never": supported values: "NotRequired", "RestartContainer"`,
				},
				`initContainers: [{name: a, image: i, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}]`: {
					`t.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": an init container ends before the service starts: use NotRequired`,
				},
			},
			accepted: []string{
				`container: {resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: memory, restartPolicy: RestartContainer}]}`,
				`initContainers: [{name: a, image: i, restartPolicy: Always, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}]`,
			},
		},
		"Host": {
			reason: "A pod with users of its own shares nothing with its node, and the services' images are for Linux.",
			refused: map[string][]string{
				`{hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true, os: {name: windows}}`: {
					`t.hostNetwork: Forbidden: ` + ownUsers,
					`t.hostPID: Forbidden: ` + ownUsers,
					`t.hostIPC: Forbidden: ` + ownUsers,
					`t.os.name: Unsupported value: "windows": supported values: "linux"`,
				},
				`{os: {name: linux}, securityContext: {windowsOptions: {}}, container: {securityContext: {windowsOptions: {}}}}`: {
					`t.securityContext.windowsOptions: Forbidden: the pod is for Linux: remove this`,
					`t.container.securityContext.windowsOptions: Forbidden: the pod is for Linux: remove this`,
				},
				`{hostNetwork: true, hostIPC: true, securityContext: {sysctls: [{name: net.core.somaxconn}, {name: kernel.sem}, {name: kernel/shmall}, {name: fs.mqueue.x}, {name: A}, {name: A}, {name: ""}]}}`: {
					`t.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": with hostNetwork this is the node's: remove this or hostNetwork`,
					`t.securityContext.sysctls[1].name: Invalid value: "kernel.sem": with hostIPC this is the node's: remove this or hostIPC`,
					`t.securityContext.sysctls[2].name: Invalid value: "kernel/shmall": with hostIPC this is the node's: remove this or hostIPC`,
					`t.securityContext.sysctls[3].name: Invalid value: "fs.mqueue.x": with hostIPC this is the node's: remove this or hostIPC`,
					`t.securityContext.sysctls[4].name: Invalid value: "A": ` + notAParameter,
					`t.securityContext.sysctls[5].name: Duplicate value: "A"` + twice,
					`t.securityContext.sysctls[5].name: Invalid value: "A": ` + notAParameter,
					`t.securityContext.sysctls[6].name: Invalid value: "": ` + notAParameter,
				},
			},
			accepted: []string{
				`{hostUsers: true, hostNetwork: true, hostPID: true, hostIPC: true, os: {name: linux}}`,
				`{hostUsers: false, securityContext: {sysctls: [{name: net.core.somaxconn}, {name: kernel.shm_rmid_forced}]}, container: {securityContext: {procMount: Unmasked, windowsOptions: {}}}}`,
			},
		},
		"Confinement": {
			reason: "Policies and profiles are those that Kubernetes knows, ids those that Linux has.",
			refused: map[string][]string{
				`securityContext: {runAsUser: -1, runAsGroup: 2147483648, fsGroup: -1, supplementalGroups: [1, -1], supplementalGroupsPolicy: "", fsGroupChangePolicy: Never, seLinuxChangePolicy: x}`: {
					`t.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
					`t.securityContext.runAsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive`,
					`t.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
					`t.securityContext.supplementalGroups[1]: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
					`t.securityContext.supplementalGroupsPolicy: Unsupported value: "": supported values: "Merge", "Strict"`,
					`t.securityContext.fsGroupChangePolicy: Unsupported value: "Never": supported values: "Always", "OnRootMismatch"`,
					`t.securityContext.seLinuxChangePolicy: Unsupported value: "x": supported values: "Recursive", "MountOption"`,
				},
				`securityContext: {seccompProfile: {type: Localhost}, appArmorProfile: {}}`: {
					`t.securityContext.seccompProfile.localhostProfile: Required value: name a profile that the node has, or use another type`,
					`t.securityContext.appArmorProfile.type: Unsupported value: "": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
				},
				`container: {securityContext: {procMount: Unmasked, seccompProfile: {type: RuntimeDefault, localhostProfile: a}, appArmorProfile: {type: Localhost, localhostProfile: " a"}}}`: {
					`t.container.securityContext.procMount: Invalid value: "Unmasked": only a pod whose users aren't the node's may see this: set hostUsers to false, or remove this`,
					`t.container.securityContext.seccompProfile.localhostProfile: Invalid value: "a": only type Localhost has a profile of its own: remove this, or use that type`,
					`t.container.securityContext.appArmorProfile.localhostProfile: Invalid value: " a": must be the name of a profile, without blanks around it`,
				},
				`containers: [{name: a, image: i, securityContext: {procMount: x, seccompProfile: {type: Localhost, localhostProfile: ../a}}}]`: {
					`t.containers[0].securityContext.procMount: Unsupported value: "x": supported values: "Default", "Unmasked"`,
					`t.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: "../a": must be a path below the node's folder of profiles, which neither starts with / nor has .. in it`,
				},
			},
			accepted: []string{
				`securityContext: {runAsUser: 0, supplementalGroups: [1], supplementalGroupsPolicy: Merge, fsGroupChangePolicy: Always, seLinuxChangePolicy: Recursive, seccompProfile: {type: Localhost, localhostProfile: a/b.json}, appArmorProfile: {type: Unconfined}}`,
				`container: {securityContext: {procMount: Default, seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: Localhost, localhostProfile: a}}}`,
			},
		},
		"SecurityContext": {
			reason: "A container that has privileges can't be kept from gaining them, and root isn't non-root.",
			refused: map[string][]string{
				`container: {securityContext: {privileged: true, allowPrivilegeEscalation: false}}`: {
					`t.container.securityContext.allowPrivilegeEscalation: Invalid value: false: a privileged container can't be kept from gaining privileges: set privileged to false, or remove this`,
				},
				`securityContext: {runAsUser: 0, runAsNonRoot: true}`: {
					`t.securityContext.runAsUser: Invalid value: 0: user 0 is root, and with runAsNonRoot such a pod never starts: set another user, or runAsNonRoot to false`,
				},
				`{securityContext: {runAsUser: 0, runAsNonRoot: true}, containers: [{name: a, image: i}], container: {securityContext: {runAsNonRoot: false}}}`: {
					`t.securityContext.runAsUser: Invalid value: 0: user 0 is root, and with runAsNonRoot such a pod never starts: set another user, or runAsNonRoot to false`,
				},
				`initContainers: [{name: a, image: i, securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}}}]`: {
					`t.initContainers[0].securityContext.allowPrivilegeEscalation: Invalid value: false: a container with CAP_SYS_ADMIN can't be kept from gaining privileges: remove the capability, or this`,
				},
				`{securityContext: {runAsNonRoot: true}, container: {securityContext: {runAsUser: 0}}}`: {
					`t.container.securityContext.runAsUser: Invalid value: 0: user 0 is root, and with runAsNonRoot such a pod never starts: set another user, or runAsNonRoot to false`,
				},
			},
			accepted: []string{
				`container: {securityContext: {privileged: true}}`,
				`{securityContext: {runAsUser: 0, runAsNonRoot: true}, containers: [{name: a, image: i, securityContext: {runAsUser: 1}}], container: {securityContext: {runAsNonRoot: false}}}`,
			},
		},
		"Volumes": {
			reason: "A volume has a name of its own and one source; without a source it is an emptyDir.",
			refused: map[string][]string{
				`volumes: [{emptyDir: {}}, {name: A}]`: {
					`t.volumes[0].name: Required value: give it a name`,
					`t.volumes[1].name: Invalid value: "A": ` + notALabel,
				},
				`volumes: [{name: a, image: {}}, {name: b, image: {reference: i, pullPolicy: Sometimes}}, {name: c, image: {reference: i, pullPolicy: Never}}]`: {
					`t.volumes[0].image.reference: Required value: name the image whose files are mounted`,
					`t.volumes[1].image.pullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
				},
				`volumes: [{name: a, emptyDir: {}, secret: {secretName: s}}, {name: a}]`: {
					`t.volumes[0].secret: Forbidden: emptyDir and secret exclude each other: set one of them`,
					`t.volumes[1].name: Duplicate value: "a"` + twice,
				},
				`volumes: [{name: a, secret: {}}, {name: b, configMap: {items: [{key: k, path: ../x}]}}, {name: c, persistentVolumeClaim: {claimName: "{{ .Values.claim }}"}}, {name: d, hostPath: {path: ""}}]`: {
					`t.volumes[0].secret.secretName: Required value: say which one is meant`,
					`t.volumes[1].configMap.name: Required value: say which one is meant`,
					`t.volumes[1].configMap.items[0].path: Invalid value: "../x": must stay within the volume: use a path that neither starts with / nor has .. in it`,
					`t.volumes[2].persistentVolumeClaim.claimName: Invalid value: "{{ .Values.claim }}": holds the placeholder {{ .Values.claim }}, which was to be filled in before the document was applied: put the value there`,
					`t.volumes[3].hostPath.path: Required value: name a directory of the node`,
				},
				`volumes: [{name: a, projected: {sources: [{secret: {items: [{}]}, configMap: {name: c}}, {serviceAccountToken: {path: ""}}]}}]`: {
					`t.volumes[0].projected.sources[0].configMap: Forbidden: secret and configMap exclude each other: set one of them`,
					`t.volumes[0].projected.sources[0].secret.name: Required value: say which one is meant`,
					`t.volumes[0].projected.sources[0].secret.items[0].key: Required value: say which key is meant`,
					`t.volumes[0].projected.sources[0].secret.items[0].path: Required value: name a file within the volume`,
					`t.volumes[0].projected.sources[1].serviceAccountToken.path: Required value: name a file within the volume`,
				},
			},
			accepted: []string{
				`volumes: [{name: application-config, secret: {}}, {name: a}, {name: b, projected: {sources: [{}]}}]`,
				`volumes: [{name: a, secret: {secretName: s, items: [{key: My_Key.1, path: a/b}]}}, {name: b, projected: {sources: [{configMap: {name: c}}]}}]`,
			},
		},
		"Files": {
			reason: "Each file of a volume has a path of its own, a mode that there is, and a source.",
			refused: map[string][]string{
				`volumes: [{name: a, secret: {secretName: s, defaultMode: 512, items: [{key: k, path: ..x, mode: -1}]}}, {name: b, configMap: {name: c, defaultMode: 512}}, {name: c, downwardAPI: {defaultMode: 512}}, {name: d, projected: {defaultMode: 512}}]`: {
					`t.volumes[0].secret.defaultMode: Invalid value: 512: ` + notAMode,
					`t.volumes[0].secret.items[0].path: Invalid value: "..x": Kubernetes keeps names that start with .. for itself: use another one`,
					`t.volumes[0].secret.items[0].mode: Invalid value: -1: ` + notAMode,
					`t.volumes[1].configMap.defaultMode: Invalid value: 512: ` + notAMode,
					`t.volumes[2].downwardAPI.defaultMode: Invalid value: 512: ` + notAMode,
					`t.volumes[3].projected.defaultMode: Invalid value: 512: ` + notAMode,
				},
				`volumes: [{name: a, projected: {sources: [{secret: {name: s, items: [{key: k, path: x}]}}, {configMap: {name: c, items: [{key: k, path: x}]}}, {downwardAPI: {items: [{path: x, fieldRef: {fieldPath: metadata.name}}]}}, {serviceAccountToken: {path: t, expirationSeconds: 599}}]}}]`: {
					`t.volumes[0].projected.sources[1].configMap.items[0].path: Duplicate value: "x"` + twice,
					`t.volumes[0].projected.sources[2].downwardAPI.items[0].path: Duplicate value: "x"` + twice,
					`t.volumes[0].projected.sources[3].serviceAccountToken.expirationSeconds: Invalid value: 599: must be between 600 and 4294967296`,
				},
				`volumes: [{name: a, downwardAPI: {items: [{path: a}, {path: b, fieldRef: {fieldPath: status.podIP}}, {path: c, resourceFieldRef: {resource: limits.disk}}, {path: d, mode: 512, fieldRef: {}, resourceFieldRef: {}}]}}]`: {
					`t.volumes[0].downwardAPI.items[0]: Required value: set one of fieldRef, resourceFieldRef`,
					`t.volumes[0].downwardAPI.items[1].fieldRef.fieldPath: Invalid value: "status.podIP": not a field of a pod that files know: use one such as metadata.name, metadata.labels or metadata.labels['KEY']`,
					`t.volumes[0].downwardAPI.items[2].resourceFieldRef.containerName: Required value: name the container whose resource is meant`,
					`t.volumes[0].downwardAPI.items[2].resourceFieldRef.resource: Invalid value: "limits.disk": not a resource of a container: use one such as limits.cpu or requests.memory`,
					`t.volumes[0].downwardAPI.items[3].mode: Invalid value: 512: ` + notAMode,
					`t.volumes[0].downwardAPI.items[3].resourceFieldRef: Forbidden: fieldRef and resourceFieldRef exclude each other: set one of them`,
				},
			},
			accepted: []string{
				`volumes: [{name: a, secret: {secretName: s, defaultMode: 511, items: [{key: k, path: x}, {key: l, path: x}]}}]`,
				`volumes: [{name: a, downwardAPI: {items: [{path: a, mode: 0, fieldRef: {fieldPath: metadata.annotations}}, {path: b, fieldRef: {fieldPath: "metadata.annotations['Example.com/a']"}}, {path: c, resourceFieldRef: {containerName: x, resource: limits.cpu, divisor: 1m}}]}}]`,
				`volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: t}}, {serviceAccountToken: {path: u, expirationSeconds: 600}}]}}]`,
			},
		},
		"Claims": {
			reason: "A volume that lives as long as its pod says how large it is and who may use it; its name is the pod's.",
			refused: map[string][]string{
				`volumes: [{name: a, ephemeral: {}}, {name: b, ephemeral: {volumeClaimTemplate: {metadata: {name: x, labels: {a: "b c"}, annotations: {a b: c}}, spec: {accessModes: [ReadWriteOncePod, Once], storageClassName: a_b, volumeMode: File, resources: {requests: {storage: 0}}}}}}, {name: c, ephemeral: {volumeClaimTemplate: {spec: {}}}}]`: {
					`t.volumes[0].ephemeral.volumeClaimTemplate: Required value: say what the volume is like`,
					`t.volumes[1].ephemeral.volumeClaimTemplate.metadata.labels: Invalid value: "b c": ` + notALabelsValue,
					`t.volumes[1].ephemeral.volumeClaimTemplate.metadata.annotations: Invalid value: "a b": ` + notALabelsKey,
					`t.volumes[1].ephemeral.volumeClaimTemplate.metadata: Forbidden: a volume of a pod gets its name from the pod: keep only labels and annotations`,
					`t.volumes[1].ephemeral.volumeClaimTemplate.spec.accessModes[1]: Unsupported value: "Once": supported values: "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"`,
					`t.volumes[1].ephemeral.volumeClaimTemplate.spec.accessModes: Forbidden: ReadWriteOncePod excludes all others: use it alone, or remove it`,
					`t.volumes[1].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: Invalid value: "0": must be more than 0`,
					`t.volumes[1].ephemeral.volumeClaimTemplate.spec.storageClassName: Invalid value: "a_b": ` + notAName,
					`t.volumes[1].ephemeral.volumeClaimTemplate.spec.volumeMode: Unsupported value: "File": supported values: "Block", "Filesystem"`,
					`t.volumes[2].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: give at least one, such as ReadWriteOnce`,
					`t.volumes[2].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: Required value: say how large the volume is, such as 1Gi`,
				},
			},
			accepted: []string{
				`volumes: [{name: a, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}}, spec: {accessModes: [ReadWriteOnce, ReadOnlyMany], storageClassName: fast, volumeMode: Filesystem, resources: {requests: {storage: 1Gi}}}}}}]`,
			},
		},
		"Sources": {
			reason: "A source of a volume says where it is.",
			refused: map[string][]string{
				`volumes: [{name: a, emptyDir: {sizeLimit: -1}}, {name: b, hostPath: {path: /a/../b, type: Folder}}, {name: c, nfs: {path: a}}, {name: d, csi: {nodePublishSecretRef: {}}}, {name: e, csi: {driver: a_b}}]`: {
					`t.volumes[0].emptyDir.sizeLimit: Invalid value: "-1": must be 0 or more`,
					`t.volumes[1].hostPath.path: Invalid value: "/a/../b": must not have .. in it: use the path itself`,
					`t.volumes[1].hostPath.type: Unsupported value: "Folder": supported values: "", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"`,
					`t.volumes[2].nfs.server: Required value: name the server`,
					`t.volumes[2].nfs.path: Invalid value: "a": must be a path of the server that starts with /`,
					`t.volumes[3].csi.driver: Required value: name the driver`,
					`t.volumes[3].csi.nodePublishSecretRef.name: Required value: say which one is meant`,
					`t.volumes[4].csi.driver: Invalid value: "a_b": ` + notAName,
				},
			},
			accepted: []string{`volumes: [{name: a, emptyDir: {sizeLimit: 1Gi}}, {name: b, hostPath: {path: /a, type: Directory}}, {name: c, nfs: {server: s, path: /a}}, {name: d, csi: {driver: A.example.com}}]`},
		},
		"Devices": {
			reason: "A block device is a volume with a claim that isn't mounted, too.",
			refused: map[string][]string{
				`{volumes: [{name: a}, {name: b, persistentVolumeClaim: {claimName: c}}], container: {volumeMounts: [{name: b, mountPath: /b}], volumeDevices: [{name: a, devicePath: /dev/../a}, {name: b, devicePath: /b}, {name: x}]}}`: {
					`t.container.volumeDevices[0].name: Invalid value: "a": only a volume with a claim is a block device: use persistentVolumeClaim or ephemeral, or mount the volume`,
					`t.container.volumeDevices[0].devicePath: Invalid value: "/dev/../a": must not have .. in it: use the path itself`,
					`t.container.volumeDevices[1].name: Duplicate value: "b"` + twice,
					`t.container.volumeDevices[1].devicePath: Duplicate value: "/b"` + twice,
					`t.container.volumeDevices[2].name: Invalid value: "x": the pod has no volume of this name: add it to volumes, or correct the name`,
					`t.container.volumeDevices[2].devicePath: Required value: say where in the container the device is`,
				},
				`{hostUsers: false, volumes: [{name: b, persistentVolumeClaim: {claimName: c}}], container: {volumeDevices: [{name: b, devicePath: /b}]}}`: {
					`t.container.volumeDevices[0]: Forbidden: a pod whose users aren't the node's can't use block devices: remove this or hostUsers`,
				},
			},
			accepted: []string{`{volumes: [{name: b, persistentVolumeClaim: {claimName: c}}], container: {volumeDevices: [{name: b, devicePath: /dev/b}]}}`},
		},
		"Mounts": {
			reason: "What is mounted is a volume of the pod, and each place is taken once; the platform's volume counts.",
			refused: map[string][]string{
				`container: {volumeMounts: [{name: a, mountPath: /a}, {mountPath: ""}]}`: {
					`t.container.volumeMounts[0].name: Invalid value: "a": the pod has no volume of this name: add it to volumes, or correct the name`,
					`t.container.volumeMounts[1].name: Invalid value: "": the pod has no volume of this name: add it to volumes, or correct the name`,
					`t.container.volumeMounts[1].mountPath: Required value: say where in the container the volume is mounted`,
				},
				`{volumes: [{name: a}], container: {volumeMounts: [{name: a, mountPath: /a}, {name: a, mountPath: /a, subPath: /x}]}}`: {
					`t.container.volumeMounts[1].mountPath: Duplicate value: "/a"` + twice,
					`t.container.volumeMounts[1].subPath: Invalid value: "/x": must stay within the volume: use a path that neither starts with / nor has .. in it`,
				},
				`container: {volumeMounts: [{name: application-config, mountPath: /a, subPathExpr: ../x, mountPropagation: Bidirectional}, {name: application-config, mountPath: /b, mountPropagation: None, recursiveReadOnly: Enabled}, {name: application-config, mountPath: /c, mountPropagation: Both, readOnly: true}, {name: application-config, mountPath: /d, recursiveReadOnly: x, readOnly: true}]}`: {
					`t.container.volumeMounts[0].subPathExpr: Invalid value: "../x": must stay within the volume: use a path that neither starts with / nor has .. in it`,
					`t.container.volumeMounts[0].mountPropagation: Forbidden: only a privileged container shows its mounts to the node: use another value, or set securityContext.privileged`,
					`t.container.volumeMounts[1].recursiveReadOnly: Forbidden: needs readOnly, and no mountPropagation: set readOnly to true and remove mountPropagation, or remove this`,
					`t.container.volumeMounts[2].mountPropagation: Unsupported value: "Both": supported values: "None", "HostToContainer", "Bidirectional"`,
					`t.container.volumeMounts[3].recursiveReadOnly: Unsupported value: "x": supported values: "Disabled", "IfPossible", "Enabled"`,
				},
				`containers: [{name: x, image: i, volumeMounts: [{name: application-config, mountPath: /a, subPath: x, subPathExpr: z}]}]`: {
					`t.containers[0].volumeMounts[0].subPathExpr: Forbidden: subPath and subPathExpr exclude each other: set one of them`,
				},
			},
			accepted: []string{
				`{volumes: [{name: a}], container: {volumeMounts: [{name: a, mountPath: /a}, {name: a, mountPath: /b}, {name: application-config, mountPath: /c}]}}`,
				`containers: [{name: x, image: i, securityContext: {privileged: true}, volumeMounts: [{name: application-config, mountPath: /a, mountPropagation: Bidirectional}, {name: application-config, mountPath: /b, subPathExpr: $(A)/..b, readOnly: true, recursiveReadOnly: Enabled}]}]`,
			},
		},
		"Names": {
			reason: "What a pod refers to has a name that there can be, and no placeholder is left.",
			refused: map[string][]string{
				`{serviceAccountName: "${ACCOUNT}", imagePullSecrets: [{name: a}, {name: a}], priorityClassName: A, runtimeClassName: "", hostname: a.b, subdomain: A, nodeName: a_b}`: {
					`t.hostname: Invalid value: "a.b": must not contain dots`,
					`t.subdomain: Invalid value: "A": ` + notALabel,
					`t.serviceAccountName: Invalid value: "${ACCOUNT}": holds the placeholder ${ACCOUNT}, which was to be filled in before the document was applied: put the value there`,
					`t.priorityClassName: Invalid value: "A": ` + notAName,
					`t.nodeName: Invalid value: "a_b": ` + notAName,
					`t.imagePullSecrets[1].name: Duplicate value: "a"` + twice,
					`t.runtimeClassName: Required value: say which one is meant`,
				},
			},
			accepted: []string{`{serviceAccountName: a.b, imagePullSecrets: [{name: a}], priorityClassName: system-node-critical, runtimeClassName: gvisor, hostname: a, subdomain: b}`},
		},
		"DNS": {
			reason: "Without name servers nothing is resolved.",
			refused: map[string][]string{
				`dnsPolicy: None`: {
					`t.dnsConfig.nameservers: Required value: dnsPolicy None takes name servers from here alone: name one, or use another dnsPolicy`,
				},
				`{dnsConfig: {nameservers: ["::ffff:10.0.0.1"]}, hostAliases: [{ip: "010.0.0.1"}]}`: {
					`t.dnsConfig.nameservers[0]: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address`,
					`t.hostAliases[0].ip: Invalid value: "010.0.0.1": must not have leading 0s`,
				},
				`dnsConfig: {nameservers: [dns.example.com]}`: {
					`t.dnsConfig.nameservers[0]: Invalid value: "dns.example.com": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
				},
				`{dnsPolicy: Cluster, hostAliases: [{ip: a, hostnames: [x]}, {ip: 10.0.0.1, hostnames: [x_y]}, {ip: 10.0.0.1}]}`: {
					`t.dnsPolicy: Unsupported value: "Cluster": supported values: "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"`,
					`t.hostAliases[0].ip: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
					`t.hostAliases[1].hostnames[0]: Invalid value: "x_y": ` + notAName,
					`t.hostAliases[2].ip: Duplicate value: "10.0.0.1"` + twice,
				},
				`dnsConfig: {nameservers: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4], searches: [a.b., a_b, "a b"], options: [{value: "2"}]}`: {
					`t.dnsConfig.nameservers: Invalid value: 4: must be 3 or fewer: remove some`,
					`t.dnsConfig.searches[2]: Invalid value: "a b": ` + notADomain,
					`t.dnsConfig.options[0].name: Required value: name the option, such as ndots`,
				},
				`dnsConfig: {searches: [` + strings.Repeat(strings.Repeat("x", 63)+", ", 33) + `]}`: {
					`t.dnsConfig.searches: Invalid value: 33: must be 32 or fewer: remove some`,
					`t.dnsConfig.searches: Invalid value: 2111: must have 2048 characters or fewer, with a blank between two: remove some`,
				},
				`{hostPID: true, shareProcessNamespace: true}`: {
					`t.shareProcessNamespace: Forbidden: a pod that sees the node's processes can't have a space of its own for them: remove this or hostPID`,
				},
			},
			accepted: []string{`{dnsPolicy: None, dnsConfig: {nameservers: [10.0.0.1], searches: [., example.com, _x.example.com.], options: [{name: ndots, value: "2"}, {name: edns0}]}, hostAliases: [{ip: "::1", hostnames: [db.example.com]}]}`},
		},
		"Tolerations": {
			reason: "A toleration says which taint, and how it is compared.",
			refused: map[string][]string{
				`tolerations: [{}, {key: a, operator: Exists, value: b}, {key: a, operator: In, effect: Nothing}, {key: a b, value: "!", tolerationSeconds: 5}]`: {
					`t.tolerations[0].operator: Invalid value: "": must be Exists where no key is given: set a key, or tolerate every taint with Exists`,
					`t.tolerations[1].value: Invalid value: "b": Exists tolerates any value: remove it, or use Equal`,
					`t.tolerations[2].effect: Unsupported value: "Nothing": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
					`t.tolerations[2].operator: Unsupported value: "In": supported values: "Equal", "Exists", "Lt", "Gt"`,
					`t.tolerations[3].key: Invalid value: "a b": ` + notALabelsKey,
					`t.tolerations[3].value: Invalid value: "!": ` + notALabelsValue,
					`t.tolerations[3].effect: Invalid value: "": must be NoExecute where tolerationSeconds is given`,
				},
				`tolerations: [{key: a, operator: Lt, value: "05"}]`: {
					`t.tolerations[0].value: Invalid value: "05": must be a whole number, with which the taint's is compared`,
				},
			},
			accepted: []string{`tolerations: [{operator: Exists}, {key: a, operator: Gt, value: "-5"}, {key: a, value: b}, {key: a, operator: Equal, value: "", effect: NoExecute, tolerationSeconds: 5}]`},
		},
		"Gates": {
			reason: "A gate has the name of a label, and a pod that has its node waits for none.",
			refused: map[string][]string{
				`{nodeName: node, schedulingGates: [{name: a}, {name: a}, {name: a b}], readinessGates: [{conditionType: a b}]}`: {
					`t.schedulingGates[1].name: Duplicate value: "a"` + twice,
					`t.schedulingGates[2].name: Invalid value: "a b": ` + notALabelsKey,
					`t.schedulingGates: Forbidden: a pod that has its node can't wait to be scheduled: remove this or nodeName`,
					`t.readinessGates[0].conditionType: Invalid value: "a b": ` + notALabelsKey,
				},
			},
			accepted: []string{`{schedulingGates: [{name: example.com/a}, {name: b}], readinessGates: [{conditionType: example.com/c}]}`},
		},
		"Spread": {
			reason: "A constraint on the spread says how much, over what, and how strictly.",
			refused: map[string][]string{
				`topologySpreadConstraints: [{}, {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: Maybe, labelSelector: {matchLabels: {a: "b c"}}}]`: {
					`t.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be 1 or more`,
					`t.topologySpreadConstraints[0].topologyKey: Required value: name a label of nodes, such as topology.kubernetes.io/zone`,
					`t.topologySpreadConstraints[0].whenUnsatisfiable: Required value: set DoNotSchedule or ScheduleAnyway`,
					`t.topologySpreadConstraints[1].labelSelector.matchLabels: Invalid value: "b c": ` + notALabelsValue,
					`t.topologySpreadConstraints[1].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"`,
				},
				`topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, minDomains: 2, matchLabelKeys: [a], nodeAffinityPolicy: "", nodeTaintsPolicy: Always}, {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 0, labelSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}, matchLabelKeys: [a, c, d e]}]`: {
					`t.topologySpreadConstraints[0].matchLabelKeys: Forbidden: only narrows a labelSelector: set one, or remove this`,
					`t.topologySpreadConstraints[0].minDomains: Invalid value: 2: must be 1 or more, and needs whenUnsatisfiable: DoNotSchedule`,
					`t.topologySpreadConstraints[0].nodeAffinityPolicy: Unsupported value: "": supported values: "Honor", "Ignore"`,
					`t.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: "Always": supported values: "Honor", "Ignore"`,
					`t.topologySpreadConstraints[1].matchLabelKeys[2]: Invalid value: "d e": ` + notALabelsKey,
					`t.topologySpreadConstraints[1].matchLabelKeys[0]: Invalid value: "a": is in labelSelector, too: remove one of the two`,
					`t.topologySpreadConstraints[1].matchLabelKeys[1]: Invalid value: "c": is in labelSelector, too: remove one of the two`,
					`t.topologySpreadConstraints[1].minDomains: Invalid value: 0: must be 1 or more, and needs whenUnsatisfiable: DoNotSchedule`,
				},
				`topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]`: {
					`t.topologySpreadConstraints[1].topologyKey: Duplicate value: "zone DoNotSchedule"` + twice,
				},
			},
			accepted: []string{`topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 2, nodeTaintsPolicy: Honor, labelSelector: {}, matchLabelKeys: [pod-template-hash]}, {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]`},
		},
		"Affinity": {
			reason: "Labels of nodes and pods are compared by the rules of labels.",
			refused: map[string][]string{
				`nodeSelector: {a: "b c"}`: {
					`t.nodeSelector: Invalid value: "b c": ` + notALabelsValue,
				},
				`affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}, preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, preference: {matchExpressions: [{key: a, operator: In}, {key: a, operator: Equals}]}}]}}`: {
					`t.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: give at least one term`,
					`t.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be between 1 and 100`,
					`t.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty`,
					`t.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[1].operator: Unsupported value: "Equals": supported values: "DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"`,
				},
				`affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, namespaces: [a.b, ""], namespaceSelector: {matchLabels: {a: "b c"}}, mismatchLabelKeys: [x]}, {topologyKey: a, labelSelector: {}, matchLabelKeys: [x], mismatchLabelKeys: [x]}]}}`: {
					`t.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespaceSelector.matchLabels: Invalid value: "b c": ` + notALabelsValue,
					`t.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespaces[0]: Invalid value: "a.b": not a namespace that Kubernetes accepts: must not contain dots`,
					`t.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespaces[1]: Required value: say which one is meant`,
					`t.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].mismatchLabelKeys: Forbidden: only narrows a labelSelector: set one, or remove this`,
					`t.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[1].matchLabelKeys[0]: Invalid value: "x": is in mismatchLabelKeys, too: remove one of the two`,
				},
				`affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.uid, operator: Exists}]}]}}}`: {
					`t.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Unsupported value: "metadata.uid": supported values: "metadata.name"`,
					`t.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].operator: Unsupported value: "Exists": supported values: "In", "NotIn"`,
					`t.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values: Required value: give the name of one node`,
				},
				`affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{}]}, podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, podAffinityTerm: {topologyKey: a}}]}}`: {
					`t.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be between 1 and 100`,
					`t.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: name a label of nodes, such as topology.kubernetes.io/zone`,
				},
			},
			accepted: []string{
				`affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, namespaces: [ns], namespaceSelector: {}, labelSelector: {matchLabels: {b: c}}, matchLabelKeys: [d], mismatchLabelKeys: [b]}]}}`,
				`affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: NotIn, values: [node]}]}]}}}`,
				`{nodeSelector: {a: b}, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: ["1"]}, {key: b, operator: Exists}]}]}}}}`,
				`affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {}}}]}}`,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases := map[string][]string{}
			maps.Copy(cases, tc.refused)
			for _, text := range tc.accepted {
				cases[text] = nil
			}
			for text, want := range cases {
				if diff := cmp.Diff(want, messages(podrules.Validate(spec(t, text), own(), at))); diff != "" {
					t.Errorf("%s\nValidate(%s): -want, +got:\n%s", tc.reason, text, diff)
				}
			}
		})
	}
}

// messages is what a user reads of errors, in their order.
func messages(errs field.ErrorList) []string {
	var out []string
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return out
}

// FuzzValidate holds that what passes can be merged, for anything that a user may write.
func FuzzValidate(f *testing.F) {
	for _, s := range []string{
		`{"container":{"env":[{"name":"a","valueFrom":{}}],"ports":[{"containerPort":8080}],"livenessProbe":{"exec":{}},"args":["-Dquarkus.http.port"]}}`,
		`{"volumes":[{"name":"a"},{"name":"application-config","secret":{}}],"container":{"volumeMounts":[{"name":"a","mountPath":"/a"}]}}`,
		`{"containers":[{"name":"data-index-service"},{"name":"a","image":"i","lifecycle":{"preStop":{}}}],"initContainers":[{"restartPolicy":"Always"}]}`,
		`{"podDisruptionBudget":{"minAvailable":"%"},"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{}]}]}}}}`,
		`{"tolerations":[{}],"topologySpreadConstraints":[{}],"hostAliases":[{"ip":"::"}],"imagePullSecrets":[{}],"replicas":2147483647}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tpl := podtemplate.Template{Spec: &v1alpha08.PodTemplateSpec{}, Path: at}
		for _, into := range []any{&tpl.Raw, tpl.Spec} {
			if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, into); err != nil {
				t.Skip("not a podTemplate")
			}
		}
		errs := podrules.Validate(tpl.Spec, own(), at)
		if diff := cmp.Diff(messages(errs), messages(podrules.Validate(tpl.Spec, own(), at))); diff != "" {
			t.Errorf("validated in two ways: -first, +second:\n%s", diff)
		}
		if _, _, err := podtemplate.Merge(own(), tpl); err != nil && len(errs) == 0 {
			t.Errorf("passed, but can't be merged: %v", err)
		}
	})
}
