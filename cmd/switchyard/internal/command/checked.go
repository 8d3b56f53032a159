package command

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/finding"
)

// checkedFile is a file of rules or a policy with what a check found in it.
type checkedFile struct {
	file string
	// Stands for the file where that is "".
	without  string
	findings []finding.Finding
	// What is said of a file that can be loaded.
	good string
}

// String lists the findings and sums them up.
func (c checkedFile) String() string {
	var b strings.Builder
	file := cmp.Or(c.file, c.without)
	errors, warnings := 0, 0
	for _, f := range c.findings {
		place := file
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", file, f.Line, f.Column)
		}
		fmt.Fprintf(&b, "%s: %s: %s\n", place, f.Severity, f.Message)
		if f.Severity == finding.Error {
			errors++
		} else {
			warnings++
		}
	}
	switch {
	case errors > 0:
		fmt.Fprintf(&b, "%s: %s, %s\n", file, counted(errors, "error"), counted(warnings, "warning"))
	case warnings > 0:
		fmt.Fprintf(&b, "%s: %s, %s\n", file, c.good, counted(warnings, "warning"))
	default:
		fmt.Fprintf(&b, "%s: %s\n", file, c.good)
	}
	return b.String()
}
