// SPDX-License-Identifier: Apache-2.0

package decoding_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/decoding"
)

// TestSpecErrors shows what is said of values of a wrong type.
func TestSpecErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		spec   string
		want   []string
	}{
		"AllAtOnce": {
			reason: "All mistakes are told, each with its path.",
			spec:   `{services: {dataIndex: {enabled: "yes", podTemplate: {replicas: two, container: {resources: {limits: {cpu: lots}}}}}}}`,
			want: []string{
				`spec.services.dataIndex.enabled: Invalid value: must be true or false, is the text "yes"`,
				`spec.services.dataIndex.podTemplate.container.resources.limits[cpu]: Invalid value: must be a quantity such as 2, 500m or 1Gi, is the text "lots"`,
				`spec.services.dataIndex.podTemplate.replicas: Invalid value: must be a whole number, is the text "two"`,
			},
		},
		"ListElements": {
			reason: "Elements of lists are told by their index.",
			spec:   `{services: {jobService: {podTemplate: {container: {args: [a, 1], env: [{name: A, value: "1"}, {name: B, value: 2}, {name: true, value: 1.5}]}}}}}`,
			want: []string{
				`spec.services.jobService.podTemplate.container.args[1]: Invalid value: must be text, is the number 1: put it in quotes`,
				`spec.services.jobService.podTemplate.container.env[1].value: Invalid value: must be text, is the number 2: put it in quotes`,
				`spec.services.jobService.podTemplate.container.env[2].name: Invalid value: must be text, is the boolean true: put it in quotes`,
				`spec.services.jobService.podTemplate.container.env[2].value: Invalid value: must be text, is the number 1.5: put it in quotes`,
			},
		},
		"MapKeys": {
			reason: "Values of maps are told by their key, which may have dots.",
			spec:   `{services: {jobService: {podTemplate: {nodeSelector: {example.com/ssd: true}}}}}`,
			want:   []string{`spec.services.jobService.podTemplate.nodeSelector[example.com/ssd]: Invalid value: must be text, is the boolean true: put it in quotes`},
		},
		"Quotes": {
			reason: "A number or a boolean needs no quotes.",
			spec:   `{services: {jobService: {enabled: "true"}}, persistence: {postgresql: {serviceRef: {port: "5432"}}}}`,
			want: []string{
				`spec.persistence.postgresql.serviceRef.port: Invalid value: must be a whole number, is the text "5432": leave out the quotes`,
				`spec.services.jobService.enabled: Invalid value: must be true or false, is the text "true": leave out the quotes`,
			},
		},
		"Numbers": {
			reason: "Numbers have limits, and pods are whole.",
			spec:   `{services: {jobService: {podTemplate: {replicas: 1.5, priority: 3000000000, terminationGracePeriodSeconds: 1e19}}}}`,
			want: []string{
				`spec.services.jobService.podTemplate.priority: Invalid value: must be a whole number from -2147483648 to 2147483647, is the number 3000000000`,
				`spec.services.jobService.podTemplate.replicas: Invalid value: must be a whole number, is the number 1.5`,
				`spec.services.jobService.podTemplate.terminationGracePeriodSeconds: Invalid value: must be a whole number from -9223372036854775808 to 9223372036854775807, is the number 1e+19`,
			},
		},
		"TypesThatReadThemselves": {
			reason: "Values with a form of their own are named by it.",
			spec: `{build: {config: {timeout: 5 minutes}, template: {timeout: 5}}, services: {
				dataIndex: {podTemplate: {podDisruptionBudget: {minAvailable: 1.5, maxUnavailable: {}}}}, jobService: {sink: {uri: "http://[::1"}}}}`,
			want: []string{
				`spec.build.config.timeout: Invalid value: must be a duration such as 90s or 1h30m, is the text "5 minutes"`,
				`spec.build.template.timeout: Invalid value: must be a duration such as 90s or 1h30m, is the number 5`,
				`spec.services.dataIndex.podTemplate.podDisruptionBudget.maxUnavailable: Invalid value: must be text or a whole number, is an object`,
				`spec.services.dataIndex.podTemplate.podDisruptionBudget.minAvailable: Invalid value: must be text or a whole number, is the number 1.5`,
				`spec.services.jobService.sink.uri: Invalid value: must be a URL such as http://host/path, is other text`,
			},
		},
		"Shapes": {
			reason: "Objects, lists and values are different things.",
			spec: `{services: [dataIndex], persistence: none, eventing: {broker: {ref: 1}}, monitoring: {enabled: {}}, properties: {flow: {a: b}},
				devMode: {baseImage: [x]}, build: {config: {strategyOptions: a=b}, template: {buildArgs: [a=b]}}}`,
			want: []string{
				`spec.build.config.strategyOptions: Invalid value: must be an object, is text`,
				`spec.build.template.buildArgs[0]: Invalid value: must be an object, is text`,
				`spec.devMode.baseImage: Invalid value: must be text, is a list`,
				`spec.eventing.broker.ref: Invalid value: must be an object, is the number 1`,
				`spec.monitoring.enabled: Invalid value: must be true or false, is an object`,
				`spec.persistence: Invalid value: must be an object, is text`,
				`spec.properties.flow: Invalid value: must be a list, is an object`,
				`spec.services: Invalid value: must be an object, is a list`,
			},
		},
		"Spec": {
			reason: "The spec itself is an object.",
			spec:   `platform`,
			want:   []string{`spec: Invalid value: must be an object, is text`},
		},
		"LongText": {
			reason: "A long text is cut.",
			spec:   `{monitoring: {enabled: "0123456789012345678901234567890123456789012345678901234567890123456789"}}`,
			want:   []string{`spec.monitoring.enabled: Invalid value: must be true or false, is the text "012345678901234567890123456789012345678901234567890123456789…"`},
		},
		"Passwords": {
			reason: "What may be a password isn't repeated.",
			spec:   `{persistence: {postgresql: {secretRef: "user:Pa55", serviceRef: ["Pa55"]}}, services: {jobService: {sink: {uri: "http://user:Pa55%@host"}}}}`,
			want: []string{
				`spec.persistence.postgresql.secretRef: Invalid value: must be an object, is text`,
				`spec.persistence.postgresql.serviceRef: Invalid value: must be an object, is a list`,
				`spec.services.jobService.sink.uri: Invalid value: must be a URL such as http://host/path, is other text`,
			},
		},
		"Null": {
			reason: "A field without a value is a field that isn't there, also in a list.",
			spec:   `{services: {jobService: {podTemplate: {replicas: null, container: {args: [null], env: [null]}}}}, persistence: null, eventing: }`,
		},
		"Good": {
			reason: "Quantities, numbers of pods and percentages are written in more than one way.",
			spec: `{build: {config: {timeout: 5m}}, services: {dataIndex: {enabled: true, podTemplate: {replicas: 2.0, terminationGracePeriodSeconds: 9007199254740991,
				podDisruptionBudget: {minAvailable: 1, maxUnavailable: 50%}, container: {resources: {limits: {cpu: 0.5, memory: 1Gi, pods: 1}}}}}}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, `{kind: XSonataFlowPlatform, spec: `+tc.spec+`}`, compositiontest.Cluster{})
			warnings, errs := decoding.Spec(req.Composite, &v1alpha08.SonataFlowPlatformSpec{})
			if diff := cmp.Diff(tc.want, texts(errs), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nSpec(...): -want errors, +got:\n%s", tc.reason, diff)
			}
			if len(warnings) > 0 {
				t.Errorf("%s\nSpec(...): want no warnings, got %q", tc.reason, warnings)
			}
			errs = decoding.Field(req.Composite.Object["spec"], &v1alpha08.SonataFlowPlatformSpec{}, field.NewPath("spec"))
			if diff := cmp.Diff(tc.want, texts(errs), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nField(...): -want errors, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSpecWarnings shows what is said of fields that the API doesn't have.
func TestSpecWarnings(t *testing.T) {
	t.Parallel()
	const none = ": the API has no such field, so it has no effect"
	cases := map[string]struct {
		reason string
		// composite is YAML without braces around it.
		composite string
		want      []string
	}{
		"Good": {
			reason:    "Nothing is said of the fields of the API.",
			composite: `apiVersion: v1, metadata: {name: x}, spec: {services: {dataIndex: {podTemplate: {container: {env: [{name: A}]}}}}}, status: {conditions: []}`,
		},
		"NoSpec": {
			reason:    "Nor of a spec that isn't there.",
			composite: `metadata: {name: x}`,
		},
		"Crossplane": {
			reason: "Crossplane's own fields are nothing that a user could mend.",
			composite: `spec: {claimRef: {name: x}, compositionRef: {name: x}, compositionSelector: {}, compositionRevisionRef: {}, compositionRevisionSelector: {},
				compositionUpdatePolicy: Manual, compositeDeletePolicy: Foreground, resourceRef: {}, resourceRefs: [], writeConnectionSecretToRef: {},
				publishConnectionDetailsTo: {}, environmentConfigRefs: [], crossplane: {compositionRef: {name: x}}}`,
		},
		"CrossplaneElsewhere": {
			reason:    "Its fields are at the top of the spec, and nowhere else.",
			composite: `spec: {services: {resourceRefs: []}}`,
			want:      []string{"spec.services.resourceRefs" + none},
		},
		"Slips": {
			reason:    "A letter too many or too few, two in the wrong order, another plural and other capitals are slips.",
			composite: `spec: {services: {dataIndex: {enabeld: true, podTemplates: {}}, jobsService: {}}, persistnece: {}, devmode: {}, event-ing: {}}`,
			want: []string{
				"spec.devmode" + none + "; was devMode meant?",
				"spec.event-ing" + none + "; was eventing meant?",
				"spec.persistnece" + none + "; was persistence meant?",
				"spec.services.dataIndex.enabeld" + none + "; was enabled meant?",
				"spec.services.dataIndex.podTemplates" + none + "; was podTemplate meant?",
				"spec.services.jobsService" + none + "; was jobService meant?",
			},
		},
		"WithinLists": {
			reason:    "Fields of list elements and of Kubernetes' own types are known, too.",
			composite: `spec: {services: {jobService: {podTemplate: {container: {env: [{name: A}, {name: B, vaule: "1"}], livenessProbe: {httpget: {}}}}}}}`,
			want: []string{
				"spec.services.jobService.podTemplate.container.env[1].vaule" + none + "; was value meant?",
				"spec.services.jobService.podTemplate.container.livenessProbe.httpget" + none + "; was httpGet meant?",
			},
		},
		"TooDeep": {
			reason:    "A field of an object within is named with its place.",
			composite: `spec: {dataIndex: {}, services: {jobService: {image: x, podTemplate: {resources: {}}}}}`,
			want: []string{
				"spec.dataIndex" + none + "; was services.dataIndex meant?",
				"spec.services.jobService.image" + none + "; was podTemplate.container.image meant?",
				"spec.services.jobService.podTemplate.resources" + none + "; was container.resources meant?",
			},
		},
		"TooShallow": {
			reason:    "A field of an object around it, or beside it, is named with its path.",
			composite: `spec: {persistence: {dataIndex: {}}, services: {jobService: {podTemplate: {container: {replicas: 1, nodeSelector: {}}}}}}`,
			want: []string{
				"spec.persistence.dataIndex" + none + "; was spec.services.dataIndex meant?",
				"spec.services.jobService.podTemplate.container.nodeSelector" + none + "; was spec.services.jobService.podTemplate.nodeSelector meant?",
				"spec.services.jobService.podTemplate.container.replicas" + none + "; was spec.services.jobService.podTemplate.replicas meant?",
			},
		},
		"OutsideOfTheSpec": {
			reason:    "A document whose lines have the wrong indentation has fields outside of its spec.",
			composite: `sepc: {}, services: {}, spec: {}`,
			want: []string{
				"sepc" + none + "; was spec meant?",
				"services" + none + "; was spec.services meant?",
			},
		},
		"NothingNear": {
			reason:    "No name is offered when none is near, when several would do, or when it is one that most things have.",
			composite: `spec: {platform: {}, services: {persistence: {}, jobService: {persistence: {nothing: true}, podTemplate: {name: x, container: {name: x}}}}}`,
			want: []string{
				"spec.platform" + none,
				"spec.services.jobService.persistence.nothing" + none,
				"spec.services.jobService.podTemplate.container.name" + none,
				"spec.services.jobService.podTemplate.name" + none,
				"spec.services.persistence" + none,
			},
		},
		"Renamed": {
			reason:    "A field of an earlier version has another name now, where it was.",
			composite: `spec: {migrateDBOnStartUp: true, services: {jobService: {persistence: {migrateDBOnStartUp: true}}}}`,
			want: []string{
				"spec.migrateDBOnStartUp" + none,
				"spec.services.jobService.persistence.migrateDBOnStartUp" + none + "; was dbMigrationStrategy meant?",
			},
		},
		"Capitals": {
			reason:    "Names differ by their capitals. What a field means that the API doesn't have isn't looked at.",
			composite: `spec: {Services: {dataIndex: 1}}`,
			want:      []string{"spec.Services" + none + "; was services meant?"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := compositiontest.Request(t, `{kind: XSonataFlowPlatform, `+tc.composite+`}`, compositiontest.Cluster{})
			got, errs := decoding.Spec(req.Composite, &v1alpha08.SonataFlowPlatformSpec{})
			if len(errs) > 0 {
				t.Fatalf("%s\nSpec(...): %v", tc.reason, errs)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s\nSpec(...): -want warnings, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSpecResult holds that what can be read is read, although something else is wrong.
func TestSpecResult(t *testing.T) {
	t.Parallel()
	req := compositiontest.Request(t, `{kind: X, spec: {claimRef: {name: x}, unknown: 1, devMode: {baseImage: a}, monitoring: {enabled: "no"}, properties: {flow: [{name: b, value: 1}]}}}`, compositiontest.Cluster{})
	got := v1alpha08.SonataFlowPlatformSpec{}
	warnings, errs := decoding.Spec(req.Composite, &got)
	want := v1alpha08.SonataFlowPlatformSpec{
		DevMode: &v1alpha08.DevModePlatformSpec{BaseImage: "a"}, Monitoring: &v1alpha08.PlatformMonitoringOptionsSpec{},
		Properties: &v1alpha08.PropertyPlatformSpec{Flow: []v1alpha08.PropertyVar{{Name: "b"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Spec(...): -want, +got:\n%s", diff)
	}
	if len(warnings) != 1 || len(errs) != 2 {
		t.Errorf("Spec(...): want a warning and 2 errors, got %q and %v", warnings, errs)
	}
	if _, found := req.Composite.Object["spec"].(map[string]any)["claimRef"]; !found {
		t.Error("Spec(...) has changed the composite")
	}
}

// TestFieldUnknown holds that a field that isn't a spec may have more fields than
// its type, as a status that Crossplane writes to does.
func TestFieldUnknown(t *testing.T) {
	t.Parallel()
	got := corev1.EnvVar{}
	if errs := decoding.Field(map[string]any{"name": "A", "newer": true}, &got, field.NewPath("env")); len(errs) > 0 {
		t.Errorf("Field(...): %v", errs)
	}
	if diff := cmp.Diff(corev1.EnvVar{Name: "A"}, got); diff != "" {
		t.Errorf("Field(...): -want, +got:\n%s", diff)
	}
}

func texts(errs field.ErrorList) []string {
	out := make([]string, 0, len(errs))
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return out
}
