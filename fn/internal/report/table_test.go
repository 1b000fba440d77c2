// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/report"
)

// What a reason makes of its condition.
const (
	isTrue  = "True"
	isFalse = "False"
	unknown = "Unknown"
	// alarm is False, and a person has to mend something.
	alarm = "False, an alarm"
	// warning is True, and a person has to mend something.
	warning = "True, an alarm"
)

func describe(c composition.Condition) string {
	if c.Alarm {
		return string(c.Status) + ", an alarm"
	}
	return string(c.Status)
}

// TestTable holds every reason of the API against the table: which condition has it, and
// what it makes of that condition.
func TestTable(t *testing.T) {
	t.Parallel()
	component := map[string]string{
		v1alpha08.ReasonAvailable:             isTrue,
		v1alpha08.ReasonProgressing:           isFalse,
		v1alpha08.ReasonDeploymentFailure:     alarm,
		v1alpha08.ReasonWaitingForDBMigration: isFalse,
		v1alpha08.ReasonDBMigrationFailure:    alarm,
		v1alpha08.ReasonWaitingForSink:        isFalse,
		v1alpha08.ReasonScaledToZero:          isFalse,
	}
	cases := map[string]struct {
		reason string
		typ    string
		// want is what the reasons make of the condition.
		want map[string]string
	}{
		"Succeed": {
			reason: "A person has to mend a failure, and has to decide between duplicates; everything else is waited for.",
			typ:    v1alpha08.ConditionSucceed,
			want: map[string]string{
				v1alpha08.ReasonSucceeded:        isTrue,
				v1alpha08.ReasonCreating:         isFalse,
				v1alpha08.ReasonWarming:          isFalse,
				v1alpha08.ReasonFailure:          alarm,
				v1alpha08.ReasonDuplicated:       alarm,
				v1alpha08.ReasonPlatformNotFound: isFalse,
			},
		},
		"SpecValid": {
			reason: "A spec with warnings is valid, but a person should mend it; a name that another owner's object has is for a person to decide about.",
			typ:    v1alpha08.ConditionSpecValid,
			want: map[string]string{
				v1alpha08.ReasonValid:             isTrue,
				v1alpha08.ReasonValidWithWarnings: warning,
				v1alpha08.ReasonInvalid:           alarm,
				v1alpha08.ReasonNameTaken:         alarm,
				v1alpha08.ReasonMissingImage:      alarm,
			},
		},
		"SecretsReady": {
			reason: "Of Secrets that aren't looked up nothing is known; a person has to make those that are missing, and ConfigMaps, too.",
			typ:    v1alpha08.ConditionSecretsReady,
			want: map[string]string{
				v1alpha08.ReasonSecretsFound:      isTrue,
				v1alpha08.ReasonSecretNotFound:    alarm,
				v1alpha08.ReasonConfigMapNotFound: alarm,
				v1alpha08.ReasonKeyNotFound:       alarm,
				v1alpha08.ReasonNotChecked:        unknown,
			},
		},
		"DatabaseMigrated": {
			reason: "A migration that gave up doesn't start again by itself.",
			typ:    v1alpha08.ConditionDatabaseMigrated,
			want: map[string]string{
				v1alpha08.ReasonMigrated:   isTrue,
				v1alpha08.ReasonInProgress: isFalse,
				v1alpha08.ReasonFailed:     alarm,
			},
		},
		"EventingReady": {
			reason: "Knative, the Brokers and other sinks are outside of the platform, so a person has to mend them.",
			typ:    v1alpha08.ConditionEventingReady,
			want: map[string]string{
				v1alpha08.ReasonConnected:           isTrue,
				v1alpha08.ReasonKnativeNotInstalled: alarm,
				v1alpha08.ReasonBrokerNotFound:      alarm,
				v1alpha08.ReasonBrokerNotReady:      alarm,
				v1alpha08.ReasonSinkNotFound:        alarm,
				v1alpha08.ReasonBrokerElsewhere:     alarm,
				v1alpha08.ReasonInProgress:          isFalse,
			},
		},
		"DataIndexReady": {
			reason: "A service that doesn't get on by itself is an alarm.",
			typ:    v1alpha08.ConditionDataIndexReady,
			want:   component,
		},
		"Running": {
			reason: "A workflow whose Deployment doesn't get on, or whose platform is gone, is an alarm; so is one that can't be composed, or not on what it should run on.",
			typ:    v1alpha08.ConditionRunning,
			want: map[string]string{
				v1alpha08.ReasonAvailable:                  isTrue,
				v1alpha08.ReasonWaitingForDeployment:       isFalse,
				v1alpha08.ReasonDeploymentIsUnavailable:    isFalse,
				v1alpha08.ReasonWaitingForSink:             isFalse,
				v1alpha08.ReasonWaitingForBuild:            isFalse,
				v1alpha08.ReasonScaledToZero:               isFalse,
				v1alpha08.ReasonDeploymentFailure:          alarm,
				v1alpha08.ReasonWaitingForPlatform:         alarm,
				v1alpha08.ReasonExternalResourcesNotFound:  alarm,
				v1alpha08.ReasonKnativeServingNotAvailable: alarm,
				v1alpha08.ReasonUnchanged:                  alarm,
			},
		},
		"Built": {
			reason: "An image that exists needn't be built; a person has to mend a build that failed, and make what is missing.",
			typ:    v1alpha08.ConditionBuilt,
			want: map[string]string{
				v1alpha08.ReasonBuildSuccessful:           isTrue,
				v1alpha08.ReasonBuildSkipped:              isFalse,
				v1alpha08.ReasonBuildIsRunning:            isFalse,
				v1alpha08.ReasonBuildFailed:               alarm,
				v1alpha08.ReasonExternalResourcesNotFound: alarm,
			},
		},
		"FlowValid": {
			reason: "A person should mend a flow, although the image runs.",
			typ:    v1alpha08.ConditionFlowValid,
			want:   map[string]string{v1alpha08.ReasonValid: isTrue, v1alpha08.ReasonValidWithWarnings: warning, v1alpha08.ReasonInvalid: alarm},
		},
		"JobServiceReady": {
			reason: "The Jobs Service has the same reasons as the Data Index.",
			typ:    v1alpha08.ConditionJobServiceReady,
			want:   component,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			for _, row := range report.Table() {
				for _, r := range row.Reasons {
					if row.Type == tc.typ {
						got[r.Name] = describe(report.Condition(row.Type, r.Name, ""))
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nTable(), reasons of %s: -want, +got:\n%s", tc.reason, tc.typ, diff)
			}
		})
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	want := []string{
		v1alpha08.ConditionSpecValid, v1alpha08.ConditionRunning, v1alpha08.ConditionDataIndexReady, v1alpha08.ConditionJobServiceReady,
		v1alpha08.ConditionSecretsReady, v1alpha08.ConditionEventingReady, v1alpha08.ConditionBuilt, v1alpha08.ConditionFlowValid,
		v1alpha08.ConditionDatabaseMigrated,
		v1alpha08.ConditionSucceed,
	}
	if diff := cmp.Diff(want, report.Types()); diff != "" {
		t.Errorf("A fatal result repeats the conditions of all types.\nTypes(): -want, +got:\n%s", diff)
	}
}

func TestCondition(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason                string
		typ, because, message string
		want                  composition.Condition
	}{
		"True": {
			reason:  "A condition has the status that the table gives its reason.",
			typ:     v1alpha08.ConditionDataIndexReady,
			because: v1alpha08.ReasonAvailable,
			want: composition.Condition{
				Type: v1alpha08.ConditionDataIndexReady, Status: metav1.ConditionTrue, Reason: v1alpha08.ReasonAvailable,
			},
		},
		"Alarm": {
			reason:  "What a person has to mend is an alarm; the message stays as it is.",
			typ:     v1alpha08.ConditionDatabaseMigrated,
			because: v1alpha08.ReasonFailed, message: "Job j failed",
			want: composition.Condition{
				Type: v1alpha08.ConditionDatabaseMigrated, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonFailed, Message: "Job j failed", Alarm: true,
			},
		},
		"SharedReason": {
			reason:  "Two conditions may have a reason of one name.",
			typ:     v1alpha08.ConditionEventingReady,
			because: v1alpha08.ReasonInProgress,
			want: composition.Condition{
				Type: v1alpha08.ConditionEventingReady, Status: metav1.ConditionFalse, Reason: v1alpha08.ReasonInProgress,
			},
		},
		"ReasonOfAnotherType": {
			reason:  "A reason that the table doesn't give this type makes the condition Unknown.",
			typ:     v1alpha08.ConditionDataIndexReady,
			because: v1alpha08.ReasonNotAskedFor,
			want: composition.Condition{
				Type: v1alpha08.ConditionDataIndexReady, Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonNotAskedFor,
			},
		},
		"UnknownType": {
			reason:  "A type that isn't in the table makes the condition Unknown.",
			typ:     "Ready",
			because: v1alpha08.ReasonAvailable,
			want:    composition.Condition{Type: "Ready", Status: metav1.ConditionUnknown, Reason: v1alpha08.ReasonAvailable},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, report.Condition(tc.typ, tc.because, tc.message)); diff != "" {
				t.Errorf("%s\nCondition(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
