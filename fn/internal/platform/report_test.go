// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/platform"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// yes is a condition that is True.
func yes(typ, reason string) composition.Condition {
	return composition.Condition{Type: typ, Status: metav1.ConditionTrue, Reason: reason}
}

// waits is a condition about something that is waited for.
func waits(typ, reason, message string) composition.Condition {
	return composition.Condition{Type: typ, Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

// alarms is a condition about something that a person has to mend.
func alarms(typ, reason, message string) composition.Condition {
	return composition.Condition{Type: typ, Status: metav1.ConditionFalse, Reason: reason, Message: message, Alarm: true}
}

// unknown is a condition about something of which nothing is known.
func unknown(typ, reason, message string) composition.Condition {
	return composition.Condition{Type: typ, Status: metav1.ConditionUnknown, Reason: reason, Message: message}
}

// What a user reads about a platform as it should be.
var (
	valid               = yes(v1alpha08.ConditionSpecValid, v1alpha08.ReasonValid)
	secretsFound        = yes(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonSecretsFound)
	dataIndexAvailable  = yes(v1alpha08.ConditionDataIndexReady, v1alpha08.ReasonAvailable)
	jobServiceAvailable = yes(v1alpha08.ConditionJobServiceReady, v1alpha08.ReasonAvailable)
	succeeded           = yes(v1alpha08.ConditionSucceed, v1alpha08.ReasonSucceeded)
	nothingToDo         = composition.Condition{
		Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonSucceeded, Message: "The spec names no service to deploy",
	}
)

// A reportCase is a platform, and what a user reads about it.
type reportCase struct {
	reason  string
	spec    string
	cluster compositiontest.Cluster
	// last are the conditions that the platform has.
	last []string
	want told
}

// told is what a user reads about a platform.
type told struct {
	// Conditions are in the order in which they are set.
	Conditions []composition.Condition
	// Unready are the resources that aren't ready.
	Unready []string
}

func reportCases(t *testing.T) map[string]reportCase {
	t.Helper()
	type states = map[string]compositiontest.State
	const (
		dataIndex, jobService = v1alpha08.ConditionDataIndexReady, v1alpha08.ConditionJobServiceReady
		migrated, eventing    = v1alpha08.ConditionDatabaseMigrated, v1alpha08.ConditionEventingReady
		succeed               = v1alpha08.ConditionSucceed

		notCreated   = ": Not created yet"
		lookAt       = "; to see why a pod doesn't start: kubectl describe pods --namespace ns1 --selector sonataflow.org/service=plat-"
		noIndex      = "Deployment plat-data-index-service: Available: 0/1" + lookAt + "data-index-service"
		noJobs       = "Deployment plat-jobs-service: Available: 0/1" + lookAt + "jobs-service"
		indexStuck   = "Deployment plat-data-index-service: ReplicaSet has timed out progressing" + lookAt + "data-index-service"
		stuck        = "Deployment plat-jobs-service: ReplicaSet has timed out progressing" + lookAt + "jobs-service"
		noSecret     = "Secret db doesn't exist in namespace ns1, where the pods of Data Index and Jobs Service look for it"
		noKeys       = "Secret db in namespace ns1 lacks POSTGRESQL_USER and POSTGRESQL_PASSWORD, which the pods of Data Index and Jobs Service read; add what is missing, or set secretRef.userKey and secretRef.passwordKey"
		noSettings   = "ConfigMap settings doesn't exist in namespace ns1, where the pods of Data Index look for it"
		notLooked    = "Whether the Secrets exist isn't known: this Crossplane doesn't look them up for functions (v2.2 and later do)"
		dataIndexJob = "Job plat-data-index-migration"
		jobsJob      = "Job plat-jobs-service-migration"
		toMigrate    = " to migrate the database"
		noSink       = "Deployment plat-jobs-service has no pods until Knative has told it where to send events: see the condition EventingReady"
		noKnative    = "Knative Eventing isn't installed: the cluster doesn't know Trigger, SinkBinding, Broker; install it (https://knative.dev/docs/install/), or remove eventing, source and sink from the spec; for an offline render, give --required-schemas"
		noBroker     = "Broker default in namespace ns1 doesn't exist, which Data Index and Jobs Service should use: create it, or name another"
		badBroker    = "Broker default in namespace ns1 isn't ready, which Data Index and Jobs Service should use: the ingress isn't up"
		lostSink     = "Service events in namespace ns1 takes no events: not yet; create it, or name another sink"
		noBinding    = "SinkBinding plat-jobs-service-sb: not yet"
		taken        = "Service plat-jobs-service in namespace ns1 exists and isn't SonataFlow's: give the claim another name, or hand the object over on purpose with the label sonataflow.org/service"
		duplicated   = `Platform first of this namespace is older: delete one of the two, or give one the annotation sonataflow.org/secondary.platform: "true"`
	)
	failed := func(job string) string {
		return job + " failed: none of its 7 tries succeeded, most likely because the database can't be reached, doesn't exist, or refuses the credentials; " +
			"kubectl logs --namespace ns1 --selector batch.kubernetes.io/job-name=" + strings.TrimPrefix(job, "Job ") + " shows why; " +
			"mend the cause, then delete the Job to try again, or change the annotation sonataflow.org/migration-attempt of the platform to migrate all of its services again"
	}
	looked := func(found map[string]string) compositiontest.Cluster {
		return compositiontest.Cluster{Required: answers(found)}
	}
	withSecret := looked(map[string]string{"secret-db": secret})
	withReadyBroker := looked(map[string]string{"broker-ns1/default": broker})
	const (
		withBudget   = `services: {dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1}}}}`
		withSettings = `services: {dataIndex: {podTemplate: {container: {envFrom: [{configMapRef: {name: settings}}]}}}}`
		withSink     = `services: {jobService: {sink: {ref: {apiVersion: v1, kind: Service, name: events}}}}`
	)
	withOlder := settle(t, both, compositiontest.Cluster{}, nil)
	withOlder.Required = answers(map[string]string{"platforms": older})
	return map[string]reportCase{
		"NoService": {
			reason: "A platform that deploys nothing has succeeded.",
			spec:   `services: {}`,
			want:   told{Conditions: []composition.Condition{valid, nothingToDo}},
		},
		"Warnings": {
			reason: "A spec with parts that have no effect is valid; the user is warned.",
			spec:   `devMode: {baseImage: i}, build: {config: {baseImage: i}, template: {arguments: [a]}}`,
			want: told{Conditions: []composition.Condition{
				{
					Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValidWithWarnings, Alarm: true,
					Message: "spec.build.template.arguments: no effect, because images are built without the operator's builders; remove the fields",
				},
				nothingToDo,
			}},
		},
		"BudgetWaits": {
			reason:  "A budget that has to wait is a warning, because nothing else tells of it.",
			spec:    withBudget,
			cluster: settle(t, withBudget, compositiontest.Cluster{}, nil),
			want: told{Conditions: []composition.Condition{
				{
					Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValidWithWarnings, Alarm: true,
					Message: "spec.services.dataIndex.podTemplate.podDisruptionBudget: has no effect until the service has 2 or more replicas; set replicas, or let an autoscaler set them",
				},
				dataIndexAvailable, succeeded,
			}},
		},
		"Mistyped": {
			reason: "A field that is missed may be there under another name, so both are told.",
			spec:   `persistence: {postgresql: {secretref: {name: db}, serviceRef: {name: pg}}}`,
			want: told{Conditions: []composition.Condition{
				alarms(v1alpha08.ConditionSpecValid, v1alpha08.ReasonInvalid,
					"spec.persistence.postgresql.secretRef.name: Required value: name the Secret with the database's user name and password; "+
						"spec.persistence.postgresql.secretref: the API has no such field, so it has no effect; was secretRef meant?"),
				waits(succeed, v1alpha08.ReasonFailure, "The spec is invalid"),
			}},
		},
		"Invalid": {
			reason: "A spec that is invalid is refused with all that is wrong; one alarm is enough.",
			spec:   `services: {dataIndex: {podTemplate: {replicas: -1}}, jobService: {podTemplate: {replicas: -2}}}`,
			want: told{Conditions: []composition.Condition{
				alarms(v1alpha08.ConditionSpecValid, v1alpha08.ReasonInvalid,
					"spec.services.dataIndex.podTemplate.replicas: Invalid value: -1: must be 0 or more; spec.services.jobService.podTemplate.replicas: Invalid value: -2: must be 0 or more"),
				waits(succeed, v1alpha08.ReasonFailure, "The spec is invalid"),
			}},
		},
		"NameTaken": {
			reason:  "An object of another owner is in the way; one alarm is enough.",
			spec:    both,
			cluster: looked(map[string]string{"service-plat-jobs-service": `{kind: Service, metadata: {name: plat-jobs-service, namespace: ns1}}`}),
			want: told{Conditions: []composition.Condition{
				alarms(v1alpha08.ConditionSpecValid, v1alpha08.ReasonNameTaken, taken),
				waits(succeed, v1alpha08.ReasonFailure, "Objects of other owners have the names of some that are to be composed"),
			}},
		},
		"First": {
			reason: "Nothing is ready that isn't observed.",
			spec:   both,
			want: told{
				Conditions: []composition.Condition{
					valid,
					waits(dataIndex, v1alpha08.ReasonProgressing, "Deployment plat-data-index-service"+notCreated),
					waits(jobService, v1alpha08.ReasonProgressing, "Deployment plat-jobs-service"+notCreated),
					waits(succeed, v1alpha08.ReasonCreating, "Waiting for Data Index and Jobs Service"),
				},
				Unready: []string{
					"data-index-config", "data-index-service", "data-index-deployment",
					"jobs-service-config", "jobs-service-service", "jobs-service-deployment",
				},
			},
		},
		"Progressing": {
			reason:  "A rollout is waited for, and the platform says of which service.",
			spec:    both,
			cluster: settle(t, both, compositiontest.Cluster{}, states{"data-index-deployment": compositiontest.Unready}),
			want: told{
				Conditions: []composition.Condition{
					valid, waits(dataIndex, v1alpha08.ReasonProgressing, noIndex), jobServiceAvailable,
					waits(succeed, v1alpha08.ReasonCreating, "Waiting for Data Index"),
				},
				Unready: []string{"data-index-deployment"},
			},
		},
		"Stuck": {
			reason:  "A rollout that doesn't get on is told in the Deployment's words, before a rollout that is waited for.",
			spec:    both,
			cluster: settle(t, both, compositiontest.Cluster{}, states{"data-index-deployment": compositiontest.Unready, "jobs-service-deployment": compositiontest.Stuck}),
			want: told{
				Conditions: []composition.Condition{
					valid,
					waits(dataIndex, v1alpha08.ReasonProgressing, noIndex),
					alarms(jobService, v1alpha08.ReasonDeploymentFailure, stuck),
					alarms(succeed, v1alpha08.ReasonFailure, "Jobs Service: "+stuck),
				},
				Unready: []string{"data-index-deployment", "jobs-service-deployment"},
			},
		},
		"DataIndexStuck": {
			reason:  "A rollout of the Data Index may not get on, either.",
			spec:    both,
			cluster: settle(t, both, compositiontest.Cluster{}, states{"data-index-deployment": compositiontest.Stuck}),
			want: told{
				Conditions: []composition.Condition{
					valid,
					alarms(dataIndex, v1alpha08.ReasonDeploymentFailure, indexStuck),
					jobServiceAvailable,
					alarms(succeed, v1alpha08.ReasonFailure, "Data Index: "+indexStuck),
				},
				Unready: []string{"data-index-deployment"},
			},
		},
		"Available": {
			reason:  "When everything is there and available, the platform succeeds.",
			spec:    both,
			cluster: settle(t, both, compositiontest.Cluster{}, nil),
			want:    told{Conditions: []composition.Condition{valid, dataIndexAvailable, jobServiceAvailable, succeeded}},
		},
		"OtherResourceMissing": {
			reason:  "A platform whose Deployments are available waits for its other resources.",
			spec:    both,
			cluster: settle(t, both, compositiontest.Cluster{}, states{"data-index-config": absent, "jobs-service-service": absent}),
			want: told{
				Conditions: []composition.Condition{
					valid, dataIndexAvailable, jobServiceAvailable,
					waits(succeed, v1alpha08.ReasonCreating, "Waiting for data-index-config, jobs-service-service"),
				},
				Unready: []string{"data-index-config", "jobs-service-service"},
			},
		},
		"ScaledToZero": {
			reason:  "A service without pods isn't ready, but the platform is what the user asked for.",
			spec:    `services: {dataIndex: {podTemplate: {replicas: 0}}, jobService: {podTemplate: {replicas: 0}}}`,
			cluster: settle(t, `services: {dataIndex: {podTemplate: {replicas: 0}}, jobService: {podTemplate: {replicas: 0}}}`, looked(nil), nil),
			want: told{Conditions: []composition.Condition{
				valid,
				waits(dataIndex, v1alpha08.ReasonScaledToZero, "Deployment plat-data-index-service is scaled to zero"),
				waits(jobService, v1alpha08.ReasonScaledToZero, "Deployment plat-jobs-service is scaled to zero"),
				succeeded,
			}},
		},
		"SecretMissing": {
			reason:  "A rollout that waits for a Secret says that it is the Secret that is missing.",
			spec:    onPostgreSQL,
			cluster: settle(t, onPostgreSQL, looked(nil), states{"data-index-deployment": compositiontest.Unready, "jobs-service-deployment": compositiontest.Unready}),
			want: told{
				Conditions: []composition.Condition{
					valid,
					alarms(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonSecretNotFound, noSecret),
					waits(dataIndex, v1alpha08.ReasonProgressing, noIndex),
					waits(jobService, v1alpha08.ReasonProgressing, noJobs),
					waits(succeed, v1alpha08.ReasonWarming, noSecret),
				},
				Unready: []string{"data-index-deployment", "jobs-service-deployment"},
			},
		},
		"KeysMissing": {
			reason:  "A Secret without the keys is as good as missing, also for pods that run with an earlier one.",
			spec:    onPostgreSQL,
			cluster: settle(t, onPostgreSQL, looked(map[string]string{"secret-db": `{kind: Secret, metadata: {name: db}}`}), nil),
			want: told{Conditions: []composition.Condition{
				valid, alarms(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonKeyNotFound, noKeys), dataIndexAvailable, jobServiceAvailable,
				waits(succeed, v1alpha08.ReasonWarming, noKeys),
			}},
		},
		"SecretUnknown": {
			reason:  "A Secret of which nothing is known isn't waited for.",
			spec:    onPostgreSQL,
			cluster: settle(t, onPostgreSQL, compositiontest.Cluster{Old: true}, nil),
			want: told{Conditions: []composition.Condition{
				valid, unknown(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonNotChecked, notLooked), dataIndexAvailable, jobServiceAvailable, succeeded,
			}},
		},
		"SecretFound": {
			reason:  "A Secret that exists with its keys is told, too.",
			spec:    onPostgreSQL,
			cluster: settle(t, onPostgreSQL, withSecret, nil),
			want:    told{Conditions: []composition.Condition{valid, secretsFound, dataIndexAvailable, jobServiceAvailable, succeeded}},
		},
		"ConfigMapMissing": {
			reason:  "So does one that waits for a ConfigMap.",
			spec:    withSettings,
			cluster: settle(t, withSettings, looked(nil), states{"data-index-deployment": compositiontest.Unready}),
			want: told{
				Conditions: []composition.Condition{
					valid,
					alarms(v1alpha08.ConditionSecretsReady, v1alpha08.ReasonConfigMapNotFound, noSettings),
					waits(dataIndex, v1alpha08.ReasonProgressing, noIndex),
					waits(succeed, v1alpha08.ReasonWarming, noSettings),
				},
				Unready: []string{"data-index-deployment"},
			},
		},
		"Migrating": {
			reason:  "A service whose schema a Job migrates waits for the Job.",
			spec:    withJobs,
			cluster: settle(t, withJobs, withSecret, states{"data-index-migration": compositiontest.Running, "jobs-service-migration": compositiontest.Running}),
			want: told{
				Conditions: []composition.Condition{
					valid, secretsFound,
					waits(migrated, v1alpha08.ReasonInProgress, "Data Index: Waiting for "+dataIndexJob+toMigrate+"; Jobs Service: Waiting for "+jobsJob+toMigrate),
					waits(dataIndex, v1alpha08.ReasonWaitingForDBMigration, "Waiting for "+dataIndexJob+toMigrate),
					waits(jobService, v1alpha08.ReasonWaitingForDBMigration, "Waiting for "+jobsJob+toMigrate),
					waits(succeed, v1alpha08.ReasonCreating, "Waiting for Data Index and Jobs Service"),
				},
				Unready: []string{"data-index-migration", "jobs-service-migration"},
			},
		},
		"MigrationFailed": {
			reason:  "A service whose migration failed says what to do.",
			spec:    withJobs,
			cluster: settle(t, withJobs, withSecret, states{"data-index-migration": compositiontest.Failed, "jobs-service-migration": compositiontest.Failed}),
			want: told{
				Conditions: []composition.Condition{
					valid, secretsFound,
					alarms(migrated, v1alpha08.ReasonFailed, "Data Index: "+failed(dataIndexJob)+"; Jobs Service: "+failed(jobsJob)),
					alarms(dataIndex, v1alpha08.ReasonDBMigrationFailure, failed(dataIndexJob)),
					alarms(jobService, v1alpha08.ReasonDBMigrationFailure, failed(jobsJob)),
					alarms(succeed, v1alpha08.ReasonFailure, "Data Index: "+failed(dataIndexJob)),
				},
				Unready: []string{"data-index-migration", "jobs-service-migration"},
			},
		},
		"Migrated": {
			reason:  "When the Jobs are complete, the services run.",
			spec:    withJobs,
			cluster: settle(t, withJobs, withSecret, nil),
			want: told{Conditions: []composition.Condition{
				valid, secretsFound, yes(migrated, v1alpha08.ReasonMigrated), dataIndexAvailable, jobServiceAvailable, succeeded,
			}},
		},
		"KnativeNotInstalled": {
			reason: "Where Knative isn't installed, the platform waits for it.",
			spec:   withBroker,
			cluster: settle(t, withBroker, compositiontest.Cluster{
				Required: answers(nil), Installed: map[string]bool{"knative-broker": false, "knative-trigger": false, "knative-sinkbinding": false},
			}, states{"jobs-service-deployment": compositiontest.Unready}),
			want: told{
				Conditions: []composition.Condition{
					valid, alarms(eventing, v1alpha08.ReasonKnativeNotInstalled, noKnative), dataIndexAvailable, waits(jobService, v1alpha08.ReasonWaitingForSink, noSink),
					waits(succeed, v1alpha08.ReasonWarming, noKnative),
				},
				Unready: []string{"jobs-service-deployment"},
			},
		},
		"BrokerNotFound": {
			reason:  "Where the Broker doesn't exist, the platform waits for it.",
			spec:    withBroker,
			cluster: settle(t, withBroker, looked(nil), nil),
			want: told{Conditions: []composition.Condition{
				valid, alarms(eventing, v1alpha08.ReasonBrokerNotFound, noBroker), dataIndexAvailable, jobServiceAvailable,
				waits(succeed, v1alpha08.ReasonWarming, noBroker),
			}},
		},
		"BrokerNotReady": {
			reason: "Where the Broker isn't ready, the platform waits for it.",
			spec:   withBroker,
			cluster: settle(t, withBroker, looked(map[string]string{
				"broker-ns1/default": `{kind: Broker, metadata: {name: default, namespace: ns1}, status: {conditions: [{type: Ready, status: "False", message: "the ingress isn't up"}]}}`,
			}), nil),
			want: told{Conditions: []composition.Condition{
				valid, alarms(eventing, v1alpha08.ReasonBrokerNotReady, badBroker), dataIndexAvailable, jobServiceAvailable,
				waits(succeed, v1alpha08.ReasonWarming, badBroker),
			}},
		},
		"SinkNotFound": {
			reason:  "Where the sink isn't a Broker, and Knative finds no address of it, the platform waits for it.",
			spec:    withSink,
			cluster: settle(t, withSink, looked(nil), states{"jobs-service-sinkbinding": compositiontest.Unready}),
			want: told{
				Conditions: []composition.Condition{
					valid, alarms(eventing, v1alpha08.ReasonSinkNotFound, lostSink), jobServiceAvailable,
					waits(succeed, v1alpha08.ReasonWarming, lostSink),
				},
				Unready: []string{"jobs-service-sinkbinding"},
			},
		},
		"Connecting": {
			reason:  "When the services are available, the platform waits for what carries their events.",
			spec:    withBroker,
			cluster: settle(t, withBroker, withReadyBroker, states{"jobs-service-sinkbinding": compositiontest.Unready}),
			want: told{
				Conditions: []composition.Condition{
					valid, waits(eventing, v1alpha08.ReasonInProgress, noBinding), dataIndexAvailable, jobServiceAvailable,
					waits(succeed, v1alpha08.ReasonCreating, noBinding),
				},
				Unready: []string{"jobs-service-sinkbinding"},
			},
		},
		"Connected": {
			reason:  "When everything that carries events is ready, and the sink is known, the platform succeeds.",
			spec:    withBroker,
			cluster: settle(t, withBroker, withReadyBroker, nil),
			want:    told{Conditions: []composition.Condition{valid, yes(eventing, v1alpha08.ReasonConnected), dataIndexAvailable, jobServiceAvailable, succeeded}},
		},
		"Duplicate": {
			reason:  "Of a platform beside an older one, there is nothing to say but how its spec is.",
			spec:    both,
			cluster: looked(map[string]string{"platforms": older}),
			want:    told{Conditions: []composition.Condition{valid, alarms(succeed, v1alpha08.ReasonDuplicated, duplicated)}},
		},
		"DuplicateThatRuns": {
			reason:  "A platform that has composed something before an older one appeared still says how its services do.",
			spec:    both,
			cluster: withOlder,
			last:    []string{`{type: Succeed, status: "True"}`},
			want: told{Conditions: []composition.Condition{
				valid, dataIndexAvailable, jobServiceAvailable,
				alarms(succeed, v1alpha08.ReasonDuplicated, duplicated+"; what this one has composed before stays"),
			}},
		},
		"DuplicateThatRan": {
			reason:  "What a duplicate said of services that it hasn't any more doesn't stay as it was.",
			spec:    both,
			cluster: looked(map[string]string{"platforms": older}),
			last:    []string{`{type: DataIndexReady, status: "True", reason: Available}`, `{type: Succeed, status: "True"}`},
			want: told{Conditions: []composition.Condition{
				valid, unknown(dataIndex, v1alpha08.ReasonNotAskedFor, "The spec doesn't ask for it"), alarms(succeed, v1alpha08.ReasonDuplicated, duplicated),
			}},
		},
		"NotAskedFor": {
			reason: "A condition about something that the spec doesn't ask for any more doesn't stay as it was; one that was never there doesn't come.",
			spec:   `services: {}`,
			last:   []string{`{type: DataIndexReady, status: "True", reason: Available}`, `{type: Ready, status: "True", reason: Available}`},
			want: told{Conditions: []composition.Condition{
				valid, unknown(dataIndex, v1alpha08.ReasonNotAskedFor, "The spec doesn't ask for it"),
				nothingToDo,
			}},
		},
	}
}

// TestReport shows what a user reads about a platform. The cases reach each reason of each
// condition that a platform can have.
func TestReport(t *testing.T) {
	t.Parallel()
	type reason struct{ Type, Name string }
	reached := map[reason]bool{
		// A platform has neither of these: it refers to no other platform, and its Data Index
		// sends no events.
		{v1alpha08.ConditionSucceed, v1alpha08.ReasonPlatformNotFound}:      true,
		{v1alpha08.ConditionDataIndexReady, v1alpha08.ReasonWaitingForSink}: true,
		// Only workflows have these.
		{v1alpha08.ConditionSpecValid, v1alpha08.ReasonMissingImage}:        true,
		{v1alpha08.ConditionEventingReady, v1alpha08.ReasonBrokerElsewhere}: true,
	}
	workflows := []string{v1alpha08.ConditionRunning, v1alpha08.ConditionBuilt, v1alpha08.ConditionFlowValid}
	for name, tc := range reportCases(t) {
		for _, c := range tc.want.Conditions {
			reached[reason{c.Type, c.Reason}] = true
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, claimed(tc.spec, tc.last...), tc.cluster), &v1beta1.Input{})
			got := told{}
			for _, c := range r.Conditions {
				c.Message = withoutHash(c.Message)
				got.Conditions = append(got.Conditions, c)
			}
			for _, c := range r.Composed {
				if !c.Ready {
					got.Unready = append(got.Unready, withoutHash(c.Key))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
			last := tc.want.Conditions[len(tc.want.Conditions)-1]
			if want := last.Status != metav1.ConditionTrue && r.Fatal == nil; r.Incomplete != want {
				t.Errorf("%s\nCompose(...): want incomplete %t, got %t", tc.reason, want, r.Incomplete)
			}
			for _, c := range r.Conditions {
				if strings.ContainsRune(c.Message, '\n') {
					t.Errorf("%s\nCompose(...): the message of %s isn't one line: %q", tc.reason, c.Type, c.Message)
				}
			}
		})
	}
	for _, row := range report.Table() {
		for _, r := range row.Reasons {
			if !reached[reason{row.Type, r.Name}] && !slices.Contains(workflows, row.Type) {
				t.Errorf("no case reaches reason %s of condition %s", r.Name, row.Type)
			}
		}
	}
}

// TestObservedGeneration shows when the status names a generation.
func TestObservedGeneration(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason    string
		composite string
		want      int64
	}{
		"Claimed": {
			reason:    "Crossplane copies the status to the claim, whose generation is another one: there is none.",
			composite: claimed(`services: {}`),
			want:      0,
		},
		"Namespaced": {
			reason:    "Without a claim, the user's object is the composite, whose generation is told.",
			composite: `{apiVersion: sonataflow.org/v1alpha08, kind: SonataFlowPlatform, metadata: {name: plat, namespace: ns1, generation: 2}, spec: {services: {}}}`,
			want:      2,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, tc.composite, compositiontest.Cluster{}), &v1beta1.Input{})
			got, ok := r.Status.(*v1alpha08.SonataFlowPlatformStatus)
			if !ok {
				t.Fatalf("%s\nCompose(...): the status is a %T", tc.reason, r.Status)
			}
			if diff := cmp.Diff(tc.want, got.ObservedGeneration); diff != "" {
				t.Errorf("%s\nCompose(...): -want generation, +got generation:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestStatus shows how a platform is described.
func TestStatus(t *testing.T) {
	t.Parallel()
	status := func(services *v1alpha08.PlatformServicesStatus) *v1alpha08.SonataFlowPlatformStatus {
		return &v1alpha08.SonataFlowPlatformStatus{
			Cluster: v1alpha08.ClusterKubernetes, Version: "0.8", Services: services,
			Info: map[string]string{"goOS": runtime.GOOS, "goVersion": runtime.Version()},
		}
	}
	described := func(name, image, persistence, replicas string) *v1alpha08.ServiceStatus {
		return &v1alpha08.ServiceStatus{
			URL: "http://plat-" + name + ".ns1", Image: "docker.io/apache/incubator-kie-kogito-" + image + ":10.2.0", Persistence: persistence, Enabled: new(false), Replicas: replicas,
		}
	}
	ephemeral := func(replicas string) *v1alpha08.PlatformServicesStatus {
		return &v1alpha08.PlatformServicesStatus{DataIndex: described("data-index-service", "data-index-ephemeral", v1alpha08.PersistenceEphemeral, replicas)}
	}
	const subjects = `eventing: {broker: {ref: {kind: Broker, name: default}}},
services: {dataIndex: {persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}}}`
	found := answers(map[string]string{
		"broker-ns1/default": broker,
		"cluster-platforms":  `{kind: SonataFlowClusterPlatform, metadata: {name: cluster}, spec: {platformRef: {name: central, namespace: ns2}}}`,
		"platform":           `{kind: SonataFlowPlatform, status: {conditions: [{type: Succeed, status: "True"}]}}`,
	})
	all := status(&v1alpha08.PlatformServicesStatus{DataIndex: described("data-index-service", "data-index-postgresql", v1alpha08.PersistencePostgreSQLServer, "1/1")})
	all.ClusterPlatformRef = &v1alpha08.SonataFlowClusterPlatformRefStatus{Name: "cluster", PlatformRef: v1alpha08.SonataFlowPlatformRef{Namespace: "ns2", Name: "central"}}
	all.SonataFlowPlatformDBMigrationPhase = &v1alpha08.SonataFlowPlatformDBMigrationPhase{
		Status: v1alpha08.DBMigrationStatusSucceeded, Message: "The database migrations for the services are successful", Reason: "The database migration job completed as expected",
	}
	all.Triggers = []v1alpha08.SonataFlowPlatformTriggerRef{{Name: "data-index-jobs-7fe3df4be30036ea", Namespace: "ns1"}}
	enabled := ephemeral("0/1")
	enabled.DataIndex.Enabled = new(true)
	enabled.JobService = described("jobs-service", "jobs-service-ephemeral", v1alpha08.PersistenceEphemeral, "0/1")
	enabledByDefault := ephemeral("0/1")
	enabledByDefault.DataIndex.Enabled = new(true)
	onOpenShift := status(nil)
	onOpenShift.Cluster = v1alpha08.ClusterOpenShift
	cases := map[string]struct {
		reason  string
		spec    string
		input   v1beta1.Input
		cluster compositiontest.Cluster
		want    *v1alpha08.SonataFlowPlatformStatus
	}{
		"NoService": {
			reason: "A platform without services says what it is.",
			spec:   `services: {}`,
			want:   status(nil),
		},
		"OpenShift": {
			reason: "The input says what kind of cluster the platform runs on.",
			spec:   `services: {}`,
			input:  v1beta1.Input{Cluster: v1beta1.ClusterOpenShift},
			want:   onOpenShift,
		},
		"First": {
			reason: "A service is described before it is there.",
			spec:   `services: {dataIndex: {}}`,
			want:   status(ephemeral("0/1")),
		},
		"Enabled": {
			reason: "Whether others are wired to a service is told of each, also of one that isn't enabled.",
			spec:   `services: {dataIndex: {enabled: true}, jobService: {enabled: false}}`,
			want:   status(enabled),
		},
		"EnabledByDefault": {
			reason: "A service that doesn't say is what the input makes of it: the operator enables it.",
			spec:   `services: {dataIndex: {}}`,
			input:  v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator},
			want:   status(enabledByDefault),
		},
		"Scaling": {
			reason:  "How many pods are wanted is what the spec says now, not what it said before.",
			spec:    `services: {dataIndex: {podTemplate: {replicas: 3}}}`,
			cluster: settle(t, `services: {dataIndex: {}}`, compositiontest.Cluster{}, nil),
			want:    status(ephemeral("1/3")),
		},
		"Running": {
			reason:  "Each service is described with its own image, database and pods.",
			spec:    onPostgreSQL,
			cluster: settle(t, onPostgreSQL, compositiontest.Cluster{}, map[string]compositiontest.State{"data-index-deployment": compositiontest.Unready}),
			want: status(&v1alpha08.PlatformServicesStatus{
				DataIndex:  described("data-index-service", "data-index-postgresql", v1alpha08.PersistencePostgreSQLServer, "0/1"),
				JobService: described("jobs-service", "jobs-service-postgresql", v1alpha08.PersistencePostgreSQLServer, "1/1"),
			}),
		},
		"Subjects": {
			reason:  "The status has what the subjects say: the Triggers that exist, the phase of the migration, the cluster platform.",
			spec:    subjects,
			cluster: settle(t, subjects, compositiontest.Cluster{Required: found}, map[string]compositiontest.State{"data-index-trigger": absent, "data-index-trigger-jobs": compositiontest.Unready}),
			want:    all,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := platform.Compose(compositiontest.Request(t, claimed(tc.spec), tc.cluster), &tc.input)
			if diff := cmp.Diff(tc.want, r.Status); diff != "" {
				t.Errorf("%s\nCompose(...): -want status, +got status:\n%s", tc.reason, diff)
			}
		})
	}
}
