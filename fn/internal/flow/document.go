// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// An Identity is what a SonataFlow says about its flow: the identifier, which is its name
// unless an annotation says another one, and the annotations of these names.
type Identity struct {
	ID, Key, Name, Description, Version, ExpressionLang string
}

// Document returns a flow as the runtime reads it: JSON with sorted keys. What the SonataFlow
// says about its flow wins over the flow; what it doesn't say stays as the flow has it. What
// the runtime needs and the specification lets a flow leave out is filled in, as the operator
// does. Only a number that JSON doesn't have is an error.
func Document(flow map[string]any, identity Identity) (string, error) {
	out := make(map[string]any, len(flow))
	maps.Copy(out, flow)
	said := map[string]string{
		"id":             identity.ID,
		"key":            identity.Key,
		"name":           identity.Name,
		"description":    identity.Description,
		"version":        identity.Version,
		"expressionLang": identity.ExpressionLang,
	}
	for name, text := range said {
		if text != "" {
			out[name] = text
		}
	}
	if (node{value: out}).get("expressionLang").value == nil {
		out["expressionLang"] = "jq"
	}
	out["specVersion"] = "0.8"
	if begin := start(node{value: flow}); begin != nil {
		out["start"] = begin
	}
	text := &strings.Builder{}
	encoder := json.NewEncoder(text)
	encoder.SetEscapeHTML(false) // Expressions are full of < and &.
	if err := encoder.Encode(out); err != nil {
		return "", fmt.Errorf("the flow isn't JSON: %w", err)
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// start is where a flow starts: in its first state, unless the flow names another one. The
// runtime fails without the name of a state. It is nil for a flow that has no state with a name.
func start(flow node) any {
	given, states := flow.get("start"), flow.get("states").list()
	if len(states) == 0 || given.short("stateName").text() != "" {
		return given.value
	}
	name := states[0].get("name").text()
	schedule, scheduled := given.value.(map[string]any)
	switch {
	case name != "" && scheduled:
		out := maps.Clone(schedule)
		out["stateName"] = name
		return out
	case name != "" && given.value == nil:
		return name
	}
	return given.value
}

// MaxDocument is how many bytes a document may have. It is put into a ConfigMap, which takes
// 1 MiB with all that is around it.
const MaxDocument = 900 * kibibyte

const kibibyte = 1024

// CheckSize returns an error if a document is too large for a ConfigMap.
func CheckSize(document string) []Finding {
	if len(document) <= MaxDocument {
		return nil
	}
	return []Finding{{
		Level: Error,
		Path:  "spec.flow",
		Text:  fmt.Sprintf("the flow has %d KiB of JSON, but no more than %d KiB fit into the ConfigMap that it is put into", (len(document)+kibibyte-1)/kibibyte, MaxDocument/kibibyte),
		Fix:   "move schemas and subflows into ConfigMaps of spec.resources.configMaps",
	}}
}
