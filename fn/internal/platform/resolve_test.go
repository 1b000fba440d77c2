// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

func kinds() []service.Kind { return []service.Kind{service.DataIndex, service.JobsService} }

// TestPersistence holds which database each service uses: its own, else the
// platform's, else none.
func TestPersistence(t *testing.T) {
	t.Parallel()
	// wiring is what a service knows of its database.
	type wiring struct{ Image, URL, Reactive, User, Password, Migrate, LoadError string }
	const images = "docker.io/apache/incubator-kie-kogito-"
	ephemeral := map[service.Kind]wiring{
		service.DataIndex:   {Image: images + "data-index-ephemeral:10.2.0"},
		service.JobsService: {Image: images + "jobs-service-ephemeral:10.2.0"},
	}
	// postgresql is what both know of one database, less what differs.
	dataIndex := func(url, migrate string) wiring {
		return wiring{
			Image: images + "data-index-postgresql:10.2.0", URL: "jdbc:" + url, Migrate: migrate,
			User: "db/POSTGRESQL_USER", Password: "db/POSTGRESQL_PASSWORD",
		}
	}
	jobsService := func(url, migrate string) wiring {
		w := dataIndex(url, migrate)
		w.Image, w.LoadError = images+"jobs-service-postgresql:10.2.0", "FAIL_SERVICE"
		w.Reactive = strings.ReplaceAll(url, "currentSchema", "search_path")
		return w
	}
	shared := map[service.Kind]wiring{
		service.DataIndex:   dataIndex("postgresql://pg.ns1:5432/sonataflow?currentSchema=plat-data-index-service", "true"),
		service.JobsService: jobsService("postgresql://pg.ns1:5432/sonataflow?currentSchema=plat-jobs-service", "true"),
	}
	cases := map[string]struct {
		reason string
		spec   string
		input  string
		want   map[service.Kind]wiring
	}{
		"Ephemeral": {
			reason: "Without persistence the databases last as long as the pods.",
			spec:   both,
			want:   ephemeral,
		},
		"EphemeralInManyWords": {
			reason: "So they do when persistence says nothing about PostgreSQL.",
			spec: `
persistence: {}
services: {dataIndex: {persistence: {dbMigrationStrategy: service}}, jobService: {persistence: {}}}`,
			want: ephemeral,
		},
		"Platform": {
			reason: "Services inherit the platform's database, each with a schema of its own.",
			spec:   onPostgreSQL,
			want:   shared,
		},
		"PlatformDisabledServices": {
			reason: "Whether others are wired to a service has nothing to do with its database.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}
services: {dataIndex: {enabled: false}, jobService: {enabled: false}}`,
			want: shared,
		},
		"PlatformEmptyServicePersistence": {
			reason: "An empty persistence of a service inherits; a strategy that isn't given is service.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}
services: {dataIndex: {persistence: {}}, jobService: {persistence: {dbMigrationStrategy: service}}}`,
			want: shared,
		},
		"PlatformWithStrategy": {
			reason: "A service may inherit the database and leave its schema to others.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, namespace: dbns, port: 1234, databaseName: d}}}
services: {dataIndex: {persistence: {dbMigrationStrategy: none}}, jobService: {persistence: {dbMigrationStrategy: none}}}`,
			want: map[service.Kind]wiring{
				service.DataIndex:   dataIndex("postgresql://pg.dbns:1234/d?currentSchema=plat-data-index-service", "false"),
				service.JobsService: jobsService("postgresql://pg.dbns:1234/d?currentSchema=plat-jobs-service", "false"),
			},
		},
		"PlatformSchema": {
			reason: "The platform's schema is that of all services which inherit.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: shared}}}
services: {dataIndex: {}, jobService: {}}`,
			want: map[service.Kind]wiring{
				service.DataIndex:   dataIndex("postgresql://pg.ns1:5432/sonataflow?currentSchema=shared", "true"),
				service.JobsService: jobsService("postgresql://pg.ns1:5432/sonataflow?currentSchema=shared", "true"),
			},
		},
		"PlatformSchemaToTheOperator": {
			reason: "The operator's API has no such field.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: shared}}}
services: {dataIndex: {}, jobService: {}}`,
			input: input("compatibility: Operator"),
			want:  shared,
		},
		"PlatformJDBCURL": {
			reason: "A JDBC URL is used as it is, by all that inherit it.",
			spec: `
persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h:1/d?currentSchema=s"}}
services: {dataIndex: {}, jobService: {}}`,
			want: map[service.Kind]wiring{
				service.DataIndex:   dataIndex("postgresql://h:1/d?currentSchema=s", "true"),
				service.JobsService: jobsService("postgresql://h:1/d?currentSchema=s", "true"),
			},
		},
		"ServiceWins": {
			reason: "A service's own database replaces the platform's as a whole: keys and port aren't inherited.",
			spec: `
persistence: {postgresql: {secretRef: {name: platform, userKey: U, passwordKey: P}, serviceRef: {name: find-me, port: 1234}}}
services:
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: own}}}}
  jobService: {persistence: {postgresql: {secretRef: {name: db}, jdbcUrl: "jdbc:postgresql://h:1/d?currentSchema=s"}}}`,
			want: map[service.Kind]wiring{
				service.DataIndex:   dataIndex("postgresql://own.ns1:5432/sonataflow?currentSchema=plat-data-index-service", "true"),
				service.JobsService: jobsService("postgresql://h:1/d?currentSchema=s", "true"),
			},
		},
		"ServiceSchema": {
			reason: "A service's own schema counts, whoever the function takes after.",
			spec: `
