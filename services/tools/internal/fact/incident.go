package fact

import (
	"slices"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Incident is an issue that says that something was broken.
type Incident struct {
	Ref   string
	Place string
	// Ended is zero while it is open.
	Began, Ended time.Time
	// Culprits are changes and commits that are said to have caused it, or that
	// were reverted for it.
	Culprits []string
	EventIDs []string
}

// IncidentSigns tell an incident from another issue: by its type, as Jira names it,
// or by a label. Both are compared without regard to case.
type IncidentSigns struct{ Types, Labels []string }

// Match looks at an issue's attributes.
func (s IncidentSigns) Match(issue project.Entity) bool {
	if kind, ok := attribute(issue, "issue_type"); ok && foldedIn(s.Types, kind) {
		return true
	}
	labels, _ := attribute(issue, "labels")
	return slices.ContainsFunc(strings.Split(labels, ","), func(label string) bool { return foldedIn(s.Labels, label) })
}

// Incidents reads incidents: what is known of issues, and their issue.created and
// issue.state observations, oldest first. An issue that was deleted is none. One
// without a time of its beginning is left out, and named.
func Incidents(issues []project.Entity, rows []Observed, signs IncidentSigns) (list []Incident, timeless []string) {
	observed := make(map[string][]Observed)
	for _, row := range rows {
		observed[row.Subject] = append(observed[row.Subject], row)
	}
	for _, issue := range issues {
		if deleted, _ := attribute(issue, "deleted"); deleted == "true" || !signs.Match(issue) {
			continue
		}
		incident := Incident{Ref: issue.Ref, Place: issue.Place}
		if created, ok := attribute(issue, "created_at"); ok {
			incident.Began, _ = time.Parse(time.RFC3339, created)
		}
		incident.follow(observed[issue.Ref])
		if incident.Began.IsZero() {
			timeless = append(timeless, issue.Ref)
			continue
		}
		list = append(list, incident)
	}
	slices.SortStableFunc(list, func(a, b Incident) int { return a.Began.Compare(b.Began) })
	return list, timeless
}

// follow finds when the incident began, if nothing has told it, and when it ended
// for good: one that was opened again goes on.
func (i *Incident) follow(rows []Observed) {
	closed := false
	for _, row := range rows {
		switch {
		case row.Name == "issue.created":
			if i.Began.IsZero() {
				i.Began = row.At
			}
		case row.Name != project.IssueState:
			continue
		case row.Value == "closed" && !closed:
			closed, i.Ended = true, row.At
		case row.Value == "open":
			closed, i.Ended = false, time.Time{}
		}
		if !slices.Contains(i.EventIDs, row.EventID) {
			i.EventIDs = append(i.EventIDs, row.EventID)
		}
	}
}

// Blame finds the culprits of incidents in links: a change or a commit that the
// incident itself names, and one that a change which names the incident reverts.
// A change that merely names it mends it.
func Blame(incidents []Incident, links []graph.Related) {
	reverted := make(map[string][]string)
	for _, l := range links {
		if l.Rule == "revert" && !l.Gone {
			reverted[l.From] = append(reverted[l.From], l.To)
		}
	}
	index := make(map[string]int, len(incidents))
	for i := range incidents {
		index[incidents[i].Ref] = i
	}
	for _, l := range links {
		if l.Gone {
			continue
		}
		if i, ok := index[l.From]; ok {
			incidents[i].Culprits = append(incidents[i].Culprits, culprits(l.To)...)
		}
		if i, ok := index[l.To]; ok && l.Rule != "revert" {
			for _, undone := range reverted[l.From] {
				incidents[i].Culprits = append(incidents[i].Culprits, culprits(undone)...)
			}
		}
	}
}

// culprits are the changes and commits that a ref may mean: GitHub numbers issues
// and pull requests alike, and "#42" names either.
func culprits(ref string) []string {
	r, ok := project.ParseRef(ref)
	switch {
	case !ok || r.Source() != "github":
		return nil
	case r.Type == "issue":
		r.Type = "pr"
		return []string{r.String()}
	case r.Type == "pr" || r.Type == "commit":
		return []string{ref}
	}
	return nil
}

func attribute(e project.Entity, name string) (string, bool) {
	for _, a := range e.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// foldedIn compares without regard to case.
func foldedIn(words []string, word string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}
