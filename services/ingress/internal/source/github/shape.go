package github

import (
	"encoding/json"
	"slices"
)

// shape is what the top level of an event's bodies looks like.
// Source: github.com/octokit/webhooks, payload-schemas.
type shape struct {
	event string
	// Every body has these.
	members []string
	// And no other ones but these and the common ones.
	optional []string
}

// shapes are those of the events that rules act on.
func shapes() []shape {
	return []shape{
		{"pull_request", []string{"action", "number", "pull_request"}, []string{"assignee", "label", "milestone", "requested_reviewer", "requested_team", "changes", "before", "after", "reason"}},
		{"push", []string{"ref", "before", "after", "commits"}, []string{"base_ref", "compare", "created", "deleted", "forced", "head_commit", "pusher"}},
		{"issues", []string{"action", "issue"}, []string{"assignee", "label", "milestone", "changes", "type"}},
		{"issue_comment", []string{"action", "issue", "comment"}, []string{"changes"}},
		{"ping", []string{"zen", "hook"}, []string{"hook_id"}},
	}
}

// disguised tells whether a body, which came under an event name that nothing
// is known of, is one of the known events in truth. The name is not signed: who
// relabels a captured body would have it remembered under the relabelled
// event's meaning, and the right delivery taken for a repetition.
func disguised(raw []byte) bool {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return false
	}
	return slices.ContainsFunc(shapes(), func(s shape) bool { return s.fits(members) })
}

func (s shape) fits(members map[string]json.RawMessage) bool {
	for _, m := range s.members {
		if _, ok := members[m]; !ok {
			return false
		}
	}
	common := []string{"repository", "organization", "installation", "enterprise", "sender"}
	for m := range members {
		if !slices.Contains(s.members, m) && !slices.Contains(s.optional, m) && !slices.Contains(common, m) {
			return false
		}
	}
	return true
}
