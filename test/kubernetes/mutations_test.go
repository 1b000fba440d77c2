// SPDX-License-Identifier: Apache-2.0

package kubernetes_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// services returns the fields of spec.services, which have podTemplates.
func services() []string { return []string{"dataIndex", "jobService"} }

// templates returns pieces of podTemplates that Kubernetes accepts, with as many different
// fields as possible. Random pieces are merged, and then random values in them are replaced
// by wrong ones.
func templates() []string {
	return []string{
		`{replicas: 3, podDisruptionBudget: {minAvailable: 50%}}`,
		`{replicas: 2, podDisruptionBudget: {maxUnavailable: 1}}`,
		`{replicas: 2, podDisruptionBudget: {}}`,
		`{replicas: 0, terminationGracePeriodSeconds: 0}`,
		`{terminationGracePeriodSeconds: 90, container: {lifecycle: {postStart: {exec: {command: [ls]}}, preStop: {sleep: {seconds: 60}}}}}`,
		`{container: {lifecycle: {preStop: {httpGet: {path: /stop, port: h2c, scheme: HTTPS, httpHeaders: [{name: X-A, value: b}]}}}}}`,
		`{dnsPolicy: None, dnsConfig: {nameservers: [10.0.0.10], searches: [example.com], options: [{name: ndots, value: "2"}]}}`,
		`{hostAliases: [{ip: 10.0.0.1, hostnames: [a.example.com]}, {ip: "fd00::1", hostnames: [b]}], hostname: a, subdomain: b, setHostnameAsFQDN: true}`,
		`{serviceAccountName: a.b, automountServiceAccountToken: true, imagePullSecrets: [{name: a}, {name: b}], priorityClassName: high, runtimeClassName: gvisor, schedulerName: mine}`,
		`{hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, container: {ports: [{name: a, containerPort: 9000, hostPort: 9000}]}}`,
		`{hostPID: true, hostIPC: true}`,
		`{shareProcessNamespace: true, enableServiceLinks: false, preemptionPolicy: Never, readinessGates: [{conditionType: example.com/ready}], schedulingGates: [{name: example.com/gate}]}`,
		`{os: {name: linux}, hostUsers: false}`,
		`{nodeSelector: {kubernetes.io/arch: amd64}, tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 30}, {operator: Exists}, {key: b, value: c, effect: NoSchedule}]}`,
		`{topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 2, nodeTaintsPolicy: Honor, labelSelector: {matchLabels: {a: b}}, matchLabelKeys: [pod-template-hash]}]}`,
		`{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}, preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Gt, values: ["1"]}]}}]}}}`,
		`{affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, namespaces: [a], labelSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}]}}}`,
		`{affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: {topologyKey: zone, namespaceSelector: {}, labelSelector: {matchLabels: {a: b}}}}]}}}`,
		`{securityContext: {runAsUser: 1000, runAsGroup: 0, runAsNonRoot: true, fsGroup: 1000, fsGroupChangePolicy: OnRootMismatch, supplementalGroups: [1], seccompProfile: {type: Localhost, localhostProfile: a.json}, sysctls: [{name: net.core.somaxconn, value: "1"}]}}`,
		`{container: {securityContext: {privileged: true}}}`,
		`{container: {securityContext: {runAsUser: 5, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, procMount: Default, capabilities: {add: [NET_ADMIN], drop: [ALL]}, seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: RuntimeDefault}, seLinuxOptions: {level: "s0:c1"}}}}`,
		`{container: {env: [{name: A, value: "1"}, {name: B, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}, {name: C, valueFrom: {fieldRef: {fieldPath: "metadata.labels['a/b']"}}}, {name: D, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}, {name: E, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}}`,
		`{container: {envFrom: [{prefix: X_, configMapRef: {name: a}}, {secretRef: {name: b, optional: true}}]}}`,
		`{container: {ports: [{name: web, containerPort: 9000}, {name: dns, containerPort: 53, protocol: UDP}]}}`,
		`{container: {livenessProbe: {httpGet: {path: /live, port: 8080}, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3, terminationGracePeriodSeconds: 5}, readinessProbe: {successThreshold: 3, initialDelaySeconds: 1}}}`,
		`{container: {startupProbe: {grpc: {port: 9000, service: a}}, livenessProbe: {exec: {command: [ls]}}, readinessProbe: {tcpSocket: {port: 8080}}}}`,
		`{container: {resources: {requests: {cpu: 100m, memory: 1Gi, ephemeral-storage: 1Gi}, limits: {cpu: "1", memory: 2Gi, example.com/gpu: "1"}}}}`,
		`{container: {resources: {requests: {cpu: 200m}}, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]}}`,
		`{container: {image: "example.com/a/b:c", imagePullPolicy: Always, command: [a], args: [b], terminationMessagePath: /dev/a, terminationMessagePolicy: FallbackToLogsOnError, stdin: true, stdinOnce: true, tty: true}}`,
		`{initContainers: [{name: i, image: i, command: [a], workingDir: /a, env: [{name: A, value: b}], resources: {limits: {cpu: 1}}, volumeMounts: [{name: application-config, mountPath: /c, readOnly: true}]}]}`,
		`{initContainers: [{name: side, image: i, restartPolicy: Always, startupProbe: {exec: {command: [ls]}}, lifecycle: {preStop: {exec: {command: [ls]}}}}]}`,
		`{containers: [{name: c, image: i, imagePullPolicy: Never, ports: [{name: web2, containerPort: 9100}], livenessProbe: {tcpSocket: {port: web2}}, env: [{name: A, value: b}], securityContext: {runAsUser: 7, allowPrivilegeEscalation: false}, resources: {requests: {cpu: 1m}}}]}`,
		`{volumes: [{name: v, emptyDir: {sizeLimit: 1Gi, medium: Memory}}], container: {volumeMounts: [{name: v, mountPath: /v, subPath: a/b, mountPropagation: HostToContainer}, {name: v, mountPath: /w, subPathExpr: $(A)/b}]}}`,
		`{volumes: [{name: s, secret: {secretName: s, defaultMode: 256, items: [{key: K, path: a/b, mode: 256}]}}, {name: m, configMap: {name: c, optional: true}}], container: {volumeMounts: [{name: s, mountPath: /s}, {name: m, mountPath: /m, readOnly: true}]}}`,
		`{volumes: [{name: p, projected: {defaultMode: 420, sources: [{secret: {name: s}}, {configMap: {name: c, items: [{key: k, path: x}]}}, {serviceAccountToken: {path: t, audience: a, expirationSeconds: 3600}}, {downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]}}]}`,
		`{volumes: [{name: d, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.name}}, {path: r, resourceFieldRef: {containerName: data-index-service, resource: limits.cpu}}]}}]}`,
		`{volumes: [{name: h, hostPath: {path: /var, type: Directory}}, {name: n, nfs: {server: a, path: /b}}, {name: c, csi: {driver: a.example.com, readOnly: true}}, {name: q, persistentVolumeClaim: {claimName: q}}]}`,
		`{volumes: [{name: b, persistentVolumeClaim: {claimName: q}}, {name: b2, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}, annotations: {c: d}}, spec: {accessModes: [ReadWriteOncePod], volumeMode: Block, selector: {matchLabels: {a: b}}, resources: {requests: {storage: 1Gi}}}}}}], container: {volumeDevices: [{name: b, devicePath: /dev/b}, {name: b2, devicePath: /dev/b2}]}}`,
		`{hostNetwork: true, containers: [{name: p, image: i, ports: [{containerPort: 9200}], resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]}]}`,
		`{containers: [{name: h, image: i, ports: [{containerPort: 9300, hostPort: 9300}]}, {name: h2, image: i, ports: [{containerPort: 9300, hostPort: 9301, hostIP: 10.0.0.1}]}]}`,
		`{containers: [{name: g, image: i, resources: {limits: {cpu: 1, hugepages-2Mi: 4Mi, example.com/gpu: 1}}}], overhead: {cpu: 1m}}`,
		`{affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchLabels: {a: b}}, matchLabelKeys: [pod-template-hash], mismatchLabelKeys: [tenant]}]}}}`,
		`{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [n]}]}]}}}}`,
		`{securityContext: {supplementalGroupsPolicy: Strict, seLinuxChangePolicy: MountOption, sysctls: [{name: kernel.shm_rmid_forced, value: "1"}], appArmorProfile: {type: Localhost, localhostProfile: a}}}`,
		`{initContainers: [{name: r, image: i, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]}, {name: side2, image: i, restartPolicy: Always, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]}]}`,
		`{resourceClaims: [{name: d, resourceClaimName: e}, {name: f, resourceClaimTemplateName: g}], container: {resources: {claims: [{name: d}]}}, initContainers: [{name: side3, image: i, restartPolicy: Always, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}], resources: {claims: [{name: d, request: a}, {name: f}]}}]}`,
		`{hostUsers: false, initContainers: [{name: side4, image: i, restartPolicy: Always, securityContext: {procMount: Unmasked}}]}`,
		`{volumes: [{name: w, emptyDir: {}}], container: {securityContext: {privileged: true}, volumeMounts: [{name: w, mountPath: /x, mountPropagation: Bidirectional}, {name: w, mountPath: /y, readOnly: true, recursiveReadOnly: IfPossible}]}}`,
		`{volumes: [{name: e, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: a, resources: {requests: {storage: 1Gi}}}}}}]}`,
	}
}

