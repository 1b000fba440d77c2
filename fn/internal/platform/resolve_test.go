// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	duckv1 "knative.dev/pkg/apis/duck/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/sharing"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A given is what a platform is resolved from: the fields of its spec, its input, and what
// the cluster platform offers.
type given struct {
	spec  string
	input v1beta1.Input
	offer sharing.Offer
	// namespaced is a composite that lives in namespace ns1, in place of one that is claimed
	// from there.
	namespaced bool
	// annotations of the composite.
	annotations string
}

// resolve returns the platform plat in namespace ns1, and what is wrong with its spec.
func (g given) resolve(t *testing.T) (*Platform, field.ErrorList) {
	t.Helper()
	metadata, claimRef := "name: plat-x7k2p", "claimRef: {namespace: ns1, name: plat}, "
	if g.namespaced {
		metadata, claimRef = "namespace: ns1, name: plat", ""
	}
	doc, errs := parse(compositiontest.Request(t, `{kind: XSonataFlowPlatform, metadata: {`+metadata+`, annotations: {`+g.annotations+`}}, spec: {`+claimRef+g.spec+`}}`, compositiontest.Cluster{}).Composite)
	if len(errs) > 0 {
		t.Fatalf("parse(...): %v", errs)
	}
	return resolve(doc, &g.input, g.offer)
}

// resolveValid does the same for a spec that makes sense.
func (g given) resolveValid(t *testing.T) *Platform {
	t.Helper()
	p, errs := g.resolve(t)
	if len(errs) > 0 {
		t.Fatalf("resolve(...): %v", errs)
	}
	return p
}

// componentOf returns a component of a platform, or the zero component.
func componentOf(p *Platform, k component.Kind) *component.Component {
	for _, c := range p.Components {
		if c.Kind.Key == k.Key {
			return c
		}
	}
	return &component.Component{}
}

// valueOf returns the value of a variable of a component's container.
func valueOf(c *component.Component, variable string) string {
	for _, e := range c.Pod.Containers[0].Env {
		if e.Name == variable {
			return e.Value
		}
	}
	return ""
}

// both are services without wishes.
const both = `services: {dataIndex: {}, jobService: {}}`

// onPostgreSQL is a platform with a database for both services.
const onPostgreSQL = `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}, ` + both

// TestValidate shows that everything that is wrong with a spec is told at once, each at its
// field.
func TestValidate(t *testing.T) {
	t.Parallel()
	const service = `persistence: {postgresql: {}, dbMigrationStrategy: never}, podTemplate: {replicas: -1, container: {image: "a b"}}, source: {}`
	_, errs := given{spec: `persistence: {postgresql: {serviceRef: {name: pg}}}, eventing: {broker: {}}, properties: {flow: [{name: a}, {value: b}]},
services: {dataIndex: {` + service + `}, jobService: {` + service + `, sink: {}}}`}.resolve(t)
	got := make([]string, 0, len(errs))
	for _, err := range errs {
		got = append(got, err.Field)
	}
	want := []string{"spec.persistence.postgresql.secretRef.name", "spec.eventing.broker.ref", "spec.properties.flow[1].name"}
	for _, path := range []string{"spec.services.dataIndex.", "spec.services.jobService."} {
		for _, name := range []string{
			"persistence.postgresql.secretRef.name", "persistence.postgresql", "persistence.dbMigrationStrategy", "podTemplate.replicas", "podTemplate.container.image", "source.ref",
		} {
			want = append(want, path+name)
		}
	}
	if diff := cmp.Diff(append(want, "spec.services.jobService.sink"), got); diff != "" {
		t.Errorf("resolve(...): -want fields, +got fields:\n%s", diff)
	}
}

