// SPDX-License-Identifier: Apache-2.0

package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersionKind returns the group, version and kind of an Input.
func GroupVersionKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "sonataflow.fn.crossplane.io", Version: "v1beta1", Kind: "Input"}
}

// Input configures the function. It is given in the pipeline step of a Composition. All
// fields are optional.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories=crossplane
// +kubebuilder:storageversion
type Input struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// What the function follows where the documentation of SonataFlow and the operator
	// disagree.
	// +optional
	// +kubebuilder:default:=Documentation
	Compatibility Compatibility `json:"compatibility,omitempty"`
	// The kind of cluster that platforms run on. The status of a platform shows it.
	// +optional
	// +kubebuilder:default:=Kubernetes
	Cluster Cluster `json:"cluster,omitempty"`
	// The images that the services run.
	// +optional
	Images Images `json:"images,omitempty"`
	// The security options that the function gives to the containers of services, workflows
	// and migration Jobs where a podTemplate gives no others.
	// +optional
	// +kubebuilder:default:=Restricted
	PodSecurity PodSecurity `json:"podSecurity,omitempty"`
	// Whether the function looks up the Secrets that a platform or workflow refers to.
	// +optional
	// +kubebuilder:default:=Check
	Secrets Secrets `json:"secrets,omitempty"`
	// How database schemas are migrated, for services with `dbMigrationStrategy: job`.
	// +optional
	Migration Migration `json:"migration,omitempty"`
	// How long Crossplane may leave a platform alone at which nothing changes, between 1m and
	// 24h. 1h when not given. Crossplane v2.4 calls the function at once when an object changes
	// that was composed or looked up, and at the latest after this time. While something is
	// awaited, and under an older Crossplane, it calls after a minute.
	// +optional
	Resync *metav1.Duration `json:"resync,omitempty"`
	// Which Knative Brokers platforms and workflows may name. Crossplane creates the Triggers
	// of a Broker with its own rights.
	// +optional
	// +kubebuilder:default:=Cluster
	Brokers Brokers `json:"brokers,omitempty"`
	// How workflows are run.
	// +optional
	Workflows Workflows `json:"workflows,omitempty"`
}

// Compatibility says which of the two the function follows where the SonataFlow
// documentation and the operator disagree.
//
// +kubebuilder:validation:Enum=Documentation;Operator
type Compatibility string

// The values of Compatibility.
const (
	// CompatibilityDocumentation does what the SonataFlow documentation says. It is the
	// default.
	CompatibilityDocumentation Compatibility = "Documentation"
	// CompatibilityOperator does what the operator does.
	CompatibilityOperator Compatibility = "Operator"
)

// Migration says how database schemas are migrated.
type Migration struct {
	// Whether to look for pods before a migration begins, and when one has failed.
	// +optional
	// +kubebuilder:default:=Ignore
	Pods MigrationPods `json:"pods,omitempty"`
}

// MigrationPods says whether to look for pods.
//
// +kubebuilder:validation:Enum=Ignore;LookUp
type MigrationPods string

// What to do about the pods of a service and of its migrations.
const (
	// MigrationPodsIgnore goes by what Deployments and Jobs say of their pods. It is the
	// default. Before Kubernetes v1.35 a Deployment doesn't count pods that are ending: they
	// may still finish their last requests while the migration begins.
	MigrationPodsIgnore MigrationPods = "Ignore"
	// MigrationPodsLookUp asks Crossplane for the pods, too. Crossplane needs the right to
	// list pods then, and keeps all pods of the cluster in its memory from the first
	// migration on.
	MigrationPodsLookUp MigrationPods = "LookUp"
)

// Cluster is a kind of cluster.
//
// +kubebuilder:validation:Enum=Kubernetes;OpenShift
type Cluster string

// The kinds of clusters.
const (
	// ClusterKubernetes is any cluster that isn't OpenShift. It is the default.
	ClusterKubernetes Cluster = "Kubernetes"
	// ClusterOpenShift is an OpenShift cluster.
	ClusterOpenShift Cluster = "OpenShift"
)

