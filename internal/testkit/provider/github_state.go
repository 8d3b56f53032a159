package provider

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// repository is one of GitHub's; its owner's and its own name are compared
// without regard to case, as GitHub does.
type repository struct {
	name          string
	id            int64
	private       bool
	collaborators []string
	teams         []string
	labels        []string
	commits       []string
	issues        []*Issue
	checks        []*CheckRun
}

// Issue is an issue or a pull request.
type Issue struct {
	Number             int
	ID                 int64
	Title, Body        string
	State, StateReason string
	Author             string
	Labels, Assignees  []string
	Comments           []Comment
	Created, Updated   time.Time
	Closed             time.Time
	// Pull says that it is a pull request; the rest is only of those.
	Pull                     bool
	Head, Base, MergeCommit  string
	Reviewers, TeamReviewers []string
}

// Comment is a comment on an issue or a pull request.
type Comment struct {
	ID               int64
	Author, Body     string
	Created, Updated time.Time
}

// CheckRun is a check run on a commit.
type CheckRun struct {
	ID                   int64
	Name, HeadSHA        string
	ExternalID, URL      string
	Status, Conclusion   string
	Title, Summary, Text string
	Started, Completed   time.Time
}

// seed has the repository that the example webhooks come from.
func (g *GitHub) seed() {
	r := &repository{
		name: "acme/api", id: 700000001, private: true,
		collaborators: []string{"acme", "dev-one", "dev-two", BotLogin},
		teams:         []string{"platform"},
		labels:        []string{"bug", "enhancement", "incident"},
		commits: []string{
			"4b7d9e2f6a1c8035be94d7f02c6a5183e9bd0f47", "9f2c1e7ab0d34c58a1f6e2b7c4d5908f3a6b1c2d",
			"c0a8f1d27e5b4963a2d8b07f4e61c935d8fa2b10", "7d3e5b90c2a14f68e1b7d4903ca5862f0e9bd173",
		},
	}
	at := seeded()
	r.issues = []*Issue{
		{
			Number: 41, ID: 1900000041, Title: "Refused payments are lost", State: "open", Author: "dev-two",
			Body: "A payment that the bank refuses once is never tried again.", Created: at, Updated: at,
		},
		{
			Number: 42, ID: 1900000042, Title: "ACME-7 Retry refused payments once", State: "closed", Author: "dev-one", Pull: true,
			Body:   "A payment that the bank refuses for a passing reason is tried again once, a minute later.",
			Labels: []string{"enhancement"}, Created: at, Updated: at.Add(25 * time.Hour), Closed: at.Add(25 * time.Hour),
			Head: r.commits[0], MergeCommit: r.commits[1], Base: r.commits[2],
		},
	}
	g.repos = []*repository{r}
}

// AddRepository adds a private one with nothing in it, in which accounts may be
// assigned and asked for reviews. One that is there is left, and gets them too.
func (g *GitHub) AddRepository(name string, collaborators ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.repository(name)
	if r == nil {
		r = &repository{name: name, id: g.id(), private: true, collaborators: []string{BotLogin}}
		g.repos = append(g.repos, r)
	}
	r.collaborators = append(r.collaborators, collaborators...)
}

// AddIssue puts an issue or a pull request into a repository as it is; 0 is the
// next number. It returns the number.
func (g *GitHub) AddIssue(repo string, i Issue) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.repository(repo)
	if i.Number == 0 {
		i.Number = r.next()
	}
	if i.ID == 0 {
		i.ID = g.id()
	}
	if i.State == "" {
		i.State = "open"
	}
	if i.Created.IsZero() {
		i.Created, i.Updated = g.now(), g.now()
	}
	if i.Head != "" {
		r.commits = append(r.commits, i.Head)
	}
	r.issues = append(r.issues, &i)
	return i.Number
}

// AddComment adds somebody's comment, and returns its id.
func (g *GitHub) AddComment(repo string, number int, author, body string) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.repository(repo).issue(number)
	id := g.id()
	i.Comments = append(i.Comments, Comment{ID: id, Author: author, Body: body, Created: g.now(), Updated: g.now()})
	return id
}

// AddCommit makes a commit known, so that checks may be about it.
func (g *GitHub) AddCommit(repo, sha string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.repository(repo)
	r.commits = append(r.commits, sha)
}

// Issue is an issue or a pull request as it is now; nil for none.
func (g *GitHub) Issue(repo string, number int) *Issue {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.repository(repo).issue(number)
	if i == nil {
		return nil
	}
	out := *i
	out.Labels, out.Assignees, out.Comments = slices.Clone(i.Labels), slices.Clone(i.Assignees), slices.Clone(i.Comments)
	out.Reviewers, out.TeamReviewers = slices.Clone(i.Reviewers), slices.Clone(i.TeamReviewers)
	return &out
}

// Issues are all of a repository, pull requests among them, by number.
func (g *GitHub) Issues(repo string) []Issue {
	g.mu.Lock()
	var numbers []int
	if r := g.repository(repo); r != nil {
		for _, i := range r.issues {
			numbers = append(numbers, i.Number)
		}
	}
	g.mu.Unlock()
	slices.Sort(numbers)
	var out []Issue
	for _, n := range numbers {
		out = append(out, *g.Issue(repo, n))
	}
	return out
}

// Comments are those of an issue whose body has a text, such as a marker.
func (g *GitHub) Comments(repo string, number int, having string) []Comment {
	i := g.Issue(repo, number)
	if i == nil {
		return nil
	}
	return slices.DeleteFunc(i.Comments, func(c Comment) bool { return !strings.Contains(c.Body, having) })
}

// CheckRuns are all of a repository, oldest first.
func (g *GitHub) CheckRuns(repo string) []CheckRun {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []CheckRun
	if r := g.repository(repo); r != nil {
		for _, c := range r.checks {
			out = append(out, *c)
		}
	}
	return out
}

func (g *GitHub) repository(name string) *repository {
	for _, r := range g.repos {
		if strings.EqualFold(r.name, name) {
			return r
		}
	}
	return nil
}

func (r *repository) issue(number int) *Issue {
	if r == nil {
		return nil
	}
	for _, i := range r.issues {
		if i.Number == number {
			return i
		}
	}
	return nil
}

// next is the next number: issues and pull requests share them.
func (r *repository) next() int {
	n := 0
	for _, i := range r.issues {
		n = max(n, i.Number)
	}
	return n + 1
}

// writes says whether an account may be assigned.
func (r *repository) writes(login string) bool {
	return slices.ContainsFunc(r.collaborators, func(c string) bool { return strings.EqualFold(c, login) })
}

func (r *repository) ref(i *Issue) string {
	kind := "issue"
	if i.Pull {
		kind = "pr"
	}
	return fmt.Sprintf("github:%s:%s#%d", kind, r.name, i.Number)
}
