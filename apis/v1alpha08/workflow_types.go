// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	duckv1 "knative.dev/pkg/apis/duck/v1"
)

// SonataFlow is a workflow: what it does, the pods that run it, and where its data and
// its events go. It is wired to the platform of its namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=sonataflows,singular=sonataflow,shortName={sf,workflow,workflows}
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.podTemplate.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:printcolumn:name="Profile",type=string,JSONPath=`.metadata.annotations.sonataflow\.org\/profile`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.metadata.annotations.sonataflow\.org\/version`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.endpoint`
// +kubebuilder:printcolumn:name="Running",type=string,JSONPath=`.status.conditions[?(@.type=='Running')].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=='Running')].reason`
type SonataFlow struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// What the workflow should be.
	Spec SonataFlowSpec `json:"spec"`
	// What the workflow is.
	// +optional
	Status SonataFlowStatus `json:"status,omitempty"`
}

// Annotations of a SonataFlow. They describe the workflow beside its flow.
const (
	// AnnotationProfile is how the workflow runs: dev, preview or gitops. A workflow that has
	// an image runs as gitops unless the annotation says dev.
	AnnotationProfile = "sonataflow.org/profile"
	// AnnotationVersion is the version of the flow.
	AnnotationVersion = "sonataflow.org/version"
	// AnnotationDescription, AnnotationName, AnnotationKey and AnnotationExpressionLang are
	// the fields of these names in the flow.
	AnnotationDescription    = "sonataflow.org/description"
	AnnotationName           = "sonataflow.org/name"
	AnnotationKey            = "sonataflow.org/key"
	AnnotationExpressionLang = "sonataflow.org/expressionLang"
	// AnnotationID is the identifier of the flow, and the end of its endpoint. It is the
	// SonataFlow's name when not given.
	AnnotationID = "sonataflow.org/id"
	// AnnotationBuildAttempt asks for another build of what was built before: each other value is
	// another build. Addition to the operator's API.
	AnnotationBuildAttempt = "sonataflow.org/build-attempt"
)

// SonataFlowSpec is what a user asks of a workflow.
type SonataFlowSpec struct {
	// What the workflow does, in version 0.8 of the Serverless Workflow language:
	// https://github.com/serverlessworkflow/specification/blob/0.8.x/specification.md
	Flow Flow `json:"flow"`
	// Files that the workflow needs, for the profiles that build it or run it from its
	// flow. An image has its own.
	// +optional
	Resources WorkflowResources `json:"resources,omitempty"`
	// How the pods of the workflow look.
	// +optional
	PodTemplate FlowPodTemplateSpec `json:"podTemplate,omitempty"`
	// Where the workflow keeps its data. Without it, or without postgresql in it, the
	// workflow uses the platform's spec.persistence; without that, its data lasts as
	// long as its pod.
	// +optional
	Persistence *PersistenceOptionsSpec `json:"persistence,omitempty"`
	// Where the workflow sends its events. It wins over the platform's
	// spec.eventing.broker.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.ref) || size(self.ref.kind) == 0 || self.ref.kind == 'Broker' || (has(self.ref.apiVersion) && size(self.ref.apiVersion) > 0)",fieldPath=".ref.apiVersion",message="Knative takes no ref without apiVersion, but for a Broker: set ref.apiVersion"
	Sink *Destination `json:"sink,omitempty"`
	// The Brokers that the workflow takes events from, by the type of the event. Each
	// wins over the platform's spec.eventing.broker.
	// +optional
	Sources []SonataFlowSourceSpec `json:"sources,omitempty"`
}

// FlowPodTemplateSpec shapes the pods of a workflow.
type FlowPodTemplateSpec struct {
	PodTemplateSpec `json:",inline"`

	// What runs the pods: a Deployment (kubernetes) or a Service of Knative Serving
	// (knative). kubernetes when not given.
	// +optional
	DeploymentModel DeploymentModel `json:"deploymentModel,omitempty"`
}

// DeploymentModel is what runs the pods of a workflow.
//
// +kubebuilder:validation:Enum=kubernetes;knative
type DeploymentModel string

// The deployment models.
const (
	// DeploymentModelKubernetes is a Deployment. It is the default.
	DeploymentModelKubernetes DeploymentModel = "kubernetes"
	// DeploymentModelKnative is a Service of Knative Serving.
	DeploymentModelKnative DeploymentModel = "knative"
)

// WorkflowResources are files that a workflow needs.
type WorkflowResources struct {
	// ConfigMaps whose keys are such files.
	// +optional
	ConfigMaps []ConfigMapWorkflowResource `json:"configMaps,omitempty"`
}

// ConfigMapWorkflowResource is a ConfigMap with files of a workflow.
type ConfigMapWorkflowResource struct {
	// The ConfigMap, in the workflow's namespace.
	ConfigMap corev1.LocalObjectReference `json:"configMap"`
	// The folder that the files belong to, relative to the flow.
	// +optional
	WorkflowPath string `json:"workflowPath,omitempty"`
}

// SonataFlowSourceSpec is where events of one type come from. It has those rules of
// Destination that the API server can afford for a list of any length; the function has all.
//
// +kubebuilder:validation:XValidation:rule="has(self.ref) || (has(self.uri) && size(self.uri) > 0)",message="a destination needs a ref, a uri or both: set ref.kind and ref.name, or uri"
// +kubebuilder:validation:XValidation:rule="!has(self.ref) || (size(self.ref.kind) > 0 && size(self.ref.name) > 0)",message="a ref needs a kind and a name: set ref.kind and ref.name"
type SonataFlowSourceSpec struct {
	duckv1.Destination `json:",inline"`

	// The type of the events, as the flow's events have it.
	// +kubebuilder:validation:MinLength=1
	EventType string `json:"eventType"`
}

