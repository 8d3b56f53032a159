package finding

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Severity says whether a finding keeps the file from being loaded.
type Severity string

// The severities.
const (
	// Error: the file can't be loaded.
	Error Severity = "error"
	// Warning: it can, and something in it does nothing, stops everything, or does
	// something else than it seems to say.
	Warning Severity = "warning"
)

// Finding is one thing that is wrong with a file.
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

// Errors joins those findings that keep the file from being loaded; nil for none.
func Errors(findings []Finding) error {
	var errs []error
	for _, f := range findings {
		if f.Severity == Error {
			errs = append(errs, f)
		}
	}
	return errors.Join(errs...)
}

// Sorted are the findings in the order of the file.
func Sorted(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return findings
}
