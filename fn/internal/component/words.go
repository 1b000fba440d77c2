// SPDX-License-Identifier: Apache-2.0

package component

// Labels that select the pods of a component. They are all that selects them: a selector is
// immutable, and the other labels aren't.
const (
	// LabelComponent selects those of a service.
	LabelComponent = "sonataflow.org/service"
	// LabelWorkflow and LabelWorkflowNamespace select those of a workflow.
	LabelWorkflow          = "sonataflow.org/workflow-app"
	LabelWorkflowNamespace = "sonataflow.org/workflow-namespace"
)

// The files with the properties of a component.
const (
	// PropertiesFile is that of a service, and that which a workflow's user writes.
	PropertiesFile = "application.properties"
	// managedPropertiesFile is that of a workflow which the user doesn't write. To Quarkus, what
	// it says wins over the other one.
	managedPropertiesFile = "application-prod.properties"
	// devPropertiesFile is the same in the profile dev.
	devPropertiesFile = "application-dev.properties"
)

// VolumeProperties is the volume with the properties of a workflow whose image has the flow. To
// the operator it has the same name.
const VolumeProperties = "workflow-properties"

// LabelBindingInclude on a workload lets Knative bind it to a sink also where Knative is
// configured to bind only what asks for it. See SINK_BINDING_SELECTION_MODE in
// https://knative.dev/docs/eventing/custom-event-source/sinkbinding/create-a-sinkbinding/.
const LabelBindingInclude = "bindings.knative.dev/include"

// Annotations of the pods. The pods are rolled when one changes, so that a change of
// their configuration takes effect.
const (
	// AnnotationConfigChecksum is about the component's properties.
	AnnotationConfigChecksum = "sonataflow.org/checksum-config"
	// AnnotationSecretVersion is about the Secret of the component's database.
	AnnotationSecretVersion = "sonataflow.org/checksum-secret"
	// AnnotationReferencesVersion is about all other Secrets and ConfigMaps that the pods
	// read.
	AnnotationReferencesVersion = "sonataflow.org/checksum-references"
)

// AnnotationMigrationAttempt is an annotation of claims, and so of their composites. To
// change it is to ask for another migration of a target that has had one.
const AnnotationMigrationAttempt = "sonataflow.org/migration-attempt"

// The environment variables that a SinkBinding writes into the containers of a workload.
const (
	// VariableSink has the address of the sink.
	VariableSink = "K_SINK"
	// VariableOverrides has attributes for all events.
	VariableOverrides = "K_CE_OVERRIDES"
)

// A MigrationTool is what the migrator calls the component whose schema it migrates: part
// of the names of its environment variables.
type MigrationTool string

// The components that the migrator knows.
const (
	MigrationToolDataIndex   MigrationTool = "DATAINDEX"
	MigrationToolJobsService MigrationTool = "JOBSSERVICE"
)

// A Gate is how much of a component's workload may exist.
type Gate int

// How much of a workload may exist, the least restrictive first.
const (
	// Open lets the workload run.
	Open Gate = iota
	// Zero keeps the workload without pods.
	Zero
	// Withheld leaves the workload out. It is for a workload that was never there: one that
	// is left out is deleted.
	Withheld
)

// A Hold is what a plan says about a component's workload. The zero value holds nothing
// back.
type Hold struct {
	Gate Gate
	// Reason and Message are those of the component's condition while the gate isn't open.
	Reason, Message string
	// WithoutSink lets the workload run as if its component had no sink.
	WithoutSink bool
	// Image is what the workload runs until that of its component is there; empty when it needn't
	// wait.
	Image string
	// Unchanged keeps a workload that is there exactly as it is.
	Unchanged bool
	// Annotations of the workload itself, by which the plan recognizes later what it said
	// now. They don't roll the pods.
	Annotations map[string]string
}
