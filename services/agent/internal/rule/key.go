package rule

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/switchyard-dev/switchyard/internal/near"
)

// actorKeys and changeKeys are all that these maps ever hold.
func actorKeys() []string  { return []string{"id", "login", "type", "association"} }
func changeKeys() []string { return []string{"field", "from", "to"} }

// closed refuses a key that event.actor, or an element of event.changes, never has.
func closed(a *ast.AST) error {
	var err error
	literal := false // a map of the expression's own may have any key
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		literal = literal || e.Kind() == ast.MapKind
		of, key, ok := keyRead(e)
		if !ok {
			return
		}
		name, keys := "an element of event.changes", changeKeys()
		switch ref, known := a.ReferenceMap()[of.ID()]; {
		case known && ref.Name == "event.actor":
			name, keys = ref.Name, actorKeys()
		case literal || !a.GetType(of.ID()).IsExactType(types.NewMapType(types.StringType, types.StringType)):
			return
		}
		if slices.Contains(keys, key) {
			return
		}
		err = fmt.Errorf("%s has no %q: %s", name, key, near.Want(key, keys))
	}))
	return err
}

// keyRead is the map and the key of m.key, m["key"] and "key" in m.
func keyRead(e ast.Expr) (of ast.Expr, key string, ok bool) {
	switch e.Kind() {
	case ast.SelectKind:
		return e.AsSelect().Operand(), e.AsSelect().FieldName(), true
	case ast.CallKind:
		args := e.AsCall().Args()
		var lit ast.Expr
		switch e.AsCall().FunctionName() {
		case operators.Index:
			of, lit = args[0], args[1]
		case operators.In:
			lit, of = args[0], args[1]
		default:
			return nil, "", false
		}
		if lit.Kind() != ast.LiteralKind {
			return nil, "", false
		}
		s, isText := lit.AsLiteral().(types.String)
		return of, string(s), isText
	}
	return nil, "", false
}
