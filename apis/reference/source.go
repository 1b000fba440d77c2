// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A source is what the files of a Go package say.
type source struct {
	types     map[string]typ
	constants []constant
	// comments are all comments, in the order of files and lines.
	comments []string
	// sections are the headings of the types that have a table of their own on the page.
	sections map[string]string
}

// A typ is a type and its comment.
type typ struct {
	expr ast.Expr
	doc  string
}

// A constant has a name, a value, a comment, and the comment of its block. Its type is empty
// where it is a mere string.
type constant struct {
	name, value, typ, doc, block string
}

// parse reads the files of a package, except for tests and generated code.
func parse(folder string) (*source, error) {
	p := &source{types: map[string]typ{}}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, errors.Wrapf(err, "cannot list %s", folder)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(filepath.Base(file), "zz_") {
			continue
		}
		text, err := os.ReadFile(file) //nolint:gosec // The developer names the folder.
		if err != nil {
			return nil, errors.Wrap(err, "cannot read Go types")
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments)
		if err != nil {
			return nil, errors.Wrap(err, "cannot parse Go types")
		}
		for _, c := range f.Comments {
			p.comments = append(p.comments, c.Text())
		}
		for _, decl := range f.Decls {
			if g, ok := decl.(*ast.GenDecl); ok {
				p.add(g)
			}
		}
	}
	return p, nil
}

// add adds the types and constants of a declaration.
func (p *source) add(g *ast.GenDecl) {
	for _, spec := range g.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			p.types[s.Name.Name] = typ{expr: s.Type, doc: comment(cmp.Or(s.Doc, g.Doc))}
		case *ast.ValueSpec:
			if g.Tok != token.CONST || len(s.Values) != 1 {
				continue
			}
			literal, ok := s.Values[0].(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				continue
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				continue
			}
			c := constant{name: s.Names[0].Name, value: value, doc: s.Doc.Text(), block: g.Doc.Text()}
			if !g.Lparen.IsValid() {
				c.doc = g.Doc.Text()
			}
			if id, ok := s.Type.(*ast.Ident); ok {
				c.typ = id.Name
			}
			p.constants = append(p.constants, c)
		}
	}
}

// comment returns a comment with its markers.
func comment(doc *ast.CommentGroup) string {
	var out []string
	if doc != nil {
		for _, line := range doc.List {
			out = append(out, strings.TrimSpace(strings.TrimPrefix(line.Text, "//")))
		}
	}
	return strings.Join(out, "\n")
}

// split returns the text of a comment and its markers, which begin with a plus.
func split(doc string) (string, []string) {
	var text, markers []string
	for line := range strings.Lines(doc) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "+") {
			markers = append(markers, line)
			continue
		}
		text = append(text, line)
	}
	return strings.TrimSpace(strings.Join(text, " ")), markers
}

// fieldTable returns the table of a type's fields.
func (p *source) fieldTable(name, path string) (string, error) {
	t, ok := p.types[name]
	if !ok {
		return "", errors.Errorf("there is no type %s", name)
	}
	rows := p.fields(t.expr, path)
	if len(rows) == 0 {
		return "", errors.Errorf("type %s has no fields", name)
	}
	return "| field | type | default | meaning |\n|---|---|---|---|\n" + strings.Join(rows, ""), nil
}

// fields returns the rows of a type's fields, and of the fields below them.
func (p *source) fields(expr ast.Expr, path string) []string {
	s, ok := expr.(*ast.StructType)
	if !ok {
		return nil
	}
	var out []string
	for _, f := range s.Fields.List {
		name := ""
		if f.Tag != nil {
			name, _, _ = strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
		}
		id, own := f.Type.(*ast.Ident)
		switch {
		case name == "-" || name == "metadata" || name == "" && !own:
			continue
		case name == "" && p.sections[id.Name] != "":
			out = append(out, "| | | | and those of "+link(p.sections[id.Name])+" |\n")
			continue
		case name == "":
			out = append(out, p.fields(p.types[id.Name].expr, path)...)
			continue
		}
		out = append(out, p.field(f, path+name)...)
	}
	return out
}

// field returns the row of a field, and the rows of the fields below it.
func (p *source) field(f *ast.Field, path string) []string {
	text, markers := split(comment(f.Doc))
	inner, suffix := element(f.Type)
	name := identifier(inner)
	t, known := p.types[name]
	var below []string
	switch {
	case !known:
	case p.sections[name] != "":
		text += " Its fields: " + link(p.sections[name]) + "."
	default:
		below = p.fields(t.expr, path+suffix+".")
	}
	kind := p.kind(f.Type)
	meaning := []string{text}
	for _, c := range p.constants {
		// A comment that names the values explains them, too.
		if c.typ == name && known && !strings.Contains(text, c.value) {
			meaning = append(meaning, "`"+c.value+"`: "+strings.ReplaceAll(withoutName(c.doc, c.name), " It is the default.", ""))
		}
	}
	return append([]string{"| `" + path + "` | " + kind + " | " + byDefault(text, markers) + " | " + cell(strings.Join(meaning, " ")) + " |\n"}, below...)
}

// element returns the type of a pointer's target or of a list's items, and what stands
// behind the path of the latter.
func element(expr ast.Expr) (ast.Expr, string) {
	switch t := expr.(type) {
	case *ast.StarExpr:
		return element(t.X)
	case *ast.ArrayType:
		inner, _ := element(t.Elt)
		return inner, "[]"
	}
	return expr, ""
}

