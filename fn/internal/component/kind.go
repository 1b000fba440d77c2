// SPDX-License-Identifier: Apache-2.0

package component

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/names"
)

// A Kind is all in which the components of one sort differ from those of another.
type Kind struct {
	// Key is the prefix of the keys under which the resources are composed. It must never
	// change.
	Key string
	// Title is what people call the component.
	Title string
	// Runner is what runs the component's pods.
	Runner Runner
	// Condition is the type of the condition about the component. Progressing and Unavailable
	// are its reasons while the Deployment is rolled out, and when the Deployment isn't
	// available although it was rolled out.
	Condition, Progressing, Unavailable string
	// Container is the name of the component's container.
	Container string
	// Suffix is the end of the names of the component's objects, after that of the owner.
	// ConfigSuffix is that of the ConfigMap with the component's properties.
	Suffix, ConfigSuffix string
	// Labels are those of the component's objects, Selector those that select its pods.
	Labels, Selector func(*Component) map[string]string
	// ServicePort is the name of the port of the component's Service.
	ServicePort string
	// ServiceType is the type of that Service; Kubernetes' default when empty.
	ServiceType corev1.ServiceType
	// PropertiesFile is the key of the component's properties in their ConfigMap.
	PropertiesFile string
	// Config returns the volumes with the component's properties and files, and where they are
	// mounted.
	Config func(PodOptions) ([]corev1.Volume, []corev1.VolumeMount)
	// Probes are those of the container.
	Probes Probes
	// LastWords says where the last words of the container come from; Kubernetes' default
	// when empty.
	LastWords corev1.TerminationMessagePolicy
	// Images are what the container runs, with a database that lasts as long as the pod and
	// with PostgreSQL. It is nil where the user brings the image.
	Images func(images.Set) (ephemeral, postgresql string)
	// Resources are what the operator reserves for the container.
	Resources corev1.ResourceRequirements
	// Env are environment variables of the container, PostgreSQLEnv those that it has only
	// with PostgreSQL.
	Env, PostgreSQLEnv []corev1.EnvVar
	// Properties returns the application.properties of a service.
	Properties func(Surroundings) map[string]string
	// Reactive tells whether the component connects to PostgreSQL through the reactive
	// client, too.
	Reactive bool
	// Singleton tells that two pods must never run at once.
	Singleton bool
	// Sends tells whether the component sends events to a sink.
	Sends bool
	// Subscriptions are the events that each component of the kind takes from a Broker.
	Subscriptions []Subscription
	// MigrationTool is what the migrator calls the component. It is empty for one whose
	// schema is none of the platform's business.
	MigrationTool MigrationTool
}

// Probes are those of a container. Startup may be nil.
type Probes struct {
	Liveness, Readiness, Startup *corev1.Probe
}

// Name is the name of the component's Deployment and Service, and of its database schema
// unless a user chose one.
func (k Kind) Name(owner string) string { return names.Child(owner, k.Suffix) }

// ConfigMap is the name of the ConfigMap with the component's properties.
func (k Kind) ConfigMap(owner string) string { return names.Child(owner, k.ConfigSuffix) }

// URL is where the component of an owner is reached within the cluster.
func (k Kind) URL(owner, namespace string) string {
	return "http://" + k.Name(owner) + "." + namespace
}

// SubscribeTo returns the kind's subscriptions, to events of one Broker.
func (k Kind) SubscribeTo(from Broker) []Subscription {
	out := make([]Subscription, 0, len(k.Subscriptions))
	for _, s := range k.Subscriptions {
		s.From, s.Prefix = from, k.Key+"-"+s.Name
		out = append(out, s)
	}
	return out
}

