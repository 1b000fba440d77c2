// SPDX-License-Identifier: Apache-2.0

package podtemplate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
)

func TestCompanion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		template string
		// want is the companion in YAML.
		want string
	}{
		"Nothing": {
			reason:   "The platform's variables, ports, probes and volume are the service's alone; its pull secrets aren't.",
			template: `{replicas: 2, terminationGracePeriodSeconds: 5, topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}`,
			want:     `{containers: [{name: "", resources: {}}], imagePullSecrets: [{name: pull}], automountServiceAccountToken: false}`,
		},
		"Chain": {
			reason: "An init container may fill a volume for another one that is needed.",
			template: `
volumes: [{name: raw, emptyDir: {}}, {name: store, ephemeral: {volumeClaimTemplate: {spec: {}}}}, {name: conf, emptyDir: {}}, {name: other, emptyDir: {}}]
initContainers:
- {name: fetch, image: i, volumeMounts: [{name: raw, mountPath: /raw}]}
- {name: keytool, image: i, volumeMounts: [{name: raw, mountPath: /raw}, {name: store, mountPath: /store}]}
- {name: render, image: i, volumeMounts: [{name: conf, mountPath: /conf}]}
- {name: proxy, image: i, restartPolicy: Always, volumeMounts: [{name: conf, mountPath: /conf}]}
- {name: alone, image: i, volumeMounts: [{name: other, mountPath: /other}]}
container: {volumeMounts: [{name: store, mountPath: /store}]}
terminationGracePeriodSeconds: 60`,
			want: `
containers: [{name: "", resources: {}, volumeMounts: [{name: store, mountPath: /store}]}]
imagePullSecrets: [{name: pull}]
volumes: [{name: raw, emptyDir: {}}, {name: store, ephemeral: {volumeClaimTemplate: {metadata: {}, spec: {resources: {}}}}}, {name: conf, emptyDir: {}}]
initContainers:
- {name: fetch, image: i, resources: {}, volumeMounts: [{name: raw, mountPath: /raw}]}
- {name: keytool, image: i, resources: {}, volumeMounts: [{name: raw, mountPath: /raw}, {name: store, mountPath: /store}]}
- {name: render, image: i, resources: {}, volumeMounts: [{name: conf, mountPath: /conf}]}
- {name: proxy, image: i, resources: {}, restartPolicy: Always, volumeMounts: [{name: conf, mountPath: /conf}]}
terminationGracePeriodSeconds: 60`,
		},
		"MountNamedByVariable": {
			reason: "Kubernetes starts no container whose mount names a variable that the container hasn't.",
			template: `
volumes: [{name: dumps, persistentVolumeClaim: {claimName: c}}]
container:
  env: [{name: OTHER, value: a}, {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
  volumeMounts: [{name: dumps, mountPath: /dumps, subPathExpr: $(POD_NAME)}]`,
			want: `
containers: [{name: "", resources: {}, env: [{name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}], volumeMounts: [{name: dumps, mountPath: /dumps, subPathExpr: $(POD_NAME)}]}]
imagePullSecrets: [{name: pull}]
automountServiceAccountToken: false
volumes: [{name: dumps, persistentVolumeClaim: {claimName: c}}]`,
		},
		"AboutTheService": {
			reason: "Files about the service's container are mounted in its pod alone.",
			template: `
volumes:
- {name: info, downwardAPI: {items: [{path: mem, resourceFieldRef: {containerName: data-index-service, resource: limits.memory}}]}}
- {name: more, projected: {sources: [{downwardAPI: {items: [{path: mem, resourceFieldRef: {containerName: data-index-service, resource: limits.memory}}]}}]}}
container: {volumeMounts: [{name: info, mountPath: /info}, {name: more, mountPath: /more}]}`,
			want: `{containers: [{name: "", resources: {}}], imagePullSecrets: [{name: pull}], automountServiceAccountToken: false}`,
		},
		"BesideOthers": {
			reason:   "A pod that must run beside those of its platform would wait for pods that wait for it.",
			template: `affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}], preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone}}]}, podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: node}]}}`,
			want:     `{containers: [{name: "", resources: {}}], imagePullSecrets: [{name: pull}], automountServiceAccountToken: false, affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone}}]}, podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: node}]}}}`,
		},
		"Pod": {
			reason: "Where a pod runs, as whom, and how names are resolved.",
			template: `
serviceAccountName: mine
imagePullSecrets: [{name: own}]
nodeSelector: {disk: ssd}
tolerations: [{key: dedicated, operator: Exists}]
affinity: {nodeAffinity: {}}
priorityClassName: high
runtimeClassName: gvisor
hostNetwork: true
hostAliases: [{ip: 10.0.0.1, hostnames: [db]}]
dnsPolicy: None
dnsConfig: {nameservers: [10.0.0.2]}
enableServiceLinks: false
securityContext: {fsGroup: 7}
shareProcessNamespace: true`,
			want: `
containers: [{name: "", resources: {}}]
serviceAccountName: mine
imagePullSecrets: [{name: own}, {name: pull}]
nodeSelector: {disk: ssd}
tolerations: [{key: dedicated, operator: Exists}]
affinity: {nodeAffinity: {}}
priorityClassName: high
runtimeClassName: gvisor
hostNetwork: true
hostAliases: [{ip: 10.0.0.1, hostnames: [db]}]
dnsPolicy: None
dnsConfig: {nameservers: [10.0.0.2]}
enableServiceLinks: false
securityContext: {fsGroup: 7}`,
		},
		"Files": {
			reason: "The service's files, but for its properties, and no volume that is for other containers.",
			template: `
volumes: [{name: ca, secret: {secretName: ca}}, {name: other, emptyDir: {}}]
containers: [{name: log, image: i, volumeMounts: [{name: other, mountPath: /o}]}]
container: {volumeMounts: [{name: ca, mountPath: /ca, readOnly: true}]}`,
			want: `
volumes: [{name: ca, secret: {secretName: ca}}]
containers: [{name: "", resources: {}, volumeMounts: [{name: ca, mountPath: /ca, readOnly: true}]}]
imagePullSecrets: [{name: pull}]
automountServiceAccountToken: false`,
		},
		"Trust": {
			reason: "What Java trusts, with the variables that this refers to; neither other settings nor the database's.",
			template: `
container:
  env:
  - {name: TRUST_PASSWORD, valueFrom: {secretKeyRef: {name: ca, key: password}}}
  - {name: JAVA_TOOL_OPTIONS, value: -Djavax.net.ssl.trustStorePassword=$(TRUST_PASSWORD)}
  - {name: JAVA_OPTS_APPEND, value: -Xmx1g}
  - {name: SSL_CERT_DIR, value: /ca}
  - {name: QUARKUS_TLS_TRUST_ALL, value: "true"}
  - {name: quarkus.tls.trust-store.pem.certs, value: /ca/ca.crt}
  - {name: QUARKUS_DATASOURCE_JDBC_MAX_SIZE, value: "3"}
  - {name: QUARKUS_HTTP_PORT, value: "9090"}
  - {name: SSL_CERT_DIRECTORY, value: /x}
  - {name: MINE, value: "1"}`,
			want: `
containers:
- name: ""
  resources: {}
  env:
  - {name: TRUST_PASSWORD, valueFrom: {secretKeyRef: {name: ca, key: password}}}
  - {name: JAVA_TOOL_OPTIONS, value: -Djavax.net.ssl.trustStorePassword=$(TRUST_PASSWORD)}
  - {name: JAVA_OPTS_APPEND, value: -Xmx1g}
  - {name: SSL_CERT_DIR, value: /ca}
  - {name: QUARKUS_TLS_TRUST_ALL, value: "true"}
  - {name: quarkus.tls.trust-store.pem.certs, value: /ca/ca.crt}
imagePullSecrets: [{name: pull}]
automountServiceAccountToken: false`,
		},
		"NativeSidecar": {
			reason: "A native sidecar ends with the pod; its volumes come along, be it the platform's, and a token.",
			template: `
volumes: [{name: socket, emptyDir: {}}]
initContainers:
- {name: proxy, image: i, restartPolicy: Always, volumeMounts: [{name: socket, mountPath: /s}, {name: application-config, mountPath: /c}]}
- {name: wait, image: i}`,
			want: `
volumes: [{name: socket, emptyDir: {}}, {name: application-config, configMap: {name: props}}]
initContainers:
- {name: proxy, image: i, resources: {}, restartPolicy: Always, volumeMounts: [{name: socket, mountPath: /s}, {name: application-config, mountPath: /c}]}
containers: [{name: "", resources: {}}]
imagePullSecrets: [{name: pull}]`,
		},
		"VolumesWithoutMounts": {
			reason: "A container may use a volume without mounting it.",
			template: `
volumes: [{name: disk, persistentVolumeClaim: {claimName: c}}, {name: words, emptyDir: {}}, {name: other, emptyDir: {}}]
initContainers:
- name: proxy
  image: i
  restartPolicy: Always
  volumeDevices: [{name: disk, devicePath: /dev/x}]
  env: [{name: A, valueFrom: {fileKeyRef: {volumeName: words, path: p, key: k}}}]`,
			want: `
volumes: [{name: disk, persistentVolumeClaim: {claimName: c}}, {name: words, emptyDir: {}}]
initContainers:
- name: proxy
  image: i
  resources: {}
  restartPolicy: Always
  volumeDevices: [{name: disk, devicePath: /dev/x}]
  env: [{name: A, valueFrom: {fileKeyRef: {volumeName: words, path: p, key: k}}}]
containers: [{name: "", resources: {}}]
imagePullSecrets: [{name: pull}]`,
		},
		"PreparedFiles": {
			reason: "An emptyDir of the service's would be empty without the init container that fills it.",
			template: `
volumes: [{name: ca}, {name: data, persistentVolumeClaim: {claimName: c}}]
initContainers:
- {name: collect, image: i, volumeMounts: [{name: ca, mountPath: /ca}]}
- {name: copy, image: i, volumeMounts: [{name: data, mountPath: /data}]}
container: {volumeMounts: [{name: ca, mountPath: /ca}, {name: data, mountPath: /data}]}`,
			want: `
volumes: [{name: ca}, {name: data, persistentVolumeClaim: {claimName: c}}]
initContainers: [{name: collect, image: i, resources: {}, volumeMounts: [{name: ca, mountPath: /ca}]}]
containers: [{name: "", resources: {}, volumeMounts: [{name: ca, mountPath: /ca}, {name: data, mountPath: /data}]}]
imagePullSecrets: [{name: pull}]`,
		},
		"Propagation": {
			reason: "To read files, a container needs no privileges: mounts that it makes aren't shown to the node.",
			template: `
volumes: [{name: ca, hostPath: {path: /ca}}]
container: {securityContext: {privileged: true}, volumeMounts: [{name: ca, mountPath: /ca, mountPropagation: Bidirectional}]}`,
			want: `
volumes: [{name: ca, hostPath: {path: /ca}}]
containers: [{name: "", resources: {}, volumeMounts: [{name: ca, mountPath: /ca, mountPropagation: HostToContainer}]}]
imagePullSecrets: [{name: pull}]
automountServiceAccountToken: false`,
		},
		"Claims": {
			reason: "A native sidecar has its devices and its users; Kubernetes takes no restart of what is resized in a Job.",
			template: `
hostUsers: false
resourceClaims: [{name: device, resourceClaimName: c}]
initContainers:
- {name: proxy, image: i, restartPolicy: Always, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}], resources: {claims: [{name: device}]}}`,
			want: `
hostUsers: false
resourceClaims: [{name: device, resourceClaimName: c}]
initContainers: [{name: proxy, image: i, restartPolicy: Always, resources: {claims: [{name: device}]}}]
containers: [{name: "", resources: {}}]
imagePullSecrets: [{name: pull}]`,
		},
		"Root": {
			reason:   "A pod whose containers are root and mustn't be starts none: what the service's container says instead counts.",
			template: `{securityContext: {runAsUser: 0, runAsNonRoot: true, fsGroup: 7}, container: {securityContext: {runAsNonRoot: false}}}`,
			want: `
securityContext: {runAsUser: 0, runAsNonRoot: false, fsGroup: 7}
containers: [{name: "", resources: {}}]
imagePullSecrets: [{name: pull}]
automountServiceAccountToken: false`,
		},
		"NotRoot": {
			reason:   "So does its user.",
			template: `{securityContext: {runAsUser: 0, runAsNonRoot: true}, container: {securityContext: {runAsUser: 7}}}`,
			want: `
securityContext: {runAsUser: 7, runAsNonRoot: true}
containers: [{name: "", resources: {}}]
imagePullSecrets: [{name: pull}]
automountServiceAccountToken: false`,
		},
		"User": {
			reason:   "As long as the pod's user can start, the service's own one is for its image alone.",
			template: `{securityContext: {runAsUser: 5}, container: {securityContext: {runAsUser: 7}}}`,
			want: `
securityContext: {runAsUser: 5}
containers: [{name: "", resources: {}}]
imagePullSecrets: [{name: pull}]
automountServiceAccountToken: false`,
		},
		"Token": {
			reason:   "The user's word about the token counts here, too.",
			template: `automountServiceAccountToken: true`,
			want:     `{containers: [{name: "", resources: {}}], imagePullSecrets: [{name: pull}], automountServiceAccountToken: true}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asJSON, err := yaml.YAMLToJSONStrict([]byte(tc.want))
			if err != nil {
				t.Fatal(err)
			}
			want := corev1.PodSpec{}
			if err := kjson.UnmarshalCaseSensitivePreserveInts(asJSON, &want); err != nil {
				t.Fatal(err)
			}
			own := pod(component.DataIndex)
			merged, _, err := podtemplate.Merge(own, template(t, tc.template))
			if err != nil {
				t.Fatal(err)
			}
			before := *merged.DeepCopy()
			got := podtemplate.Companion(merged, own)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\nCompanion(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(before, merged); diff != "" {
				t.Errorf("Companion(...) changed the pod: -before, +after:\n%s", diff)
			}
		})
	}
}

func TestCompanionWarnings(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		template string
		want     []string
	}{
		"None":   {reason: "Init containers don't keep a Job from ending.", template: `initContainers: [{name: a}, {name: b, restartPolicy: Always}]`},
		"Itself": {reason: "A container of the service's name is left out everywhere.", template: `containers: [{name: data-index-service}]`},
		"Sidecars": {
			reason:   "All are named at once, with the way out.",
			template: `containers: [{name: proxy}, {name: data-index-service}, {name: log}]`,
			want: []string{
				"podTemplate.containers: proxy, log would keep the migration's Job from ending, so that the Job does without; if one takes part in reaching the database, move it to initContainers and set restartPolicy: Always there",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := podtemplate.CompanionWarnings(template(t, tc.template).Spec, pod(component.DataIndex), path)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCompanionWarnings(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
