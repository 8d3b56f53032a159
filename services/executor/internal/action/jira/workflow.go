package jira

import (
	"fmt"
	"slices"
	"strings"
)

// transition is a way out of the status that an issue is in.
type transition struct {
	ID string `json:"id"`
	To struct {
		Name string `json:"name"`
	} `json:"to"`
	// IsAvailable is false for one whose condition fails. Data Center lists only
	// those that are available and doesn't say so.
	IsAvailable *bool `json:"isAvailable"`
}

// leadingTo chooses the one transition that leads to a status: of the same name,
// or, if there is none, of one that differs in case only. The error is for people
// and names the statuses that can be reached.
func leadingTo(status string, all []transition) (transition, error) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var found []transition
		for _, t := range all {
			if (t.IsAvailable == nil || *t.IsAvailable) && same(t.To.Name, status) {
				found = append(found, t)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return transition{}, fmt.Errorf("%d transitions lead to %q: which one is meant can't be told; it can get to %s", len(found), status, reachable(all))
		}
	}
	return transition{}, fmt.Errorf("no transition leads to %q from here; it can get to %s", status, reachable(all))
}

func reachable(all []transition) string {
	var names []string
	for _, t := range all {
		if t.IsAvailable == nil || *t.IsAvailable {
			names = append(names, t.To.Name)
		}
	}
	if len(names) == 0 {
		return "no other status"
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
