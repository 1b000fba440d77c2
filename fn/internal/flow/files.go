// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// scheme is how the name of a file starts that is on the web, or in the image.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// operation checks that the file of a function's operation is there.
func (c *checker) operation(of entry) {
	f := function(of.node)
	name, _, found := strings.Cut(f.Operation, "#")
	if found && slices.Contains([]string{typeREST, "rpc", "asyncapi", "graphql", "odata"}, f.Type) {
		c.file(of.get("operation"), name, "the function can't be built")
	}
}

// input checks that the file with the schema of the workflow's input is there. An object may be
// the schema itself.
func (c *checker) input(schema node) {
	at := schema.short("schema")
	c.file(at, at.text(), "no input can be checked")
}

// file checks that a file is in a ConfigMap, in the profiles in which files come from there.
func (c *checker) file(at node, name, consequence string) {
	if name == "" || !c.setting.FilesKnown || !c.setting.Profile.runs() || scheme.MatchString(name) {
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
	c.add(Warning, at, fmt.Sprintf("the file %s is in no ConfigMap of spec.resources.configMaps, so that %s", quote(name), consequence), fix)
}
