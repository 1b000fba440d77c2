// SPDX-License-Identifier: Apache-2.0

// Package properties writes application.properties, the configuration of Quarkus
// applications.
package properties

import (
	"maps"
	"slices"
	"strings"

	"github.com/magiconair/properties"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Encode writes properties as text: a line "key = value" each, sorted by key.
// Placeholders such as ${K_SINK} stay as they are: the application resolves them.
func Encode(in map[string]string) (string, error) {
	p := properties.NewProperties()
	p.DisableExpansion = true
	for _, key := range slices.Sorted(maps.Keys(in)) {
		if _, _, err := p.Set(key, in[key]); err != nil {
			return "", errors.Wrapf(err, "cannot set property %q", key)
		}
	}
	text := &strings.Builder{}
	_, err := p.Write(text, properties.UTF8)
	return text.String(), errors.Wrap(err, "cannot write properties")
}