// SonataFlowStatus is what a user reads about a workflow. The types of its
// conditions are the Condition constants; meta.IsStatusConditionTrue of
// k8s.io/apimachinery reads them.
type SonataFlowStatus struct {
	// The conditions of this API, and Crossplane's Synced and Ready.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// The generation of the spec that this status is about. Absent for a workflow that is a
	// claim: its conditions Synced and Ready have the generation.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Where the workflow is reached within the cluster.
	// +optional
	Address *WorkflowAddress `json:"address,omitempty"`
	// Where an instance of the workflow is started. On Knative Serving, absent before Knative
	// has decided.
	// +optional
	Endpoint string `json:"endpoint,omitempty"`
	// The services that the workflow is connected to.
	// +optional
	Services *ClusterServicesStatus `json:"services,omitempty"`
	// Which services the workflow is connected to, and why not to the others. Addition to the
	// operator's API.
	// +optional
	Wiring string `json:"wiring,omitempty"`
	// The platform of the workflow's namespace.
	// +optional
	Platform *SonataFlowPlatformRef `json:"platform,omitempty"`
	// The cluster platform whose services and Broker this workflow may use. Addition to
	// the operator's API.
	// +optional
	ClusterPlatform *SonataFlowClusterPlatformRefStatus `json:"clusterPlatform,omitempty"`
	// The Triggers of the workflow.
	// +optional
	Triggers []SonataFlowPlatformTriggerRef `json:"triggers,omitempty"`
	// The port of every node where a workflow in the profile dev is reached. Addition to the
	// operator's API.
	// +optional
	NodePort int32 `json:"nodePort,omitempty"`
	// How many pods the workflow has. Absent on Knative Serving.
	// +optional
	Replicas int32 `json:"replicas,omitempty"`
	// The labels that select the workflow's pods, as autoscalers read them.
	// +optional
	Selector string `json:"selector,omitempty"`
	// The image that the workflow runs. Addition to the operator's API.
	// +optional
	Image string `json:"image,omitempty"`
	// The build of what the spec has now, for a workflow in the profile preview. Addition to
	// the operator's API.
	// +optional
	Build *WorkflowBuildStatus `json:"build,omitempty"`
	// The definition by which the Data Index knows the workflow. Addition to the
	// operator's API.
	// +optional
	Definition *WorkflowDefinitionStatus `json:"definition,omitempty"`

	// Kept for documents; not set.
	// +optional
	FlowCRC int32 `json:"flowCRC,omitempty"`
	// Kept for documents; not set.
	// +optional
	FinalizerAttempts int32 `json:"finalizerAttempts,omitempty"`
	// Kept for documents; not set.
	// +optional
	FinalizerSucceed bool `json:"finalizerSucceed,omitempty"`
	// Kept for documents; not set.
	// +optional
	LastTimeFinalizerAttempt *metav1.Time `json:"lastTimeFinalizerAttempt,omitempty"`
	// Kept for documents; not set.
	// +optional
	LastTimeStatusNotified *metav1.Time `json:"lastTimeStatusNotified,omitempty"`
	// Kept for documents; not set.
	// +optional
	RecoverFailureAttempts int32 `json:"recoverFailureAttempts,omitempty"`
	// Kept for documents; not set.
	// +optional
	LastTimeRecoverAttempt *metav1.Time `json:"lastTimeRecoverAttempt,omitempty"`
}

// WorkflowAddress is where a workflow is reached, as Knative writes addresses. See
// https://knative.dev/docs/eventing/sinks/.
type WorkflowAddress struct {
	// The URL within the cluster.
	// +optional
	URL string `json:"url,omitempty"`
	// Kept for documents; not set.
	// +optional
	Name string `json:"name,omitempty"`
	// Kept for documents; not set.
	// +optional
	CACerts string `json:"CACerts,omitempty"`
	// Kept for documents; not set.
	// +optional
	Audience string `json:"audience,omitempty"`
}

// WorkflowBuildStatus is how far a build is.
type WorkflowBuildStatus struct {
	// What tells builds apart: a hash of all that decides what is in the image.
	// +optional
	Hash string `json:"hash,omitempty"`
	// The image that the build pushes.
	// +optional
	Image string `json:"image,omitempty"`
	// How far the build is, in the operator's words.
	// +optional
	Phase WorkflowBuildPhase `json:"phase,omitempty"`
}

// WorkflowBuildPhase is how far a build is.
type WorkflowBuildPhase string

// How far a build can be.
const (
	// BuildPhasePending means that no pod builds yet.
	BuildPhasePending WorkflowBuildPhase = "Pending"
	// BuildPhaseRunning means that a pod builds.
	BuildPhaseRunning WorkflowBuildPhase = "Running"
	// BuildPhaseSucceeded means that the image was pushed.
	BuildPhaseSucceeded WorkflowBuildPhase = "Succeeded"
	// BuildPhaseFailed means that the Job gave up.
	BuildPhaseFailed WorkflowBuildPhase = "Failed"
)

// WorkflowDefinitionStatus is what the Data Index knows a workflow by.
type WorkflowDefinitionStatus struct {
	// The identifier of the flow.
	// +optional
	ID string `json:"id,omitempty"`
	// The version of the flow, as far as the SonataFlow says it. The image may have
	// another one.
	// +optional
	Version string `json:"version,omitempty"`
}
