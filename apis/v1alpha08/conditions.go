// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// Condition types that the function reports on composites and claims. A condition is
// absent if the spec doesn't ask for the subject of the condition. Crossplane itself
// reports the conditions Ready and Synced. README.md in the folder above is generated from
// the comments below: `make generate` writes it. The comment of a reason ends with its
// status, and with what a person has to do.
const (
	// ConditionSucceed tells whether all of the platform is composed and available. The
	// operator has this condition, too, and no other.
	ConditionSucceed = "Succeed"
	// ConditionSpecValid tells whether the function accepts the spec. When the spec is
	// refused, everything that runs stays as it is.
	ConditionSpecValid = "SpecValid"
	// ConditionSecretsReady tells whether the Secrets and keys that the spec refers to
	// exist.
	ConditionSecretsReady = "SecretsReady"
	// ConditionDatabaseMigrated tells whether each service with the job strategy has a
	// completed Job for its current database, image and credentials.
	ConditionDatabaseMigrated = "DatabaseMigrated"
	// ConditionEventingReady tells whether events travel through Knative as the spec
	// asks: Brokers, Triggers and SinkBinding are ready, and each Deployment or Knative Service
	// that sends events has the address of its sink.
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
	// ConditionRunning tells whether the Deployment or Knative Service of the workflow is
	// available at its current generation. The operator has this condition, too.
	ConditionRunning = "Running"
	// ConditionBuilt tells whether the workflow's image was built in the cluster, from the flow
	// and the resources that the spec has now. The operator has this condition, too.
	ConditionBuilt = "Built"
	// ConditionFlowValid tells whether the flow is coherent. An image runs also when the flow
	// isn't, because the flow in the spec only describes what is in the image.
	ConditionFlowValid = "FlowValid"
)

// ReasonNotAskedFor means that the spec doesn't ask for the subject of the condition any
// more. Crossplane keeps a condition that the function stops reporting, so the function
// reports the condition with the status Unknown and this reason instead.
//
// Status Unknown.
const ReasonNotAskedFor = "NotAskedFor"

// Reasons of ConditionSecretsReady, ConditionDatabaseMigrated, ConditionEventingReady,
// ConditionDataIndexReady and ConditionJobServiceReady: ReasonNotAskedFor.

// Reasons of ConditionSucceed.
const (
	// ReasonSucceeded means that all of the platform is composed and available.
	//
	// Status True.
	ReasonSucceeded = "Succeeded"
	// ReasonCreating means that services are being rolled out.
	//
	// Status False. To do: wait. The message names the services.
	ReasonCreating = "Creating"
	// ReasonWarming means that the platform waits for an object that isn't composed, such
	// as a Secret or a Broker.
	//
	// Status False or Unknown. To do: create what the message names. A cluster platform waits
	// for its platform; before Crossplane v2.2 the function cannot look the platform up.
	ReasonWarming = "Warming"
	// ReasonFailure means that a fault must be corrected, such as an invalid spec or a
	// rollout that makes no progress.
	//
	// Status False. To do: read the message, and correct what the message names.
	ReasonFailure = "Failure"
	// ReasonDuplicated means that another platform of the namespace, or another cluster
	// platform, is older and not secondary. The function composes nothing new for a
	// duplicate.
	//
	// Status False. To do: delete one of the two, or give one of them the annotation
	// sonataflow.org/secondary.platform.
	ReasonDuplicated = "Duplicated"
	// ReasonPlatformNotFound means that the platform that a cluster platform refers to
	// doesn't exist.
	//
	// Status False. To do: correct spec.platformRef, or create the platform.
	ReasonPlatformNotFound = "PlatformNotFound"
)

// Reasons of ConditionSpecValid.
const (
	// ReasonValid means that the function accepts the spec without a warning.
	//
	// Status True.
	ReasonValid = "Valid"
	// ReasonValidWithWarnings means that the function accepts the spec, but that a field
	// has no effect, or another effect than its name suggests. The message names the field.
	//
	// Status True. To do: change or remove the field that the message names.
	ReasonValidWithWarnings = "ValidWithWarnings"
	// ReasonInvalid means that the function refuses the spec. Composed resources don't
	// change until the spec is corrected. The message names field, value and fix.
	//
	// Status False. To do: correct the field that the message names. An invalid flow does not
	// stop an image from running, because the flow of the spec only describes what is in the
	// image.
	ReasonInvalid = "Invalid"
	// ReasonNameTaken means that the name of a composed resource belongs to an existing
	// object of another application or of another controller. The function composes
	// nothing. The message names the object and the fix.
	//
	// Status False. To do: give the claim another name, or hand the object over with the
	// label sonataflow.org/service.
	ReasonNameTaken = "NameTaken"
	// ReasonMissingImage means that a workflow has no image, and that none can be built: there
	// is no registry, or the input of the function says that none is built.
	//
	// Status False. To do: name a registry in spec.build.config.registry.address of the
	// platform, or build an image of the workflow, and set spec.podTemplate.container.image.
	ReasonMissingImage = "MissingImage"
)

