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
		m, qs := decide(req, s)
		s.Migration = m
		asked = append(asked, qs...)
		s.Annotations = m.Deployment.Annotations(s.Target.Hash())
		if m.Deployment != migration.Open {
			s.Replicas, s.Budget = new(int32(0)), nil
		}
	}
	return asked
}

// decide decides about the migration of one service. It looks for pods only when a
// migration is about to begin, and when one has failed.
func decide(req *composition.Request, s *Service) (*Migration, []composition.Requirement) {
	hash := s.Target.Hash()
	prefix := s.Kind.Key(ResourceMigration) + "-"
	meta := s.MigrationMeta(hash, images.Version(s.Target.Image))
	m := &Migration{Name: meta.Name, Key: prefix + hash}
	job := req.Observed[m.Key]
	m.Observation = migration.Observe(job)

	var asked []composition.Requirement
	busy := otherJob(req.Observed, prefix, m.Key)
	if m.Progress == migration.Absent {
		asked = usersRequirements(s)
		for _, q := range asked {
			answer := req.Answer(q)
			busy = busy || answer.State == composition.StatePending || migration.AnyRuns(answer.Objects)
		}
	}
	m.Decision = migration.Decide(migration.Facts{
		Hash:       hash,
		Job:        m.Progress,
		Busy:       busy,
		Deployment: s.Existing,
	})
	switch {
	case m.Deployment == migration.Open:
	case !m.Decision.Job:
		m.Waiting = fmt.Sprintf("Waiting until no pod of the service or of an earlier migration is left before Job %s migrates the database", m.Name)
	case m.Progress == migration.Failed:
		q := podsRequirement("pods-"+m.Name, s.Namespace, migration.LabelJob, m.Name)
		asked = append(asked, q)
		m.Waiting = failure(m, req.Answer(q))
	default:
		m.Waiting = fmt.Sprintf("Waiting for Job %s to migrate the database", m.Name)
	}
	if m.Decision.Job {
		m.Job = migration.NewJob(*s.Target, migration.JobOptions{
			ObjectMeta:      meta,
			Service:         s.Name,
			PullSecrets:     req.Input.Images.PullSecrets,
			SecurityContext: migratorSecurity(req.Input),
			Observed:        job,
		})
	}
	return m, asked
}

// usersRequirements asks for all pods that may use a service's schema: its own, and
// those of earlier migrations. A Deployment doesn't count pods that are ending, and a
// Job that was left out isn't observed any more.
func usersRequirements(s *Service) []composition.Requirement {
	return []composition.Requirement{
		podsRequirement("pods-"+s.Name, s.Namespace, service.LabelService, s.Name),
		podsRequirement("migrators-"+s.Name, s.Namespace, migration.LabelMigrates, s.Name),
	}
}

func podsRequirement(name, namespace, label, value string) composition.Requirement {
	return composition.Requirement{Name: name, APIVersion: "v1", Kind: "Pod", Namespace: namespace, Labels: map[string]string{label: value}}
}

// otherJob tells whether there is a Job of the same service for another target.
func otherJob(observed map[string]*unstructured.Unstructured, prefix, own string) bool {
	for key := range observed {
		if strings.HasPrefix(key, prefix) && key != own {
			return true
		}
	}
	return false
}

func migratorSecurity(in *v1beta1.Input) *corev1.SecurityContext {
	if in.PodSecurity == v1beta1.PodSecurityNone {
		return nil
	}
	return podtemplate.Restricted(&v1alpha08.PodTemplateSpec{})
}

// failure says why a migration failed, and how to try again.
func failure(m *Migration, pods composition.Answer) string {
	why := cmp.Or(migration.Explain(pods.Objects), m.Message, "its pods may tell why")
	return fmt.Sprintf("Job %s failed: %s; mend the cause, then delete the Job to try again, or change the annotation %s of the platform to migrate all of its services again",
		m.Name, why, migration.AnnotationAttempt)
}
