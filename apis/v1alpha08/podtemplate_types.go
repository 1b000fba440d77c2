// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// PodTemplateSpec configures the pods of a service: the service's container, the pod
// around it, and the number of pods.
type PodTemplateSpec struct {
	// The container that runs the service. Its fields are merged over those of the
	// container that the function composes. Lists whose items have names are merged by
	// name; the handler of a probe is replaced as a whole.
	// +optional
	Container ContainerSpec `json:"container,omitempty"`

	PodSpec `json:",inline"`

	// Number of pods of the service. 1 when not given. The Jobs Service never has more
	// than one pod: every number above 1 means 1.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Replicas *int32 `json:"replicas,omitempty"`
	// How many pods may be unavailable while nodes are drained. The field has an effect
	// only on the Data Index, and only while the Data Index has more than one replica.
	// +optional
	PodDisruptionBudget *PodDisruptionBudgetSpec `json:"podDisruptionBudget,omitempty"`
}

// PodDisruptionBudgetSpec says how many pods may be unavailable at once. See
// https://kubernetes.io/docs/tasks/run-application/configure-pdb/.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.minAvailable) && has(self.maxUnavailable))",message="minAvailable and maxUnavailable exclude each other: set one of them"
type PodDisruptionBudgetSpec struct {
	// How many pods must stay available, as a number or a percentage.
	// +optional
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 0 : self.matches('^(100|[1-9]?[0-9])%$')",message="must be a number of pods, such as 1, or a percentage of them, such as 50%"
	MinAvailable *intstr.IntOrString `json:"minAvailable,omitempty"`
	// How many pods may be unavailable, as a number or a percentage.
	// +optional
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 0 : self.matches('^(100|[1-9]?[0-9])%$')",message="must be a number of pods, such as 1, or a percentage of them, such as 50%"
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
}

// ContainerSpec is a Kubernetes container without name, workingDir and
// restartPolicy, which the function sets itself. See
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container.
type ContainerSpec struct {
	// Image of the container. It replaces the image that the function's input chooses.
	// +optional
	Image string `json:"image,omitempty"`
	// Entrypoint of the container.
	// +optional
	Command []string `json:"command,omitempty"`
	// Arguments of the entrypoint.
	// +optional
	Args []string `json:"args,omitempty"`
	// Ports of the container, merged by name.
	// +optional
	// +listType=map
	// +listMapKey=containerPort
	// +listMapKey=protocol
	Ports []corev1.ContainerPort `json:"ports,omitempty"`
	// Sources of environment variables.
	// +optional
	EnvFrom []corev1.EnvFromSource `json:"envFrom,omitempty"`
	// Environment variables. A variable that the function manages keeps the function's
	// value, and a warning in the condition SpecValid names the variable.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.all(e, e.name != '')",message="give each variable a name"
	// +kubebuilder:validation:XValidation:rule="self.all(e, !has(e.valueFrom) || !has(e.value) || e.value == '')",message="value and valueFrom exclude each other: set one of them"
	Env []corev1.EnvVar `json:"env,omitempty"`
	// Compute resources, merged by resource name.
	// +optional
	Resources corev1.ResourceRequirements `json:"resources,omitempty"`
	// Whether the container restarts when its resources are resized.
	// +optional
	// +listType=atomic
	ResizePolicy []corev1.ContainerResizePolicy `json:"resizePolicy,omitempty"`
	// Volumes to mount, merged by mountPath.
	// +optional
	VolumeMounts []corev1.VolumeMount `json:"volumeMounts,omitempty"`
	// Block devices to use.
	// +optional
	VolumeDevices []corev1.VolumeDevice `json:"volumeDevices,omitempty"`
	// The probe that restarts the container when it fails.
	// +optional
	LivenessProbe *corev1.Probe `json:"livenessProbe,omitempty"`
	// The probe that must succeed for the pod to get requests.
	// +optional
	ReadinessProbe *corev1.Probe `json:"readinessProbe,omitempty"`
	// The probe that must succeed once before the other probes begin.
	// +optional
	StartupProbe *corev1.Probe `json:"startupProbe,omitempty"`
	// Actions after the container starts and before it stops.
	// +optional
	Lifecycle *corev1.Lifecycle `json:"lifecycle,omitempty"`
	// The file to which the container writes its termination message.
	// +optional
	TerminationMessagePath string `json:"terminationMessagePath,omitempty"`
	// Where the termination message comes from: only from the file (File), or from the end
	// of the log when a failed container left the file empty (FallbackToLogsOnError).
	// +optional
	TerminationMessagePolicy corev1.TerminationMessagePolicy `json:"terminationMessagePolicy,omitempty"`
	// When to pull the image: Always, IfNotPresent or Never.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self in ['', 'Always', 'IfNotPresent', 'Never']",message="must be Always, IfNotPresent or Never"
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy,omitempty"`
	// Security options. Options that aren't given here or for the pod meet the restricted
	// Pod Security Standard, unless the function's input has podSecurity: None.
	// +optional
	SecurityContext *corev1.SecurityContext `json:"securityContext,omitempty"`
	// Whether the container has a standard input.
	// +optional
	Stdin bool `json:"stdin,omitempty"`
	// Whether the standard input closes after the first attach.
	// +optional
	StdinOnce bool `json:"stdinOnce,omitempty"`
	// Whether the container has a terminal.
	// +optional
	TTY bool `json:"tty,omitempty"`
}

