// SPDX-License-Identifier: Apache-2.0

package platform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition/compositiontest"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
)

// TestAdopt holds what becomes of Deployments that are there before the platform, those
// of the operator for instance.
func TestAdopt(t *testing.T) {
	t.Parallel()
	withJobs := `
persistence: {postgresql: {secretRef: {name: db}, serviceRef: {name: pg}}}
services: {dataIndex: {persistence: {dbMigrationStrategy: job}}}`
	type want struct {
		// Asked are the Deployments that are looked up.
		Asked []string
		// Deployments are key, replicas (-1 for none) and, for the Jobs Service, how it sends
		// events.
		Deployments []string
		Job         bool
	}
	cases := map[string]struct {
		reason  string
		spec    string
		cluster compositiontest.Cluster
		want    want
	}{
		"NoGate": {
			reason: "Where there is no gate, what runs is just applied over.",
			spec:   both,
			want:   want{Deployments: []string{"data-index -1", "jobs-service 1 http"}},
		},
		"Sink": {
			reason: "A Jobs Service that knows its sink runs on.",
			spec:   withBroker,
			cluster: compositiontest.Cluster{Required: map[string][]string{
				"deployment-plat-jobs-service": {injected},
			}},
			want: want{Asked: []string{"deployment-plat-jobs-service"}, Deployments: []string{"data-index -1", "jobs-service 1 sink"}},
		},
		"NoSink": {
			reason: "One that doesn't runs on as it was, until it does.",
			spec:   withBroker,
			cluster: compositiontest.Cluster{Required: map[string][]string{
				"deployment-plat-jobs-service": {available(1)},
			}},
			want: want{Asked: []string{"deployment-plat-jobs-service"}, Deployments: []string{"data-index -1", "jobs-service 1 http"}},
		},
		"SinkAndNothing": {
			reason:  "Where there is nothing, it waits.",
			spec:    withBroker,
			cluster: compositiontest.Cluster{Required: map[string][]string{"deployment-plat-jobs-service": nil}},
			want:    want{Asked: []string{"deployment-plat-jobs-service"}, Deployments: []string{"data-index -1", "jobs-service 0 sink"}},
		},
		"SinkAndComposed": {
			reason:  "Once composed, it needn't be looked up.",
			spec:    withBroker,
			cluster: compositiontest.Cluster{Observed: map[string]string{"jobs-service-deployment": injected}},
			want:    want{Deployments: []string{"data-index -1", "jobs-service 1 sink"}},
		},
		"Job": {
			reason: "A service whose schema is to be migrated is stopped first, as in an upgrade.",
			spec:   withJobs,
			cluster: compositiontest.Cluster{Required: map[string][]string{
				"deployment-plat-data-index-service": {available(2)},
				"pods-plat-data-index-service":       nil, "migrators-plat-data-index-service": nil,
			}},
			want: want{Asked: []string{"deployment-plat-data-index-service"}, Deployments: []string{"data-index 0"}},
		},
		"JobAndNothing": {
			reason: "Where there is nothing, the Job comes first.",
			spec:   withJobs,
			cluster: compositiontest.Cluster{Required: map[string][]string{
				"deployment-plat-data-index-service": nil,
				"pods-plat-data-index-service":       nil, "migrators-plat-data-index-service": nil,
			}},
			want: want{Asked: []string{"deployment-plat-data-index-service"}, Job: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := composeValid(t, tc.spec, tc.cluster)
			got := want{}
			for _, q := range r.Requirements {
				if q.Kind == "Deployment" {
					got.Asked = append(got.Asked, q.Name)
				}
			}
			for _, c := range r.Composed {
				switch o := c.Object.(type) {
				case *appsv1.Deployment:
					replicas := int32(-1)
					if o.Spec.Replicas != nil {
						replicas = *o.Spec.Replicas
					}
					got.Deployments = append(got.Deployments, fmt.Sprintf("%s %d", strings.TrimSuffix(c.Key, "-deployment"), replicas))
				case *corev1.ConfigMap:
				default:
					got.Job = got.Job || strings.Contains(c.Key, "-migration-")
				}
			}
			if config := composed[*corev1.ConfigMap](t, r, service.JobsService, service.ResourceConfig); config != nil {
				transport := "http"
				if strings.Contains(config.Data["application.properties"], "KSinkInjectionHealthCheck\".enabled = true") {
					transport = "sink"
				}
				got.Deployments[len(got.Deployments)-1] += " " + transport
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\nCompose(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
