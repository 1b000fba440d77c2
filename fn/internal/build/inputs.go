// SPDX-License-Identifier: Apache-2.0

package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
)

// inputs are copies of what is built, which can't change: a user may edit a ConfigMap before
// the pod of the build starts, and the image would not be what its hash says. Copies that an
// earlier call made for the same build stay: the pods of its Job mount them.
func (o *Order) inputs(req *composition.Request, c *component.Component) []composition.Composed {
	out := copies(req, c, o.hash)
	add := func(part string, data map[string]string, binary map[string][]byte) {
		key := keyOf(c, o.hash) + "-" + part
		if !slices.ContainsFunc(out, func(o composition.Composed) bool { return o.Key == key }) {
			out = append(out, copied(c, key, c.Build(o.hash+"-"+part), data, binary, false))
		}
	}
	add(partFlow, map[string]string{o.FlowFile: o.Flow}, nil)
	for _, f := range o.Files {
		add(f.part(), f.Data, f.BinaryData)
	}
	return out
}

// copies are the observed copies of what is built under a hash.
func copies(req *composition.Request, c *component.Component, hash string) []composition.Composed {
	var out []composition.Composed
	prefix := keyOf(c, hash) + "-"
	for _, key := range slices.Sorted(maps.Keys(req.Observed)) {
		read := &corev1.ConfigMap{}
		if !strings.HasPrefix(key, prefix) || runtime.DefaultUnstructuredConverter.FromUnstructured(req.Observed[key].Object, read) != nil {
			continue
		}
		out = append(out, copied(c, key, read.Name, read.Data, read.BinaryData, true))
	}
	return out
}

func copied(c *component.Component, key, name string, data map[string]string, binary map[string][]byte, ready bool) composition.Composed {
	return composition.Composed{Key: key, Ready: ready, Object: &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: c.Meta(name),
		Immutable:  new(true), Data: data, BinaryData: binary,
	}}
}

// partFlow is the copy that has the flow.
const partFlow = "flow"

// part names the copy of files by their content: a list in another order has the same copies.
func (f Files) part() string {
	text, err := json.Marshal([]any{f.Data, f.BinaryData})
	if err != nil {
		panic(err) // Texts can be encoded.
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:hashLength]
}

// sources are the files to compile, each at its path: properties, flow, further files. Of two
// files at one path the later one counts; Kubernetes takes only one.
func (o *Order) sources(c *component.Component) []corev1.VolumeProjection {
	type file struct {
		configMap, key string
		optional       bool
	}
	at := map[string]file{
		component.PropertiesFile: {configMap: c.UserConfigMap, key: component.PropertiesFile, optional: true},
		c.Kind.PropertiesFile:    {configMap: c.ConfigMap(), key: c.Kind.PropertiesFile},
		o.FlowFile:               {configMap: c.Build(o.hash + "-" + partFlow), key: o.FlowFile},
	}
	for _, f := range o.Files {
		name := c.Build(o.hash + "-" + f.part())
		for key := range f.Data {
			at[path.Join(f.Folder, key)] = file{configMap: name, key: key}
		}
		for key := range f.BinaryData {
			at[path.Join(f.Folder, key)] = file{configMap: name, key: key}
		}
	}
	var out []corev1.VolumeProjection
	for _, p := range slices.Sorted(maps.Keys(at)) {
		f := at[p]
		i := slices.IndexFunc(out, func(s corev1.VolumeProjection) bool { return s.ConfigMap.Name == f.configMap })
		if i < 0 {
			i = len(out)
			source := &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: f.configMap}}
			if f.optional {
				source.Optional = new(true)
			}
			out = append(out, corev1.VolumeProjection{ConfigMap: source})
		}
		out[i].ConfigMap.Items = append(out[i].ConfigMap.Items, corev1.KeyToPath{Key: f.key, Path: p})
	}
	return out
}

// registryOf is the host of a repository.
func registryOf(repository string) string {
	host, _, _ := strings.Cut(repository, "/")
	return host
}
