// SPDX-License-Identifier: Apache-2.0

// Command reference writes the parts of a Markdown page that follow from Go types: tables
// of fields, and tables of conditions and their reasons. Each part is between two comments
// of the page:
//
//	<!-- begin fields TYPE PATH -->       the fields of a type, with PATH in front
//	<!-- begin conditions -->             the constants Condition…
//	<!-- begin reasons -->                the constants Reason…
//	<!-- end -->
//
// A type that has a part of its own on the page is described there; other tables link to
// the heading above it.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func main() {
	types := flag.String("types", "", "The folder of the Go types.")
	page := flag.String("page", "README.md", "The page that is rewritten.")
	flag.Parse()
	if err := run(*types, *page); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(types, page string) error {
	before, err := os.ReadFile(page) //nolint:gosec // The developer names the page.
	if err != nil {
		return errors.Wrap(err, "cannot read the page")
	}
	p, err := parse(types)
	if err != nil {
		return err
	}
	after, err := p.rewrite(string(before))
	if err != nil {
		return errors.Wrapf(err, "cannot rewrite %s", page)
	}
	return errors.Wrap(os.WriteFile(page, []byte(after), 0o644), "cannot write the page") //nolint:gosec // A page has no secrets: all users may read it.
}

// part is a generated part of a page: what it holds, and its text.
var part = regexp.MustCompile(`(?s)(<!-- begin ([a-z]+)((?: [A-Za-z.]+)*) -->\n).*?(<!-- end -->)`)

// rewrite returns a page with all its generated parts as they follow from the package.
func (p *source) rewrite(page string) (string, error) {
	p.sections = map[string]string{}
	for _, m := range part.FindAllStringSubmatchIndex(page, -1) {
		if args := strings.Fields(page[m[6]:m[7]]); page[m[4]:m[5]] == "fields" && len(args) == 1 {
			p.sections[args[0]] = headingAbove(page[:m[0]])
		}
	}
	var err error
	out := part.ReplaceAllStringFunc(page, func(text string) string {
		m := part.FindStringSubmatch(text)
		table, e := p.table(m[2], strings.Fields(m[3]))
		err = errors.Join(err, e)
		return m[1] + "\n" + table + "\n" + m[4]
	})
	if err == nil && strings.Count(out, "<!-- begin ") != strings.Count(out, "<!-- end -->") {
		err = errors.New("a generated part has no end")
	}
	return out, err
}

// table returns a generated part.
func (p *source) table(what string, args []string) (string, error) {
	switch {
	case what == "fields" && len(args) == 1:
		return p.fieldTable(args[0], "")
	case what == "fields" && len(args) == 2: //nolint:mnd // The type and the path.
		return p.fieldTable(args[0], args[1]+".")
	case what == "conditions":
		return p.conditionTable(), nil
	case what == "reasons":
		return p.reasonTable()
	}
	return "", errors.Errorf("there is no part %s %s", what, strings.Join(args, " "))
}

// headingAbove returns the text of the last heading of a text.
func headingAbove(page string) string {
	found := regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1][1]
}

// link returns a link to a heading of the same page, in GitHub's form.
func link(heading string) string {
	anchor := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading), "")
	return "[" + heading + "](#" + strings.ReplaceAll(anchor, " ", "-") + ")"
}
