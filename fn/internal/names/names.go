// SPDX-License-Identifier: Apache-2.0

// Package names makes names of Kubernetes objects that are legal for any legal
// name of a claim.
package names

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"knative.dev/pkg/kmeta"
)

// Child returns the name of an object that belongs to a parent: parent + suffix
// wherever that is a legal name of a Service and a legal label value (RFC 1035
// label, at most 63 characters). A longer one is cut and hashed as Knative does it.
//
// The parent may be any name of a custom resource, so an RFC 1123 subdomain. One
// with dots or a leading digit is made legal and told apart by a hash.
func Child(parent, suffix string) string {
	legal := strings.ReplaceAll(parent, ".", "-")
	if strings.IndexAny(legal, "0123456789") == 0 {
		legal = "p" + legal
	}
	if legal != parent {
		sum := sha256.Sum256([]byte(parent))
		legal += "-" + hex.EncodeToString(sum[:4])
	}
	return kmeta.ChildName(legal, suffix)
}

// Hash returns a hash of texts in hexadecimal digits: sixteen of them tell names apart.
// None of the texts has a slash, as no name of Kubernetes has.
func Hash(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "/")))
	return hex.EncodeToString(sum[:8])
}

// LabelValue returns the name itself, shortened where it is too long for the value
// of a label.
func LabelValue(name string) string {
	return kmeta.ChildName(name, "")
}

// Slug returns a text as it can be part of a name: small letters, digits and dashes. It is
// empty for a text that has none.
func Slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}
