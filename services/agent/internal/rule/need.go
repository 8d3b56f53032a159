package rule

import (
	"slices"
)

// Need is what a step needs a policy to allow.
type Need struct {
	Rule, Step, Tool string
	// Where the rule's events come from: github, jira, notion.
	Sources []string
	// The target's path: event.ref, link.issue[*], $create.ref; "" where a choice
	// is the target.
	Target string
	// The values of its choices, by field.
	Choices map[string][]string
}

// Needs are what the rules' steps need, in the order of the file; those of
// included rules after them.
func (s *Set) Needs() []Need {
	var needs []Need
	for _, r := range s.rules {
		sources := s.sourcesOf(r)
		for _, st := range r.steps {
			need := Need{Rule: r.name, Step: st.name, Tool: st.tool, Sources: sources, Choices: map[string][]string{}}
			if st.target.field != "" {
				need.Target = st.target.path.String()
			}
			for _, a := range st.arguments {
				if a.path == nil && a.text == nil {
					need.Choices[a.field] = a.choices
				}
			}
			needs = append(needs, need)
		}
	}
	return needs
}

// sourcesOf are the sources of which some event comes to a rule.
func (s *Set) sourcesOf(r *rule) []string {
	var sources []string
	for on, rules := range s.index {
		if slices.Contains(rules, r) && sends(on.source, on.kind) && !slices.Contains(sources, on.source) {
			sources = append(sources, on.source)
		}
	}
	slices.Sort(sources)
	return sources
}
