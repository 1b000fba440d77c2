// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const (
	binFolder = ".cache/bin"

	// maxRounds is how often an example may be rendered until it is at rest. The function
	// needs a few rounds.
	maxRounds = 10

	// nameAnnotation is the annotation with the key of a composed resource in the function's
	// response.
	nameAnnotation = "crossplane.io/composition-resource-name"
	resultKind     = "Result"

	// documentedTarget is the address in example/functions.yaml: that of a function that
	// a user starts by hand.
	documentedTarget = "localhost:9443"
)

// A renderer renders examples with one CLI and one running function.
type renderer struct {
	root    string // of the repository
	bin     string // the folder with the CLIs, relative to root
	dir     string // for temporary files
	cli     string // its version, which decides the syntax
	path    string // of the CLI; "" when it is in bin
	address string // of the function

	// printed returns what a command line prints.
	printed func(ctx context.Context, args []string) ([]byte, error)

	// namespaced renders the form of the API whose platforms are composites themselves. A
	// file claim.yaml is a composite in this form.
	namespaced bool
}

// An output is what a CLI prints.
type output struct {
	yaml      []byte
	composite unstructured.Unstructured
	composed  []unstructured.Unstructured
	// events are documents too: the results of all renders so far.
	events []string
}

// input names the files of one render.
type input struct {
	dir         string // for files that are written on the way
	composite   string
	composition string
	definition  string
	functions   string
	required    string // "" when the cluster needs to hold nothing
	schemas     string // "" when the kinds that the function asks for aren't installed
	observed    string // "" when no composed object exists yet

	// prerequisites are the objects that the example needs in the cluster.
	prerequisites []unstructured.Unstructured
}

// render renders an example in a state.
func (r renderer) render(ctx context.Context, example, state string) (*output, error) {
	dir, err := os.MkdirTemp(r.dir, example+"-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder: %w", err)
	}
	xr, err := r.composite(example)
	if err != nil {
		return nil, err
	}
	target, err := stateOf(xr, state)
	if err != nil {
		return nil, err
	}
	in, err := r.input(example, xr, dir)
	if err != nil {
		return nil, err
	}
	if err := in.remove(target.lacks, target.uninstalled); err != nil {
		return nil, err
	}
	out, err := r.run(ctx, in)
	for _, s := range target.steps {
		if err == nil {
			out, err = r.take(ctx, in, out, s)
		}
	}
	return out, err
}

// take makes the change of a step, and renders until nothing changes any more. The output
// has the events of all these renders.
func (r renderer) take(ctx context.Context, in *input, out *output, s step) (*output, error) {
	var events []string
	if s.tag != "" || s.cluster != "" {
		if err := s.change(in); err != nil {
			return nil, err
		}
		var err error
		if out, err = r.run(ctx, in); err != nil {
			return nil, err
		}
		events = out.events
	}
	for range maxRounds {
		if err := s.observe(in, out); err != nil {
			return nil, err
		}
		next, err := r.run(ctx, in)
		if err != nil {
			return nil, err
		}
		if next.equal(out) {
			next.events = append(next.events, told(events)...)
			return next, nil
		}
		out, events = next, append(events, next.events...)
	}
	return nil, fmt.Errorf("the render still changes after %d rounds", maxRounds)
}

// composite reads the composite of an example.
func (r renderer) composite(example string) (xr unstructured.Unstructured, err error) {
	docs, err := load(r.compositeFile(example))
	if errors.Is(err, fs.ErrNotExist) {
		return xr, fmt.Errorf("there is no example %q: choose one of %s", example, strings.Join(examples(r.root), ", "))
	}
	if err != nil {
		return xr, err
	}
	return docs[0], nil
}

// compositeFile is the file that an example's render starts from.
func (r renderer) compositeFile(example string) string {
	folder := filepath.Join(r.root, "example", example)
	if claim := filepath.Join(folder, "claim.yaml"); r.namespaced {
		if _, err := os.Stat(claim); err == nil {
			return claim
		}
	}
	return filepath.Join(folder, "composite.yaml")
}

