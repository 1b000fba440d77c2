// SPDX-License-Identifier: Apache-2.0

package decoding

import (
	"maps"
	"reflect"
	"slices"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/spelling"
)

// A field of an earlier version of the operator's API, and the one that took its place.
const (
	earlierStrategy = "migrateDBOnStartUp"
	strategy        = "dbMigrationStrategy"
)

// meant returns the field that was probably meant by a name that the innermost of some
// objects doesn't have: the nearest name there, or the same name at another place.
func meant(name string, within []place) string {
	here := len(within) - 1
	if name == earlierStrategy && within[here].fields[strategy] != nil {
		return strategy
	}
	if near := spelling.Nearest(name, slices.Sorted(maps.Keys(within[here].fields))); near != "" {
		return near
	}
	if name == "name" {
		return "" // Too much has a name.
	}
	for i, place := range slices.Backward(within) {
		if _, found := place.fields[name]; found {
			return place.path.Child(name).String()
		}
		switch paths := inside(name, place.fields, 2); { //nolint:mnd // Deeper ones are far away.
		case len(paths) == 1 && i == here:
			return paths[0]
		case len(paths) == 1:
			return place.path.Child(paths[0]).String()
		case len(paths) > 1:
			return ""
		}
	}
	return ""
}

// inside lists where a name is in the objects within an object, down to a depth.
func inside(name string, fields map[string]reflect.Type, depth int) []string {
	var out []string
	if depth == 0 {
		return nil
	}
	for _, parent := range slices.Sorted(maps.Keys(fields)) {
		t := pointedTo(fields[parent])
		if !hasFields(t) {
			continue
		}
		children := fieldsOf(t)
		if _, found := children[name]; found {
			out = append(out, parent+"."+name)
		}
		for _, path := range inside(name, children, depth-1) {
			out = append(out, parent+"."+path)
		}
	}
	return out
}
