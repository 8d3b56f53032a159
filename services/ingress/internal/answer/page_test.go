package answer_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
)

// reasons are all constants of type Reason.
func reasons(t *testing.T) []answer.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "refusal.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []answer.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Reason" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, answer.Reason(value))
		}
		return true
	})
	return all
}

// docs/errors.md has a row for each refusal, with its code.
func TestErrorsPage(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	all := reasons(t)
	if len(all) < 15 {
		t.Fatalf("only %d reasons were found", len(all))
	}
	for _, r := range all {
		if row := fmt.Sprintf("\n| `%s` | %d |", r, r.Code()); !strings.Contains(string(page), row) {
			t.Errorf("docs/errors.md has no row %s", row)
		}
	}
}
