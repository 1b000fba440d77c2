// SPDX-License-Identifier: Apache-2.0

package build

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"path"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
)

// An Order is what to build, and how: every default applied, every precedence decided. It
// never changes after it was made. A Setting makes it.
type Order struct {
	What
	How

	// Incomplete says what isn't known of What yet, so that nothing is built; empty when all is
	// known.
	Incomplete string
	// Warnings name what the build can't do.
	Warnings []string

	hash string
}

// What is all that decides what is in the image, but for properties: those are read when the
// workflow starts, and while it is compiled as they are at that moment.
type What struct {
	// Repository is where the image is pushed to, without a tag.
	Repository string
	// FlowFile is the name of the file with the flow, Flow its content.
	FlowFile, Flow string
	// Files are the ConfigMaps with further files, in the order in which one hides another.
	Files []Files
	// Builder compiles, Runtime is what the compiled application is added to, Publisher does
	// so.
	Builder, Runtime, Publisher string
	// Architecture is that of the image, as Kubernetes labels nodes with it.
	Architecture string
	// Env are variables of the compiler. No two have the same name.
	Env []corev1.EnvVar
	// Attempt is the value of the annotation that asks for another build.
	Attempt string
}

// Files are those of a ConfigMap, and the folder that they belong to; the folder of the flow
// is the empty one.
type Files struct {
	component.Files

	Data       map[string]string
	BinaryData map[string][]byte
}

// How is what a build needs, and what the image doesn't depend on.
type How struct {
	// Secret has the registry's credentials, CA is a ConfigMap with certificates of its
	// authority. Both are empty where there is none.
	Secret, CA string
	// Insecure lets the registry be reached without TLS.
	Insecure bool
	// OpenShift tells that the registry is the one within OpenShift, which takes the token of a
	// service account for a password.
	OpenShift bool
	// Restricted gives the containers security options.
	Restricted bool
	// User is that of the publisher; nil leaves the choice to the cluster.
	User *int64
	// Resources are those of the compiler.
	Resources corev1.ResourceRequirements
	// Timeout is how long a build may take.
	Timeout time.Duration
	// PullSecrets are those with which the images of the build itself are pulled.
	PullSecrets []corev1.LocalObjectReference
}

// Hash tells builds apart. It is empty for an Order that is incomplete.
func (o *Order) Hash() string { return o.hash }

// Image is what the build pushes. It is empty for an Order that is incomplete. Its tag is the
// hash, so that no other build ever pushes the same.
func (o *Order) Image() string {
	if o.hash == "" {
		return ""
	}
	return o.Repository + ":" + o.hash
}

// hashLength is how much of a hash is in names, keys and tags.
const hashLength = 10

func (w *What) hash() string {
	// Objects in JSON have sorted keys, and texts have delimiters, so that no two look the same.
	text, err := json.Marshal(map[string]any{
		"repository": w.Repository, "files": w.content(), "env": w.Env, "attempt": w.Attempt,
		"builder": w.Builder, "runtime": w.Runtime, "publisher": w.Publisher,
		"compile": compileScript, "publish": w.publishArgs(""),
	})
	if err != nil {
		panic(err) // Texts can be encoded.
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:hashLength]
}

// content is what is in each file, by its path.
func (w *What) content() map[string]any {
	out := map[string]any{w.FlowFile: w.Flow}
	for _, f := range w.Files {
		for key, text := range f.Data {
			out[path.Join(f.Folder, key)] = text
		}
		for key, bytes := range f.BinaryData {
			out[path.Join(f.Folder, key)] = bytes
		}
	}
	return out
}

// size is how many bytes are copied for the build, as they are sent.
func (w *What) size() int {
	size := len(w.Flow)
	for _, f := range w.Files {
		for _, text := range f.Data {
			size += len(text)
		}
		for _, bytes := range f.BinaryData {
			size += base64.StdEncoding.EncodedLen(len(bytes))
		}
	}
	return size
}
