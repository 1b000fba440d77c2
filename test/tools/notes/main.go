// SPDX-License-Identifier: Apache-2.0

// Command notes prints a release's notes in Markdown: the changes since the release before,
// and what they do to composed objects. It compares the renders of healthy examples
// (test/render/testdata) at both commits, so it says what an update changes on a cluster.
//
//	go run ./test/tools/notes -since v1.2.2
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	renders = "test/render/testdata"
	// keyAnnotation has the key of a composed object, which is the same for all platforms.
	keyAnnotation = "crossplane.io/composition-resource-name"
)

func main() {
	since := flag.String("since", "", "the tag of the release before; empty for the first release")
	flag.Parse()
	if err := run(context.Background(), *since, os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "notes:", err)
		os.Exit(1)
	}
}

// run writes the notes.
func run(ctx context.Context, since string, w io.Writer) error {
	if since == "" {
		_, err := fmt.Fprintln(w, "The first release.")
		return err
	}
	subjects, err := git(ctx, "log", "--no-merges", "--reverse", "--format=- %s", since+"..HEAD")
	if err != nil {
		return err
	}
	before, err := read(ctx, since)
	if err != nil {
		return err
	}
	after, err := read(ctx, "HEAD")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "## Changes since %s\n\n%s\n## Composed objects\n\n%s", since, subjects, compare(before, after))
	return err
}

// An example is its composed objects by key.
type example map[string]map[string]any

// read returns the examples of a commit, healthy, by name.
func read(ctx context.Context, commit string) (map[string]example, error) {
	files, err := git(ctx, "ls-tree", "-r", "--name-only", commit, renders)
	if err != nil {
		return nil, err
	}
	out := map[string]example{}
	for file := range strings.FieldsSeq(files) {
		if path.Base(file) != "ready.yaml" {
			continue
		}
		text, err := git(ctx, "show", commit+":"+file)
		if err != nil {
			return nil, err
		}
		if out[path.Base(path.Dir(file))], err = parse(text); err != nil {
			return nil, fmt.Errorf("%s at %s: %w", file, commit, err)
		}
	}
	return out, nil
}

// parse returns the composed objects of a render.
func parse(text string) (example, error) {
	out := example{}
	for doc := range strings.SplitSeq(text, "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			return nil, err
		}
		metadata, _ := o["metadata"].(map[string]any)
		annotations, _ := metadata["annotations"].(map[string]any)
		if key, ok := annotations[keyAnnotation].(string); ok {
			out[key] = o
		}
	}
	return out, nil
}

// compare lists, for each key, what happened to the objects in the examples that both have.
func compare(before, after map[string]example) string {
	fields := map[string]map[string]bool{}
	in := map[string]map[string]bool{}
	note := func(name, key, kind, what string) {
		title := fmt.Sprintf("`%s` (%s)", key, kind)
		if fields[title] == nil {
			fields[title], in[title] = map[string]bool{}, map[string]bool{}
		}
		fields[title][what], in[title][name] = true, true
	}
	for name, now := range after {
		then, ok := before[name]
		if !ok {
			continue
		}
		for key, o := range now {
			if then[key] == nil {
				note(name, key, fmt.Sprint(o["kind"]), "new")
				continue
			}
			changed(then[key], o, "", func(field string) { note(name, key, fmt.Sprint(o["kind"]), "`"+field+"`") })
		}
		for key, o := range then {
			if now[key] == nil {
				note(name, key, fmt.Sprint(o["kind"]), "no longer composed: Crossplane deletes it")
			}
		}
	}
	if len(fields) == 0 {
		return "The same as before.\n"
	}
	out := &bytes.Buffer{}
	for _, title := range slices.Sorted(maps.Keys(fields)) {
		_, _ = fmt.Fprintf(out, "- %s: %s; in the examples %s\n", title,
			strings.Join(slices.Sorted(maps.Keys(fields[title])), ", "), strings.Join(slices.Sorted(maps.Keys(in[title])), ", "))
	}
	return out.String()
}

// changed calls back for each field that differs. A list is one field.
func changed(before, after any, field string, tell func(string)) {
	a, isMap := before.(map[string]any)
	b, areMaps := after.(map[string]any)
	if !isMap || !areMaps {
		if fmt.Sprint(before) != fmt.Sprint(after) {
			tell(field)
		}
		return
	}
	all := maps.Clone(a)
	maps.Copy(all, b)
	for name := range all {
		changed(a[name], b[name], strings.TrimPrefix(field+"."+name, "."), tell)
	}
}

// git returns what git prints.
func git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, stderr)
	}
	return string(out), nil
}
