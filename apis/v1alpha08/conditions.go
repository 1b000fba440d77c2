// SPDX-License-Identifier: Apache-2.0

package v1alpha08

// Condition types that the function reports on composites and claims. A condition
// about something that the spec doesn't ask for is absent. Ready and Synced belong
// to Crossplane.
const (
	// ConditionSucceed is the operator's only condition: all of the platform is
	// composed and available.
	ConditionSucceed = "Succeed"
	// ConditionSpecValid tells whether the spec makes sense.
	ConditionSpecValid = "SpecValid"
	// ConditionSecretsReady tells whether the Secrets and keys that the spec refers to
	// exist.
	ConditionSecretsReady = "SecretsReady"
	// ConditionDatabaseMigrated tells whether each service with the job strategy has a
	// completed Job for its current target.
	ConditionDatabaseMigrated = "DatabaseMigrated"
	// ConditionEventingReady tells whether events travel through Knative as the spec
	// wants it: Brokers, Triggers and SinkBinding are ready, and the Jobs Service knows
	// its sink.
	ConditionEventingReady = "EventingReady"
	// ConditionDataIndexReady tells whether the Data Index is available at the
	// current generation.
	ConditionDataIndexReady = "DataIndexReady"
	// ConditionJobServiceReady tells whether the Jobs Service is available at the
	// current generation.
	ConditionJobServiceReady = "JobServiceReady"
)

// ReasonNotAskedFor is the reason of a condition about something that the spec doesn't
// ask for any more. Crossplane keeps a condition that a function doesn't report, so
// one that was reported before is made Unknown.
const ReasonNotAskedFor = "NotAskedFor"

// Reasons of ConditionSucceed.
const (
	// ReasonSucceeded means that everything is in place.
	ReasonSucceeded = "Succeeded"
	// ReasonCreating means that services are being rolled out.
	ReasonCreating = "Creating"
	// ReasonWarming means that the platform waits for something outside of it, such as
	// a Secret.
	ReasonWarming = "Warming"
	// ReasonFailure means that something must be mended: the spec, or a rollout that
	// doesn't get on.
	ReasonFailure = "Failure"
	// ReasonDuplicated means that another platform of the namespace, or another cluster
	// platform, is older and not secondary. A duplicate composes nothing new.
	ReasonDuplicated = "Duplicated"
	// ReasonPlatformNotFound means that the platform that a cluster platform refers to
	// doesn't exist.
	ReasonPlatformNotFound = "PlatformNotFound"
)

// Reasons of ConditionSpecValid.
const (
	// ReasonValid means that the spec was understood.
	ReasonValid = "Valid"
	// ReasonValidWithWarnings means that something in the spec has no effect, or not the
	// one that it seems to have. The message names it.
	ReasonValidWithWarnings = "ValidWithWarnings"
	// ReasonInvalid means that the spec was refused; nothing changes until it is
	// mended. The message names field, value and fix.
	ReasonInvalid = "Invalid"
	// ReasonNameTaken means that an object that isn't SonataFlow's, or that has another
	// controller, has the name of one that is to be composed. Nothing is composed. The
	// message names the object and what to do.
	ReasonNameTaken = "NameTaken"
)

// Reasons of ConditionSecretsReady.
const (
	// ReasonSecretsFound means that all Secrets and keys exist.
	ReasonSecretsFound = "Found"
	// ReasonSecretNotFound means that a Secret doesn't exist in the namespace of the
	// pods that use it.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonConfigMapNotFound means the same of a ConfigMap.
	ReasonConfigMapNotFound = "ConfigMapNotFound"
	// ReasonKeyNotFound means that a Secret or ConfigMap exists without a key that is needed.
	ReasonKeyNotFound = "KeyNotFound"
	// ReasonNotChecked means that this Crossplane can't look Secrets up for functions
	// (it can since v2.2), so that nothing is known about them.
	ReasonNotChecked = "NotChecked"
)

// Reasons of ConditionEventingReady. ReasonInProgress is one too: Triggers, SinkBinding
// or the Jobs Service aren't ready yet.
const (
	// ReasonConnected means that events travel.
	ReasonConnected = "Connected"
	// ReasonKnativeNotInstalled means that the cluster doesn't know a kind of Knative
	// Eventing that is needed.
	ReasonKnativeNotInstalled = "KnativeNotInstalled"
	// ReasonBrokerNotFound means that a Broker doesn't exist.
	ReasonBrokerNotFound = "BrokerNotFound"
	// ReasonSinkNotFound means that what the Jobs Service should send events to doesn't exist,
	// or has no address. It is for sinks that aren't Brokers.
	ReasonSinkNotFound = "SinkNotFound"
	// ReasonBrokerNotReady means that a Broker exists, but isn't ready.
	ReasonBrokerNotReady = "BrokerNotReady"
)

// Reasons of ConditionDatabaseMigrated.
const (
	// ReasonMigrated means that all schemas are up to date.
	ReasonMigrated = "Migrated"
	// ReasonInProgress means that a migration is under way, or waits until no pod of its
	// service is left; of ConditionEventingReady, that something isn't ready yet.
	ReasonInProgress = "InProgress"
	// ReasonFailed means that a migration gave up. The message says why, as far as its
	// pods tell, and how to try again.
	ReasonFailed = "Failed"
)

// Reasons of ConditionDataIndexReady and ConditionJobServiceReady.
const (
	// ReasonAvailable means that the Deployment is available at its current generation.
	ReasonAvailable = "Available"
	// ReasonProgressing means that the Deployment is being rolled out.
	ReasonProgressing = "Progressing"
	// ReasonDeploymentFailure means that the rollout doesn't get on; the message has
	// the Deployment's own words.
	ReasonDeploymentFailure = "DeploymentFailure"
	// ReasonWaitingForDBMigration means that the service is kept down until a Job has
	// migrated its database.
	ReasonWaitingForDBMigration = "WaitingForDBMigration"
	// ReasonDBMigrationFailure means that the service is kept down because that Job
	// failed.
	ReasonDBMigrationFailure = "DBMigrationFailure"
	// ReasonWaitingForSink means that the Jobs Service is kept down until Knative has told
	// it where to send events.
	ReasonWaitingForSink = "WaitingForSink"
	// ReasonScaledToZero means that no pod is wanted.
	ReasonScaledToZero = "ScaledToZero"
)
