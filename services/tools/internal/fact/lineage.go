package fact

import (
	"slices"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// How sure it is that a deployment has a change.
const (
	// Certain: the deployed commit is the one that the merge made.
	Certain = "certain"
	// Likely: the deployed commit came to the branch later than the merge, and
	// nothing was taken away from the branch in between.
	Likely = "likely"
)

// Lineage knows which commits branches have had, in which order.
type Lineage struct {
	// Where a commit stands, by branch: the heads that a commit was of are few.
	stands map[commit][]standing
}

type commit struct{ place, sha string }

type standing struct {
	branch string
	// The how-manieth head of the branch it was, and how often commits had been
	// taken away from the branch until then.
	order, cut int
}

// head is a commit that a branch stood at. Its before is "" where only the merge tells of it.
type head struct {
	before, sha string
	// Commits were taken away from the branch.
	cut bool
	at  time.Time
}

// NewLineage orders what merges and pushes made heads of branches.
func NewLineage(changes []Change, pushes []Push) *Lineage {
	branches := make(map[commit][]head)
	pushed := make(map[[3]string]bool)
	for _, p := range pushes {
		at := commit{p.Place, p.Branch}
		pushed[[3]string{p.Place, p.Branch, p.After}] = true
		branches[at] = append(branches[at], head{before: p.Before, sha: p.After, cut: p.Forced, at: p.At})
	}
	for _, c := range changes {
		// The push of a merge tells the same, and where the branch stood before.
		if c.Base != "" && c.SHA != "" && !pushed[[3]string{c.Place, c.Base, c.SHA}] {
			at := commit{c.Place, c.Base}
			branches[at] = append(branches[at], head{sha: c.SHA, at: c.Merged})
		}
	}
	l := &Lineage{stands: make(map[commit][]standing)}
	for at, heads := range branches {
		inOrder(heads)
		cuts := 0
		for order, h := range heads {
			if h.cut {
				cuts++
			}
			l.stands[commit{at.place, h.sha}] = append(l.stands[commit{at.place, h.sha}], standing{at.sha, order, cuts})
		}
	}
	return l
}

// inOrder sorts heads by time. GitHub's times are whole seconds: of one second
// the one comes first that the next one grew from.
func inOrder(heads []head) {
	slices.SortStableFunc(heads, func(a, b head) int { return a.at.Compare(b.at) })
	for begin := 0; begin < len(heads); {
		end := begin + 1
		for end < len(heads) && heads[end].at.Equal(heads[begin].at) {
			end++
		}
		chain(heads[begin:end])
		begin = end
	}
}

// chain puts heads of one moment behind those that they grew from. They are few.
func chain(heads []head) {
	for i := range heads {
		first := i
		for j := i; j < len(heads); j++ {
			grew := slices.ContainsFunc(heads[i:], func(o head) bool { return o.sha == heads[j].before && o.sha != heads[j].sha })
			if !grew {
				first = j
				break
			}
		}
		heads[i], heads[first] = heads[first], heads[i]
	}
}

// Known tells whether a commit was seen as a branch's head.
func (l *Lineage) Known(place, sha string) bool { return len(l.stands[commit{place, sha}]) > 0 }

// Holds tells how sure it is that a deployment has a change; "" where nothing says so.
func (l *Lineage) Holds(d Deployment, c Change) string {
	switch {
	case d.Place != c.Place || c.SHA == "":
		return ""
	case d.SHA == c.SHA:
		return Certain
	}
	// A commit that no branch stood at, which is the rule for neither, costs one look.
	deployed := l.stands[commit{d.Place, d.SHA}]
	if len(deployed) == 0 {
		return ""
	}
	for _, merge := range l.stands[commit{c.Place, c.SHA}] {
		for _, later := range deployed {
			if merge.branch == later.branch && merge.cut == later.cut && merge.order < later.order {
				return Likely
			}
		}
	}
	return ""
}

// First is the first of deployments, which are in the order of their ends, that
// has a change, and how sure that is. A deployment that ended before the merge
// has it only if it was of the merge's own commit: clocks differ.
func (l *Lineage) First(deployments []Deployment, c Change) (first Deployment, certainty string, ok bool) {
	for _, d := range deployments {
		if d.At.Before(c.Merged) && d.SHA != c.SHA {
			continue
		}
		if certainty = l.Holds(d, c); certainty != "" {
			return d, certainty, true
		}
	}
	return Deployment{}, "", false
}

// branchOf is the name of a branch's ref, github:branch:acme/api@main.
func branchOf(ref string) (string, bool) {
	r, ok := project.ParseRef(ref)
	if !ok || r.Type != "branch" {
		return "", false
	}
	_, name, ok := strings.Cut(r.Name, "@")
	return name, ok
}
