// SPDX-License-Identifier: Apache-2.0

// Package migration brings the database schema of a service up to date before the
// service starts: it builds the Job that does so, judges how far it is, and decides
// what may run meanwhile.
package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// A Tool is what the migrator calls the service whose schema it migrates: part of
// the names of its environment variables.
type Tool string

// The services that the migrator knows.
const (
	ToolDataIndex   Tool = "DATAINDEX"
	ToolJobsService Tool = "JOBSSERVICE"
)

// A Target is what a migration brings up to date, and with what. A service has one
// at a time; another target is another migration.
type Target struct {
	Tool Tool
	// Image is the migrator's. Its version decides about the schema's.
	Image string
	// Database is the service's own, so that both always connect to the same.
	Database *postgres.Database
	// Attempt is the value of AnnotationAttempt.
	Attempt string
}

// AnnotationAttempt is an annotation of claims, and so of their composites. To change
// it is to ask for another migration of a target that has had one.
const AnnotationAttempt = "sonataflow.org/migration-attempt"

// Annotations of Deployments, with the hash of a target. Each proves that a view of
// a Deployment is no older than what we asked of it.
const (
	// AnnotationLetRun is on a Deployment that was let run with the target.
	AnnotationLetRun = "sonataflow.org/migration-target"
	// AnnotationStopped is on a Deployment that was stopped for the target.
	AnnotationStopped = "sonataflow.org/migration-stopped-for"
)

// Hash tells targets apart. It is part of the name of a Job, whose template can't
// change.
func (t Target) Hash() string {
	// Text in JSON has delimiters, so that no two targets look the same.
	text, err := json.Marshal([]string{
		string(t.Tool), t.Image, t.Database.URL, t.Database.Schema,
		t.Database.Secret.Name, t.Database.Secret.UserKey, t.Database.Secret.PasswordKey, t.Attempt,
	})
	if err != nil {
		panic(err) // Strings can be encoded.
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}