// identifier returns the name of a type of the package itself.
func identifier(expr ast.Expr) string {
	if id, ok := expr.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// kind returns how users call a type.
func (p *source) kind(expr ast.Expr) string {
	switch t := expr.(type) {
	case *ast.StarExpr:
		return p.kind(t.X)
	case *ast.ArrayType:
		return "list: " + p.kind(t.Elt)
	case *ast.MapType:
		return "map"
	case *ast.SelectorExpr:
		if name := t.Sel.Name; name != "Duration" && name != "Time" && name != "IntOrString" {
			return "`" + name + "`"
		}
		return map[string]string{"Duration": "duration", "Time": "time", "IntOrString": "integer or string"}[t.Sel.Name]
	case *ast.Ident:
		if known, ok := map[string]string{"int32": "integer", "int64": "integer", "bool": "boolean", "string": "string"}[t.Name]; ok {
			return known
		}
		switch p.types[t.Name].expr.(type) {
		case *ast.Ident:
			_, markers := split(p.types[t.Name].doc)
			for _, m := range markers {
				if values, ok := strings.CutPrefix(m, "+kubebuilder:validation:Enum="); ok {
					return "`" + strings.ReplaceAll(values, ";", "`, `") + "`"
				}
			}
			return p.kind(p.types[t.Name].expr)
		case *ast.SelectorExpr:
			return "`" + t.Name + "`"
		}
	}
	return "object"
}

// notGiven finds a default that the text of a comment names.
var notGiven = regexp.MustCompile(`(?:^|[.:;] )([^:;]+?) when (?:it is )?not given`)

// byDefault returns the default of a field: that of its marker, or what its comment says.
func byDefault(text string, markers []string) string {
	for _, m := range markers {
		if value, ok := strings.CutPrefix(m, "+kubebuilder:default:="); ok {
			return "`" + value + "`"
		}
	}
	if m := notGiven.FindStringSubmatch(text); m != nil {
		sentence := m[1][strings.LastIndex(m[1], ". ")+1:]
		return cell(strings.TrimSpace(sentence))
	}
	return ""
}

// conditionTable returns the table of all conditions.
func (p *source) conditionTable() string {
	rows := []string{"| condition | meaning |", "|---|---|"}
	for _, c := range p.constants {
		if strings.HasPrefix(c.name, "Condition") {
			rows = append(rows, "| `"+c.value+"` | "+cell(p.values(upperFirst(strings.TrimPrefix(withoutName(c.doc, c.name), "tells "))))+" |")
		}
	}
	return strings.Join(rows, "\n") + "\n"
}

// reasonsOf is how a comment begins that lists reasons of conditions.
const reasonsOf = "Reasons of Condition"

// reasonTable returns the table of all reasons, in the order of their constants.
func (p *source) reasonTable() (string, error) {
	rows := []string{"| condition | status | reason | meaning | what to do |", "|---|---|---|---|---|"}
	for _, c := range p.constants {
		if !strings.HasPrefix(c.name, "Reason") {
			continue
		}
		meaning, status, fix, err := p.explained(c)
		if err != nil {
			return "", err
		}
		conditions := p.conditionsOf(c)
		if len(conditions) == 0 {
			return "", errors.Errorf("no comment that begins with %q names %s", reasonsOf, c.name)
		}
		rows = append(rows, "| `"+strings.Join(conditions, "`, `")+"` | "+status+" | `"+c.value+"` | "+cell(p.values(meaning))+" | "+cell(p.values(fix))+" |")
	}
	return strings.Join(rows, "\n") + "\n", nil
}

// paragraph is the last one of a reason's comment.
var paragraph = regexp.MustCompile(`(?s)^(.*)\n\nStatus ([A-Z][a-z]+(?: or [A-Z][a-z]+)?|as before)\.(?: To do: (.*))?$`)

// explained returns the three parts of a reason's comment.
func (p *source) explained(c constant) (meaning, status, fix string, err error) {
	m := paragraph.FindStringSubmatch(strings.TrimSpace(c.doc))
	if m == nil {
		return "", "", "", errors.Errorf("the comment of %s must end with a paragraph like %q", c.name, "Status False. To do: create the Secret.")
	}
	meaning = strings.TrimPrefix(withoutName(m[1], c.name), "means that ")
	meaning = strings.NewReplacer(", and that ", ", and ", ", but that ", ", but ", ", or that ", ", or ").Replace(meaning)
	return upperFirst(meaning), m[2], upperFirst(oneLine(m[3])), nil
}

// conditionsOf returns the conditions that have a reason: those that the comment of its block
// begins with, and those of other comments that name the reason.
func (p *source) conditionsOf(c constant) []string {
	name := regexp.MustCompile(`\b` + c.name + `\b`)
	var out []string
	for _, text := range p.comments {
		text = oneLine(text)
		if !strings.HasPrefix(text, reasonsOf) || text != oneLine(c.block) && !name.MatchString(text) {
			continue
		}
		first, _, _ := strings.Cut(text, ".")
		if before, _, found := strings.Cut(first, " are Reason"); found {
			first = before
		}
		for _, condition := range p.constants {
			if strings.HasPrefix(condition.name, "Condition") && regexp.MustCompile(`\b`+condition.name+`\b`).MatchString(first) && !slices.Contains(out, condition.value) {
				out = append(out, condition.value)
			}
		}
	}
	return out
}

// values puts the values of constants in place of their names.
func (p *source) values(text string) string {
	return regexp.MustCompile(`\b(Condition|Reason)[A-Z][A-Za-z]+\b`).ReplaceAllStringFunc(text, func(name string) string {
		for _, c := range p.constants {
			if c.name == name {
				return "`" + c.value + "`"
			}
		}
		return name
	})
}

// withoutName returns a comment without the name that it begins with.
func withoutName(doc, name string) string {
	return strings.TrimPrefix(oneLine(doc), name+" ")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// cell returns a text as a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`).Replace(oneLine(text))
}

func upperFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
