package fact

import (
	"slices"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// happening is an observation that a kind names, with those that say more about it.
type happening struct {
	Observed
	details map[string]string
}

// happenings brings together what was observed of one subject and occurrence,
// in the order of the rows. What rules observed under a kind's name has no details.
func happenings(rows []Observed, kind string, subjects ...string) []happening {
	type key struct{ subject, occurrence string }
	var list []happening
	index := make(map[key]int)
	for _, row := range rows {
		ref, _ := project.ParseRef(row.Subject)
		if row.Name == kind && slices.Contains(subjects, ref.Type) {
			index[key{row.Subject, row.SubKey}] = len(list)
			list = append(list, happening{Observed: row, details: make(map[string]string)})
		}
	}
	for _, row := range rows {
		if i, ok := index[key{row.Subject, row.SubKey}]; ok && row.Name != kind {
			list[i].details[row.Name] = row.Value
		}
	}
	return list
}

// Change is one that was merged.
type Change struct {
	Ref   string
	Place string
	// Base is the branch; "" where it isn't known.
	Base string
	// SHA is the commit that the merge made.
	SHA string
	// Opened is zero where it isn't known.
	Opened, Merged time.Time
	EventID        string
}

// Changes reads merged changes: change.merged and its details.
func Changes(rows []Observed) []Change {
	var list []Change
	index := make(map[[2]string]int)
	for _, h := range happenings(rows, "change.merged", "pr") {
		opened, _ := time.Parse(time.RFC3339, h.details[project.ChangeOpenedAt])
		c := Change{
			Ref: h.Subject, Place: h.Place, Base: h.details[project.ChangeBase], SHA: h.Value,
			Opened: opened, Merged: h.At, EventID: h.EventID,
		}
		// A rule may have observed the same merge, without its details.
		if i, ok := index[[2]string{c.Ref, c.SHA}]; !ok {
			index[[2]string{c.Ref, c.SHA}] = len(list)
			list = append(list, c)
		} else if list[i].Base == "" {
			list[i] = c
		}
	}
	return list
}

// Deployment is one that ended.
type Deployment struct {
	Ref         string
	Place       string
	Environment string
	SHA         string
	// success, failure or error.
	Conclusion string
	At         time.Time
	EventID    string
}

// Succeeded tells whether it reached its environment.
func (d Deployment) Succeeded() bool { return d.Conclusion == "success" }

// Deployments reads deployments, in the order of their ends: deployment.finished
// and its details. One that was told to have succeeded has, since then, whatever
// else was told of it; of another the first end counts.
func Deployments(rows []Observed) []Deployment {
	var list []Deployment
	index := make(map[string]int)
	for _, h := range happenings(rows, "deployment.finished", "deployment") {
		d := Deployment{
			Ref: h.Subject, Place: h.Place, Environment: h.details[project.DeploymentEnvironment], SHA: h.details[project.DeploymentSHA],
			Conclusion: h.Value, At: h.At, EventID: h.EventID,
		}
		if d.SHA == "" {
			continue // A rule's: every deployment of GitHub has a commit.
		}
		if i, ok := index[d.Ref]; !ok {
			index[d.Ref] = len(list)
			list = append(list, d)
		} else if d.Succeeded() && !list[i].Succeeded() {
			list[i] = d
		}
	}
	slices.SortStableFunc(list, func(a, b Deployment) int { return a.At.Compare(b.At) })
	return list
}

// Push moved a branch.
type Push struct {
	Place, Branch, Before, After string
	// Forced: it took commits away.
	Forced  bool
	At      time.Time
	EventID string
}

// Pushes reads pushes to branches: commit.pushed and its details.
func Pushes(rows []Observed) []Push {
	var list []Push
	for _, h := range happenings(rows, "commit.pushed", "branch") {
		if branch, ok := branchOf(h.Subject); ok {
			list = append(list, Push{
				Place: h.Place, Branch: branch, Before: h.details[project.CommitBefore], After: h.Value,
				Forced: h.details[project.CommitForced] == "true", At: h.At, EventID: h.EventID,
			})
		}
	}
	return list
}