// Reasons of ConditionFlowValid are ReasonValid, ReasonValidWithWarnings for what is
// probably a mistake, and ReasonInvalid for what fails when the flow is built or started.

// Reasons of ConditionBuilt. A further reason is ReasonExternalResourcesNotFound.
const (
	// ReasonBuildSuccessful means that the image of what the spec has now was built and pushed.
	//
	// Status True.
	ReasonBuildSuccessful = "BuildSuccessful"
	// ReasonBuildSkipped means that the workflow has an image of its own, so that none is built.
	//
	// Status False.
	ReasonBuildSkipped = "BuildSkipped"
	// ReasonBuildIsRunning means that a Job builds the image. Pods that run an earlier image go
	// on.
	//
	// Status False. To do: wait. The message names the Job.
	ReasonBuildIsRunning = "BuildIsRunning"
	// ReasonBuildFailed means that the Job failed. Pods that run an earlier image go on. The
	// message says why, and how to try again.
	//
	// Status False. To do: correct the cause that the message names, then delete the Job or
	// change the annotation sonataflow.org/build-attempt.
	ReasonBuildFailed = "BuildFailedReason"
)

// Reasons of ConditionRunning. ReasonAvailable, ReasonDeploymentFailure,
// ReasonWaitingForSink and ReasonScaledToZero are reasons, too.
const (
	// ReasonWaitingForDeployment means that the Deployment or Knative Service is being rolled
	// out.
	//
	// Status False. To do: wait. The message says what it waits for.
	ReasonWaitingForDeployment = "WaitingForDeployment"
	// ReasonDeploymentIsUnavailable means that the Deployment was rolled out, but too
	// few of its pods are available.
	//
	// Status False. To do: look at the pods of the Deployment.
	ReasonDeploymentIsUnavailable = "DeploymentIsUnavailable"
	// ReasonWaitingForPlatform means that the platform of the workflow's namespace was
	// deleted, or is invalid. All of the workflow stays as it is.
	//
	// Status False. To do: create or correct the platform. To run the workflow without a
	// platform, delete the workflow and apply it again.
	ReasonWaitingForPlatform = "WaitingForPlatform"
	// ReasonWaitingForBuild means that the workflow has no image yet: its first one is being
	// built, or its build failed. ConditionBuilt says which.
	//
	// Status False. To do: wait, or do what the message of ConditionBuilt says.
	ReasonWaitingForBuild = "WaitingForBuild"
	// ReasonExternalResourcesNotFound means that a ConfigMap of spec.resources of a workflow in
	// the profile dev or preview isn't there. A workflow that has pods keeps them.
	//
	// Status False. To do: create the ConfigMap that the message names, or remove it from the
	// spec.
	ReasonExternalResourcesNotFound = "ExternalResourcesNotFound"
	// ReasonKnativeServingNotAvailable means that the cluster lacks Knative Serving, on which the
	// workflow is to run. A workflow that runs on a Deployment keeps it.
	//
	// Status False. To do: install Knative Serving, or remove deploymentModel from the spec.
	ReasonKnativeServingNotAvailable = "KnativeServingNotAvailable"
	// ReasonUnchanged means that nothing can be composed at the moment, so that all of the
	// workflow stays as it is.
	//
	// Status as before. To do: correct what the message, or the message of
	// ConditionSpecValid, names.
	ReasonUnchanged = "Unchanged"
)

// Reasons of ConditionSecretsReady.
const (
	// ReasonSecretsFound means that all Secrets, ConfigMaps and keys exist that pods need.
	//
	// Status True. To do: if the message names a missing pull secret, create the Secret when
	// the registry asks for credentials.
	ReasonSecretsFound = "Found"
	// ReasonSecretNotFound means that a Secret doesn't exist in the namespace of the
	// pods that use it.
	//
	// Status False. To do: create the Secret in that namespace.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonConfigMapNotFound means that a ConfigMap doesn't exist in the namespace of
	// the pods that use it.
	//
	// Status False. To do: create the ConfigMap in that namespace.
	ReasonConfigMapNotFound = "ConfigMapNotFound"
	// ReasonKeyNotFound means that a Secret or ConfigMap exists, but lacks a key that the
	// spec refers to.
	//
	// Status False. To do: add the key, or, for a database, set userKey and passwordKey.
	ReasonKeyNotFound = "KeyNotFound"
	// ReasonNotChecked means that the function doesn't know whether the Secrets exist:
	// Crossplane hasn't answered yet, or looks no Secrets up for functions, which it does
	// since v2.2.
	//
	// Status Unknown. To do: wait, or update Crossplane to v2.2 or later, or set secrets:
	// Ignore in the input of the function.
	ReasonNotChecked = "NotChecked"
)