// Images says which images to run. A full reference takes precedence over profile,
// registry and tag.
type Images struct {
	// The vendor of the images. Vendors give their images different names, and the profile
	// knows these names.
	// +optional
	// +kubebuilder:default:=Apache
	Profile ImageProfile `json:"profile,omitempty"`
	// Registry and organisation in place of the profile's, for instance of a mirror:
	// registry.example.com/mirror/apache
	// +optional
	Registry string `json:"registry,omitempty"`
	// Tag of all images. 10.2.0 for Apache, main for KubeSmarts and 1.36.0 for RedHat when not
	// given. KubeSmarts moves the tag main with each of its builds: give a tag or full
	// references of your own in production. Red Hat's images end with -rhel8 for tags up to
	// 1.36, and with -rhel9 for later tags and for tags that aren't versions.
	// +optional
	Tag string `json:"tag,omitempty"`
	// Full reference of the ephemeral Data Index. Like all full references, it takes
	// precedence over profile, registry and tag, and may have a digest.
	// +optional
	DataIndexEphemeral string `json:"dataIndexEphemeral,omitempty"`
	// Full reference of the Data Index with PostgreSQL.
	// +optional
	DataIndexPostgreSQL string `json:"dataIndexPostgreSQL,omitempty"`
	// Full reference of the ephemeral Jobs Service.
	// +optional
	JobServiceEphemeral string `json:"jobServiceEphemeral,omitempty"`
	// Full reference of the Jobs Service with PostgreSQL.
	// +optional
	JobServicePostgreSQL string `json:"jobServicePostgreSQL,omitempty"`
	// Full reference of the tool that migrates database schemas. Give this image together
	// with the other images, because a migration begins when this image changes.
	// +optional
	DBMigrator string `json:"dbMigrator,omitempty"`
	// Full reference of the image that runs workflows in the profile dev. A platform's
	// `devMode.baseImage` takes precedence over this image.
	// +optional
	WorkflowDevMode string `json:"workflowDevMode,omitempty"`
	// Full reference of the image that compiles workflows in the profile preview. A platform's
	// `build.config.baseImage` takes precedence over this image.
	// +optional
	WorkflowBuilder string `json:"workflowBuilder,omitempty"`
	// Full reference of the image that a compiled workflow is added to. It runs Java
	// applications in /deployments as user 185.
	// registry.access.redhat.com/ubi9/openjdk-17-runtime:1.24 when not given, for all vendors.
	// +optional
	WorkflowRuntime string `json:"workflowRuntime,omitempty"`
	// Full reference of the image that adds a compiled workflow to workflowRuntime and pushes
	// the result. It is crane, as gcr.io/go-containerregistry/crane:v0.22.1 has it, which is
	// used for all vendors when not given. No shell is needed in it.
	// +optional
	WorkflowPublisher string `json:"workflowPublisher,omitempty"`
	// Secrets with which the images are pulled, in the platform's namespace.
	// +optional
	PullSecrets []corev1.LocalObjectReference `json:"pullSecrets,omitempty"`
}

// ImageProfile is a vendor's set of images.
//
// +kubebuilder:validation:Enum=Apache;KubeSmarts;RedHat
type ImageProfile string

// The vendors.
const (
	// ImageProfileApache is docker.io/apache. It is the default.
	ImageProfileApache ImageProfile = "Apache"
	// ImageProfileKubeSmarts is quay.io/kubesmarts.
	ImageProfileKubeSmarts ImageProfile = "KubeSmarts"
	// ImageProfileRedHat is registry.redhat.io/openshift-serverless-1.
	ImageProfileRedHat ImageProfile = "RedHat"
)

// PodSecurity says which security options the function gives to containers.
//
// +kubebuilder:validation:Enum=Restricted;None
type PodSecurity string

// The levels of pod security.
const (
	// PodSecurityRestricted meets the restricted Pod Security Standard. It is the
	// default. See https://kubernetes.io/docs/concepts/security/pod-security-standards/.
	PodSecurityRestricted PodSecurity = "Restricted"
	// PodSecurityNone gives no security options to containers, as the operator does.
	PodSecurityNone PodSecurity = "None"
)

// Secrets says whether the function looks Secrets up.
//
// +kubebuilder:validation:Enum=Check;Ignore
type Secrets string

// The values of Secrets.
const (
	// SecretsCheck checks whether referenced Secrets and keys exist, and restarts pods when
	// Secrets change. It is the default.
	SecretsCheck Secrets = "Check"
	// SecretsIgnore never asks for a Secret.
	SecretsIgnore Secrets = "Ignore"
)

// Brokers says which Knative Brokers may be named. Crossplane makes the Triggers, and it may
// do so in all namespaces.
//
// +kubebuilder:validation:Enum=Cluster;Namespace
type Brokers string

// Which Knative Brokers may be named.
const (
	// BrokersCluster are those of all namespaces. It is the default.
	BrokersCluster Brokers = "Cluster"
	// BrokersNamespace are those of the namespace of the platform or workflow. The Broker that
	// a cluster platform offers may be used, too, because an administrator offers it.
	BrokersNamespace Brokers = "Namespace"
)

// Workflows says how workflows are run.
type Workflows struct {
	// How workflows group the events about their instances: the properties
	// kogito.events.grouping and those below it.
	// +optional
	EventGrouping EventGrouping `json:"eventGrouping,omitempty"`
	// Where the resources may be that the properties and functions of a workflow name in place
	// of an address, such as ${kubernetes:services.v1/shop/orders}. Crossplane looks them up
	// with its own rights. Write "Off" in quotes: YAML takes it for false without.
	// +optional
	// +kubebuilder:default:=Cluster
	Discovery Discovery `json:"discovery,omitempty"`
	// What happens when the flow, the properties or the resources of a workflow in the profile
	// dev change.
	// +optional
	// +kubebuilder:default:=Live
	DevReload DevReload `json:"devReload,omitempty"`
	// How images of workflows in the profile preview are built.
	// +optional
	// +kubebuilder:default:=Layer
	Builder Builder `json:"builder,omitempty"`
	// Whether to look for the pods of a build that failed, to tell its last lines.
	// +optional
	// +kubebuilder:default:=Ignore
	BuildPods BuildPods `json:"buildPods,omitempty"`
	// The features of Knative Serving that the cluster's administrator has enabled, by their keys
	// in the ConfigMap config-features of the namespace knative-serving, such as
	// kubernetes.podspec-affinity. Without its feature, Serving takes no affinity, and the function
	// refuses a workflow with `deploymentModel: knative` that has one. The key
	// allow-zero-initial-scale of config-autoscaler belongs here, too.
	// +optional
	ServingFeatures []string `json:"servingFeatures,omitempty"`
}

