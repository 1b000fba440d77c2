// SPDX-License-Identifier: Apache-2.0

package serving_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/serving"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// TestValidatePod holds by which paths what Knative Serving refuses is refused.
func TestValidatePod(t *testing.T) {
	t.Parallel()
	const own = `name: workflow, image: i, ports: [{name: h2c, containerPort: 8080}]`
	container := func(fields string) string { return `containers: [{` + own + `, ` + fields + `}]` }
	beside := func(fields string) string { return `containers: [{` + own + `}, {name: s, image: i, ` + fields + `}]` }
	pod := func(fields string) string { return `containers: [{` + own + `}], ` + fields }
	mounted := func(source string) string {
		return `containers: [{` + own + `, volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, ` + source + `}]`
	}
	cases := map[string]struct {
		reason   string
		pod      string
		features []string
		// want are the paths that are refused, within p.
		want []string
	}{
		"Plain":            {reason: "The function's own pod is taken.", pod: container(`securityContext: {allowPrivilegeEscalation: false, privileged: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, readinessProbe: {httpGet: {path: /q, port: 8080}, periodSeconds: 15, timeoutSeconds: 3}, terminationMessagePolicy: FallbackToLogsOnError`) + `, automountServiceAccountToken: false, imagePullSecrets: [{name: s}], serviceAccountName: sa, enableServiceLinks: false`},
		"Empty":            {reason: "What isn't applied isn't refused.", pod: pod(`nodeSelector: {}, tolerations: [], hostNetwork: false, priorityClassName: ""`)},
		"Features":         {reason: "What needs a feature isn't taken by itself.", pod: pod(`affinity: {nodeAffinity: {}}, dnsPolicy: Default, hostAliases: [{ip: 10.0.0.1}], nodeSelector: {a: b}, priorityClassName: p, runtimeClassName: r, schedulerName: s, tolerations: [{key: k}], topologySpreadConstraints: [{maxSkew: 1}], initContainers: [{name: i, image: i}], shareProcessNamespace: false, hostNetwork: true`), want: []string{"affinity", "dnsPolicy", "hostAliases", "hostNetwork", "initContainers", "nodeSelector", "priorityClassName", "runtimeClassName", "schedulerName", "shareProcessNamespace", "tolerations", "topologySpreadConstraints"}},
		"FeaturesEnabled":  {reason: "An enabled feature lets its field through.", pod: pod(`affinity: {nodeAffinity: {}}, initContainers: [{name: i, image: i}], securityContext: {fsGroup: 1}`), features: []string{"kubernetes.podspec-affinity", "kubernetes.podspec-init-containers", "kubernetes.podspec-securitycontext"}},
		"Never":            {reason: "Some fields are never taken.", pod: pod(`restartPolicy: Always, terminationGracePeriodSeconds: 30, activeDeadlineSeconds: 1, hostname: h, subdomain: s, nodeName: n, priority: 1, overhead: {cpu: "1"}, hostUsers: false, preemptionPolicy: Never, os: {name: linux}, readinessGates: [{conditionType: a}], resourceClaims: [{name: a}], schedulingGates: [{name: a}], setHostnameAsFQDN: true`), want: []string{"activeDeadlineSeconds", "hostUsers", "hostname", "nodeName", "os", "overhead", "preemptionPolicy", "priority", "readinessGates", "resourceClaims", "restartPolicy", "schedulingGates", "setHostnameAsFQDN", "subdomain", "terminationGracePeriodSeconds"}},
		"PodSecurity":      {reason: "Of a pod's security context, only some fields are taken.", pod: pod(`securityContext: {fsGroup: 1, fsGroupChangePolicy: Always, sysctls: [{name: a, value: b}]}`), features: []string{"kubernetes.podspec-securitycontext"}, want: []string{"securityContext.fsGroupChangePolicy", "securityContext.sysctls"}},
		"Token":            {reason: "The token is mounted by default alone.", pod: pod(`automountServiceAccountToken: true`), want: []string{"automountServiceAccountToken"}},
		"Container":        {reason: "Some fields of containers are never taken.", pod: container(`lifecycle: {preStop: {exec: {command: [a]}}}, stdin: true, tty: true, volumeDevices: [{name: v}], resizePolicy: [{resourceName: cpu}]`), want: []string{"container.lifecycle", "container.resizePolicy", "container.stdin", "container.tty", "container.volumeDevices"}},
		"Privileges":       {reason: "A container gets no privileges.", pod: container(`securityContext: {privileged: true, procMount: Default, capabilities: {add: [NET_ADMIN]}}`), want: []string{"container.securityContext.capabilities.add", "container.securityContext.privileged", "container.securityContext.procMount"}},
		"Capabilities":     {reason: "Capabilities are a feature.", pod: container(`securityContext: {capabilities: {add: [NET_ADMIN]}}`), features: []string{"kubernetes.containerspec-addcapabilities"}},
		"Reserved":         {reason: "Knative sets some variables, and needs some paths.", pod: container(`env: [{name: PORT, value: a}, {name: K_SERVICE, value: b}, {name: OTHER, value: c}], volumeMounts: [{name: v, mountPath: /dev/}, {name: v, mountPath: /}, {name: v, mountPath: /data}]`) + `, volumes: [{name: v, emptyDir: {}}]`, want: []string{"container.env[K_SERVICE].name", "container.env[PORT].name", "container.volumeMounts[/].mountPath", "container.volumeMounts[/dev/].mountPath"}},
		"FieldRef":         {reason: "A variable out of the pod's fields is a feature.", pod: container(`env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]`), want: []string{"container.env[A].valueFrom.fieldRef"}},
		"Port":             {reason: "A pod has one port.", pod: `containers: [{name: workflow, image: i, ports: [{name: h2c, containerPort: 8080}, {name: debug, containerPort: 5005, hostPort: 1}]}]`, want: []string{"container.ports", "container.ports[debug].hostPort"}},
		"SidecarPort":      {reason: "A pod has one port.", pod: beside(`ports: [{containerPort: 9090}]`), want: []string{"containers[s].ports"}},
		"SidecarName":      {reason: "Knative's own container has the name.", pod: `containers: [{` + own + `}, {name: queue-proxy, image: i}]`, want: []string{"containers[queue-proxy].name"}},
		"SidecarProbe":     {reason: "Probes of other containers are a feature.", pod: beside(`livenessProbe: {tcpSocket: {port: 1}}`), want: []string{"containers[s].livenessProbe"}},
		"SidecarPortValue": {reason: "PORT is reserved in the workflow's container alone.", pod: beside(`env: [{name: PORT, value: "1"}, {name: K_REVISION, value: a}]`), want: []string{"containers[s].env[K_REVISION].name"}},
		"ProbePortName":    {reason: "A probe names the workflow's port or gives a number.", pod: container(`livenessProbe: {httpGet: {port: http}}, startupProbe: {tcpSocket: {port: h2c}}`), want: []string{"container.livenessProbe"}},
		"ProbePeriod":      {reason: "A period of 0 means something else to Knative.", pod: container(`readinessProbe: {httpGet: {port: 8080}, timeoutSeconds: 3}`), want: []string{"container.readinessProbe.periodSeconds"}},
		"Unmounted":        {reason: "Each volume is mounted.", pod: pod(`volumes: [{name: v, emptyDir: {}}]`), want: []string{"volumes[v]"}},
		"Sourceless":       {reason: "Each volume has a source.", pod: `containers: [{` + own + `, volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v}]`, want: []string{"volumes[v]"}},
		"Volumes":          {reason: "Volumes with files are taken.", pod: mounted(`projected: {sources: [{configMap: {name: a}}, {secret: {name: b}}, {serviceAccountToken: {path: t}}, {downwardAPI: {items: []}}]}`)},
		"Projected":        {reason: "Other sources of a projected volume aren't.", pod: mounted(`projected: {sources: [{clusterTrustBundle: {path: a}}]}`), want: []string{"volumes[v].projected.sources[0].clusterTrustBundle"}},
		"HostPath":         {reason: "A folder of the node is a feature.", pod: mounted(`hostPath: {path: /a}`), want: []string{"volumes[v].hostPath"}},
		"NFS":              {reason: "Some volumes are never taken.", pod: mounted(`nfs: {server: s, path: /a}`), want: []string{"volumes[v].nfs"}},
		"Claim":            {reason: "A claim is a feature, and to write into its volume is another.", pod: mounted(`persistentVolumeClaim: {claimName: c}`), want: []string{"volumes[v].persistentVolumeClaim", "volumes[v].persistentVolumeClaim.readOnly"}},
		"ClaimRead":        {reason: "To read needs the first alone.", pod: mounted(`persistentVolumeClaim: {claimName: c, readOnly: true}`), features: []string{"kubernetes.podspec-persistent-volume-claim"}},
		"Memory":           {reason: "There is one medium.", pod: mounted(`emptyDir: {medium: HugePages}`), want: []string{"volumes[v].emptyDir.medium"}},
		"Propagation":      {reason: "Mounts reach no other container of the node.", pod: container(`volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional, subPathExpr: a}]`) + `, volumes: [{name: v, emptyDir: {}}]`, features: []string{"kubernetes.podspec-volumes-mount-propagation"}, want: []string{"container.volumeMounts[/v].mountPropagation", "container.volumeMounts[/v].subPathExpr"}},
		"Claims":           {reason: "Devices aren't given to containers.", pod: container(`resources: {claims: [{name: a}], limits: {cpu: "1"}}`), want: []string{"container.resources.claims"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pod := &corev1.PodSpec{}
			if err := yaml.UnmarshalStrict([]byte("{"+tc.pod+"}"), pod); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, err := range serving.ValidatePod(pod, "workflow", tc.features, field.NewPath("p")) {
				got = append(got, strings.TrimPrefix(err.Field, "p."))
				if !strings.Contains(err.Detail, "Knative Serving") {
					t.Errorf("%s\nthe message doesn't say who refuses: %s", tc.reason, err)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nValidatePod(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestFeatures holds that the input takes each feature that a message asks for.
func TestFeatures(t *testing.T) {
	t.Parallel()
	for _, name := range serving.Features() {
		in := v1beta1.Input{Workflows: v1beta1.Workflows{ServingFeatures: []string{name}}}
		if errs := in.Validate(); len(errs) > 0 {
			t.Error(errs)
		}
	}
	if got, want := len(serving.Features()), len(v1beta1.ServingFeatures()); got != want {
		t.Errorf("the rules need %d features, and the input knows %d", got, want)
	}
}
