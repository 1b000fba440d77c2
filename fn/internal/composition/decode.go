// SPDX-License-Identifier: Apache-2.0

package composition

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/crossplane/function-sdk-go/errors"
)

// DecodeField reads a field of an object into a Go type, as the API server does. A field
// that isn't there (nil) leaves the value as it is. Errors stand at the field whose type
// is wrong; path is where the field itself stands. Fields that the type doesn't have are
// passed over: a live composite carries Crossplane's own.
func DecodeField(raw, into any, path *field.Path) field.ErrorList {
	switch raw.(type) {
	case nil:
		return nil
	case map[string]any:
	default:
		return field.ErrorList{field.TypeInvalid(path, raw, "must be an object")}
	}
	// The way through text is the one that tells where a value has the wrong type, and that
	// doesn't wrap a number around that is too large.
	text, err := json.Marshal(raw)
	if err == nil {
		err = kjson.UnmarshalCaseSensitivePreserveInts(text, into)
	}
	if wrong := (&json.UnmarshalTypeError{}); errors.As(err, &wrong) {
		return field.ErrorList{field.Invalid(path.Child(withoutEmbedded(wrong.Field)), field.OmitValueType{}, "must be of type "+wrong.Type.String()+", is a "+wrong.Value)}
	}
	if err != nil {
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "cannot be read: "+err.Error())}
	}
	return nil
}

// withoutEmbedded takes the names of Go's embedded structs, which no user knows, out of a
// path. They start with a capital; of the API's fields, only CACerts does.
func withoutEmbedded(path string) string {
	segments := slices.DeleteFunc(strings.Split(path, "."), func(s string) bool {
		return s != "" && unicode.IsUpper(rune(s[0])) && s != "CACerts"
	})
	return strings.Join(segments, ".")
}
