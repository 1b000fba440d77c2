// SPDX-License-Identifier: Apache-2.0

package decoding

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// meant returns the field that was probably meant by a name that the innermost of some
// objects doesn't have: the nearest name there, or the same name at another place.
func meant(name string, within []place) string {
	here := len(within) - 1
	if near := nearest(name, slices.Sorted(maps.Keys(within[here].fields))); near != "" {
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

// nearest returns the known name that is so near to a name that a slip explains the
// difference, or nothing. Capitals, dashes and underscores make no difference.
func nearest(name string, known []string) string {
	out, least := "", 0
	for _, k := range known {
		a, b := plain(name), plain(k)
		slips := min(len(b)/3, 3) //nolint:mnd // One slip in three letters, but no more than three.
		if len(a)-len(b) > slips || len(b)-len(a) > slips {
			continue
		}
		if d := distance(a, b); d <= slips && (out == "" || d < least) {
			out, least = k, d
		}
	}
	return out
}

func plain(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return r
	}, name))
}

// distance counts the slips that make one text of another: a letter too many, one that is
// missing, another one, or two neighbours in the wrong order.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			other := 1
			if a[i] == b[j] {
				other = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+other)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
