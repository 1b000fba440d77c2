// SPDX-License-Identifier: Apache-2.0

package v1alpha08

import (
	"encoding/json"
	"maps"

	kjson "sigs.k8s.io/json"
)

// Flow is a flow in version 0.8 of the Serverless Workflow language. It takes any field: on
// purpose, it is wider than the operator's type, which refuses three of four flows that are
// out there, for a number where it wants a text, or loses their extensions.
//
// +kubebuilder:pruning:PreserveUnknownFields
type Flow struct { //nolint:recvcheck // A value is written, a pointer is read into.
	// What the workflow does, step by step.
	// +kubebuilder:validation:MinItems=1
	States []FlowState `json:"states"`

	// Fields are all others, by their names, as JSON is decoded.
	Fields map[string]any `json:"-"`
}

// FlowState is a step of a flow. It takes any field, too.
//
// +kubebuilder:pruning:PreserveUnknownFields
type FlowState struct { //nolint:recvcheck // A value is written, a pointer is read into.
	// The name by which other states lead to this one.
	Name string `json:"name"`
	// What sort of step it is.
	Type FlowStateType `json:"type"`

	// Fields are all others, by their names, as JSON is decoded.
	Fields map[string]any `json:"-"`
}

// FlowStateType is a sort of step.
//
// +kubebuilder:validation:Enum=delay;callback;event;foreach;inject;operation;parallel;sleep;switch
type FlowStateType string

// The fields that the types of a flow and of a state have.
const (
	fieldStates = "states"
	fieldName   = "name"
	fieldType   = "type"
)

// MarshalJSON writes all fields of a flow.
func (f Flow) MarshalJSON() ([]byte, error) {
	return marshalOpen(f.Fields, map[string]any{fieldStates: f.States})
}

// UnmarshalJSON reads a flow with all its fields, known and unknown.
func (f *Flow) UnmarshalJSON(text []byte) error {
	type plain Flow
	fields, err := unmarshalOpen(text, (*plain)(f))
	delete(fields, fieldStates)
	f.Fields = fields
	return err
}

// DeepCopyInto copies a flow.
func (f *Flow) DeepCopyInto(out *Flow) {
	*out = Flow{Fields: copyFields(f.Fields)}
	if f.States != nil {
		out.States = make([]FlowState, len(f.States))
	}
	for i := range f.States {
		f.States[i].DeepCopyInto(&out.States[i])
	}
}

// MarshalJSON writes all fields of a state.
func (s FlowState) MarshalJSON() ([]byte, error) {
	return marshalOpen(s.Fields, map[string]any{fieldName: s.Name, fieldType: s.Type})
}

// UnmarshalJSON reads a state with all its fields, known and unknown.
func (s *FlowState) UnmarshalJSON(text []byte) error {
	type plain FlowState
	fields, err := unmarshalOpen(text, (*plain)(s))
	delete(fields, fieldName)
	delete(fields, fieldType)
	s.Fields = fields
	return err
}

// DeepCopyInto copies a state.
func (s *FlowState) DeepCopyInto(out *FlowState) {
	*out = FlowState{Name: s.Name, Type: s.Type, Fields: copyFields(s.Fields)}
}

func marshalOpen(fields, typed map[string]any) ([]byte, error) {
	all := make(map[string]any, len(fields)+len(typed))
	maps.Copy(all, fields)
	maps.Copy(all, typed)
	return json.Marshal(all)
}

// unmarshalOpen reads an object into a type, and returns all its fields. Whole numbers stay
// whole.
func unmarshalOpen(text []byte, into any) (map[string]any, error) {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, into); err != nil {
		return nil, err
	}
	var all map[string]any
	err := kjson.UnmarshalCaseSensitivePreserveInts(text, &all)
	return all, err
}

func copyFields(fields map[string]any) map[string]any {
	if fields == nil {
		return nil
	}
	out := make(map[string]any, len(fields))
	for name, v := range fields {
		out[name] = copyValue(v)
	}
	return out
}

func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return copyFields(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copyValue(e)
		}
		return out
	}
	return v // A value of JSON that can't be changed.
}