// Reasons of ConditionEventingReady. A further reason is ReasonInProgress.
const (
	// ReasonConnected means that Brokers, Triggers and SinkBinding are ready, and that the
	// Jobs Service has its sink.
	//
	// Status True.
	ReasonConnected = "Connected"
	// ReasonKnativeNotInstalled means that the cluster lacks a kind of Knative Eventing
	// that the function composes for the spec.
	//
	// Status False. To do: install Knative Eventing, or remove the fields about events from
	// the spec.
	ReasonKnativeNotInstalled = "KnativeNotInstalled"
	// ReasonBrokerNotFound means that a Broker doesn't exist.
	//
	// Status False. To do: create the Broker, or name another Broker. Triggers that exist
	// stay.
	ReasonBrokerNotFound = "BrokerNotFound"
	// ReasonSinkNotFound means that the sink of the Jobs Service or workflow doesn't exist or has no
	// address. A sink that is a Broker has the reasons ReasonBrokerNotFound and
	// ReasonBrokerNotReady instead.
	//
	// Status False. To do: create the sink, or name another sink.
	ReasonSinkNotFound = "SinkNotFound"
	// ReasonBrokerNotReady means that a Broker exists, but isn't ready.
	//
	// Status False. To do: read the message: it repeats what the Broker says about itself.
	ReasonBrokerNotReady = "BrokerNotReady"
	// ReasonBrokerElsewhere means that a workflow that is a namespaced composite would need
	// Triggers in another namespace.
	//
	// Status False. To do: use a Broker in the namespace of the workflow, or the claimed form
	// of the API.
	ReasonBrokerElsewhere = "BrokerElsewhere"
)

// Reasons of ConditionDatabaseMigrated.
const (
	// ReasonMigrated means that all schemas are up to date.
	//
	// Status True.
	ReasonMigrated = "Migrated"
	// ReasonInProgress means that a migration is under way, or that it waits until no pod
	// of its service is left. As a reason of ConditionEventingReady it means that Triggers,
	// SinkBinding, the Jobs Service or the workflow aren't ready yet.
	//
	// Status False. To do: wait. The message names what is awaited, such as the Job.
	ReasonInProgress = "InProgress"
	// ReasonFailed means that the Job of a migration failed. The message has the cause, if
	// the pods of the Job show it, and says how to try again.
	//
	// Status False. To do: correct the cause that the message names, then delete the Job or
	// change the annotation sonataflow.org/migration-attempt.
	ReasonFailed = "Failed"
)

// Reasons of ConditionDataIndexReady and ConditionJobServiceReady.
const (
	// ReasonAvailable means that the Deployment is available at its current generation.
	//
	// Status True.
	ReasonAvailable = "Available"
	// ReasonProgressing means that the Deployment is being rolled out.
	//
	// Status False. To do: wait. The message says what the Deployment waits for.
	ReasonProgressing = "Progressing"
	// ReasonDeploymentFailure means that the rollout makes no progress. The message repeats
	// the message of the Deployment's, or the Knative Service's, condition.
	//
	// Status False. To do: read the message, and look at the pods of the Deployment.
	ReasonDeploymentFailure = "DeploymentFailure"
	// ReasonWaitingForDBMigration means that the service doesn't run until a Job has
	// migrated its database.
	//
	// Status False. To do: wait until the Job is complete.
	ReasonWaitingForDBMigration = "WaitingForDBMigration"
	// ReasonDBMigrationFailure means that the service doesn't run because the Job that
	// should migrate its database failed.
	//
	// Status False. To do: do what ConditionDatabaseMigrated says.
	ReasonDBMigrationFailure = "DBMigrationFailure"
	// ReasonWaitingForSink means that the Jobs Service or workflow doesn't run until Knative
	// has written the address of the sink into its Deployment, or will into its Knative
	// Service.
	//
	// Status False. To do: read ConditionEventingReady.
	ReasonWaitingForSink = "WaitingForSink"
	// ReasonScaledToZero means that the Deployment is scaled to 0 replicas.
	//
	// Status False. To do: nothing, if no pod is wanted; else give the number of replicas.
	ReasonScaledToZero = "ScaledToZero"
)
