package rule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// compiler turns CEL into expressions over Variables.
type compiler struct{ env *cel.Env }

func newCompiler() (*compiler, error) {
	opts := []cel.EnvOption{
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.CrossTypeNumericComparisons(true), // numbers of event.fields are doubles
		cel.ASTValidators(cel.ValidateRegexLiterals()),
	}
	for name, typ := range variableTypes() {
		opts = append(opts, cel.Variable(name, typ))
	}
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("rule: expressions: %w", err)
	}
	return &compiler{env: env}, nil
}

// scalar compiles an expression whose value can stand in a text.
func (c *compiler) scalar(source string) (*scalar, error) {
	checked, prog, err := c.compile(source, cel.StringType, cel.IntType, cel.UintType, cel.DoubleType, cel.BoolType)
	if err != nil {
		return nil, err
	}
	return &scalar{prog: prog, source: source, fields: fieldsRead(checked.NativeRep())}, nil
}

func (c *compiler) compile(source string, want ...*cel.Type) (*cel.Ast, cel.Program, error) {
	checked, issues := c.env.Compile(source)
	if err := issues.Err(); err != nil {
		return nil, nil, explain(source, issues)
	}
	if !oneOf(checked.OutputType(), want) {
		return nil, nil, fmt.Errorf("its value is of type %s: want %s%s", checked.OutputType(), typeNames(want), compared(want))
	}
	if err := ordered(checked.NativeRep()); err != nil {
		return nil, nil, err
	}
	if err := closed(checked.NativeRep()); err != nil {
		return nil, nil, err
	}
	prog, err := c.env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if err != nil {
		return nil, nil, fmt.Errorf("can't be planned: %w", err)
	}
	return checked, prog, nil
}

// oneOf accepts a value whose type only the event tells; it is checked then.
func oneOf(got *cel.Type, want []*cel.Type) bool {
	return got.IsExactType(cel.DynType) || slices.ContainsFunc(want, got.IsExactType)
}

// compared shows a condition where one is wanted.
func compared(want []*cel.Type) string {
	if len(want) == 1 && want[0].IsExactType(cel.BoolType) {
		return ", as event.kind == \"ping\" is, or has(event.fields.labels) && \"bug\" in event.fields.labels"
	}
	return ""
}

func typeNames(ts []*cel.Type) string {
	names := make([]string, len(ts))
	for i, t := range ts {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// ordered refuses to walk a map: its order is not fixed, and the same event
// must lead to the same plan.
func ordered(a *ast.AST) error {
	var err error
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.ComprehensionKind {
			return
		}
		if a.GetType(e.AsComprehension().IterRange().ID()).Kind() == types.MapKind {
			err = errors.New("a map has no order to walk it in: ask `\"key\" in map` or has(map.key)")
		}
	}))
	return err
}

// explain puts a compiler's findings on one line, and names what may be read
// where something else was asked for.
func explain(source string, issues *cel.Issues) error {
	var out []string
	for _, e := range issues.Errors() {
		msg := strings.TrimSuffix(e.Message, " (in container '')")
		out = append(out, fmt.Sprintf("column %d: %s", e.Location.Column()+1, teach(msg, variableAt(source, e.Location))))
	}
	return misplaced{offset: offsetOf(source, issues.Errors()[0].Location), err: errors.New(strings.Join(out, "; "))}
}

// misplaced is an error so many bytes into what it is about.
type misplaced struct {
	offset int
	err    error
}

func (m misplaced) Error() string { return m.err.Error() }
func (m misplaced) Unwrap() error { return m.err }

// offsetOf is where in an expression a place is, in bytes.
func offsetOf(source string, at common.Location) int {
	offset := 0
	for line := 1; line < at.Line(); line++ {
		offset += strings.IndexByte(source[offset:], '\n') + 1
	}
	rest := []rune(source[offset:])
	return offset + len(string(rest[:max(0, min(at.Column(), len(rest)))]))
}

// variableAt is the variable, "event.kind", that begins at a place in an
// expression.
func variableAt(source string, at common.Location) string {
	lines := strings.Split(source, "\n")
	if at.Line() < 1 || at.Line() > len(lines) {
		return ""
	}
	line := []rune(lines[at.Line()-1])
	if at.Column() < 0 || at.Column() > len(line) {
		return ""
	}
	words := strings.FieldsFunc(string(line[at.Column():]), func(r rune) bool { return r != '_' && !unicode.IsLetter(r) })
	return strings.Join(words[:min(2, len(words))], ".")
}

// scalar is a compiled expression in a template.
type scalar struct {
	prog   cel.Program
	source string
	fields []string // of event.fields that it reads
}

func (s *scalar) text(env *environment) (string, error) {
	val, _, err := s.prog.Eval(env)
	if err != nil {
		return "", fmt.Errorf("${%s}: %w", s.source, err)
	}
	text, ok := format(val)
	if !ok {
		return "", fmt.Errorf("${%s}: a value of type %s can't stand in a text", s.source, val.Type().TypeName())
	}
	return text, nil
}

func format(val ref.Val) (string, bool) {
	switch v := val.(type) {
	case types.String:
		return string(v), true
	case types.Bool:
		return strconv.FormatBool(bool(v)), true
	case types.Int:
		return strconv.FormatInt(int64(v), 10), true
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10), true
	case types.Double:
		if f := float64(v); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return strconv.FormatInt(int64(f), 10), true
		}
		return strconv.FormatFloat(float64(v), 'g', -1, 64), true
	}
	return "", false
}
