// SPDX-License-Identifier: Apache-2.0

package platform

import (
	"cmp"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/images"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/migration"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/podtemplate"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/service"
	"github.com/sonataflow-crossplane/function-sonataflow/input/v1beta1"
)

// A Migration is how far the migration of a service is, and what it lets the service
// do.
type Migration struct {
	// Name is that of the Job, Key the one under which it is composed.
	Name, Key string
	migration.Observation
	migration.Decision
	// Job is the Job that should exist, or nil.
	Job *batchv1.Job
	// Waiting says in the user's words what keeps the service from running, or is
	// empty.
	Waiting string
}

// ResourceMigration is the resource that migrates a service's schema, as the keys of
// all targets' Jobs name it.
const ResourceMigration = "migration"

// migrate decides about the migrations of all services, and keeps those services
// down whose migration isn't complete. It returns what it requires to be looked up.
func migrate(req *composition.Request, p *Platform) []composition.Requirement {
	var asked []composition.Requirement
	for _, s := range p.Services {
		if s.Target == nil {
			continue
		}
		m := decide(req, s)
		s.Migration = m
		s.Annotations = m.Deployment.Annotations(s.Target.Hash())
		if m.Deployment == migration.Open {
			continue
		}
		s.Replicas, s.Budget = new(int32(0)), nil
		if m.Progress == migration.Failed {
			pods := podsRequirement(p.Namespace, m.Name)
			asked = append(asked, pods)
			m.Waiting = failure(m, req.Answer(pods))
		}
	}
	return asked
}

// decide decides about the migration of one service.
func decide(req *composition.Request, s *Service) *Migration {
	hash := s.Target.Hash()
	prefix := s.Kind.Key(ResourceMigration) + "-"
	meta := s.MigrationMeta(hash, images.Version(s.Target.Image))
	m := &Migration{Name: meta.Name, Key: prefix + hash}
	job := req.Observed[m.Key]
	other := otherKey(req.Observed, prefix, m.Key)
	m.Observation = migration.Observe(job)
	m.Decision = migration.Decide(migration.Facts{
		Hash:       hash,
		Job:        m.Progress,
		OtherJob:   other != "",
		Deployment: req.Observed[s.Kind.Key(service.ResourceDeployment)],
	})
	switch {
	case m.Deployment == migration.Open:
	case !m.Decision.Job && other != "":
		m.Waiting = fmt.Sprintf("Waiting until no pod is left, nor Job %s of an earlier migration, before Job %s migrates the database", req.Observed[other].GetName(), m.Name)
	case !m.Decision.Job:
		m.Waiting = fmt.Sprintf("Waiting until no pod is left before Job %s migrates the database", m.Name)
	default:
		m.Waiting = fmt.Sprintf("Waiting for Job %s to migrate the database", m.Name)
	}
	if m.Decision.Job {
		m.Job = migration.NewJob(*s.Target, migration.JobOptions{
			ObjectMeta:      meta,
			PullSecrets:     req.Input.Images.PullSecrets,
			SecurityContext: migratorSecurity(req.Input),
			Observed:        job,
		})
	}
	return m
}

// otherKey returns the key of an observed Job of the same service for another target,
// or nothing.
func otherKey(observed map[string]*unstructured.Unstructured, prefix, own string) string {
	first := ""
	for key := range observed {
		if strings.HasPrefix(key, prefix) && key != own && (first == "" || key < first) {
			first = key
		}
	}
	return first
}

func migratorSecurity(in *v1beta1.Input) *corev1.SecurityContext {
	if in.PodSecurity == v1beta1.PodSecurityNone {
		return nil
	}
	return podtemplate.Restricted(&v1alpha08.PodTemplateSpec{})
}

// podsRequirement asks for the pods of a Job. Nothing but a failure is worth it.
func podsRequirement(namespace, job string) composition.Requirement {
	return composition.Requirement{
		Name: "pods-" + job, APIVersion: "v1", Kind: "Pod", Namespace: namespace,
		Labels: map[string]string{migration.LabelJob: job},
	}
}

// failure says why a migration failed, and how to try again.
func failure(m *Migration, pods composition.Answer) string {
	why := cmp.Or(migration.Explain(pods.Objects), m.Message, "its pods may tell why")
	return fmt.Sprintf("Job %s failed: %s; mend the cause, then delete the Job or change the annotation %s of the platform to try again",
		m.Name, why, migration.AnnotationAttempt)
}
