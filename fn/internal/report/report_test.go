// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crossplane/function-sdk-go/errors"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

func TestValid(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		warnings []string
		want     composition.Condition
	}{
		"WithoutWarnings": {
			reason: "The condition of a spec that makes sense has no message.",
			want:   composition.Condition{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValid},
		},
		"WithWarnings": {
			reason:   "Warnings stand in one line, and a person should look at them.",
			warnings: []string{"spec.a has no effect", "spec.b has no effect"},
			want: composition.Condition{
				Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonValidWithWarnings,
				Message: "spec.a has no effect; spec.b has no effect", Alarm: true,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, report.Valid(tc.warnings)); diff != "" {
				t.Errorf("%s\nValid(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// equateErrors compares errors by their texts.
func equateErrors() cmp.Option {
	return cmp.Comparer(func(a, b error) bool {
		return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
	})
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	required := field.Required(field.NewPath("spec", "a"), "name it")
	invalid := field.Invalid(field.NewPath("spec", "b"), 1, "must be 0")
	result := func(message string) *composition.Result {
		return &composition.Result{
			Conditions: []composition.Condition{
				{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInvalid, Message: message, Alarm: true},
				{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailure, Message: "The spec is invalid"},
			},
			Fatal: errors.New(message),
		}
	}
	cases := map[string]struct {
		reason string
		errs   field.ErrorList
		// warnings name fields that the API doesn't have.
		warnings []string
		want     *composition.Result
	}{
		"Mistyped": {
			reason:   "A field that is missed may be there under another name.",
			errs:     field.ErrorList{required},
			warnings: []string{"spec.aa: the API has no such field, so it has no effect; was a meant?"},
			want:     result("spec.a: Required value: name it; spec.aa: the API has no such field, so it has no effect; was a meant?"),
		},
		"One": {
			reason: "An invalid spec changes nothing, and only the condition about the spec is an alarm: one warning is enough.",
			errs:   field.ErrorList{required},
			want:   result("spec.a: Required value: name it"),
		},
		"Several": {
			reason: "All mistakes are named at once, in one line.",
			errs:   field.ErrorList{required, invalid},
			want:   result("spec.a: Required value: name it; spec.b: Invalid value: 1: must be 0"),
		},
		"Repeated": {
			reason: "A mistake that two components inherit is named once.",
			errs:   field.ErrorList{required, required, invalid},
			want:   result("spec.a: Required value: name it; spec.b: Invalid value: 1: must be 0"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, report.Invalid(platform, tc.errs, tc.warnings), equateErrors()); diff != "" {
				t.Errorf("%s\nInvalid(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// platform is a composite of no account.
var platform = &unstructured.Unstructured{Object: map[string]any{"kind": "XSonataFlowPlatform"}}

func TestNameTaken(t *testing.T) {
	t.Parallel()
	const taken = "Objects of other owners have the names of some that are to be composed"
	result := func(message string) *composition.Result {
		return &composition.Result{
			Conditions: []composition.Condition{
				{Type: v1alpha08.ConditionSpecValid, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonNameTaken, Message: message, Alarm: true},
				{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailure, Message: taken},
			},
			Fatal: errors.New(message),
		}
	}
	cases := map[string]struct {
		reason   string
		problems []string
		want     *composition.Result
	}{
		"One": {
			reason:   "A name that is taken changes nothing, and only the condition about the spec is an alarm: one warning is enough.",
			problems: []string{"Service a isn't SonataFlow's"},
			want:     result("Service a isn't SonataFlow's"),
		},
		"Several": {
			reason:   "All objects that are in the way are named at once, in one line.",
			problems: []string{"Service a isn't SonataFlow's", "ConfigMap b isn't SonataFlow's"},
			want:     result("Service a isn't SonataFlow's; ConfigMap b isn't SonataFlow's"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, report.NameTaken(platform, tc.problems), equateErrors()); diff != "" {
				t.Errorf("%s\nNameTaken(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		err    error
		want   *composition.Result
	}{
		"Input": {
			reason: "A mistake in the input says nothing about the spec, so there is no condition about the spec.",
			err:    errors.New("mend the input"),
			want: &composition.Result{
				Conditions: []composition.Condition{{
					Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailure, Message: "mend the input", Alarm: true,
				}},
				Fatal: errors.New("mend the input"),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, report.Refused(platform, tc.err), equateErrors()); diff != "" {
				t.Errorf("%s\nRefused(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestOutdated(t *testing.T) {
	t.Parallel()
	outdated := func(typ string) composition.Condition {
		return composition.Condition{Type: typ, Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonNotAskedFor, Message: "The spec doesn't ask for it"}
	}
	cases := map[string]struct {
		reason string
		// last are the types of the conditions that the composite has.
		last []string
		told []composition.Condition
		want []composition.Condition
	}{
		"New": {
			reason: "A composite without conditions has none from an earlier spec.",
			told:   []composition.Condition{report.Valid(nil)},
		},
		"Told": {
			reason: "A condition that is reported again isn't outdated.",
			last:   []string{v1alpha08.ConditionSpecValid, v1alpha08.ConditionDataIndexReady},
			told:   []composition.Condition{report.Valid(nil), report.Condition(v1alpha08.ConditionDataIndexReady, v1alpha08.ReasonAvailable, "")},
		},
		"NotTold": {
			reason: "Crossplane keeps a condition that isn't reported, so a condition of an earlier spec becomes Unknown; conditions that the composite never had stay away.",
			last:   []string{v1alpha08.ConditionDataIndexReady, v1alpha08.ConditionDatabaseMigrated},
			told:   []composition.Condition{report.Valid(nil)},
			want:   []composition.Condition{outdated(v1alpha08.ConditionDataIndexReady), outdated(v1alpha08.ConditionDatabaseMigrated)},
		},
		"AlwaysTold": {
			reason: "Every result reports the conditions about the spec and about the whole, so they are never outdated.",
			last:   []string{v1alpha08.ConditionSpecValid, v1alpha08.ConditionSucceed},
		},
		"Foreign": {
			reason: "The conditions of Crossplane aren't the function's to change.",
			last:   []string{"Ready", "Synced"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var last []any
			for _, typ := range tc.last {
				last = append(last, map[string]any{"type": typ, "status": "True", "reason": v1alpha08.ReasonAvailable})
			}
			composite := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"conditions": last}}}
			if diff := cmp.Diff(tc.want, report.Outdated(composite, tc.told)); diff != "" {
				t.Errorf("%s\nOutdated(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	const (
		dataIndex = v1alpha08.ConditionDataIndexReady
		jobs      = v1alpha08.ConditionJobServiceReady
		secrets   = v1alpha08.ConditionSecretsReady
		eventing  = v1alpha08.ConditionEventingReady
		database  = v1alpha08.ConditionDatabaseMigrated
	)
	succeed := func(status metav1.ConditionStatus, reason, message string) composition.Condition {
		return composition.Condition{Type: v1alpha08.ConditionSucceed, Status: status, Reason: reason, Message: message}
	}
	creating := func(message string) composition.Condition {
		return succeed(metav1.ConditionFalse, v1alpha08.ReasonCreating, message)
	}
	warming := func(message string) composition.Condition {
		return succeed(metav1.ConditionFalse, v1alpha08.ReasonWarming, message)
	}
	failure := func(message string) composition.Condition {
		c := succeed(metav1.ConditionFalse, v1alpha08.ReasonFailure, message)
		c.Alarm = true
		return c
	}
	var (
		waits        = report.Condition(dataIndex, v1alpha08.ReasonProgressing, "Deployment di: Available: 1/2")
		jobsWait     = report.Condition(jobs, v1alpha08.ReasonWaitingForSink, "Waiting for the sink")
		fails        = report.Condition(dataIndex, v1alpha08.ReasonDBMigrationFailure, "Job j failed")
		jobsFail     = report.Condition(jobs, v1alpha08.ReasonDeploymentFailure, "Deployment js: timed out")
		noSecret     = report.Condition(secrets, v1alpha08.ReasonSecretNotFound, "Secret db doesn't exist")
		noBroker     = report.Condition(eventing, v1alpha08.ReasonBrokerNotFound, "Broker b doesn't exist")
		notConnected = report.Condition(eventing, v1alpha08.ReasonInProgress, "Trigger t isn't ready")
		available    = report.Condition(dataIndex, v1alpha08.ReasonAvailable, "")
		unready      = []string{"data-index-config", "jobs-service-service"}
	)
	cases := map[string]struct {
		reason  string
		told    []composition.Condition
		unready []string
		done    string
		want    composition.Condition
	}{
		"NothingToDo": {
			reason: "A composite that asks for nothing has succeeded, and may say why.",
			told:   []composition.Condition{report.Valid(nil)},
			done:   "The spec names no service to deploy",
			want:   succeed(metav1.ConditionTrue, v1alpha08.ReasonSucceeded, "The spec names no service to deploy"),
		},
		"Available": {
			reason: "When everything is ready, the composite has succeeded, and there is no message.",
			told: []composition.Condition{
				report.Valid(nil), available, report.Condition(jobs, v1alpha08.ReasonAvailable, ""), report.Condition(secrets, v1alpha08.ReasonSecretsFound, ""),
				report.Condition(eventing, v1alpha08.ReasonConnected, ""), report.Condition(database, v1alpha08.ReasonMigrated, ""),
			},
			want: succeed(metav1.ConditionTrue, v1alpha08.ReasonSucceeded, ""),
		},
		"Warnings": {
			reason: "A spec with warnings is as good as one without.",
			told:   []composition.Condition{report.Valid([]string{"spec.a has no effect"}), available},
			want:   succeed(metav1.ConditionTrue, v1alpha08.ReasonSucceeded, ""),
		},
		"ScaledToZero": {
			reason: "A service without pods is what the user asked for.",
			told:   []composition.Condition{report.Condition(dataIndex, v1alpha08.ReasonScaledToZero, "Deployment di is scaled to zero")},
			want:   succeed(metav1.ConditionTrue, v1alpha08.ReasonSucceeded, ""),
		},
		"SecretsNotChecked": {
			reason: "A Secret of which nothing is known isn't waited for.",
			told:   []composition.Condition{available, report.Condition(secrets, v1alpha08.ReasonNotChecked, "Nothing is known")},
			want:   succeed(metav1.ConditionTrue, v1alpha08.ReasonSucceeded, ""),
		},
		"Progressing": {
			reason: "A rollout is waited for, and the message names its service.",
			told:   []composition.Condition{waits, report.Condition(jobs, v1alpha08.ReasonAvailable, "")},
			want:   creating("Waiting for Data Index"),
		},
		"BothProgressing": {
			reason: "Several services are named in one message.",
			told:   []composition.Condition{waits, jobsWait},
			want:   creating("Waiting for Data Index and Jobs Service"),
		},
		"WaitingForMigration": {
			reason: "The service is named that a migration keeps down; the migration isn't named a second time.",
			told: []composition.Condition{
				report.Condition(database, v1alpha08.ReasonInProgress, "Waiting for Job j"), report.Condition(dataIndex, v1alpha08.ReasonWaitingForDBMigration, "Waiting for Job j"),
			},
			want: creating("Waiting for Data Index"),
		},
		"Failure": {
			reason: "A rollout that doesn't get on comes before everything that is only waited for, in the Deployment's words.",
			told:   []composition.Condition{waits, jobsFail},
			want:   failure("Jobs Service: Deployment js: timed out"),
		},
		"MigrationFailure": {
			reason: "A migration that gave up is a failure of the service that waits for it.",
			told:   []composition.Condition{report.Condition(database, v1alpha08.ReasonFailed, "Data Index: Job j failed"), fails},
			want:   failure("Data Index: Job j failed"),
		},
		"BothFail": {
			reason: "Of two failures, the message tells that of the Data Index.",
			told:   []composition.Condition{jobsFail, fails},
			want:   failure("Data Index: Job j failed"),
		},
		"FailureBeforeSecrets": {
			reason: "A failure comes before a Secret that is missing.",
			told:   []composition.Condition{noSecret, jobsFail},
			want:   failure("Jobs Service: Deployment js: timed out"),
		},
		"SecretMissing": {
			reason: "A rollout that waits for a Secret can't get on before the Secret is there.",
			told:   []composition.Condition{noSecret, waits, jobsWait},
			want:   warming("Secret db doesn't exist"),
		},
		"KeyMissing": {
			reason: "A key of a Secret is as necessary as the Secret.",
			told:   []composition.Condition{report.Condition(secrets, v1alpha08.ReasonKeyNotFound, "Secret db lacks a key"), waits},
			want:   warming("Secret db lacks a key"),
		},
		"ConfigMapMissing": {
			reason: "A ConfigMap that pods refer to is as necessary as a Secret.",
			told:   []composition.Condition{report.Condition(secrets, v1alpha08.ReasonConfigMapNotFound, "ConfigMap c doesn't exist"), waits},
			want:   warming("ConfigMap c doesn't exist"),
		},
		"SecretBeforeBroker": {
			reason: "A Secret that is missing is told before a Broker.",
			told:   []composition.Condition{noSecret, noBroker},
			want:   warming("Secret db doesn't exist"),
		},
		"BrokerMissing": {
			reason: "A person has to mend what is outside of the platform, so it comes before the services that wait for it.",
			told:   []composition.Condition{noBroker, waits, jobsWait},
			want:   warming("Broker b doesn't exist"),
		},
		"BrokerNotReady": {
			reason: "A Broker that isn't ready is outside of the platform, too.",
			told:   []composition.Condition{report.Condition(eventing, v1alpha08.ReasonBrokerNotReady, "Broker b isn't ready"), jobsWait},
			want:   warming("Broker b isn't ready"),
		},
		"SinkMissing": {
			reason: "A sink that isn't there is outside of the platform, too.",
			told:   []composition.Condition{report.Condition(eventing, v1alpha08.ReasonSinkNotFound, "Service s doesn't exist"), jobsWait},
			want:   warming("Service s doesn't exist"),
		},
		"KnativeMissing": {
			reason: "Knative is outside of the platform, too.",
			told:   []composition.Condition{report.Condition(eventing, v1alpha08.ReasonKnativeNotInstalled, "Knative isn't installed"), jobsWait},
			want:   warming("Knative isn't installed"),
		},
		"ServicesBeforeEventing": {
			reason: "Services that are waited for come before Triggers.",
			told:   []composition.Condition{notConnected, jobsWait},
			want:   creating("Waiting for Jobs Service"),
		},
		"EventingBeforeResources": {
			reason:  "Triggers are told in the words of their condition, before other resources.",
			told:    []composition.Condition{notConnected, available},
			unready: unready,
			want:    creating("Trigger t isn't ready"),
		},
		"Resources": {
			reason:  "Available Deployments aren't everything: other resources are named by their keys.",
			told:    []composition.Condition{available},
			unready: unready,
			want:    creating("Waiting for data-index-config, jobs-service-service"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backwards := slices.Clone(tc.told)
			slices.Reverse(backwards)
			for _, told := range [][]composition.Condition{tc.told, backwards} {
				if diff := cmp.Diff(tc.want, report.Summary(told, tc.unready, tc.done)); diff != "" {
					t.Errorf("%s\nSummary(...): -want, +got:\n%s", tc.reason, diff)
				}
			}
		})
	}
}

// TestSlowed holds what a condition says while Crossplane looks at a composite only once in a
// while.
func TestSlowed(t *testing.T) {
	t.Parallel()
	const note = "Crossplane looks at the composite only once in a while at the moment, because very many changes of its objects came at once; to avoid that, start Crossplane with --circuit-breaker-burst=1000"
	waits := composition.Condition{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse, Message: "Waiting for Triggers"}
	silent := composition.Condition{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionFalse}
	done := composition.Condition{Type: v1alpha08.ConditionSucceed, Status: metav1.ConditionTrue}
	noted := func(c composition.Condition, message string) composition.Condition {
		c.Message = message
		return c
	}
	cases := map[string]struct {
		reason     string
		responsive string
		in, want   composition.Condition
	}{
		"Unknown":    {reason: "Before v2.2, Crossplane has no such condition.", in: waits, want: waits},
		"Responsive": {reason: "A Crossplane that looks at every change isn't slow.", responsive: "True", in: waits, want: waits},
		"Slow":       {reason: "What is waited for takes longer, so the condition says why.", responsive: "False", in: waits, want: noted(waits, "Waiting for Triggers; "+note)},
		"SlowSilent": {reason: "A condition without a message has the note alone.", responsive: "False", in: silent, want: noted(silent, note)},
		"SlowDone":   {reason: "Where nothing is waited for, the note is of no use.", responsive: "False", in: done, want: done},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			composite := &unstructured.Unstructured{Object: map[string]any{}}
			if tc.responsive != "" {
				composite.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Responsive", "status": tc.responsive, "reason": "WatchCircuitOpen"}}}
			}
			if diff := cmp.Diff(tc.want, report.Slowed(composite, tc.in)); diff != "" {
				t.Errorf("%s\nSlowed(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
