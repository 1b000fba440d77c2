// SPDX-License-Identifier: Apache-2.0

package properties

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Decode reads properties from text, in their order, by the rules of Java:
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader).
// It fails where Java does, for a \u that isn't followed by four hexadecimal digits; the
// error says in which line.
func Decode(text string) ([]Property, error) {
	var out []Property
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	for i := 0; i < len(lines); i++ {
		first, line := i+1, strings.TrimLeft(lines[i], blanks)
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for continues(line) && i+1 < len(lines) {
			i++
			line = line[:len(line)-1] + strings.TrimLeft(lines[i], blanks)
		}
		rawKey, rawValue := split(line)
		k, err := unescape(rawKey)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
		v, err := unescape(rawValue)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
		out = append(out, Property{Key: k, Value: v})
	}
	return out, nil
}

// blanks are what Java takes for blanks.
const blanks = " \t\f"

// continues tells whether a line goes on in the next one: it ends with an odd number of
// backslashes.
func continues(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// split separates a key from its value, at the first blank, = or : that isn't escaped.
func split(line string) (rawKey, rawValue string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte(blanks+"=:", line[i]) >= 0 {
			end = i
			break
		}
	}
	rest := strings.TrimLeft(line[end:], blanks)
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], blanks)
	}
	return line[:end], rest
}

func unescape(raw string) (string, error) {
	if !strings.Contains(raw, `\`) {
		return raw, nil
	}
	const digits = 4
	out := &strings.Builder{}
	var units []uint16 // Of UTF-16: a character may need two escapes.
	flush := func() {
		out.WriteString(string(utf16.Decode(units)))
		units = nil
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			flush()
			if raw[i] != '\\' {
				out.WriteByte(raw[i])
			}
			continue
		}
		i++
		if raw[i] == 'u' {
			hex := raw[i+1 : min(i+1+digits, len(raw))]
			n, err := strconv.ParseUint(hex, 16, 16)
			if err != nil || len(hex) < digits {
				return "", fmt.Errorf(`\u must be followed by four hexadecimal digits, got %q: write \ itself as \\`, hex)
			}
			units = append(units, uint16(n))
			i += digits
			continue
		}
		flush()
		if at := strings.IndexByte("tnrf", raw[i]); at >= 0 {
			out.WriteByte("\t\n\r\f"[at])
		} else {
			out.WriteByte(raw[i])
		}
	}
	flush()
	return out.String(), nil
}