// PodSpec has the fields of a Kubernetes pod spec that the operator's API offers: all but
// ephemeralContainers and the deprecated serviceAccount. See
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec.
type PodSpec struct {
	// Volumes of the pod, merged by name.
	// +optional
	Volumes []corev1.Volume `json:"volumes,omitempty"`
	// Containers that run before the service starts.
	// +optional
	InitContainers []corev1.Container `json:"initContainers,omitempty"`
	// Containers beside the service's container. A container that has the name of the
	// service's container is ignored.
	// +optional
	Containers []corev1.Container `json:"containers,omitempty"`
	// When to restart containers. Only Always is accepted, as in every Deployment.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == '' || self == 'Always'",message="must be Always, because a Deployment accepts no other restartPolicy: remove the field"
	RestartPolicy corev1.RestartPolicy `json:"restartPolicy,omitempty"`
	// Seconds that the pod has to end before it is killed.
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// Seconds that the pod may run. The field is refused, because a Deployment doesn't
	// accept it.
	// +optional
	// +kubebuilder:validation:XValidation:rule="false",message="a Deployment accepts no deadline for its pods: remove the field"
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// How names are resolved: ClusterFirst, ClusterFirstWithHostNet, Default or None.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self in ['', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']",message="must be ClusterFirst, ClusterFirstWithHostNet, Default or None"
	DNSPolicy corev1.DNSPolicy `json:"dnsPolicy,omitempty"`
	// Labels that a node must have so that the pod can run on it.
	// +optional
	// +mapType=atomic
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// The service account that the pod runs as.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
	// Whether a token of the service account is mounted. When not given, no token is
	// mounted, unless serviceAccountName, containers or initContainers are given.
	// +optional
	AutomountServiceAccountToken *bool `json:"automountServiceAccountToken,omitempty"`
	// The node that the pod runs on.
	// +optional
	NodeName string `json:"nodeName,omitempty"`
	// Whether the pod uses the node's network.
	// +optional
	HostNetwork bool `json:"hostNetwork,omitempty"`
	// Whether the pod sees the node's processes.
	// +optional
	HostPID bool `json:"hostPID,omitempty"`
	// Whether the pod uses the node's IPC namespace.
	// +optional
	HostIPC bool `json:"hostIPC,omitempty"`
	// Whether containers of the pod see each other's processes.
	// +optional
	ShareProcessNamespace *bool `json:"shareProcessNamespace,omitempty"`
	// Security options of the pod.
	// +optional
	SecurityContext *corev1.PodSecurityContext `json:"securityContext,omitempty"`
	// Secrets with which images are pulled, merged by name.
	// +optional
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty"`
	// Host name of the pod.
	// +optional
	Hostname string `json:"hostname,omitempty"`
	// Subdomain of the pod.
	// +optional
	Subdomain string `json:"subdomain,omitempty"`
	// Rules for the nodes that the pod is scheduled to.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// The scheduler of the pod.
	// +optional
	SchedulerName string `json:"schedulerName,omitempty"`
	// Taints that the pod tolerates.
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// Entries of the pod's hosts file.
	// +optional
	HostAliases []corev1.HostAlias `json:"hostAliases,omitempty"`
	// The priority class of the pod.
	// +optional
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// The priority of the pod.
	// +optional
	Priority *int32 `json:"priority,omitempty"`
	// Settings of name resolution.
	// +optional
	DNSConfig *corev1.PodDNSConfig `json:"dnsConfig,omitempty"`
	// Further conditions of the pod's readiness.
	// +optional
	ReadinessGates []corev1.PodReadinessGate `json:"readinessGates,omitempty"`
	// The runtime class of the pod.
	// +optional
	RuntimeClassName *string `json:"runtimeClassName,omitempty"`
	// Whether Services become environment variables of the pod.
	// +optional
	EnableServiceLinks *bool `json:"enableServiceLinks,omitempty"`
	// Whether the pod preempts pods of lower priority.
	// +optional
	PreemptionPolicy *corev1.PreemptionPolicy `json:"preemptionPolicy,omitempty"`
	// Resources that the pod takes beside those of its containers.
	// +optional
	Overhead corev1.ResourceList `json:"overhead,omitempty"`
	// How pods spread over the cluster.
	// +optional
	TopologySpreadConstraints []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty"`
	// Whether the pod's host name is its fully qualified name.
	// +optional
	SetHostnameAsFQDN *bool `json:"setHostnameAsFQDN,omitempty"`
	// The operating system of the pod.
	// +optional
	OS *corev1.PodOS `json:"os,omitempty"`
	// Whether the pod uses the node's user namespace.
	// +optional
	HostUsers *bool `json:"hostUsers,omitempty"`
	// Gates that must be removed before the pod is scheduled.
	// +optional
	SchedulingGates []corev1.PodSchedulingGate `json:"schedulingGates,omitempty"`
	// Claims of dynamic resources.
	// +optional
	ResourceClaims []corev1.PodResourceClaim `json:"resourceClaims,omitempty"`
}
