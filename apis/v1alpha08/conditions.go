// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// Condition types that the function reports on composites and claims. A condition is
// absent if the spec doesn't ask for the subject of the condition. Crossplane itself
// reports the conditions Ready and Synced.
const (
	// ConditionSucceed tells whether all of the platform is composed and available. The
	// operator has this condition, too, and no other.
	ConditionSucceed = "Succeed"
	// ConditionSpecValid tells whether the function accepts the spec.
	ConditionSpecValid = "SpecValid"
	// ConditionSecretsReady tells whether the Secrets and keys that the spec refers to
	// exist.
	ConditionSecretsReady = "SecretsReady"
	// ConditionDatabaseMigrated tells whether each service with the job strategy has a
	// completed Job for its current database, image and credentials.
	ConditionDatabaseMigrated = "DatabaseMigrated"
	// ConditionEventingReady tells whether events travel through Knative as the spec
	// asks: Brokers, Triggers and SinkBinding are ready, and the Deployment of whatever
	// sends events has the address of its sink.
	ConditionEventingReady = "EventingReady"
	// ConditionDataIndexReady tells whether the Deployment of the Data Index is available
	// at its current generation.
	ConditionDataIndexReady = "DataIndexReady"
	// ConditionJobServiceReady tells whether the Deployment of the Jobs Service is
	// available at its current generation.
	ConditionJobServiceReady = "JobServiceReady"
)

// Condition types of workflows. They have ConditionSpecValid, ConditionSecretsReady and
// ConditionEventingReady, too.
const (
	// ConditionRunning is the operator's: the Deployment of the workflow is available at its
	// current generation.
	ConditionRunning = "Running"
	// ConditionBuilt is the operator's: the workflow's image was built in the cluster.
	ConditionBuilt = "Built"
	// ConditionFlowValid tells whether the flow is coherent. An image runs all the same: the
	// flow in the spec describes what is in it.
	ConditionFlowValid = "FlowValid"
)

// ReasonNotAskedFor means that the spec doesn't ask for the subject of the condition any
// more. Crossplane keeps a condition that the function stops reporting, so the function
// reports the condition with the status Unknown and this reason instead.
const ReasonNotAskedFor = "NotAskedFor"

// Reasons of ConditionSucceed.
const (
	// ReasonSucceeded means that all of the platform is composed and available.
	ReasonSucceeded = "Succeeded"
	// ReasonCreating means that services are being rolled out.
	ReasonCreating = "Creating"
	// ReasonWarming means that the platform waits for an object that isn't composed, such
	// as a Secret or a Broker.
	ReasonWarming = "Warming"
	// ReasonFailure means that a fault must be corrected, such as an invalid spec or a
	// rollout that makes no progress.
	ReasonFailure = "Failure"
	// ReasonDuplicated means that another platform of the namespace, or another cluster
	// platform, is older and not secondary. The function composes nothing new for a
	// duplicate.
	ReasonDuplicated = "Duplicated"
	// ReasonPlatformNotFound means that the platform that a cluster platform refers to
	// doesn't exist.
	ReasonPlatformNotFound = "PlatformNotFound"
)

// Reasons of ConditionSpecValid.
const (
	// ReasonValid means that the function accepts the spec without a warning.
	ReasonValid = "Valid"
	// ReasonValidWithWarnings means that the function accepts the spec, but that a field
	// has no effect, or another effect than its name suggests. The message names the field.
	ReasonValidWithWarnings = "ValidWithWarnings"
	// ReasonInvalid means that the function refuses the spec. Composed resources don't
	// change until the spec is corrected. The message names field, value and fix.
	ReasonInvalid = "Invalid"
	// ReasonNameTaken means that the name of a composed resource belongs to an existing
	// object of another application or of another controller. The function composes
	// nothing. The message names the object and the fix.
	ReasonNameTaken = "NameTaken"
	// ReasonMissingImage means that a workflow has no image. None is built here.
	ReasonMissingImage = "MissingImage"
)

// Reasons of ConditionFlowValid are ReasonValid, ReasonValidWithWarnings for what is
// probably a mistake, and ReasonInvalid for what fails when the flow is built or started.

// ReasonBuildSkipped is the only reason of ConditionBuilt: the workflow's image exists, so
// that none is built.
const ReasonBuildSkipped = "BuildSkipped"

