package policy

import (
	"slices"
	"strings"
	"unicode/utf8"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// mayChoose demands of each choice that policy lists it: one that is the target
// for the event's place, any other for the target's.
func (d *decider) mayChoose() bool {
	for _, field := range d.tool.GetFields() {
		if field.GetOrigin() != originChoice {
			continue
		}
		where := d.there()
		if field.GetTargetPrefix() != "" {
			where = d.here()
		}
		for _, value := range d.values(field) {
			if !d.lists(field, where, value) || !d.policy.fits(field.GetPattern(), value) || tooLong(field, value) {
				d.note("choice", "", "%s %q is not listed for %s (listed: %s): add it under choices in POLICY_FILE",
					field.GetName(), value, placeName(where), d.listed(field.GetName(), where))
				return d.end("refused", "choice")
			}
			d.note("choice", "", "%s %s is listed for %s", field.GetName(), value, placeName(where))
		}
	}
	return true
}

// values are what the call gives a choice; none where it gives it nothing.
func (d *decider) values(field *toolsv1.ToolField) []string {
	return d.Call.GetArguments()[field.GetName()].GetChoice().GetValues()
}

func (d *decider) lists(field *toolsv1.ToolField, where scope, value string) bool {
	return slices.ContainsFunc(d.policy.choices[d.tool.GetName()], func(c choice) bool {
		return c.field == field.GetName() && c.scope.matches(where) && slices.Contains(c.values, value)
	})
}

// listed are the values of a field that policy allows in a place. They and the
// refused value are the operator's words, never a stranger's.
func (d *decider) listed(field string, where scope) string {
	var values []string
	for _, c := range d.policy.choices[d.tool.GetName()] {
		if c.field == field && c.scope.matches(where) {
			values = append(values, c.values...)
		}
	}
	if len(values) == 0 {
		return "none"
	}
	return strings.Join(values, ", ")
}

// placeName says where a choice would have to be listed.
func placeName(where scope) string {
	if where == "" {
		return "events of no known place"
	}
	return string(where)
}

func tooLong(field *toolsv1.ToolField, value string) bool {
	limit := field.GetMaxLength()
	return limit > 0 && utf8.RuneCountInString(value) > int(limit)
}
