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
	defaultCLI = "v2.5"
	binFolder  = ".cache/bin"

	// The states of an example that can be rendered.
	first = "first"
	ready = "ready"

	// maxRounds is how often an example is rendered until it must have come to
	// rest. Nothing that the function waits for takes more than a few.
	maxRounds = 10

	// nameAnnotation tells which of the function's resources an object is.
	nameAnnotation = "crossplane.io/composition-resource-name"
	resultKind     = "Result"

	// documentedTarget is where example/functions.yaml says that the function
	// listens: what a user starts by hand.
	documentedTarget = "localhost:9443"
)

// A renderer renders examples with one CLI and one running function.
type renderer struct {
	root    string // of the repository
	bin     string // the folder with the CLIs, relative to root
	dir     string // for temporary files
	cli     string
	address string // of the function
}

// An output is what a CLI prints.
type output struct {
	yaml      []byte
	composite unstructured.Unstructured
	composed  []unstructured.Unstructured
}

// input names the files of one render.
type input struct {
	composite   string
	composition string
	definition  string
	functions   string
	required    string // "" when the example needs nothing from the cluster
	observed    string // "" when nothing is there yet
}

// render an example in a state.
func (r renderer) render(ctx context.Context, example, state string) (*output, error) {
	if state != first && state != ready {
		return nil, fmt.Errorf("state %q is neither %s nor %s", state, first, ready)
	}
	dir, err := os.MkdirTemp(r.dir, example+"-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder: %w", err)
	}
	in, err := r.input(example, dir)
	if err != nil {
		return nil, err
	}
	out, err := r.run(ctx, in)
	if err != nil || state == first {
		return out, err
	}

	for range maxRounds {
		if in.composite, in.observed, err = observe(dir, in.composite, out); err != nil {
			return nil, err
		}
		next, err := r.run(ctx, in)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(next.yaml, out.yaml) {
			return next, nil
		}
		out = next
	}
	return nil, fmt.Errorf("%s has not come to rest after %d rounds", example, maxRounds)
}

// input finds an example's files, and the definition and the Composition of
// its kind.
func (r renderer) input(example, dir string) (*input, error) {
	folder := filepath.Join(r.root, "example", example)
	in := &input{composite: filepath.Join(folder, "composite.yaml")}

	xr, err := load(in.composite)
	if err != nil {
		return nil, err
	}
	if in.definition, in.composition, err = r.api(xr[0]); err != nil {
		return nil, err
	}

	in.required = filepath.Join(folder, "required.yaml")
	if _, err := os.Stat(in.required); errors.Is(err, fs.ErrNotExist) {
		in.required = ""
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

// api finds the folder in apis/ whose Composition is for a composite's kind.
func (r renderer) api(xr unstructured.Unstructured) (definition, composition string, err error) {
	files, err := filepath.Glob(filepath.Join(r.root, "apis", "*", "composition.yaml"))
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
	return "", "", fmt.Errorf("no Composition in apis/ is for %s, kind %s", xr.GetAPIVersion(), xr.GetKind())
}

// run the CLI.
func (r renderer) run(ctx context.Context, in *input) (*output, error) {
	args, err := r.command(in)
	if err != nil {
		return nil, err
	}
	stderr := &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = stderr
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, stderr)
	}
	b = sortResults(b)
	docs, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("cannot read what %s printed: %w", cmd, err)
	}

	out := &output{yaml: b}
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

// command spells a render the way the CLI wants it.
func (r renderer) command(in *input) ([]string, error) {
	var tool string
	var args []string
	required := "--required-resources="

	switch r.cli {
	case "v2.5":
		// Without a local core it would run one in Docker. Core prints the
		// whole composite anyway; with --include-full-xr a field of an earlier
		// status would never go away.
		core, err := r.tool("crossplane-core")
		if err != nil {
			return nil, err
		}
		tool, args = "crossplane", []string{"composition", "render", "--crossplane-binary=" + core, "--xrd=" + in.definition}
	case "v2.2":
		tool, args = "crossplane-v2.2", []string{"render", "--include-full-xr", "--xrd=" + in.definition}
	case "v1.20":
		tool, args = "crossplane-v1.20", []string{"render", "--include-full-xr"}
		required = "--extra-resources="
	case "v1.16":
		tool, args = "crossplane-v1.16", []string{"beta", "render", "--include-full-xr"}
		required = "--extra-resources="
	default:
		return nil, fmt.Errorf("no CLI %q: choose v2.5, v2.2, v1.20 or v1.16", r.cli)
	}

	args = append(args, "--include-function-results", in.composite, in.composition, in.functions)
	if in.required != "" {
		args = append(args, required+in.required)
	}
	if in.observed != "" {
		args = append(args, "--observed-resources="+in.observed)
	}

	path, err := r.tool(tool)
	if err != nil {
		return nil, err
	}
	return append([]string{path}, args...), nil
}

// sortResults puts results, which come last, in an order: core reports what
// isn't ready yet in a different one each time.
func sortResults(stream []byte) []byte {
	docs := strings.Split(strings.TrimSuffix("\n"+string(stream), "\n"), "\n---\n")
	i := slices.IndexFunc(docs, func(doc string) bool { return strings.Contains(doc, "\nkind: "+resultKind+"\n") })
	if i >= 0 {
		slices.Sort(docs[i:])
	}
	return []byte(strings.Join(docs, "\n---\n")[1:] + "\n")
}

func (r renderer) tool(name string) (string, error) {
	path := r.bin
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.root, path)
	}
	path = filepath.Join(path, name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is missing: `make %s/%s` builds it, `make tools` builds all", name, binFolder, name)
	}
	return path, nil
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

// parse the documents of a YAML stream.
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
