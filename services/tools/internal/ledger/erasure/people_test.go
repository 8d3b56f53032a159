package erasure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/erasure"
)

// normalizers are where events' fields are written; ingress shares no code with tools.
const normalizers = "../../../../ingress/internal/source"

// A field that a normalizer fills with an account, and that forgetting a person does
// not know, keeps the name of whoever was forgotten.
func TestEveryFieldThatHoldsAnAccountIsKnown(t *testing.T) {
	// What is held to a login's characters and names no person.
	others := []string{"team", "ghsa", "cve", "category", "app"}
	// An organization under its earlier name, among refs.
	others = append(others, "ref")
	var found []string
	for _, folder := range []string{"github", "jira", "notion"} {
		found = append(found, accountFields(t, filepath.Join(normalizers, folder))...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	for _, known := range []string{"account", "assignee", "creator", "member", "reviewer", "sponsorable"} {
		if !slices.Contains(found, known) {
			t.Errorf("%s was not found: the normalizers are not read as they are written", known)
		}
	}
	for _, name := range found {
		if !erasure.People(name) && !slices.Contains(others, name) {
			t.Errorf("the field %s holds an account and is not among those that forgetting a person empties", name)
		}
	}
}

// accounts follows what is an account through a folder's files.
type accounts struct {
	// Functions and, within one, variables that have one.
	funcs, locals map[string]bool
	fields        []string
}

// accountFields are the names of fields and changes that get one.
func accountFields(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", folder, len(files), err)
	}
	var functions []*ast.FuncDecl
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				functions = append(functions, f)
			}
		}
	}
	a := &accounts{funcs: map[string]bool{"Login": true}}
	for known := 0; known < len(a.funcs); { // Until no function more returns one.
		known = len(a.funcs)
		for _, f := range functions {
			a.function(f)
		}
	}
	return a.fields
}

func (a *accounts) function(f *ast.FuncDecl) {
	a.locals = make(map[string]bool)
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if v, ok := to.(*ast.Ident); ok && a.has(n.Rhs[min(i, len(n.Rhs)-1)]) {
					a.locals[v.Name] = true
				}
			}
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				if a.has(r) {
					a.funcs[f.Name.Name] = true
				}
			}
		case *ast.CallExpr:
			a.call(n)
		case *ast.CaseClause:
			a.change(n)
		}
		return true
	})
}

// change notes the fields of a case that fills in a change.
func (a *accounts) change(c *ast.CaseClause) {
	for _, s := range c.Body {
		ast.Inspect(s, func(n ast.Node) bool {
			set, ok := n.(*ast.AssignStmt)
			if !ok || !slices.ContainsFunc(set.Rhs, a.has) {
				return true
			}
			for _, to := range set.Lhs {
				if part, ok := to.(*ast.SelectorExpr); ok && (part.Sel.Name == "From" || part.Sel.Name == "To") {
					a.note(c.List...)
				}
			}
			return true
		})
	}
}

// note takes the names of fields; one that is no literal is known to nobody.
func (a *accounts) note(names ...ast.Expr) {
	for _, n := range names {
		field := "?"
		if name, ok := n.(*ast.BasicLit); ok {
			field, _ = strconv.Unquote(name.Value)
		}
		a.fields = append(a.fields, field)
	}
}

// call notes the field of one that writes a field or a change.
func (a *accounts) call(c *ast.CallExpr) {
	to, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) < 2 || !slices.Contains([]string{"Text", "List", "changed"}, to.Sel.Name) {
		return
	}
	if slices.ContainsFunc(c.Args[1:], a.has) {
		a.note(c.Args[0])
	}
}

// has tells whether an expression has an account in it.
func (a *accounts) has(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.Ident:
				found = found || a.funcs[f.Name]
			case *ast.SelectorExpr:
				found = found || a.funcs[f.Sel.Name]
			}
		case *ast.Ident:
			found = found || a.locals[n.Name]
		}
		return !found
	})
	return found
}