// pieces returns parts of a spec, without podTemplates, that the function accepts.
func pieces() []string {
	postgresql := `postgresql: {secretRef: {name: s, userKey: u, passwordKey: p}, serviceRef: {name: db, namespace: data, port: 5433, databaseName: d, databaseSchema: e}}`
	url := `postgresql: {secretRef: {name: s}, jdbcUrl: "jdbc:postgresql://h:5432/d?currentSchema=e"}`
	broker := `{ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b, namespace: n}}`
	return []string{
		`{persistence: {` + postgresql + `}}`,
		`{persistence: {` + url + `}}`,
		`{services: {dataIndex: {enabled: true, persistence: {dbMigrationStrategy: job, ` + postgresql + `}}}}`,
		`{services: {dataIndex: {persistence: {dbMigrationStrategy: none, ` + url + `}}}}`,
		`{services: {jobService: {persistence: {dbMigrationStrategy: job, ` + postgresql + `}}}}`,
		`{services: {jobService: {enabled: true, persistence: {dbMigrationStrategy: service, ` + url + `}}}}`,
		`{eventing: {broker: ` + broker + `}}`,
		`{services: {dataIndex: {source: ` + broker + `}}}`,
		`{services: {jobService: {source: ` + broker + `, sink: ` + broker + `}}}`,
		`{services: {jobService: {sink: {uri: "http://a.example.com/b"}}}}`,
		`{services: {jobService: {sink: {ref: {apiVersion: v1, kind: Service, name: a}, uri: /b, CACerts: c, audience: d}}}}`,
		`{properties: {flow: [{name: a, value: b}, {name: c, valueFrom: {secretKeyRef: {name: s, key: k}}}]}, monitoring: {enabled: true}}`,
	}
}

