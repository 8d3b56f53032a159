package github

import (
	"strconv"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// actions is the app whose check suites are workflow runs.
const actions = "github-actions"

// GitHub tells of one build up to five times. It counts once, as build.finished:
// a completed workflow_run; a completed check_suite of another app than GitHub
// Actions; a status that is no longer pending. check_run and workflow_job are
// parts of a build and stay "other", as does a suite that a workflow run has,
// and page_build, which GitHub Pages' own suite or workflow run tells of.

// workflowRun normalizes workflow_run: build.finished when completed, else
// "other". The subject is the run: "github:workflow_run:acme/api#289782451".
//
// Fields of all builds: url, name, status, conclusion (success, failure,
// cancelled, …), head (branch), head_sha, pull_requests (numbers of the
// repository's own), started_at. Here also number, attempt, event (that started
// it), path (of the workflow file), head_repository (owner/name: a fork's main is
// not ours). The names are absent if outside the charset
// of labels: on a pull request its author chooses them. Texts: title (as GitHub
// shows the run) and message of the head commit, by nobody who is named.
func (n *normal) workflowRun() error {
	r := n.WorkflowRun
	if err := n.ran("workflow_run", r); err != nil {
		return err
	}
	f := n.fields
	f.Number("number", r.Number)
	f.Number("attempt", r.Attempt)
	f.Text("event", source.Word(r.Event))
	f.Text("path", source.Branch(r.Path))
	f.Text("head_repository", strings.ToLower(repoName(r.HeadRepository.FullName)))
	f.Time("started_at", r.RunStartedAt.Time)
	switch n.Action {
	case "requested":
		n.at(r.RunStartedAt, r.CreatedAt)
	default:
		n.at(r.UpdatedAt)
	}
	n.event.Occurrence = n.step("workflow_run", r.ID) + ":" + strconv.FormatInt(r.Attempt, 10)
	n.buildTexts(r)
	return nil
}

// workflowJob normalizes workflow_job: "other". Fields besides those of all
// builds: run (id of its workflow run), attempt.
func (n *normal) workflowJob() error {
	j := n.WorkflowJob
	if err := n.ran("workflow_job", j); err != nil {
		return err
	}
	n.fields.Text("run", string(j.RunID))
	n.fields.Number("attempt", j.Attempt)
	n.event.Kind = "other"
	switch n.Action {
	case "completed":
		n.at(j.CompletedAt)
	case "in_progress":
		n.at(j.StartedAt)
	default:
		n.at(j.CreatedAt, j.StartedAt)
	}
	n.event.Occurrence = n.step("workflow_job", j.ID)
	return nil
}

// checkSuite normalizes check_suite: build.finished when completed, unless its
// app is GitHub Actions; else "other". Field besides those of all builds: app
// (slug). Text: message of the head commit, by nobody who is named.
func (n *normal) checkSuite() error {
	s := n.CheckSuite
	if err := n.ran("check_suite", s); err != nil {
		return err
	}
	n.fields.Text("app", source.Login(s.App.Slug))
	if s.App.Slug == actions {
		n.event.Kind = "other"
	}
	switch n.Action {
	case "completed":
		n.at(s.UpdatedAt)
	case "requested":
		n.at(s.CreatedAt)
	}
	// A suite that is run again keeps its id.
	n.event.Occurrence = n.meta.Occurrence(n.step("check_suite", s.ID), n.occurredAt)
	n.buildTexts(s)
	return nil
}

// checkRun normalizes check_run: "other". Fields besides those of all builds:
// app (slug), suite (id of its check suite). What the app reports about the run
// is not read: it is no text that people wrote.
func (n *normal) checkRun() error {
	r := n.CheckRun
	if r.HeadBranch == "" {
		r.HeadBranch = r.Suite.HeadBranch
	}
	if err := n.ran("check_run", r); err != nil {
		return err
	}
	n.fields.Text("app", source.Login(r.App.Slug))
	n.fields.Text("suite", string(r.Suite.ID))
	n.event.Kind = "other"
	switch n.Action {
	case "completed":
		n.at(r.CompletedAt)
	case "created":
		n.at(r.StartedAt)
	}
	n.event.Occurrence = n.meta.Occurrence(n.step("check_run", r.ID), n.occurredAt)
	return nil
}

// ran is what all kinds of runs have in common.
func (n *normal) ran(kind string, r *run) error {
	if n.repo == "" || r.ID == "" || source.SHA(r.HeadSHA) == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.entity(kind, r.ID)
	if n.Action != "completed" {
		n.event.Kind = "other"
	}
	f := n.fields
	f.Text("url", source.URL(r.URL))
	f.Text("name", source.Label(r.Name))
	f.Text("status", source.Word(r.Status))
	f.Text("conclusion", source.Word(r.Conclusion))
	f.Text("head", source.Branch(r.HeadBranch))
	f.Text("head_sha", r.HeadSHA)
	f.Time("started_at", r.StartedAt.Time)
	numbers := make([]string, 0, len(r.PullRequests))
	for _, pr := range r.PullRequests {
		if pr.Number > 0 && pr.Base.Repo.ID == n.Repository.ID {
			numbers = append(numbers, strconv.FormatInt(pr.Number, 10))
		}
	}
	f.List("pull_requests", numbers)
	return nil
}

func (n *normal) step(kind string, id source.NativeID) string {
	return kind + ":" + string(id) + ":" + n.event.Action
}

func (n *normal) buildTexts(r *run) {
	var parts []*eventv1.Part
	if r.Title != "" {
		parts = append(parts, source.Part("title", r.Title, &eventv1.Account{}, nil))
	}
	if r.HeadCommit != nil {
		parts = append(parts, source.Part("message", r.HeadCommit.Message, &eventv1.Account{}, nil))
	}
	n.parts(parts...)
}

// status normalizes status: build.finished for success, failure and error;
// "other" while pending. The subject is the commit.
//
// Fields: id, url (that the reporter gave), name (its context), state,
// conclusion (state, once it is final), head_sha, branches (whose head it is).
// Text: description, by the sender.
func (n *normal) status() error {
	if n.repo == "" || source.SHA(n.SHA) == "" || n.ID == "" {
		return source.EventMismatch
	}
	n.atCommit(n.SHA)
	f := n.fields
	if n.State == "pending" {
		n.event.Kind = "other"
	} else {
		f.Text("conclusion", source.Word(n.State))
	}
	f.Text("id", string(n.ID))
	f.Text("url", source.URL(n.TargetURL))
	f.Text("name", source.Label(n.Context))
	f.Text("state", source.Word(n.State))
	f.Text("head_sha", n.SHA)
	branches := make([]string, 0, len(n.Branches))
	for _, b := range n.Branches {
		if b.Name = source.Branch(b.Name); b.Name != "" {
			branches = append(branches, b.Name)
		}
	}
	f.List("branches", branches)
	n.at(n.CreatedAt, n.UpdatedAt)
	n.event.Occurrence = "status:" + string(n.ID)
	if n.Description != "" {
		n.parts(source.Part("body", n.Description, author(n.Sender, ""), nil))
	}
	return nil
}

// pageBuild normalizes page_build: "other". Fields: id, state (built, errored), head_sha.
func (n *normal) pageBuild() error {
	if n.repo == "" || n.ID == "" {
		return source.EventMismatch
	}
	n.fields.Text("id", string(n.ID))
	n.fields.Text("state", source.Word(n.Build.Status))
	n.fields.Text("head_sha", source.SHA(n.Build.Commit))
	n.at(n.Build.UpdatedAt)
	n.event.Occurrence = "page_build:" + string(n.ID)
	return nil
}

// mergeGroup normalizes merge_group: "other". The subject is the branch that
// the merge queue made. Fields: base, base_sha, head, head_sha. Text: message of
// the head commit, by nobody who is named.
func (n *normal) mergeGroup() error {
	g := n.MergeGroup
	if n.repo == "" || source.SHA(g.HeadSHA) == "" || n.Action == "" {
		return source.EventMismatch
	}
	if kind, named, ok := gitRef(g.HeadRef); ok {
		n.event.Ref, n.event.NativeId = n.meta.Ref(name, kind, n.repo+"@"+named), ""
	}
	n.fields.Text("base", source.Branch(shortRef(g.BaseRef)))
	n.fields.Text("base_sha", source.SHA(g.BaseSHA))
	n.fields.Text("head", source.Branch(shortRef(g.HeadRef)))
	n.fields.Text("head_sha", g.HeadSHA)
	n.event.Occurrence = "merge_group:" + g.HeadSHA + ":" + n.event.Action
	if g.HeadCommit != nil {
		n.parts(source.Part("message", g.HeadCommit.Message, &eventv1.Account{}, nil))
	}
	return nil
}
