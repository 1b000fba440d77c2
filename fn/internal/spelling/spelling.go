// SPDX-License-Identifier: Apache-2.0

// Package spelling finds the name that was meant by one that nothing has.
package spelling

import "strings"

// longest is how long a name may be. Nobody writes longer ones by hand, and to compare two
// names takes the product of their lengths.
const longest = 64

// Nearest returns the known name that is so near to a name that a slip explains the
// difference, or nothing. Capitals, dashes and underscores make no difference.
func Nearest(name string, known []string) string {
	if len(name) > longest {
		return ""
	}
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
