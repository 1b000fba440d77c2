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
	// Condition is the type of the condition about the component.
	Condition string
	// Container is the name of the component's container, and the end of the names of the
	// component's objects.
	Container string
	// Images are what the container runs, with a database that lasts as long as the pod and
	// with PostgreSQL.
	Images func(images.Set) (ephemeral, postgresql string)
	// Resources are what the operator reserves for the container.
	Resources corev1.ResourceRequirements
	// Env are environment variables of the container, PostgreSQLEnv those that it has only
	// with PostgreSQL.
	Env, PostgreSQLEnv []corev1.EnvVar
	// Properties returns the application.properties.
	Properties func(Surroundings) map[string]string
	// Reactive tells whether the component connects to PostgreSQL through the reactive
	// client, too.
	Reactive bool
	// Singleton tells that two pods must never run at once.
	Singleton bool
	// Sends tells whether the component sends events to a sink.
	Sends bool
	// Subscriptions are the events that the component takes from a Broker.
	Subscriptions []Subscription
	// MigrationTool is what the migrator calls the component.
	MigrationTool MigrationTool
}

// Name is the name of the component's Deployment and Service, and of its database schema
// unless a user chose one.
func (k Kind) Name(platform string) string { return names.Child(platform, "-"+k.Container) }

// ConfigMap is the name of the ConfigMap with the component's properties.
func (k Kind) ConfigMap(platform string) string {
	return names.Child(platform, "-"+k.Container+"-props")
}

// URL is where the component of a platform is reached within the cluster.
func (k Kind) URL(platform, namespace string) string {
	return "http://" + k.Name(platform) + "." + namespace
}

// DataIndex is the service that indexes the events of workflows.
func DataIndex() Kind {
	const processes, definitions, jobs = "/processes", "/definitions", "/jobs"
	return Kind{
		Key: "data-index", Title: "Data Index", Condition: v1alpha08.ConditionDataIndexReady, Container: "data-index-service",
		Images:     func(set images.Set) (string, string) { return set.DataIndexEphemeral, set.DataIndexPostgreSQL },
		Resources:  corev1.ResourceRequirements{Requests: reserve("100m", "1Gi"), Limits: reserve("200m", "1Gi")},
		Env:        []corev1.EnvVar{{Name: "KOGITO_DATA_INDEX_QUARKUS_PROFILE", Value: "http-events-support"}},
		Properties: dataIndexProperties,
		Subscriptions: []Subscription{ // In the operator's order.
			{Name: "process-error", Type: "ProcessInstanceErrorDataEvent", Path: processes},
			{Name: "process-node", Type: "ProcessInstanceNodeDataEvent", Path: processes},
			{Name: "process-state", Type: "ProcessInstanceStateDataEvent", Path: processes},
			{Name: "process-variable", Type: "ProcessInstanceVariableDataEvent", Path: processes},
			{Name: "process-definition", Type: "ProcessDefinitionEvent", Path: definitions, Ordered: true},
			{Name: "process-instance-multiple", Type: "MultipleProcessInstanceDataEvent", Path: processes},
			{Name: "jobs", Type: "JobEvent", Path: jobs, Ordered: true},
		},
		MigrationTool: MigrationToolDataIndex,
	}
}

// JobsService is the service that keeps the timers of workflows.
func JobsService() Kind {
	const events = "/v2/jobs/events"
	return Kind{
		Key: "jobs-service", Title: "Jobs Service", Condition: v1alpha08.ConditionJobServiceReady, Container: "jobs-service",
		Images:    func(set images.Set) (string, string) { return set.JobServiceEphemeral, set.JobServicePostgreSQL },
		Resources: corev1.ResourceRequirements{Requests: reserve("250m", "64Mi"), Limits: reserve("500m", "1Gi")},
		// A Jobs Service that can't load its jobs must not run as if it had none.
		PostgreSQLEnv: []corev1.EnvVar{{Name: "KOGITO_JOBS_SERVICE_LOADJOBERRORSTRATEGY", Value: "FAIL_SERVICE"}},
		Properties:    jobsServiceProperties,
		Reactive:      true,
		Singleton:     true, // Two would fire every timer twice.
		Sends:         true,
		Subscriptions: []Subscription{
			{Name: "create-job", Type: "job.create", Path: events, Ordered: true},
			{Name: "delete-job", Type: "job.delete", Path: events, Ordered: true},
		},
		MigrationTool: MigrationToolJobsService,
	}
}

func reserve(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
}
