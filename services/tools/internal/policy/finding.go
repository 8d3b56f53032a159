package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Severity says whether a finding keeps the policy from being loaded.
type Severity string

// The severities.
const (
	// Error: the policy can't be loaded.
	Error Severity = "error"
	// Warning: it can, and something in it does nothing, or stops everything.
	Warning Severity = "warning"
)

// Finding is one thing to say about a policy's file.
type Finding struct {
	// From 1, in the file; 0 for the file as a whole.
	Line, Column int
	Severity     Severity
	Message      string
}

// Error is the finding without its column.
func (f Finding) Error() string {
	if f.Line == 0 {
		return f.Message
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Message)
}

// Errors joins those findings that keep a policy from being loaded; nil for none.
func Errors(findings []Finding) error {
	var errs []error
	for _, f := range findings {
		if f.Severity == Error {
			errs = append(errs, f)
		}
	}
	return errors.Join(errs...)
}

// findingsOf takes joined errors apart, in the order of the file.
func findingsOf(err error) []Finding {
	var findings []Finding
	switch e := err.(type) { //nolint:errorlint // a join is walked, and nothing is wrapped
	case nil:
	case Finding:
		findings = append(findings, e)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			findings = append(findings, findingsOf(one)...)
		}
	default:
		findings = append(findings, Finding{Severity: Error, Message: err.Error()})
	}
	return sorted(findings)
}

func sorted(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return findings
}

// syntax is what the YAML parser says, which names the line in its words.
func syntax(err error) Finding {
	f := Finding{Severity: Error, Message: err.Error()}
	if strings.HasSuffix(f.Message, "did not find expected alphabetic or numeric character") {
		f.Message += ` (a value with * in it stands in quotes: "github:acme/*")`
	}
	rest, ok := strings.CutPrefix(f.Message, "yaml: line ")
	line, rest, cut := strings.Cut(rest, ": ")
	if n, err := strconv.Atoi(line); ok && cut && err == nil {
		f.Line, f.Column, f.Message = n, 1, "yaml: "+rest
	}
	return f
}
