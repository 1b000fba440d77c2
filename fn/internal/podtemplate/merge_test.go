// SPDX-License-Identifier: Apache-2.0

package podtemplate_test

import (
	stdpath "path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// path is where the templates of these tests stand.
var path = field.NewPath("podTemplate")

// pod is the pod of a component before a template is merged in. It shares nothing with the
// pod of another call.
func pod(kind func() component.Kind) corev1.PodSpec {
	return component.NewPod(component.PodOptions{
		Kind:           kind(),
		Image:          "example.org/service:1.0",
		ConfigMap:      "props",
		Database:       &postgres.Database{URL: "jdbc:postgresql://db", Secret: postgres.Secret{Name: "db", UserKey: "user", PasswordKey: "password"}},
		MigrateAtStart: true,
		PullSecrets:    []corev1.LocalObjectReference{{Name: "pull"}},
		SecurityContext: &corev1.SecurityContext{
			RunAsNonRoot: new(true),
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	})
}

// template reads a podTemplate as the function does.
func template(t *testing.T, text string) podtemplate.Template {
	t.Helper()
	asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatalf("cannot read template: %v\n%s", err, text)
	}
	out, err := decode(asJSON)
	if err != nil {
		t.Fatalf("cannot decode template: %v\n%s", err, text)
	}
	return out
}

func decode(text []byte) (podtemplate.Template, error) {
	out := podtemplate.Template{Spec: &v1alpha08.PodTemplateSpec{}, Path: path}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &out.Raw); err != nil {
		return out, err
	}
	return out, kjson.UnmarshalCaseSensitivePreserveInts(text, out.Spec)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	type want struct {
		// pod changes the platform's pod into what is wanted.
		pod      func(*corev1.PodSpec)
		warnings []string
	}
	cases := map[string]struct {
		reason string
		// kind is the Data Index unless it is given.
		kind     func() component.Kind
		template string
		injected []string
		want     want
	}{
		"Nothing": {
			reason:   "A template that says nothing changes nothing.",
			template: `{}`,
		},
		"EmptyContainer": {
			reason:   "An empty container changes nothing either.",
			template: `container: {}`,
		},
		"EmptyImage": {
			reason:   "An empty text is no image: the platform's stays.",
			template: `container: {image: ""}`,
		},
		"NotOfThePod": {
			reason:   "Replicas and the budget aren't fields of a pod.",
			template: `{replicas: 3, podDisruptionBudget: {minAvailable: 1}}`,
		},
		"Scalars": {
			reason: "What the user says about the container wins over what the platform says.",
			template: `
container:
  image: my/di:latest
  imagePullPolicy: IfNotPresent
  command: ["test:latest"]
  args: [a, b]
  terminationMessagePath: testing
  tty: true`,
			want: want{pod: func(p *corev1.PodSpec) {
				c := &p.Containers[0]
				c.Image, c.ImagePullPolicy = "my/di:latest", corev1.PullIfNotPresent
				c.Command, c.Args = []string{"test:latest"}, []string{"a", "b"}
				c.TerminationMessagePath, c.TTY = "testing", true
			}},
		},
		"ImageAlone": {
			reason:   "A user's image comes without a pull policy of ours.",
			template: `container: {image: "my/di:latest"}`,
			want:     want{pod: func(p *corev1.PodSpec) { p.Containers[0].Image = "my/di:latest" }},
		},
		"PodFields": {
			reason: "What the user says about the pod is taken as it is.",
			template: `
serviceAccountName: sa
nodeSelector: {a: b}
initContainers: [{name: init, image: busybox}]
tolerations: [{key: dedicated, operator: Exists}]
priorityClassName: high
terminationGracePeriodSeconds: 0
securityContext: {}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.ServiceAccountName = "sa"
				p.NodeSelector = map[string]string{"a": "b"}
				p.InitContainers = []corev1.Container{{Name: "init", Image: "busybox"}}
				p.Tolerations = []corev1.Toleration{{Key: "dedicated", Operator: corev1.TolerationOpExists}}
				p.PriorityClassName = "high"
				p.TerminationGracePeriodSeconds = new(int64(0))
				p.SecurityContext = &corev1.PodSecurityContext{}
				p.AutomountServiceAccountToken = nil
			}},
		},
		"TokenWanted": {
			reason:   "A user who needs the service account's token gets it.",
			template: `automountServiceAccountToken: true`,
			want:     want{pod: func(p *corev1.PodSpec) { p.AutomountServiceAccountToken = new(true) }},
		},
		"Environment": {
			reason: "New variables follow the platform's variables, in the user's order.",
			template: `
container:
  env:
  - {name: Z, value: z}
  - {name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers[0].Env = append(p.Containers[0].Env, corev1.EnvVar{Name: "Z", Value: "z"},
					corev1.EnvVar{Name: "A", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}})
			}},
		},
		"ManagedEnvironment": {
			reason: "A variable of the platform keeps its value, and a warning names the variable; all other variables are added.",
			template: `
container:
  env:
  - {name: KOGITO_DATA_INDEX_QUARKUS_PROFILE, value: other}
  - {name: MY_CUSTOM_VARIABLE, value: OKAY}
  - {name: QUARKUS_DATASOURCE_PASSWORD, value: SHOULD_NOT_BE_USED}`,
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers[0].Env = append(p.Containers[0].Env, corev1.EnvVar{Name: "MY_CUSTOM_VARIABLE", Value: "OKAY"})
				},
				warnings: []string{
					"podTemplate.container.env[0]: KOGITO_DATA_INDEX_QUARKUS_PROFILE has no effect: the platform sets KOGITO_DATA_INDEX_QUARKUS_PROFILE in the service's container itself; remove it here",
					"podTemplate.container.env[2]: QUARKUS_DATASOURCE_PASSWORD has no effect: the service's container has QUARKUS_DATASOURCE_PASSWORD from key password of Secret db, where its value can be changed; remove it here",
				},
			},
		},
		"EnvironmentTwice": {
			reason:   "Server-side apply refuses a name that is there twice; of two variables with one name a container takes the last.",
			template: `container: {env: [{name: A, value: "1"}, {name: B, value: "2"}, {name: A, value: "3"}]}`,
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers[0].Env = append(p.Containers[0].Env, corev1.EnvVar{Name: "A", Value: "3"}, corev1.EnvVar{Name: "B", Value: "2"})
				},
				warnings: []string{"podTemplate.container.env[2]: A is given more than once; the last one counts"},
			},
		},
		"EnvironmentOfTheSink": {
			reason:   "A variable that Knative writes is left out, so that the user's value isn't in the way.",
			template: `container: {env: [{name: A, value: a}, {name: K_SINK, value: "http://mine"}]}`,
			injected: []string{component.VariableSink},
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers[0].Env = append(p.Containers[0].Env, corev1.EnvVar{Name: "A", Value: "a"})
				},
				warnings: []string{"podTemplate.container.env[1]: K_SINK is left out, because Knative sets it for the sink"},
			},
		},
		"EnvironmentWithoutSink": {
			reason:   "Without sink the same variable stays, but it doesn't make a sink.",
			template: `container: {env: [{name: K_SINK, value: "http://mine"}]}`,
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers[0].Env = append(p.Containers[0].Env, corev1.EnvVar{Name: "K_SINK", Value: "http://mine"})
				},
				warnings: []string{
					"podTemplate.container.env[0]: K_SINK is no sink that the platform knows, so that its properties don't use it; set the service's sink instead, and Knative sets the variable",
				},
			},
		},
		"EnvironmentFrom": {
			reason:   "The platform has no sources of variables, so the user's sources are taken as they are.",
			template: `container: {envFrom: [{configMapRef: {name: more}}]}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "more"}}}}
			}},
		},
		"Port": {
			reason:   "A port is added to the platform's port, which the probes and the Service need.",
			template: `container: {ports: [{name: foo, containerPort: 9000}]}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers[0].Ports = append(p.Containers[0].Ports, corev1.ContainerPort{Name: "foo", ContainerPort: 9000})
			}},
		},
		"PortTaken": {
			reason:   "A user's port can have neither the name nor the number of the platform's port.",
			template: `container: {ports: [{name: h2c, containerPort: 9000}, {containerPort: 8080}, {containerPort: 9001}]}`,
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers[0].Ports = append(p.Containers[0].Ports, corev1.ContainerPort{ContainerPort: 9001})
				},
				warnings: []string{
					"podTemplate.container.ports[0]: h2c is left out: the platform's own port has this name or number, and stays; use others",
					"podTemplate.container.ports[1]: 8080 is left out: the platform's own port has this name or number, and stays; use others",
				},
			},
		},
		"PortOfAnotherProtocol": {
			reason: "Two ports may have one number when their protocols differ.",
			template: `
container:
  ports:
  - {name: quic, containerPort: 8080, protocol: UDP}
  - {name: dns, containerPort: 53, protocol: UDP}
  - {name: dns-tcp, containerPort: 53, protocol: TCP}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers[0].Ports = append(p.Containers[0].Ports,
					corev1.ContainerPort{Name: "quic", ContainerPort: 8080, Protocol: corev1.ProtocolUDP},
					corev1.ContainerPort{Name: "dns", ContainerPort: 53, Protocol: corev1.ProtocolUDP},
					corev1.ContainerPort{Name: "dns-tcp", ContainerPort: 53, Protocol: corev1.ProtocolTCP})
			}},
		},
		"Limits": {
			reason:   "Each resource is merged by itself.",
			template: `container: {resources: {limits: {cpu: 2}, requests: {cpu: "1", ephemeral-storage: 1Gi}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				r := &p.Containers[0].Resources
				r.Limits[corev1.ResourceCPU] = resource.MustParse("2")
				r.Requests[corev1.ResourceCPU] = resource.MustParse("1")
				r.Requests[corev1.ResourceEphemeralStorage] = resource.MustParse("1Gi")
			}},
		},
		"LimitBelowRequest": {
			reason:   "The API server refuses a request above the limit, so the platform's request follows the user's limit down.",
			template: `container: {resources: {limits: {cpu: 50m, memory: 4Gi}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				r := &p.Containers[0].Resources
				r.Limits[corev1.ResourceCPU], r.Limits[corev1.ResourceMemory] = resource.MustParse("50m"), resource.MustParse("4Gi")
				r.Requests[corev1.ResourceCPU] = resource.MustParse("50m")
			}},
		},
		"RequestAboveLimit": {
			reason:   "The platform's limit isn't raised, but a warning tells that the limit is in the way of the user's request.",
			template: `container: {resources: {requests: {memory: 2Gi}}}`,
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers[0].Resources.Requests[corev1.ResourceMemory] = resource.MustParse("2Gi")
				},
				warnings: []string{
					"podTemplate.container.resources.limits[memory]: the request of 2Gi is more than the platform's limit of 1Gi, and the API server refuses such a pod; set this limit too",
				},
			},
		},
		"RequestAndLimit": {
			reason:   "A request and a limit that the user gives stay as they are.",
			template: `container: {resources: {requests: {cpu: 10m}, limits: {cpu: 20m}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				r := &p.Containers[0].Resources
				r.Requests[corev1.ResourceCPU], r.Limits[corev1.ResourceCPU] = resource.MustParse("10m"), resource.MustParse("20m")
			}},
		},
		"Volumes": {
			reason:   "The user's volumes and mounts come before the platform's, as Kubernetes merges lists; the properties stay where the image looks for them.",
			template: `{volumes: [{name: extra, emptyDir: {}}], container: {volumeMounts: [{name: extra, mountPath: /x}]}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Volumes = append([]corev1.Volume{{Name: "extra", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}, p.Volumes...)
				c := &p.Containers[0]
				c.VolumeMounts = append([]corev1.VolumeMount{{Name: "extra", MountPath: "/x"}}, c.VolumeMounts...)
			}},
		},
		"ConfigVolume": {
			reason: "A user's volume can't take the name of the volume with the properties, and a user's mount can't take its path, also when the path is written in another way.",
			template: `
volumes: [{name: application-config, emptyDir: {}}]
container:
  volumeMounts:
  - {name: extra, mountPath: /home/kogito/config}
  - {name: extra, mountPath: /home//kogito/config/}`,
			want: want{warnings: []string{
				"podTemplate.container.volumeMounts[0]: extra is left out: the pod has one of the platform's in its place, which stays; use another name or path",
				"podTemplate.container.volumeMounts[1]: extra is left out: the pod has one of the platform's in its place, which stays; use another name or path",
				"podTemplate.volumes[0]: application-config is left out: the pod has one of the platform's in its place, which stays; use another name or path",
			}},
		},
		"PatchDirectives": {
			reason: "Fields of a template that look like instructions to the merge are no instructions.",
			template: `
$patch: replace
$retainKeys: [volumes]
$setElementOrder/volumes: [{name: extra}]
nodeSelector: {$patch: delete, a: b}
volumes: [{$patch: replace, name: extra, emptyDir: {}}]
container:
  $patch: delete
  volumeMounts: [{$patch: delete, name: extra, mountPath: /x}]
  resources: {$patch: replace}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.NodeSelector = map[string]string{"a": "b"}
				p.Volumes = append([]corev1.Volume{{Name: "extra", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}, p.Volumes...)
				c := &p.Containers[0]
				c.VolumeMounts = append([]corev1.VolumeMount{{Name: "extra", MountPath: "/x"}}, c.VolumeMounts...)
			}},
		},
		"Nulls": {
			reason:   "A null is a field that isn't there.",
			template: `{volumes: null, tolerations: [null], container: {readinessProbe: null, image: null, ports: null, env: null, resources: {limits: null}}}`,
			want:     want{pod: func(p *corev1.PodSpec) { p.Tolerations = []corev1.Toleration{} }},
		},
		"FieldsThatTheAPILacks": {
			reason:   "A live composite can't have fields that the API lacks, so a render takes no notice of such fields either.",
			template: `{serviceAccount: old, ephemeralContainers: [{name: debug}], container: {name: other, workingDir: /tmp, restartPolicy: Always}}`,
		},
		"ProbeNumbers": {
			reason:   "Each number of a probe is merged by itself.",
			template: `container: {readinessProbe: {periodSeconds: 5}}`,
			want:     want{pod: func(p *corev1.PodSpec) { p.Containers[0].ReadinessProbe.PeriodSeconds = 5 }},
		},
		"ProbeZero": {
			reason:   "A zero that the user gives counts like any other number.",
			template: `container: {readinessProbe: {initialDelaySeconds: 0}}`,
			want:     want{pod: func(p *corev1.PodSpec) { p.Containers[0].ReadinessProbe.InitialDelaySeconds = 0 }},
		},
		"ProbeHTTPGet": {
			reason:   "A probe with another httpGet keeps the numbers of the platform's probe, and the scheme unless the user gives one.",
			template: `container: {readinessProbe: {periodSeconds: 5, httpGet: {path: /foo, port: 9000}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				r := p.Containers[0].ReadinessProbe
				r.PeriodSeconds = 5
				r.HTTPGet = &corev1.HTTPGetAction{Path: "/foo", Port: intstr.FromInt32(9000), Scheme: corev1.URISchemeHTTP}
			}},
		},
		"ProbeHTTPS": {
			reason:   "A scheme that the user gives stays.",
			template: `container: {readinessProbe: {httpGet: {path: /foo, port: tls, scheme: HTTPS}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers[0].ReadinessProbe.HTTPGet = &corev1.HTTPGetAction{Path: "/foo", Port: intstr.FromString("tls"), Scheme: corev1.URISchemeHTTPS}
			}},
		},
		"ProbeExec": {
			reason:   "A probe has one handler, so exec takes the place of httpGet; the numbers stay.",
			template: `container: {livenessProbe: {exec: {command: [ls]}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				l := p.Containers[0].LivenessProbe
				l.HTTPGet, l.Exec = nil, &corev1.ExecAction{Command: []string{"ls"}}
			}},
		},
		"ProbeTCPSocket": {
			reason:   "A probe has one handler, so tcpSocket takes the place of httpGet.",
			template: `container: {livenessProbe: {tcpSocket: {port: 8080}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				l := p.Containers[0].LivenessProbe
				l.HTTPGet, l.TCPSocket = nil, &corev1.TCPSocketAction{Port: intstr.FromInt32(8080)}
			}},
		},
		"ProbeGRPC": {
			reason:   "A probe has one handler, so grpc takes the place of httpGet.",
			template: `container: {livenessProbe: {grpc: {port: 8080}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				l := p.Containers[0].LivenessProbe
				l.HTTPGet, l.GRPC = nil, &corev1.GRPCAction{Port: 8080}
			}},
		},
		"StartupProbe": {
			reason:   "The platform has no startup probe, so the user's probe is taken as it is.",
			template: `container: {startupProbe: {failureThreshold: 30, httpGet: {path: /q/health/started, port: 8080}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers[0].StartupProbe = &corev1.Probe{
					FailureThreshold: 30,
					ProbeHandler:     corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/q/health/started", Port: intstr.FromInt32(8080), Scheme: corev1.URISchemeHTTP}},
				}
			}},
		},
		"Lifecycle": {
			reason:   "The platform has no hooks, so the user's hooks are taken as they are.",
			template: `container: {lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"sleep", "5"}}}}
			}},
		},
		"ContainerSecurityContext": {
			reason:   "Each field of the security context is merged by itself.",
			template: `container: {securityContext: {readOnlyRootFilesystem: true, runAsNonRoot: false, capabilities: {add: [NET_BIND_SERVICE]}}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				s := p.Containers[0].SecurityContext
				s.ReadOnlyRootFilesystem, s.RunAsNonRoot = new(true), new(false)
				s.Capabilities.Add = []corev1.Capability{"NET_BIND_SERVICE"}
			}},
		},
		"Affinity": {
			reason: "The user's affinity is taken as it is.",
			template: `
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {}}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
					PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
						Weight:          100,
						PodAffinityTerm: corev1.PodAffinityTerm{TopologyKey: "kubernetes.io/hostname", LabelSelector: &metav1.LabelSelector{}},
					}},
				}}
			}},
		},
		"TopologySpread": {
			reason: "Two constraints may have one topology key.",
			template: `
topologySpreadConstraints:
- {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}
- {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{
					{MaxSkew: 1, TopologyKey: "zone", WhenUnsatisfiable: corev1.DoNotSchedule},
					{MaxSkew: 2, TopologyKey: "zone", WhenUnsatisfiable: corev1.ScheduleAnyway},
				}
			}},
		},
		"PullSecrets": {
			reason:   "The user's pull secrets are added to those of the input.",
			template: `imagePullSecrets: [{name: mine}, {name: pull}]`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "mine"}, {Name: "pull"}}
			}},
		},
		"Sidecar": {
			reason: "The container of the Data Index comes after the user's containers, and keeps its content.",
			template: `
container: {terminationMessagePath: testing}
containers: [{name: data-index-service2, terminationMessagePath: testing}, {name: other}]`,
			want: want{pod: func(p *corev1.PodSpec) {
				own := p.Containers[0]
				own.TerminationMessagePath = "testing"
				p.Containers = []corev1.Container{{Name: "data-index-service2", TerminationMessagePath: "testing"}, {Name: "other"}, own}
				p.AutomountServiceAccountToken = nil
			}},
		},
		"SidecarOfTheJobsService": {
			reason:   "The container of the Jobs Service comes after the user's containers, too.",
			kind:     component.JobsService,
			template: `containers: [{name: jobs-service2}]`,
			want: want{pod: func(p *corev1.PodSpec) {
				p.Containers = []corev1.Container{{Name: "jobs-service2"}, p.Containers[0]}
				p.AutomountServiceAccountToken = nil
			}},
		},
		"ContainerOfTheSameName": {
			reason:   "A user's container with the name of the platform's container is left out, and the platform's container takes its place.",
			template: `containers: [{name: data-index-service, image: ignored}, {name: side}]`,
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers = []corev1.Container{p.Containers[0], {Name: "side"}}
					p.AutomountServiceAccountToken = nil
				},
				warnings: []string{
					"podTemplate.containers[0]: data-index-service is left out: this is the platform's own container; shape it with podTemplate.container",
				},
			},
		},
		"ContainerOfTheJobsServicesName": {
			reason:   "The container of the Jobs Service has another name than that of the Data Index.",
			kind:     component.JobsService,
			template: `containers: [{name: data-index-service}, {name: jobs-service}, {name: jobs-service}]`,
			want: want{
				pod: func(p *corev1.PodSpec) {
					p.Containers = []corev1.Container{{Name: "data-index-service"}, p.Containers[0]}
					p.AutomountServiceAccountToken = nil
				},
				warnings: []string{
					"podTemplate.containers[1]: jobs-service is left out: this is the platform's own container; shape it with podTemplate.container",
					"podTemplate.containers[2]: jobs-service is left out: this is the platform's own container; shape it with podTemplate.container",
				},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := component.DataIndex
			if tc.kind != nil {
				kind = tc.kind
			}
			want := pod(kind)
			if tc.want.pod != nil {
				tc.want.pod(&want)
			}
			in, tpl := pod(kind), template(t, tc.template)
			tpl.Injected = tc.injected

			got, warnings, err := podtemplate.Merge(in, tpl)
			if diff := cmp.Diff(nil, err, cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("%s\nMerge(...): -want error, +got error:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\nMerge(...): -want pod, +got pod:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.warnings, warnings, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nMerge(...): -want warnings, +got warnings:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(pod(kind), in); diff != "" {
				t.Errorf("%s\nMerge(...) changed the platform's pod: -before, +after:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(template(t, tc.template).Raw, tpl.Raw); diff != "" {
				t.Errorf("%s\nMerge(...) changed the template: -before, +after:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(template(t, tc.template).Spec, tpl.Spec); diff != "" {
				t.Errorf("%s\nMerge(...) changed the decoded template: -before, +after:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestMergeRefuses holds what a user reads when a template can't be merged.
func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		template string
		want     string
	}{
		"NamelessVolume": {
			reason:   "A volume without a name may be the platform's volume.",
			template: `volumes: [{emptyDir: {}}]`,
			want:     "cannot merge podTemplate: ",
		},
		"MountWithoutPath": {
			reason:   "A mount without a path may take the place of the properties.",
			template: `container: {volumeMounts: [{name: extra}]}`,
			want:     "cannot merge podTemplate.container: ",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := podtemplate.Merge(pod(component.DataIndex), template(t, tc.template))
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("%s\nMerge(...): want error %q..., got %v", tc.reason, tc.want, err)
			}
		})
	}
}

// FuzzMerge holds what the platform depends on, for anything that a user may write.
func FuzzMerge(f *testing.F) {
	for _, s := range []string{
		`{"container":{"image":"a","env":[{"name":"KOGITO_PERSISTENCE_TYPE","value":"x"},null],"ports":[{"containerPort":8080},null]}}`,
		`{"container":{"name":"x","volumeMounts":[{"mountPath":"/home/kogito/config","$patch":"delete"},{"$patch":"replace"}]}}`,
		`{"volumes":[{"name":"application-config","$patch":"delete"},{"$patch":"replace"},null],"$retainKeys":[]}`,
		`{"$deleteFromPrimitiveList/volumes":["x"],"$setElementOrder/volumes":[{"name":"application-config"}]}`,
		`{"containers":[{"name":"data-index-service"},null,{"name":"data-index-service"},{}]}`,
		`{"container":{"livenessProbe":{"exec":{},"httpGet":null,"initialDelaySeconds":0},"resources":{"limits":{"cpu":0.5}}}}`,
		`{"affinity":{"nodeAffinity":{}},"securityContext":{},"nodeSelector":{"":""},"hostAliases":[{"ip":"1"},{"ip":"1"}]}`,
		`{"imagePullSecrets":[{"name":"pull"},{"name":1}]}`,
		`{"replicas":2,"podDisruptionBudget":{"minAvailable":"%"},"initContainers":[{"name":"a","volumeMounts":[{"name":"v"}]}],"volumes":[{"name":"v"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tpl, err := decode(text)
		if err != nil {
			t.Skip("not a podTemplate")
		}
		podtemplate.BudgetWarnings(tpl.Spec, path)
		podtemplate.CompanionWarnings(tpl.Spec, pod(component.DataIndex), path)
		before := pod(component.DataIndex)
		own := before.Containers[0]
		got, warnings, err := podtemplate.Merge(before, tpl)
		if err != nil {
			return // The template was refused.
		}

		again, warningsAgain, err := podtemplate.Merge(pod(component.DataIndex), tpl)
		if err != nil {
			t.Fatalf("merged once, but not twice: %v", err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("merged in two ways: -first, +second:\n%s", diff)
		}
		if diff := cmp.Diff(warnings, warningsAgain); diff != "" {
			t.Errorf("warned in two ways: -first, +second:\n%s", diff)
		}

		isOwn := func(c corev1.Container) bool { return c.Name == own.Name }
		i := slices.IndexFunc(got.Containers, isOwn)
		if i < 0 {
			t.Fatalf("no container %s", own.Name)
		}
		c := got.Containers[i]
		if slices.ContainsFunc(got.Containers[i+1:], isOwn) {
			t.Errorf("more than one container %s", own.Name)
		}
		volumes := slices.DeleteFunc(got.Volumes, func(v corev1.Volume) bool { return v.Name != before.Volumes[0].Name })
		if diff := cmp.Diff(before.Volumes, volumes); diff != "" {
			t.Errorf("the volume with the properties changed: -before, +after:\n%s", diff)
		}
		mounts := slices.DeleteFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return stdpath.Clean(m.MountPath) != own.VolumeMounts[0].MountPath })
		if diff := cmp.Diff(own.VolumeMounts, mounts); diff != "" {
			t.Errorf("the mount of the properties changed: -before, +after:\n%s", diff)
		}
		if diff := cmp.Diff(own.Env, c.Env[:min(len(c.Env), len(own.Env))]); diff != "" {
			t.Errorf("the platform's variables changed: -before, +after:\n%s", diff)
		}
		if diff := cmp.Diff(own.Ports, c.Ports[:min(len(c.Ports), len(own.Ports))]); diff != "" {
			t.Errorf("the platform's ports changed: -before, +after:\n%s", diff)
		}
		if n := len(podtemplate.Companion(again, before).Containers); n != 1 {
			t.Errorf("a companion with %d containers", n)
		}
	})
}