services:
  dataIndex: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg, databaseSchema: mine}}}}
  jobService: {persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}, dbMigrationStrategy: none}}`,
			input: input("compatibility: Operator"),
			want: map[service.Kind]wiring{
				service.DataIndex:   dataIndex("postgresql://pg.ns1:5432/sonataflow?currentSchema=mine", "true"),
				service.JobsService: jobsService("postgresql://pg.ns1:5432/sonataflow?currentSchema=plat-jobs-service", "false"),
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, compositiontest.Cluster{Input: tc.input})
			got := map[service.Kind]wiring{}
			for _, k := range kinds() {
				got[k] = wiring{
					Image:     container(t, r, k).Image,
					URL:       env(t, r, k, "QUARKUS_DATASOURCE_JDBC_URL"),
					Reactive:  env(t, r, k, "QUARKUS_DATASOURCE_REACTIVE_URL"),
					User:      env(t, r, k, "QUARKUS_DATASOURCE_USERNAME"),
					Password:  env(t, r, k, "QUARKUS_DATASOURCE_PASSWORD"),
					Migrate:   env(t, r, k, "QUARKUS_FLYWAY_MIGRATE_AT_START"),
					LoadError: env(t, r, k, "KOGITO_JOBS_SERVICE_LOADJOBERRORSTRATEGY"),
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWiring holds when the Jobs Service reports the changes of jobs to the Data
// Index.
func TestWiring(t *testing.T) {
	t.Parallel()
	const property = "mp.messaging.outgoing.kogito-job-service-job-status-events-http.url = http://plat-data-index-service.ns1/jobs\n"
	cases := map[string]struct {
		reason string
		spec   string
		// documented and operator tell whether the services are wired, by whose word counts.
		documented, operator bool
	}{
		"NotGiven": {
			reason:   "Documentation and operator disagree about a Data Index that doesn't say whether it is enabled.",
			spec:     `services: {dataIndex: {}, jobService: {enabled: true}}`,
			operator: true,
		},
		"Enabled": {
			reason:     "They agree about one that does.",
			spec:       `services: {dataIndex: {enabled: true}, jobService: {enabled: true}}`,
			documented: true,
			operator:   true,
		},
		"Disabled": {
			reason: "In both directions.",
			spec:   `services: {dataIndex: {enabled: false}, jobService: {enabled: true}}`,
		},
		"JobsServiceDisabled": {
			reason:     "Whether the Jobs Service is enabled is for workflows, not for its own events.",
			spec:       `services: {dataIndex: {enabled: true}, jobService: {enabled: false}}`,
			documented: true,
			operator:   true,
		},
		"NoDataIndex": {
			reason: "Without a Data Index there is nobody to report to.",
			spec:   `services: {jobService: {enabled: true}}`,
		},
	}
	for name, tc := range cases {
		for compatibility, want := range map[string]bool{"Documentation": tc.documented, "Operator": tc.operator} {
			t.Run(name+compatibility, func(t *testing.T) {
				t.Parallel()
				r := composeValid(t, tc.spec, compositiontest.Cluster{Input: input("compatibility: " + compatibility)})
				text := composed[*corev1.ConfigMap](t, r, service.JobsService, service.ResourceConfig).Data["application.properties"]
				if got := strings.Contains(text, property); got != want {
					t.Errorf("%s\nwant wired %t, got %t:\n%s", tc.reason, want, got, text)
				}
			})
		}
	}
}

// TestImages holds that what runs, what the label says and what the status says is
// one image.
func TestImages(t *testing.T) {
	t.Parallel()
	type want struct{ Image, Version string }
	cases := map[string]struct {
		reason string
		spec   string
		input  string
		want   want
	}{
		"Default": {
			reason: "The image of the profile.",
			spec:   `services: {jobService: {}}`,
			want:   want{"docker.io/apache/incubator-kie-kogito-jobs-service-ephemeral:10.2.0", "10.2.0"},
		},
		"Input": {
			reason: "The input's image.",
			spec:   `services: {jobService: {}}`,
			input:  input("images: {profile: KubeSmarts, registry: mirror.example.com, tag: v1}"),
			want:   want{"mirror.example.com/incubator-kie-kogito-jobs-service-ephemeral:v1", "v1"},
		},
		"PodTemplate": {
			reason: "The user's own image replaces all of them.",
			spec: `
