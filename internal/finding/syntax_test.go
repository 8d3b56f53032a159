package finding_test

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/switchyard-dev/switchyard/internal/finding"
)

const head = "# c\nrules:\n  - name: a\n    on: {}\n"

// The parser names the block around a fault, or no line at all.
func TestSyntaxNamesTheLineOfTheFault(t *testing.T) {
	for name, tt := range map[string]struct{ source, want string }{
		"indented less":             {head + "   when: x\n  - name: b\n", "5: yaml: did not find expected '-' indicator (is this line indented"},
		"indented more":             {head + "      when: x\n    do: []\n", "5: yaml: did not find expected key (is this line indented"},
		"no colon":                  {head + "    when true\n    do: []\n", "5: yaml: could not find expected ':'"},
		"a colon too many":          {head + "    when: a: b\n    do: []\n", "5: yaml: mapping values are not allowed in this context (a value with a colon"},
		"a bracket open":            {head + "    do: [{step: s}\n    when: x\n  - name: b\n", "5: yaml: did not find expected ',' or ']'"},
		"a brace open":              {head + "    do:\n      - step: s\n        with: {body: 'x', target: event.ref\n    when: x\n", "7: yaml: did not find expected ',' or '}'"},
		"a bracket too many":        {head + "    do: []]\n    when: x\n", "5: yaml: did not find expected key"},
		"a quote open":              {head + "    when: \"x\n    do: []\n  - name: b\n", "5: yaml: found unexpected end of stream"},
		"a quote closed by another": {head + "    when: 'x\n    do: []\n  - name: b\n    when: 'y'\n", "8: yaml: did not find expected key (is the quote on line 5 closed?)"},
		"an escape":                 {head + "    when: \"x\n      y\n      \\d\"\n    do: []\n", "7: yaml: found unknown escape character"},
		"a star":                    {head + "    do: [{with: {target: link.issue[*]}}]\n    when: x\n", "5: yaml: did not find expected alphabetic or numeric character (a value with * in it"},
		"a tab":                     {head + "\twhen: x\n", "5: yaml: found character that cannot start any token (a tab?"},
		"a tab in a value":          {head + "    when: @x\n    do: []\n", "5: yaml: found character that cannot start any token (a value that begins with @"},
		"a dash too far left":       {head + "    do:\n     - step: s\n       tool: x\n    - step: t\n", "8: yaml: did not find expected key"},
		"a dash too far right":      {head + "    do:\n     - step: s\n       tool: x\n      - step: t\n", "8: yaml: did not find expected '-' indicator"},
		"after lists of many lines": {head + "    do: [\n      {step: s},\n      {step: t}]\n   when: x\n", "8: yaml: did not find expected '-' indicator"},
		"bytes that are no text":    {head + "    when: \xff\n    do: []\n", "5: yaml: invalid leading UTF-8 octet"},
		"a control character":       {head + "    when: \x01\n    do: []\n", "5: yaml: control characters are not allowed"},
		"an unknown anchor":         {head + "    do: *x\n    when: y\n", "5: yaml: unknown anchor 'x' referenced"},
		"no line end":               {"rules:\n  - a\n  b: c", "3: yaml: did not find expected '-' indicator"},
		"the only line":             {"a: b: c", "1: yaml: mapping values"},
		"a quote open over a long file": {
			"a: \"\n" + strings.Repeat("b: c\n", 200), "1: yaml: found unexpected end of stream",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var n yaml.Node
			err := yaml.Unmarshal([]byte(tt.source), &n)
			if err == nil {
				t.Fatal("this is YAML")
			}
			f := finding.Syntax([]byte(tt.source), err)
			if got := fmt.Sprintf("%d: %s", f.Line, f.Message); !strings.HasPrefix(got, tt.want) || f.Column != 1 || f.Severity != finding.Error {
				t.Errorf("got %+v, want %s", f, tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	found := []finding.Finding{{Line: 3, Severity: finding.Error, Message: "c"}, {Line: 1, Column: 2, Severity: finding.Warning, Message: "b"}, {Severity: finding.Error, Message: "a"}}
	if err := finding.Errors(finding.Sorted(found)); err == nil || err.Error() != "a\nline 3: c" {
		t.Errorf("errors %v", err)
	}
	if err := finding.Errors([]finding.Finding{{Severity: finding.Warning}}); err != nil {
		t.Errorf("a warning is an error: %v", err)
	}
}