// Reasons of ConditionRunning. ReasonAvailable, ReasonDeploymentFailure,
// ReasonWaitingForSink and ReasonScaledToZero are reasons, too.
const (
	// ReasonWaitingForDeployment means that the Deployment is being rolled out.
	ReasonWaitingForDeployment = "WaitingForDeployment"
	// ReasonDeploymentIsUnavailable means that the Deployment was rolled out, but that too
	// few of its pods are available.
	ReasonDeploymentIsUnavailable = "DeploymentIsUnavailable"
	// ReasonWaitingForPlatform means that the platform of the workflow's namespace was
	// deleted, or is invalid. All of the workflow stays as it is.
	ReasonWaitingForPlatform = "WaitingForPlatform"
	// ReasonUnchanged means that nothing can be composed at the moment, so that all of the
	// workflow stays as it is; the status is what it was before. The message, or that of
	// ConditionSpecValid, says what to mend.
	ReasonUnchanged = "Unchanged"
)

// Reasons of ConditionSecretsReady.
const (
	// ReasonSecretsFound means that all Secrets and keys exist.
	ReasonSecretsFound = "Found"
	// ReasonSecretNotFound means that a Secret doesn't exist in the namespace of the
	// pods that use it.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonConfigMapNotFound means that a ConfigMap doesn't exist in the namespace of
	// the pods that use it.
	ReasonConfigMapNotFound = "ConfigMapNotFound"
	// ReasonKeyNotFound means that a Secret or ConfigMap exists, but lacks a key that the
	// spec refers to.
	ReasonKeyNotFound = "KeyNotFound"
	// ReasonNotChecked means that the function doesn't know whether the Secrets exist:
	// Crossplane hasn't answered yet, or looks no Secrets up for functions, which it does
	// since v2.2.
	ReasonNotChecked = "NotChecked"
)

// Reasons of ConditionEventingReady. A further reason is ReasonInProgress: Triggers,
// SinkBinding, the Jobs Service or the workflow aren't ready yet.
const (
	// ReasonConnected means that Brokers, Triggers and SinkBinding are ready, and that the
	// Jobs Service has its sink.
	ReasonConnected = "Connected"
	// ReasonKnativeNotInstalled means that the cluster lacks a kind of Knative Eventing
	// that the function composes for the spec.
	ReasonKnativeNotInstalled = "KnativeNotInstalled"
	// ReasonBrokerNotFound means that a Broker doesn't exist.
	ReasonBrokerNotFound = "BrokerNotFound"
	// ReasonSinkNotFound means that the sink of the Jobs Service or workflow doesn't exist or has no
	// address. A sink that is a Broker has the reasons ReasonBrokerNotFound and
	// ReasonBrokerNotReady instead.
	ReasonSinkNotFound = "SinkNotFound"
	// ReasonBrokerNotReady means that a Broker exists, but isn't ready.
	ReasonBrokerNotReady = "BrokerNotReady"
	// ReasonBrokerElsewhere means that a workflow that is a namespaced composite would need
	// Triggers in another namespace.
	ReasonBrokerElsewhere = "BrokerElsewhere"
)

// Reasons of ConditionDatabaseMigrated.
const (
	// ReasonMigrated means that all schemas are up to date.
	ReasonMigrated = "Migrated"
	// ReasonInProgress means that a migration is under way, or that it waits until no pod
	// of its service is left.
	ReasonInProgress = "InProgress"
	// ReasonFailed means that the Job of a migration failed. The message has the cause, if
	// the pods of the Job show it, and says how to try again.
	ReasonFailed = "Failed"
)

// Reasons of ConditionDataIndexReady and ConditionJobServiceReady.
const (
	// ReasonAvailable means that the Deployment is available at its current generation.
	ReasonAvailable = "Available"
	// ReasonProgressing means that the Deployment is being rolled out.
	ReasonProgressing = "Progressing"
	// ReasonDeploymentFailure means that the rollout makes no progress. The message repeats
	// the message of the Deployment's condition.
	ReasonDeploymentFailure = "DeploymentFailure"
	// ReasonWaitingForDBMigration means that the service doesn't run until a Job has
	// migrated its database.
	ReasonWaitingForDBMigration = "WaitingForDBMigration"
	// ReasonDBMigrationFailure means that the service doesn't run because the Job that
	// should migrate its database failed.
	ReasonDBMigrationFailure = "DBMigrationFailure"
	// ReasonWaitingForSink means that the Jobs Service or workflow doesn't run until Knative
	// has written the address of the sink into its Deployment.
	ReasonWaitingForSink = "WaitingForSink"
	// ReasonScaledToZero means that the Deployment is scaled to 0 replicas.
	ReasonScaledToZero = "ScaledToZero"
)
