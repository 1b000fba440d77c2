// SPDX-License-Identifier: Apache-2.0

package decoding

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"knative.dev/pkg/apis"
)

// mismatch says in words what a value should be, what it is, and how to write it if its
// quotes are what is wrong.
func mismatch(raw any, t reflect.Type) string {
	out := "must be " + wanted(raw, t) + ", is " + is(raw, t)
	switch v := raw.(type) {
	case string:
		if decodes(json.RawMessage(v), t) {
			return out + ": leave out the quotes"
		}
	case bool, int64, float64:
		if t.Kind() == reflect.String {
			return out + ": put it in quotes"
		}
	}
	return out
}

// wanted names what can be read into a type.
func wanted(raw any, t reflect.Type) string {
	switch t {
	case reflect.TypeFor[resource.Quantity]():
		return "a quantity such as 2, 500m or 1Gi"
	case reflect.TypeFor[intstr.IntOrString]():
		return "text or " + wholeNumber(raw, reflect.TypeFor[int32]())
	case reflect.TypeFor[metav1.Duration]():
		return "a duration such as 90s or 1h30m"
	case reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.MicroTime]():
		return "a time such as 2026-01-31T12:00:00Z"
	case reflect.TypeFor[apis.URL]():
		return "a URL such as http://host/path"
	}
	switch t.Kind() { //nolint:exhaustive // An API has no others.
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int32, reflect.Int64:
		return wholeNumber(raw, t)
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "of another type"
}

// wholeNumber names the numbers of a type. Their limits are named if the value is beyond.
func wholeNumber(raw any, t reflect.Type) string {
	number, isFloat := raw.(float64)
	_, isInt := raw.(int64)
	if !isInt && (!isFloat || number != math.Trunc(number)) {
		return "a whole number"
	}
	if t.Kind() == reflect.Int64 {
		return fmt.Sprintf("a whole number from %d to %d", math.MinInt64, math.MaxInt64)
	}
	return fmt.Sprintf("a whole number from %d to %d", math.MinInt32, math.MaxInt32)
}

// is says what a value is. Text is quoted where a short one is wanted. Elsewhere it may have
// a password, as a URL can.
func is(raw any, t reflect.Type) string {
	switch v := raw.(type) {
	case nil:
		return "null"
	case string:
		if t == reflect.TypeFor[apis.URL]() {
			return "other text"
		}
		if hasFields(t) || t.Kind() == reflect.Map || t.Kind() == reflect.Slice {
			return "text"
		}
		const most = 60
		if text := []rune(v); len(text) > most {
			v = string(text[:most]) + "…"
		}
		return fmt.Sprintf("the text %q", v)
	case bool:
		return fmt.Sprintf("the boolean %t", v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("the number %v", raw)
}
