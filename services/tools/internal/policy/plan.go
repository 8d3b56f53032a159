package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// PlanError says what is malformed in a plan, whatever the policy and the event
// say. It names rules, steps and fields, never a value.
type PlanError struct{ Detail string }

// Error implements error.
func (e *PlanError) Error() string { return "plan invalid: " + e.Detail }

// The origins of a tool's fields, as the registry words them.
const (
	originTarget = "target"
	originField  = "field"
	originChoice = "choice"
	originText   = "text"
)

// The classes of tools that are no effects outside; one that reads goes outside
// all the same where it has a target.
const (
	classMemory = "memory"
	classRead   = "read"
)

// checkPlan holds a plan to the tools' declarations: each tool exists and may
// be planned, each argument is declared, complete and of its origin, and no
// call stands there twice. It returns each call's tool.
func checkPlan(plan *toolsv1.Plan, tools []*toolsv1.Tool) ([]*toolsv1.Tool, error) {
	byName := make(map[string]*toolsv1.Tool, len(tools))
	for _, tool := range tools {
		byName[tool.GetName()] = tool
	}
	planned := make([]*toolsv1.Tool, 0, len(plan.GetCalls()))
	steps, calls := make(map[string]bool), make(map[string]bool)
	for _, call := range plan.GetCalls() {
		tool, ok := byName[call.GetTool()]
		if !ok || isQuestion(tool) {
			return nil, invalid(call, "tool %s can't be planned", call.GetTool())
		}
		if err := checkArguments(call, tool, steps); err != nil {
			return nil, err
		}
		step := call.GetRule() + "/" + call.GetStep()
		id := step + "/" + targetPath(call, tool)
		if calls[id] {
			return nil, invalid(call, "planned twice for one target")
		}
		calls[id], steps[step] = true, true
		planned = append(planned, tool)
	}
	return planned, nil
}

// checkArguments checks one call's arguments; steps are those planned before it.
func checkArguments(call *toolsv1.PlannedCall, tool *toolsv1.Tool, steps map[string]bool) error {
	declared := make(map[string]bool)
	for _, field := range tool.GetFields() {
		declared[field.GetName()] = true
		argument, ok := call.GetArguments()[field.GetName()]
		if !ok {
			if required(field) {
				return invalid(call, "argument %s is missing", field.GetName())
			}
			continue
		}
		if err := checkArgument(call, field, argument, steps); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(call.GetArguments())) {
		if !declared[name] {
			return invalid(call, "tool %s has no argument %s", tool.GetName(), name)
		}
	}
	return nil
}

func checkArgument(call *toolsv1.PlannedCall, field *toolsv1.ToolField, argument *toolsv1.Argument, steps map[string]bool) error {
	ok := false
	switch field.GetOrigin() {
	case originTarget, originField:
		ok = pathForm.MatchString(argument.GetPath())
	case originChoice:
		ok = fitsChoices(field, argument.GetChoice().GetValues())
	case originText:
		_, isText := argument.GetValue().(*toolsv1.Argument_Text)
		ok = isText && (!required(field) || !isEmpty(argument.GetText()))
	}
	if !ok {
		return invalid(call, "argument %s must be %s", field.GetName(), expected(field))
	}
	if step, isStep := strings.CutPrefix(argument.GetPath(), "$"); isStep {
		step, _, _ = strings.Cut(step, ".")
		if !steps[call.GetRule()+"/"+step] {
			return invalid(call, "argument %s: no step %s before it", field.GetName(), step)
		}
	}
	return nil
}

// isEmpty tells of text of which nothing would be left.
func isEmpty(text string) bool {
	clean, _ := Sanitize("", text, 0, nil)
	return clean == ""
}

// isQuestion tells of a tool that CallTool answers and no plan calls.
func isQuestion(tool *toolsv1.Tool) bool {
	return tool.GetClass() == classRead && !slices.ContainsFunc(tool.GetFields(), isTarget)
}

// isTarget tells whether a field names what the tool acts on.
func isTarget(field *toolsv1.ToolField) bool {
	return field.GetOrigin() == originTarget || field.GetTargetPrefix() != ""
}

// fitsChoices demands one value, or where a field holds several, different ones.
func fitsChoices(field *toolsv1.ToolField, values []string) bool {
	most := max(1, int(field.GetMaxItems()))
	if len(values) == 0 || len(values) > most {
		return false
	}
	return len(slices.Compact(slices.Sorted(slices.Values(values)))) == len(values)
}

func required(field *toolsv1.ToolField) bool {
	return field.GetRequired() || isTarget(field)
}

func expected(field *toolsv1.ToolField) string {
	switch field.GetOrigin() {
	case originTarget, originField:
		return "a path: event.<field>, link.<kind>[n] or $<step>.ref"
	case originChoice:
		if most := field.GetMaxItems(); most > 0 {
			return fmt.Sprintf("1 to %d different choices", most)
		}
		return "one choice"
	case originText:
		return "text that is not empty"
	default:
		return "of a known origin"
	}
}

// targetPath is the path of a call's target as planned, or the ref that its
// choice makes; "" for a tool without a target.
func targetPath(call *toolsv1.PlannedCall, tool *toolsv1.Tool) string {
	for _, field := range tool.GetFields() {
		argument := call.GetArguments()[field.GetName()]
		if field.GetOrigin() == originTarget {
			return argument.GetPath()
		}
		if prefix := field.GetTargetPrefix(); prefix != "" {
			return chosenTarget(prefix, argument.GetChoice().GetValues()[0])
		}
	}
	return ""
}

func invalid(call *toolsv1.PlannedCall, format string, args ...any) error {
	return &PlanError{Detail: fmt.Sprintf("%s/%s: ", call.GetRule(), call.GetStep()) + fmt.Sprintf(format, args...)}
}