// ServingFeatures lists the features of Knative Serving that decide what the function accepts
// of a workflow. All others make no difference.
func ServingFeatures() []string {
	return []string{
		"allow-zero-initial-scale",
		"kubernetes.containerspec-addcapabilities",
		"kubernetes.podspec-affinity",
		"kubernetes.podspec-dnsconfig",
		"kubernetes.podspec-dnspolicy",
		"kubernetes.podspec-fieldref",
		"kubernetes.podspec-hostaliases",
		"kubernetes.podspec-hostipc",
		"kubernetes.podspec-hostnetwork",
		"kubernetes.podspec-hostpid",
		"kubernetes.podspec-init-containers",
		"kubernetes.podspec-nodeselector",
		"kubernetes.podspec-persistent-volume-claim",
		"kubernetes.podspec-persistent-volume-write",
		"kubernetes.podspec-priorityclassname",
		"kubernetes.podspec-runtimeclassname",
		"kubernetes.podspec-schedulername",
		"kubernetes.podspec-securitycontext",
		"kubernetes.podspec-shareprocessnamespace",
		"kubernetes.podspec-tolerations",
		"kubernetes.podspec-topologyspreadconstraints",
		"kubernetes.podspec-volumes-csi",
		"kubernetes.podspec-volumes-ephemeral",
		"kubernetes.podspec-volumes-hostpath",
		"kubernetes.podspec-volumes-image",
		"kubernetes.podspec-volumes-mount-propagation",
		"multi-container-probing",
	}
}

// Builder says how images of workflows in the profile preview are built.
//
// +kubebuilder:validation:Enum=Layer;None
type Builder string

// How images of workflows in the profile preview are built.
const (
	// BuilderLayer compiles the workflow in a Job, adds the result to images.workflowRuntime as
	// a layer, and pushes the image to the registry that the platform names. It is the default.
	BuilderLayer Builder = "Layer"
	// BuilderNone builds nothing: a workflow without image is refused.
	BuilderNone Builder = "None"
)

// BuildPods says whether to look for the pods of a build that failed.
//
// +kubebuilder:validation:Enum=Ignore;LookUp
type BuildPods string

// What to do about the pods of a build that failed.
const (
	// BuildPodsIgnore tells what the Job says of itself, and how to read the logs. It is the
	// default.
	BuildPodsIgnore BuildPods = "Ignore"
	// BuildPodsLookUp asks Crossplane for the pods of the Job, and tells their last lines.
	// Crossplane needs the right to list pods then, and keeps all pods of the cluster in its
	// memory from the first failure on.
	BuildPodsLookUp BuildPods = "LookUp"
)

// DevReload says what happens when the files of a workflow in the profile dev change.
//
// +kubebuilder:validation:Enum=Live;Roll
type DevReload string

// What happens when the files of a workflow in the profile dev change.
const (
	// DevReloadLive leaves it to the workflow to notice, which it does within about a minute.
	// It is the default.
	DevReloadLive DevReload = "Live"
	// DevReloadRoll replaces the pods.
	DevReloadRoll DevReload = "Roll"
)

// Discovery says where the resources may be that a workflow names in place of an address.
//
// +kubebuilder:validation:Enum=Cluster;Namespace;Off
type Discovery string

// Where the resources may be that a workflow names in place of an address.
const (
	// DiscoveryCluster is any namespace. It is the default.
	DiscoveryCluster Discovery = "Cluster"
	// DiscoveryNamespace is the namespace of the workflow.
	DiscoveryNamespace Discovery = "Namespace"
	// DiscoveryOff looks nothing up: the properties keep what the user writes.
	DiscoveryOff Discovery = "Off"
)

// EventGrouping says how a workflow sends the events about an instance. The
// properties are kogito.events.grouping and those below.
type EventGrouping struct {
	// Whether the events of one step are sent as one. True when not given.
	// +optional
	// +kubebuilder:default:=true
	Enabled *bool `json:"enabled,omitempty"`
	// Whether these are sent in binary form. True when not given.
	// +optional
	// +kubebuilder:default:=true
	Binary *bool `json:"binary,omitempty"`
	// Whether these are compressed. False when not given.
	// +optional
	// +kubebuilder:default:=false
	Compress *bool `json:"compress,omitempty"`
}
