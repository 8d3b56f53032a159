package rule

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// condition is a compiled `when`.
type condition struct {
	prog cel.Program
	// The same for an event of which only some is known.
	partial cel.Program
	source  string
	fields  []string // of event.fields that it reads
}

// condition compiles an expression that is true or false.
func (c *compiler) condition(source string) (*condition, error) {
	checked, prog, err := c.compile(source, cel.BoolType)
	if err != nil {
		return nil, err
	}
	partial, err := c.env.Program(checked, cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(maxCost))
	if err != nil {
		return nil, fmt.Errorf("can't be planned: %w", err)
	}
	return &condition{prog: prog, partial: partial, source: source, fields: fieldsRead(checked.NativeRep())}, nil
}

// holds is false, with the error, where the expression can't be evaluated.
func (c *condition) holds(env *environment) (bool, error) {
	val, _, err := c.prog.Eval(env)
	if err != nil {
		return false, err
	}
	b, ok := val.(types.Bool)
	if !ok {
		return false, fmt.Errorf("its value is of type %s: want bool", val.Type().TypeName())
	}
	return bool(b), nil
}

// constant says whether source and kind alone decide the condition, the same
// way for every event on s.
func (c *condition) constant(s scope) (always, never bool) {
	always, never = true, true
	for _, source := range sources() {
		for _, kind := range kinds() {
			one := subject{source: source, kind: kind}
			if !s.covers(one) || !sends(source, kind) {
				continue
			}
			holds, known := c.given(one)
			always = always && known && holds
			never = never && known && !holds
			if !always && !never {
				return false, false
			}
		}
	}
	return always, never && !always
}

// given evaluates the condition for an event of which only source and kind are
// known; known is false where that doesn't decide it.
func (c *condition) given(s subject) (holds, known bool) {
	values := map[string]any{"event.source": s.source, "event.kind": s.kind}
	var unknown []*cel.AttributePatternType
	for name := range variableTypes() {
		if _, ok := values[name]; !ok {
			unknown = append(unknown, cel.AttributePattern(name))
		}
	}
	env, err := cel.PartialVars(values, unknown...)
	if err != nil {
		return false, false
	}
	val, _, err := c.partial.Eval(env)
	b, ok := val.(types.Bool)
	return bool(b), err == nil && ok
}
