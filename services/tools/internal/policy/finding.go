package policy

import "github.com/switchyard-dev/switchyard/internal/finding"

// findingsOf takes joined errors apart, in the order of the file.
func findingsOf(err error) []finding.Finding {
	var findings []finding.Finding
	switch e := err.(type) { //nolint:errorlint // a join is walked, and nothing is wrapped
	case nil:
	case finding.Finding:
		findings = append(findings, e)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			findings = append(findings, findingsOf(one)...)
		}
	default:
		findings = append(findings, finding.Finding{Severity: finding.Error, Message: err.Error()})
	}
	return finding.Sorted(findings)
}
