// SPDX-License-Identifier: Apache-2.0

package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/postgres"
)

// A target is what a migration brings up to date, and with what. A component has one at a
// time; another target is another migration.
type target struct {
	tool component.MigrationTool
	// image is the migrator's. Its version decides about the schema's.
	image string
	// database is the component's own, so that both always connect to the same.
	database *postgres.Database
	// attempt is the value of the annotation that asks for another migration.
	attempt string
}

// targetOf returns the target of a component that has a migration.
func targetOf(c *component.Component) target {
	return target{tool: c.Kind.MigrationTool, image: c.Migration.Image, database: c.Database, attempt: c.Migration.Attempt}
}

// hash tells targets apart. It is part of the name of a Job, whose template can't change.
func (t target) hash() string {
	// Text in JSON has delimiters, so that no two targets look the same.
	text, err := json.Marshal([]string{
		string(t.tool), t.image, t.database.URL, t.database.Schema,
		t.database.Secret.Name, t.database.Secret.UserKey, t.database.Secret.PasswordKey, t.attempt,
	})
	if err != nil {
		panic(err) // Strings can be encoded.
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}