// names returns names of platforms that Kubernetes accepts.
func names() []string {
	return []string{"a", "a.b", "1a", "0", "a--b", strings.Repeat("a", 63), strings.Repeat("a", 40) + "." + strings.Repeat("b", 40), strings.Repeat("a.b-", 20) + "c", strings.Repeat("x", 253)}
}

// mutant returns the changed spec with number n: one of the specs, with random changes. The
// result is always the same for the same seed and number.
func mutant(seed, n uint64, all []spec) spec {
	r := rand.New(rand.NewPCG(seed, n))
	s := all[r.IntN(len(all))]
	s.name = fmt.Sprintf("%s, changed with -seed=%d as number %d", s.name, seed, n)
	s.composite = runtime.DeepCopyJSON(s.composite)
	if s.composite["kind"] == "SonataFlowClusterPlatform" {
		return s
	}
	if s.composite["spec"] == nil {
		s.composite["spec"] = map[string]any{}
	}
	if r.IntN(4) == 0 {
		rename(s.composite, pick(r, names()))
	}
	body := s.composite["spec"].(map[string]any)
	for range r.IntN(3) {
		merge(body, parse(pick(r, pieces())))
	}
	for range 1 + r.IntN(4) {
		template := map[string]any{"podTemplate": parse(pick(r, templates()))}
		merge(body, map[string]any{"services": map[string]any{pick(r, services()): template}})
	}
	for range r.IntN(3) {
		spoil(r, body)
	}
	return s
}

