package action

import (
	"fmt"
	"strings"
)

// Ref is a parsed entity name: "jira@eu:issue:ACME-7" is source jira,
// instance eu, kind issue, name ACME-7.
type Ref struct {
	Source   string
	Instance string
	Kind     string
	Name     string
}

// ParseRef parses source[@instance]:kind:name.
func ParseRef(s string) (Ref, error) {
	head, rest, ok := strings.Cut(s, ":")
	kind, name, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || head == "" || kind == "" || name == "" {
		return Ref{}, fmt.Errorf("ref %q: want source:kind:name", s)
	}
	source, instance, _ := strings.Cut(head, "@")
	return Ref{Source: source, Instance: instance, Kind: kind, Name: name}, nil
}
