// SPDX-License-Identifier: Apache-2.0

package build

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/component"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/composition"
	"github.com/sonataflow-crossplane/function-sonataflow/fn/internal/health"
)

// inputs are copies of what is built, which can't change: a user may edit a ConfigMap before
// the pod of the build starts, and the image would not be what its hash says.
func (o *Order) inputs(req *composition.Request, c *component.Component) []composition.Composed {
	copied := func(part string, data map[string]string, binary map[string][]byte) composition.Composed {
		key := keyOf(c, o.hash) + "-" + part
		object := &corev1.ConfigMap{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
			ObjectMeta: c.Meta(c.Build(o.hash + "-" + part)),
			Immutable:  new(true), Data: data, BinaryData: binary,
		}
		return composition.Composed{Key: key, Object: object, Ready: health.OfComposed(req.Observed[key], object).Phase == health.Ready}
	}
	out := make([]composition.Composed, 0, 1+len(o.Files))
	out = append(out, copied(partFlow, map[string]string{o.FlowFile: o.Flow}, nil))
	for i, f := range o.Files {
		out = append(out, copied(strconv.Itoa(i), f.Data, f.BinaryData))
	}
	return out
}

// partFlow is the copy that has the flow. Those of files have the places of the files.
const partFlow = "flow"

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
	for i, f := range o.Files {
		name := c.Build(o.hash + "-" + strconv.Itoa(i))
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