// TestResolveDatabases shows which database each service uses, and how its schema comes up
// to date.
func TestResolveDatabases(t *testing.T) {
	t.Parallel()
	type database struct {
		Image, URL, Schema string
		Secret             postgres.Secret
		// Migrate is what the service does at its start; Job is true where a Job does it before.
		Migrate string
		Job     bool
	}
	type want struct{ DataIndex, JobsService database }
	const images = "docker.io/apache/incubator-kie-kogito-"
	ephemeral := want{
		DataIndex:   database{Image: images + "data-index-ephemeral:10.2.0"},
		JobsService: database{Image: images + "jobs-service-ephemeral:10.2.0"},
	}
	secret := postgres.Secret{Name: "db", UserKey: "POSTGRESQL_USER", PasswordKey: "POSTGRESQL_PASSWORD"}
	dataIndex := func(url, schema string) database {
		return database{Image: images + "data-index-postgresql:10.2.0", URL: "jdbc:postgresql://" + url, Schema: schema, Secret: secret, Migrate: "true"}
	}
	jobsService := func(url, schema string) database {
		return database{Image: images + "jobs-service-postgresql:10.2.0", URL: "jdbc:postgresql://" + url, Schema: schema, Secret: secret, Migrate: "true"}
	}
	const url = "pg.ns1:5432/sonataflow?currentSchema="
	shared := want{
		DataIndex:   dataIndex(url+"plat-data-index-service", "plat-data-index-service"),
		JobsService: jobsService(url+"plat-jobs-service", "plat-jobs-service"),
	}
	notAtStart := func(d database, job bool) database {
		d.Migrate, d.Job = "false", job
		return d
	}
	cases := map[string]struct {
		reason string
		given  given
		want   want
	}{
		"Ephemeral": {
			reason: "Without persistence, databases last as long as the pods.",
			given:  given{spec: both},
			want:   ephemeral,
		},
		"EphemeralInManyWords": {
			reason: "Databases last as long as the pods also where persistence doesn't mention PostgreSQL.",
			given:  given{spec: `persistence: {}, services: {dataIndex: {persistence: {dbMigrationStrategy: service}}, jobService: {persistence: {}}}`},
			want:   ephemeral,
		},
		"Platform": {
			reason: "Services inherit the platform's database, each with a schema of its own.",
			given:  given{spec: onPostgreSQL},
			want:   shared,
		},
		"PlatformDisabledServices": {
			reason: "Whether a service is enabled doesn't change its database.",
			given:  given{spec: `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}, services: {dataIndex: {enabled: false}, jobService: {enabled: false}}`},
			want:   shared,
		},
		"PlatformEmptyServicePersistence": {
			reason: "An empty persistence of a service inherits the database; a strategy that isn't given is service.",
			given: given{spec: `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}},
services: {dataIndex: {persistence: {}}, jobService: {persistence: {dbMigrationStrategy: service}}}`},
			want: shared,
		},
		"PlatformWithStrategy": {
			reason: "A service may inherit the database and not migrate its schema at its start.",
			given: given{spec: `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, namespace: dbns, port: 1234, databaseName: d}}},
services: {dataIndex: {persistence: {dbMigrationStrategy: none}}, jobService: {persistence: {dbMigrationStrategy: job}}}`},
			want: want{
				DataIndex:   notAtStart(dataIndex("pg.dbns:1234/d?currentSchema=plat-data-index-service", "plat-data-index-service"), false),
				JobsService: notAtStart(jobsService("pg.dbns:1234/d?currentSchema=plat-jobs-service", "plat-jobs-service"), true),
			},
		},
		"PlatformSchema": {
			reason: "The platform's schema is that of all services which inherit the database.",
			given:  given{spec: `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: shared}}}, ` + both},
			want:   want{DataIndex: dataIndex(url+"shared", "shared"), JobsService: jobsService(url+"shared", "shared")},
		},
		"PlatformSchemaToTheOperator": {
			reason: "The operator's API has no schema at the platform, so the operator's schemas are used.",
			given: given{
				spec:  `persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: shared}}}, ` + both,
				input: v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator},
			},
			want: shared,
		},
		"PlatformJDBCURL": {
			reason: "A JDBC URL is used as it is by all services that inherit the database.",
			given:  given{spec: `persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h:1/d?currentSchema=s"}}, ` + both},
			want:   want{DataIndex: dataIndex("h:1/d?currentSchema=s", "s"), JobsService: jobsService("h:1/d?currentSchema=s", "s")},
		},
		"ServiceWins": {
			reason: "A service's own database replaces the platform's as a whole: keys and port aren't inherited.",
			given: given{spec: `persistence: {postgresql: {secretRef: {name: platform, userKey: U, passwordKey: P}, serviceRef: {name: find-me, port: 1234}}},
services: {
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: own}}}},
  jobService: {persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h:1/d?currentSchema=s"}}}}`},
			want: want{
				DataIndex:   dataIndex("own.ns1:5432/sonataflow?currentSchema=plat-data-index-service", "plat-data-index-service"),
				JobsService: jobsService("h:1/d?currentSchema=s", "s"),
			},
		},
		"ServiceSchema": {
			reason: "A service's own schema counts also where the operator decides.",
			given: given{
				spec: `services: {
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: mine}}}},
  jobService: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}, dbMigrationStrategy: none}}}`,
				input: v1beta1.Input{Compatibility: v1beta1.CompatibilityOperator},
			},
			want: want{
				DataIndex:   dataIndex(url+"mine", "mine"),
				JobsService: notAtStart(jobsService(url+"plat-jobs-service", "plat-jobs-service"), false),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tc.given.resolveValid(t)
			of := func(k component.Kind) database {
				c := componentOf(p, k)
				out := database{Image: c.Image, Migrate: valueOf(c, "QUARKUS_FLYWAY_MIGRATE_AT_START"), Job: c.Migration != nil}
				if c.Database != nil {
					out.URL, out.Schema, out.Secret = c.Database.URL, c.Database.Schema, c.Database.Secret
				}
				if diff := cmp.Diff(out.URL, valueOf(c, "QUARKUS_DATASOURCE_JDBC_URL")); diff != "" {
					t.Errorf("%s\nresolve(...): -want the database in the container of the %s, +got:\n%s", tc.reason, k.Title, diff)
				}
				return out
			}
			got := want{DataIndex: of(component.DataIndex()), JobsService: of(component.JobsService())}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestResolveMigration shows what a migration's Job gets of input, composite and the
// service's podTemplate.
func TestResolveMigration(t *testing.T) {
	t.Parallel()
	pod := func(pullSecrets ...corev1.LocalObjectReference) corev1.PodSpec {
		return corev1.PodSpec{AutomountServiceAccountToken: new(false), ImagePullSecrets: pullSecrets, Containers: []corev1.Container{{}}}
	}
	const withJob = `services: {dataIndex: {
persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}, podTemplate: {container: {securityContext: {privileged: true}}}}}`
	cases := map[string]struct {
		reason string
		given  given
		want   *component.Migration
	}{
		"Default": {
			reason: "The Job's pod is restricted, also where the podTemplate of the service asks for more.",
			given:  given{spec: withJob},
			want: &component.Migration{
				Image: "docker.io/apache/incubator-kie-kogito-db-migrator-tool:10.2.0", Pod: pod(),
				SecurityContext: podtemplate.Restricted(&v1alpha08.PodTemplateSpec{}),
			},
		},
		"Input": {
			reason: "The input may name the image and its Secret, and leave the security of pods to the cluster; an annotation asks for another attempt.",
			given: given{
				spec: withJob, annotations: `sonataflow.org/migration-attempt: "2"`,
				input: v1beta1.Input{
					Images:      v1beta1.Images{DBMigrator: "my/migrator:1", PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}},
					PodSecurity: v1beta1.PodSecurityNone,
				},
			},
			want: &component.Migration{Image: "my/migrator:1", Attempt: "2", Pod: pod(corev1.LocalObjectReference{Name: "pull"})},
		},
		"PodTemplate": {
			reason: "How the service's pod is scheduled and reaches its database comes along, but not what its container does; root in the pod is root in the Job's.",
			given: given{
				spec: `services: {dataIndex: {persistence: {dbMigrationStrategy: job, postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}, podTemplate: {
  replicas: 2, serviceAccountName: di, imagePullSecrets: [{name: mine}], nodeSelector: {disk: ssd}, securityContext: {runAsUser: 0},
  volumes: [{name: ca, secret: {secretName: ca}}, {name: cache, emptyDir: {}}],
  initContainers: [{name: proxy, image: p, restartPolicy: Always}, {name: wait, image: w, volumeMounts: [{name: cache, mountPath: /c}]}],
  containers: [{name: log, image: l}],
  container: {image: "my/di:1", env: [{name: SSL_CERT_DIR, value: /ca}, {name: QUARKUS_LOG_LEVEL, value: DEBUG}], volumeMounts: [{name: ca, mountPath: /ca}]}}}}`,
				input: v1beta1.Input{Images: v1beta1.Images{PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}}},
			},
			want: &component.Migration{
				Image: "docker.io/apache/incubator-kie-kogito-db-migrator-tool:10.2.0",
				Pod: corev1.PodSpec{
					ServiceAccountName: "di",
					ImagePullSecrets:   []corev1.LocalObjectReference{{Name: "mine"}, {Name: "pull"}},
					NodeSelector:       map[string]string{"disk": "ssd"},
					SecurityContext:    &corev1.PodSecurityContext{RunAsUser: new(int64(0))},
					Volumes:            []corev1.Volume{{Name: "ca", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "ca"}}}},
					InitContainers:     []corev1.Container{{Name: "proxy", Image: "p", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}},
					Containers: []corev1.Container{{
						Env:          []corev1.EnvVar{{Name: "SSL_CERT_DIR", Value: "/ca"}},
						VolumeMounts: []corev1.VolumeMount{{Name: "ca", MountPath: "/ca"}},
					}},
				},
				SecurityContext: podtemplate.Restricted(&v1alpha08.PodTemplateSpec{PodSpec: v1alpha08.PodSpec{SecurityContext: &corev1.PodSecurityContext{RunAsUser: new(int64(0))}}}),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := componentOf(tc.given.resolveValid(t), component.DataIndex()).Migration
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestResolveProperties shows when the Jobs Service reports the changes of jobs to the
// Data Index.
func TestResolveProperties(t *testing.T) {
	t.Parallel()
	const property = "mp.messaging.outgoing.kogito-job-service-job-status-events-http.url = http://plat-data-index-service.ns1/jobs\n"
	type want struct{ Documentation, Operator bool }
	cases := map[string]struct {
		reason string
		spec   string
		want   want
	}{
		"NotGiven": {
			reason: "Documentation and operator disagree about a Data Index that doesn't say whether it is enabled.",
			spec:   `services: {dataIndex: {}, jobService: {enabled: true}}`,
			want:   want{Operator: true},
		},
		"Enabled": {
			reason: "To a Data Index that is enabled, changes are reported.",
			spec:   `services: {dataIndex: {enabled: true}, jobService: {enabled: true}}`,
			want:   want{Documentation: true, Operator: true},
		},
		"Disabled": {
			reason: "To a Data Index that is disabled, no change is reported.",
			spec:   `services: {dataIndex: {enabled: false}, jobService: {enabled: true}}`,
		},
		"JobsServiceDisabled": {
			reason: "Whether the Jobs Service is enabled matters to workflows, not to what it reports itself.",
			spec:   `services: {dataIndex: {enabled: true}, jobService: {enabled: false}}`,
			want:   want{Documentation: true, Operator: true},
		},
		"NoDataIndex": {
			reason: "Without a Data Index there is nothing to report to.",
			spec:   `services: {jobService: {enabled: true}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wired := func(c v1beta1.Compatibility) bool {
				p := given{spec: tc.spec, input: v1beta1.Input{Compatibility: c}}.resolveValid(t)
				return strings.Contains(componentOf(p, component.JobsService()).Properties.Text, property)
			}
			got := want{Documentation: wired(v1beta1.CompatibilityDocumentation), Operator: wired(v1beta1.CompatibilityOperator)}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestResolveEventing shows which Broker each service takes events from, and where the Jobs
// Service sends its own.
func TestResolveEventing(t *testing.T) {
	t.Parallel()
	ref := func(name string) string { return "{ref: {kind: Broker, name: " + name + ", namespace: brokers}}" }
	const platformBroker = `eventing: {broker: {ref: {kind: Broker, name: default}}}, `
	offer := sharing.Offer{Broker: &v1alpha08.Destination{Ref: &duckv1.KReference{Kind: "Broker", Namespace: "ns2", Name: "shared"}}}
	pending := sharing.Offer{BrokerPending: true}
	type want struct {
		DataIndex, JobsService, Sink string
		Pending                      bool
	}
	cases := map[string]struct {
		reason string
		given  given
		want   want
	}{
		"Nothing": {
			reason: "Where no Broker and no sink is named, events travel over HTTP.",
			given:  given{spec: both},
		},
		"Platform": {
			reason: "The platform's Broker is for all services that name none, and is in the platform's namespace unless it says otherwise.",
			given:  given{spec: platformBroker + both},
			want:   want{DataIndex: "ns1/default", JobsService: "ns1/default", Sink: "ns1/default"},
		},
		"Own": {
			reason: "A service's own source and sink win over the platform's Broker.",
			given: given{spec: `eventing: {broker: ` + ref("p") + `},
services: {dataIndex: {source: ` + ref("a") + `}, jobService: {source: ` + ref("b") + `, sink: ` + ref("c") + `}}`},
			want: want{DataIndex: "brokers/a", JobsService: "brokers/b", Sink: "brokers/c"},
		},
		"OwnWithoutPlatform": {
			reason: "A service may have a source or a sink where the platform has no Broker.",
			given:  given{spec: `services: {dataIndex: {source: ` + ref("a") + `}, jobService: {sink: ` + ref("c") + `}}`},
			want:   want{DataIndex: "brokers/a", Sink: "brokers/c"},
		},
		"Disabled": {
			reason: "Whether a service is enabled doesn't change which events it takes.",
			given:  given{spec: `eventing: {broker: ` + ref("p") + `}, services: {dataIndex: {enabled: false}}`},
			want:   want{DataIndex: "brokers/p"},
		},
		"Address": {
			reason: "A sink may be an address.",
			given:  given{spec: `services: {jobService: {sink: {uri: "http://events.example.com/in"}}}`},
			want:   want{Sink: "http://events.example.com/in"},
		},
		"Offered": {
			reason: "A Broker that the cluster platform offers is for services without one.",
			given:  given{spec: both, offer: offer},
			want:   want{DataIndex: "ns2/shared", JobsService: "ns2/shared", Sink: "ns2/shared"},
		},
		"OfferedBesidePlatform": {
			reason: "The platform's own Broker wins over one that is offered.",
			given:  given{spec: platformBroker + both, offer: offer},
			want:   want{DataIndex: "ns1/default", JobsService: "ns1/default", Sink: "ns1/default"},
		},
		"OfferedBesideOwn": {
			reason: "A service's own source wins over a Broker that is offered, for that service.",
			given:  given{spec: `services: {dataIndex: {source: ` + ref("a") + `}, jobService: {}}`, offer: offer},
			want:   want{DataIndex: "brokers/a", JobsService: "ns2/shared", Sink: "ns2/shared"},
		},
		"OfferedToNoService": {
			reason: "A platform without services needs no Broker.",
			given:  given{offer: offer},
		},
		"Pending": {
			reason: "A Broker that may be offered matters to services without one.",
			given:  given{spec: both, offer: pending},
			want:   want{Pending: true},
		},
		"PendingForSink": {
			reason: "A Broker that may be offered matters to a Jobs Service without a sink.",
			given:  given{spec: `services: {jobService: {source: ` + ref("b") + `}}`, offer: pending},
			want:   want{JobsService: "brokers/b", Pending: true},
		},
		"PendingBesidePlatform": {
			reason: "A Broker that may be offered doesn't matter where the platform has one.",
			given:  given{spec: platformBroker + `services: {dataIndex: {}}`, offer: pending},
			want:   want{DataIndex: "ns1/default"},
		},
		"PendingBesideOwn": {
			reason: "A Broker that may be offered doesn't matter where all services have their own.",
			given:  given{spec: `services: {dataIndex: {source: ` + ref("a") + `}, jobService: {source: ` + ref("b") + `, sink: ` + ref("c") + `}}`, offer: pending},
			want:   want{DataIndex: "brokers/a", JobsService: "brokers/b", Sink: "brokers/c"},
		},
		"PendingForNoService": {
			reason: "A Broker that may be offered doesn't matter to a platform without services.",
			given:  given{offer: pending},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tc.given.resolveValid(t)
			source := func(c *component.Component) string {
				if len(c.Subscriptions) == 0 {
					return ""
				}
				return c.Subscriptions[0].From.Namespace + "/" + c.Subscriptions[0].From.Name
			}
			jobsService := componentOf(p, component.JobsService())
			got := want{DataIndex: source(componentOf(p, component.DataIndex())), JobsService: source(jobsService), Pending: p.BrokerPending}
			if s := jobsService.Sink; s != nil && s.Ref != nil {
				got.Sink = s.Ref.Namespace + "/" + s.Ref.Name
			} else if s != nil {
				got.Sink = s.URI.String()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
			// The properties say whether there is a sink, and there are some for the time without.
			if differ := jobsService.Properties.Text != jobsService.Properties.WithoutSink; differ != (tc.want.Sink != "") {
				t.Errorf("%s\nresolve(...): properties with and without sink differ: %t", tc.reason, differ)
			}
		})
	}
}

// TestResolveNamespaced shows that a composite that lives in a namespace isn't given
// Triggers that it can't have.
func TestResolveNamespaced(t *testing.T) {
	t.Parallel()
	const (
		elsewhere = `eventing: {broker: {ref: {kind: Broker, name: default, namespace: brokers}}}, `
		fix       = `.ref.namespace: Invalid value: "brokers": a platform that is a namespaced composite can't have Triggers in other namespaces: use a Broker in namespace ns1, or a SonataFlowPlatform that is a claim`
	)
	cases := map[string]struct {
		reason string
		spec   string
		want   string
	}{
		"PlatformBrokerElsewhere": {
			reason: "Triggers live where their Broker does, so a Broker in another namespace is refused.",
			spec:   elsewhere + `services: {dataIndex: {}}`,
			want:   "spec.eventing.broker" + fix,
		},
		"SourceElsewhere": {
			reason: "A service's own source in another namespace is refused at its own field.",
			spec:   `services: {jobService: {source: {ref: {kind: Broker, name: default, namespace: brokers}}}}`,
			want:   "spec.services.jobService.source" + fix,
		},
		"SameNamespace": {
			reason: "A Broker in the composite's own namespace is fine.",
			spec:   `eventing: {broker: {ref: {kind: Broker, name: default}}}, services: {dataIndex: {}}`,
		},
		"SinkElsewhere": {
			reason: "A sink in another namespace is fine, because a SinkBinding lives where its workload does.",
			spec:   `services: {jobService: {sink: {ref: {kind: Broker, name: default, namespace: brokers}}}}`,
		},
		"NoService": {
			reason: "A Broker that no service uses may be anywhere.",
			spec:   elsewhere + `services: {}`,
		},
		"OwnSource": {
			reason: "The platform's Broker doesn't matter to a service with a source of its own.",
			spec:   elsewhere + `services: {dataIndex: {source: {ref: {kind: Broker, name: mine}}}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, errs := given{spec: tc.spec, namespaced: true}.resolve(t)
			got := ""
			if err := errs.ToAggregate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want error, +got error:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestResolveImages shows that what runs and what the version label says is one image.
func TestResolveImages(t *testing.T) {
	t.Parallel()
	type want struct{ Image, Version string }
	cases := map[string]struct {
		reason string
		given  given
		want   want
	}{
		"Default": {
			reason: "Where nothing else is said, the image is that of the default profile.",
			given:  given{spec: `services: {jobService: {}}`},
			want:   want{"docker.io/apache/incubator-kie-kogito-jobs-service-ephemeral:10.2.0", "10.2.0"},
		},
		"Input": {
			reason: "The input may say which image it is.",
			given: given{
				spec:  `services: {jobService: {}}`,
				input: v1beta1.Input{Images: v1beta1.Images{Profile: v1beta1.ImageProfileKubeSmarts, Registry: "mirror.example.com", Tag: "v1"}},
			},
			want: want{"mirror.example.com/incubator-kie-kogito-jobs-service-ephemeral:v1", "v1"},
		},
		"PodTemplate": {
			reason: "The user's own image wins over the input's.",
			given: given{
				spec:  `services: {jobService: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}, podTemplate: {container: {image: "my/js:latest"}}}}`,
				input: v1beta1.Input{Images: v1beta1.Images{JobServicePostgreSQL: "a"}},
			},
			want: want{"my/js:latest", "latest"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := componentOf(tc.given.resolveValid(t), component.JobsService())
			if diff := cmp.Diff(tc.want, want{c.Image, c.Version}); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.Image, c.Pod.Containers[0].Image); diff != "" {
				t.Errorf("%s\nresolve(...): -want image of the container, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestResolvePodTemplates shows that each podTemplate reaches its own pod, and that its
// warnings reach the user.
func TestResolvePodTemplates(t *testing.T) {
	t.Parallel()
	p := given{
		spec: `services: {
  dataIndex: {podTemplate: {serviceAccountName: di, container: {env: [{name: KOGITO_DATA_INDEX_QUARKUS_PROFILE, value: other}]}}},
  jobService: {podTemplate: {serviceAccountName: js, container: {readinessProbe: {initialDelaySeconds: 0}}}}}`,
		input: v1beta1.Input{Images: v1beta1.Images{PullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}}},
	}.resolveValid(t)
	type want struct {
		ServiceAccount string
		PullSecrets    []corev1.LocalObjectReference
		InitialDelay   int32
	}
	pull := []corev1.LocalObjectReference{{Name: "pull"}}
	cases := map[string]struct {
		reason string
		kind   component.Kind
		want   want
	}{
		"DataIndex": {
			reason: "The Data Index has the service account of its own podTemplate, and the pull secrets of the input.",
			kind:   component.DataIndex(),
			want:   want{ServiceAccount: "di", PullSecrets: pull, InitialDelay: 45},
		},
		"JobsService": {
			reason: "A zero that a user gives counts, though Go can't tell it from nothing.",
			kind:   component.JobsService(),
			want:   want{ServiceAccount: "js", PullSecrets: pull},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pod := componentOf(p, tc.kind).Pod
			got := want{ServiceAccount: pod.ServiceAccountName, PullSecrets: pod.ImagePullSecrets, InitialDelay: pod.Containers[0].ReadinessProbe.InitialDelaySeconds}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	warnings := []string{"spec.services.dataIndex.podTemplate.container.env[0]: KOGITO_DATA_INDEX_QUARKUS_PROFILE has no effect: the platform sets KOGITO_DATA_INDEX_QUARKUS_PROFILE in the service's container itself; remove it here"}
	if diff := cmp.Diff(warnings, p.Warnings); diff != "" {
		t.Errorf("resolve(...): -want warnings, +got warnings:\n%s", diff)
	}
}

// TestResolveScaling shows that each service asks for what its podTemplate says about the
// number of pods.
func TestResolveScaling(t *testing.T) {
	t.Parallel()
	type want struct {
		Replicas *int32
		Budget   *policyv1.PodDisruptionBudgetSpec
	}
	cases := map[string]struct {
		reason      string
		podTemplate string
		want        want
	}{
		"NotGiven": {
			reason: "A podTemplate that gives no number asks for none.",
		},
		"Zero": {
			reason:      "A zero is a number.",
			podTemplate: `replicas: 0`,
			want:        want{Replicas: new(int32(0))},
		},
		"MinAvailable": {
			reason:      "A budget may say how many pods must stay.",
			podTemplate: `replicas: 2, podDisruptionBudget: {minAvailable: 1}`,
			want:        want{Replicas: new(int32(2)), Budget: &policyv1.PodDisruptionBudgetSpec{MinAvailable: new(intstr.FromInt32(1))}},
		},
		"MaxUnavailable": {
			reason:      "A budget may say how many pods may go.",
			podTemplate: `podDisruptionBudget: {maxUnavailable: 50%}`,
			want:        want{Budget: &policyv1.PodDisruptionBudgetSpec{MaxUnavailable: new(intstr.FromString("50%"))}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := given{spec: `services: {dataIndex: {podTemplate: {` + tc.podTemplate + `}}, jobService: {}}`}.resolveValid(t)
			got := map[string]want{}
			for _, c := range p.Components {
				got[c.Kind.Title] = want{Replicas: c.Replicas, Budget: c.Budget}
			}
			if diff := cmp.Diff(map[string]want{"Data Index": tc.want, "Jobs Service": {}}, got); diff != "" {
				t.Errorf("%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