// rename changes the name of a platform. The name is that of its claim, or, in the
// namespaced form, that of the composite.
func rename(composite map[string]any, name string) {
	body := composite["spec"].(map[string]any)
	if claim, ok := body["claimRef"].(map[string]any); ok {
		claim["name"] = name
		composite["metadata"].(map[string]any)["labels"].(map[string]any)["crossplane.io/claim-name"] = name
		return
	}
	composite["metadata"].(map[string]any)["name"] = name
}

// merge merges the fields of from into another object. Lists are joined, so that there are
// duplicates, too.
func merge(into, from map[string]any) {
	for key, value := range from {
		switch value := value.(type) {
		case map[string]any:
			inner, ok := into[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
				into[key] = inner
			}
			merge(inner, value)
		case []any:
			old, _ := into[key].([]any)
			into[key] = append(slices.Clip(old), value...)
		default:
			into[key] = value
		}
	}
}

// A place is a value in a spec, which can be set.
type place struct {
	path  string
	value any
	set   func(value any)
}

// places returns all places below a value, in the order of their names, without the
// reference to the claim, which Crossplane writes.
func places(path string, value any, set func(any)) []place {
	if path == ".claimRef" {
		return nil
	}
	out := []place{{path: path, value: value, set: set}}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			out = append(out, places(path+"."+key, value[key], func(v any) { value[key] = v })...)
		}
	case []any:
		for i := range value {
			out = append(out, places(fmt.Sprintf("%s[%d]", path, i), value[i], func(v any) { value[i] = v })...)
		}
	}
	return out
}

// spoil changes one value of a spec into another of the same type.
func spoil(r *rand.Rand, body map[string]any) {
	all := places("", body, func(any) {})[1:]
	p := pick(r, all)
	switch value := p.value.(type) {
	case string:
		p.set(pick(r, []any{
			"", "A_b", "a.b", "-a", "a b", "/a", "../a", "ä", "${X}", "$(X)", "0", "-1", "50%", "150%", "1.5", "a/b", "a/b/c", "a=b", ":", "10.0.0.1",
			"data-index-service", "application-config", "h2c", "sonataflow.org/x", "kubernetes.io/x",
			strings.Repeat("a", 16), strings.Repeat("a", 64), strings.Repeat("a", 254), value + "x", strings.ToUpper(value), strings.ToLower(value),
		}))
	case float64, int64:
		p.set(float64(pick(r, []int{-1, 0, 1, 2, 101, 65535, 65536, 1 << 31})))
	case bool:
		p.set(!value)
	case []any:
		switch n := r.IntN(3); {
		case n == 0:
			p.set([]any{})
		case n == 1 && len(value) > 0:
			p.set(append(slices.Clip(value), runtime.DeepCopyJSONValue(value[0])))
		case len(value) > 0:
			p.set(value[1:])
		}
	case map[string]any:
		keys := slices.Sorted(maps.Keys(value))
		if len(keys) == 0 {
			return
		}
		switch key := pick(r, keys); r.IntN(4) {
		case 0:
			p.set(map[string]any{})
		default:
			delete(value, key)
		}
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// parse reads a piece of this file.
func parse(piece string) map[string]any {
	var out map[string]any
	if err := yaml.UnmarshalStrict([]byte(piece), &out); err != nil {
		panic(fmt.Sprintf("%v in %s", err, piece)) // A mistake in this file.
	}
	return out
}