// input finds an example's files, and the definition and the Composition of
// its kind.
func (r renderer) input(example string, xr unstructured.Unstructured, dir string) (*input, error) {
	folder := filepath.Join(r.root, "example", example)
	in := &input{dir: dir, composite: r.compositeFile(example), required: filepath.Join(folder, "required.yaml")}
	if connects(xr) || isWorkflow(xr) {
		in.schemas = filepath.Join(r.root, "example", "schemas")
	}

	var err error
	if in.definition, in.composition, err = r.api(xr); err != nil {
		return nil, err
	}
	in.prerequisites, err = load(in.required)
	if errors.Is(err, fs.ErrNotExist) {
		in.required, err = "", nil
	}
	if err != nil {
		return nil, err
	}

	b, err := os.ReadFile(filepath.Join(r.root, "example", "functions.yaml"))
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(b, []byte(documentedTarget)) {
		return nil, fmt.Errorf("example/functions.yaml has no %s", documentedTarget)
	}
	in.functions = filepath.Join(dir, "functions.yaml")
	return in, os.WriteFile(in.functions, bytes.ReplaceAll(b, []byte(documentedTarget), []byte(r.address)), 0o600)
}

// isWorkflow tells whether an example is a workflow. Its platform decides what it needs of the
// cluster.
func isWorkflow(xr unstructured.Unstructured) bool {
	_, flow, _ := unstructured.NestedFieldNoCopy(xr.Object, "spec", "flow")
	return flow
}

// remove removes all objects of a kind from the cluster. Without a kind it does nothing.
func (in *input) remove(kind string, uninstalled bool) error {
	if kind == "" {
		return nil
	}
	if uninstalled {
		in.schemas = ""
	}
	in.prerequisites = slices.DeleteFunc(in.prerequisites, func(o unstructured.Unstructured) bool { return o.GetKind() == kind })
	in.required = ""
	if len(in.prerequisites) > 0 {
		in.required = filepath.Join(in.dir, "required.yaml")
	}
	return store(in.required, in.prerequisites...)
}

// examples lists the folders of example/ that can be rendered.
func examples(root string) []string {
	files, err := filepath.Glob(filepath.Join(root, "example", "*", "composite.yaml"))
	if err != nil {
		return nil // The pattern is valid.
	}
	for i, f := range files {
		files[i] = filepath.Base(filepath.Dir(f))
	}
	return files
}

// api finds the folder in apis/ whose Composition is for a composite's kind.
func (r renderer) api(xr unstructured.Unstructured) (definition, composition string, err error) {
	apis := filepath.Join(r.root, "apis")
	if r.namespaced {
		apis = filepath.Join(apis, "namespaced")
	}
	files, err := filepath.Glob(filepath.Join(apis, "*", "composition.yaml"))
	if err != nil {
		return "", "", err
	}
	for _, f := range files {
		docs, err := load(f)
		if err != nil {
			return "", "", err
		}
		ref, _, _ := unstructured.NestedStringMap(docs[0].Object, "spec", "compositeTypeRef")
		if ref["apiVersion"] == xr.GetAPIVersion() && ref["kind"] == xr.GetKind() {
			return filepath.Join(filepath.Dir(f), "definition.yaml"), f, nil
		}
	}
	return "", "", fmt.Errorf("no Composition in %s is for %s, kind %s", apis, xr.GetAPIVersion(), xr.GetKind())
}

// run runs the CLI.
func (r renderer) run(ctx context.Context, in *input) (*output, error) {
	args, err := r.command(in)
	if err != nil {
		return nil, err
	}
	b, err := r.printed(ctx, args)
	if err != nil {
		return nil, err
	}
	docs, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("cannot read what %s printed: %w", strings.Join(args, " "), err)
	}

	out := &output{}
	out.yaml, out.events = split(b)
	for _, d := range docs {
		switch {
		case d.GetAnnotations()[nameAnnotation] != "":
			out.composed = append(out.composed, d)
		case d.GetKind() != resultKind:
			out.composite = d
		}
	}
	return out, nil
}

