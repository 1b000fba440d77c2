// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// scheme is how an operation starts that is on the web, or in the image.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// file checks that the file of a function's operation is in a ConfigMap, in the profiles in
// which files come from there.
func (c *checker) file(of entry) {
	f := function(of.node)
	name, _, found := strings.Cut(f.Operation, "#")
	if !found || name == "" || !c.setting.FilesKnown || !c.setting.Profile.runs() || scheme.MatchString(name) ||
		!slices.Contains([]string{typeREST, "rpc", "asyncapi", "graphql", "odata"}, f.Type) {
		return
	}
	clean := strings.TrimPrefix(path.Clean(name), "/")
	if slices.Contains(c.setting.Files, clean) {
		return
	}
	folder, key := path.Split(clean)
	fix := fmt.Sprintf("add it there, under the key %s", quote(key))
	if folder != "" {
		fix += " and the workflowPath " + quote(path.Clean(folder))
	}
	c.add(Warning, of.get("operation"), fmt.Sprintf("the file %s is in no ConfigMap of spec.resources.configMaps, so that the function can't be built", quote(name)), fix)
}