// DataIndex is the service that indexes the events of workflows.
func DataIndex() Kind {
	const processes, definitions, jobs = "/processes", "/definitions", "/jobs"
	k := service("data-index", "Data Index", v1alpha08.ConditionDataIndexReady, "data-index-service")
	k.Images = func(set images.Set) (string, string) { return set.DataIndexEphemeral, set.DataIndexPostgreSQL }
	k.Resources = corev1.ResourceRequirements{Requests: reserve("100m", "1Gi"), Limits: reserve("200m", "1Gi")}
	k.Env = []corev1.EnvVar{{Name: "KOGITO_DATA_INDEX_QUARKUS_PROFILE", Value: "http-events-support"}}
	k.Properties = dataIndexProperties
	k.Subscriptions = []Subscription{ // In the operator's order.
		{Name: "process-error", Type: "ProcessInstanceErrorDataEvent", Path: processes},
		{Name: "process-node", Type: "ProcessInstanceNodeDataEvent", Path: processes},
		{Name: "process-state", Type: "ProcessInstanceStateDataEvent", Path: processes},
		{Name: "process-variable", Type: "ProcessInstanceVariableDataEvent", Path: processes},
		{Name: "process-definition", Type: "ProcessDefinitionEvent", Path: definitions, Ordered: true},
		{Name: "process-instance-multiple", Type: "MultipleProcessInstanceDataEvent", Path: processes},
		{Name: "jobs", Type: "JobEvent", Path: jobs, Ordered: true},
	}
	k.MigrationTool = MigrationToolDataIndex
	return k
}

// JobsService is the service that keeps the timers of workflows.
func JobsService() Kind {
	const events = "/v2/jobs/events"
	k := service("jobs-service", "Jobs Service", v1alpha08.ConditionJobServiceReady, "jobs-service")
	k.Images = func(set images.Set) (string, string) { return set.JobServiceEphemeral, set.JobServicePostgreSQL }
	k.Resources = corev1.ResourceRequirements{Requests: reserve("250m", "64Mi"), Limits: reserve("500m", "1Gi")}
	// A Jobs Service that can't load its jobs must not run as if it had none.
	k.PostgreSQLEnv = []corev1.EnvVar{{Name: "KOGITO_JOBS_SERVICE_LOADJOBERRORSTRATEGY", Value: "FAIL_SERVICE"}}
	k.Properties = jobsServiceProperties
	k.Reactive = true
	k.Singleton = true // Two would fire every timer twice.
	k.Sends = true
	k.Subscriptions = []Subscription{
		{Name: "create-job", Type: "job.create", Path: events, Ordered: true},
		{Name: "delete-job", Type: "job.delete", Path: events, Ordered: true},
	}
	k.MigrationTool = MigrationToolJobsService
	return k
}

// service is what the supporting services of a platform have in common.
func service(key, title, condition, container string) Kind {
	return Kind{
		Key: key, Title: title, Runner: RunnerDeployment,
		Condition: condition, Progressing: v1alpha08.ReasonProgressing, Unavailable: v1alpha08.ReasonProgressing,
		Container: container, Suffix: "-" + container, ConfigSuffix: "-" + container + "-props",
		Labels: serviceLabels, Selector: serviceSelector,
		ServicePort: PortName, PropertiesFile: PropertiesFile, Config: serviceConfig,
		Probes: serviceProbes(),
	}
}

// Workflow is what runs a flow.
func Workflow() Kind {
	return Kind{
		Key: "workflow", Title: "the workflow", Runner: RunnerDeployment,
		Condition: v1alpha08.ConditionRunning, Progressing: v1alpha08.ReasonWaitingForDeployment, Unavailable: v1alpha08.ReasonDeploymentIsUnavailable,
		Container: "workflow", ConfigSuffix: "-managed-props",
		Labels: workflowLabels, Selector: workflowSelector,
		ServicePort: "web", PropertiesFile: managedPropertiesFile, Config: workflowConfig,
		Probes: workflowProbes(), LastWords: corev1.TerminationMessageFallbackToLogsOnError,
		Sends: true,
	}
}

// WorkflowKnative is what runs a flow on Knative Serving, which scales the pods with the
// requests that arrive, to none when none arrive.
func WorkflowKnative() Kind {
	out := Workflow()
	out.Runner = RunnerKnativeService
	return out
}

// WorkflowDev is what runs a flow that isn't in its image: the image compiles the flow when it
// starts, and again when a file changes.
func WorkflowDev() Kind {
	out := Workflow()
	out.ServiceType = corev1.ServiceTypeNodePort
	out.PropertiesFile, out.Config = devPropertiesFile, devConfig
	out.Probes = devProbes()
	return out
}

func reserve(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
}