// execute runs a command, and returns what it prints.
func execute(ctx context.Context, args []string) ([]byte, error) {
	stderr := &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = stderr
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, stderr)
	}
	return b, nil
}

// command returns the command line of a render, in the syntax of the CLI.
func (r renderer) command(in *input) ([]string, error) {
	var args []string
	required, schemas := "--required-resources=", "--required-schemas="

	switch r.cli {
	case newestCLI:
		// Without a local core the CLI runs core in Docker. Core prints the whole composite
		// also without --include-full-xr. With --include-full-xr, a field of an earlier
		// status would stay in the output.
		core, err := r.tool(coreTool)
		if err != nil {
			return nil, err
		}
		args = []string{"composition", "render", "--crossplane-binary=" + core, "--xrd=" + in.definition}
	case aloneCLI:
		args = []string{"render", "--include-full-xr", "--xrd=" + in.definition}
	case oldCLI:
		args = []string{"render", "--include-full-xr"}
		required, schemas = "--extra-resources=", ""
	case oldestCLI:
		args = []string{"beta", "render", "--include-full-xr"}
		required, schemas = "--extra-resources=", ""
	}

	args = append(args, "--include-function-results", in.composite, in.composition, in.functions)
	if in.required != "" {
		args = append(args, required+in.required)
	}
	if in.schemas != "" && schemas != "" {
		args = append(args, schemas+in.schemas)
	}
	if in.observed != "" {
		args = append(args, "--observed-resources="+in.observed)
	}

	path := r.path
	if path == "" {
		var err error
		if path, err = r.tool(r.tools()[0]); err != nil {
			return nil, err
		}
	}
	return append([]string{path}, args...), nil
}

// split splits a stream into the documents before the results, and the results, which
// come last.
func split(stream []byte) (before []byte, results []string) {
	docs := strings.Split(strings.TrimSuffix("\n"+string(stream), "\n"), "\n---\n")
	i := slices.IndexFunc(docs, func(doc string) bool { return strings.Contains(doc, "\nkind: "+resultKind+"\n") })
	if i < 0 {
		i = len(docs)
	}
	return []byte(strings.Join(docs[:i], "\n---\n")[1:] + "\n"), docs[i:]
}

// equal tells whether two outputs are the same. Core reports what isn't ready yet in
// a different order each time.
func (o *output) equal(other *output) bool {
	return bytes.Equal(o.stream(), other.stream())
}

// stream is the output as a CLI prints it, with sorted events.
func (o *output) stream() []byte {
	out := bytes.Clone(o.yaml)
	for _, e := range slices.Compact(slices.Sorted(slices.Values(o.events))) {
		out = append(out, "---\n"+e+"\n"...)
	}
	return out
}

// told returns events without those that Crossplane repeats at every reconcile.
func told(events []string) []string {
	return slices.DeleteFunc(slices.Clone(events), func(e string) bool { return strings.Contains(e, "\nreason: ComposeResources\n") })
}

func load(file string) ([]unstructured.Unstructured, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	docs, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("%s has no document", file)
	}
	return docs, nil
}

// parse returns the documents of a YAML stream.
func parse(stream []byte) ([]unstructured.Unstructured, error) {
	var docs []unstructured.Unstructured
	for _, doc := range regexp.MustCompile(`(?m)^---.*$`).Split(string(stream), -1) {
		j, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			return nil, err
		}
		if string(j) == "null" {
			continue
		}
		u := unstructured.Unstructured{}
		if err := u.UnmarshalJSON(j); err != nil {
			return nil, err
		}
		docs = append(docs, u)
	}
	return docs, nil
}