services:
  jobService:
    persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}
    podTemplate: {container: {image: "my/js:latest"}}`,
			input: input("images: {jobServicePostgreSQL: a}"),
			want:  want{"my/js:latest", "latest"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, compositiontest.Cluster{Input: tc.input})
			got := want{container(t, r, service.JobsService).Image, deployment(t, r, service.JobsService).Labels["app.kubernetes.io/version"]}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.Image, r.Status.(*v1alpha08.SonataFlowPlatformStatus).Services.JobService.Image); diff != "" {
				t.Errorf("%s\nCompose(...): -want image in status, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestPodTemplate holds that both podTemplates reach their own pods, and that their
// warnings reach the user.
func TestPodTemplate(t *testing.T) {
	t.Parallel()
	r := composeValid(t, `
services:
  dataIndex: {podTemplate: {serviceAccountName: di, container: {env: [{name: KOGITO_DATA_INDEX_QUARKUS_PROFILE, value: other}]}}}
  jobService: {podTemplate: {serviceAccountName: js, container: {readinessProbe: {initialDelaySeconds: 0}}}}`,
		compositiontest.Cluster{Input: input("images: {pullSecrets: [{name: pull}]}")})
	for k, want := range map[service.Kind]string{service.DataIndex: "di", service.JobsService: "js"} {
		pod := deployment(t, r, k).Spec.Template.Spec
		if diff := cmp.Diff(want, pod.ServiceAccountName); diff != "" {
			t.Errorf("%s: -want service account, +got:\n%s", k, diff)
		}
		if diff := cmp.Diff([]corev1.LocalObjectReference{{Name: "pull"}}, pod.ImagePullSecrets); diff != "" {
			t.Errorf("%s: -want pull secrets, +got:\n%s", k, diff)
		}
	}
	if got := container(t, r, service.JobsService).ReadinessProbe.InitialDelaySeconds; got != 0 {
		t.Errorf("a zero of the user's must count, got %d", got)
	}
	want := "spec.services.dataIndex.podTemplate.container.env[0]: KOGITO_DATA_INDEX_QUARKUS_PROFILE is managed by the platform and keeps its value"
	if diff := cmp.Diff(want, condition(r, v1alpha08.ConditionSpecValid).Message); diff != "" {
		t.Errorf("-want warning, +got:\n%s", diff)
	}
}

// TestPodTemplateRefused holds that a podTemplate that can't be merged stops
// everything, rather than being left aside.
func TestPodTemplateRefused(t *testing.T) {
	t.Parallel()
	r := compose(t, `services: {dataIndex: {podTemplate: {volumes: [{emptyDir: {}}]}}}`, compositiontest.Cluster{})
	if r.Fatal == nil || !strings.Contains(r.Fatal.Error(), "spec.services.dataIndex.podTemplate") {
		t.Errorf("Compose(...): want an error that names the podTemplate, got %v", r.Fatal)
	}
	if got := condition(r, v1alpha08.ConditionSucceed).Reason; got != v1alpha08.ReasonFailure {
		t.Errorf("Compose(...): want reason %s, got %s", v1alpha08.ReasonFailure, got)
	}
}
