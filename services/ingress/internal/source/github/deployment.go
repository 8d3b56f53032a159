package github

import (
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// deployment normalizes deployment: deployment.created. The subject is the
// deployment: "github:deployment:acme/api#145988746".
//
// Fields of both deployment events: environment, ref (branch, tag or sha as
// asked for), head_sha, task, creator (login), created_at. Text: description, by the
// creator.
func (n *normal) deployment() error {
	if err := n.deployed(); err != nil {
		return err
	}
	d := n.Deployment
	n.at(d.CreatedAt)
	n.event.Occurrence = "deployment:" + string(d.ID) + ":" + n.event.Action
	if d.Description != "" {
		n.parts(source.Part("body", d.Description, author(d.Creator, ""), nil))
	}
	return nil
}

// deploymentStatus normalizes deployment_status: deployment.finished for
// success, failure and error; "other" for the states on the way there and for
// inactive, which only says that a later one took its place.
//
// Fields besides: state, conclusion (state, once it is final), url (of what was
// deployed), log_url. Text: description, by the status's creator.
func (n *normal) deploymentStatus() error {
	if err := n.deployed(); err != nil {
		return err
	}
	s := n.DeploymentStatus
	if s.ID == "" {
		return source.EventMismatch
	}
	f := n.fields
	switch s.State {
	case "success", "failure", "error":
		f.Text("conclusion", s.State)
	default:
		n.event.Kind = "other"
	}
	f.Text("state", source.Word(s.State))
	f.Text("environment", source.Label(s.Environment))
	f.Text("url", source.URL(s.EnvironmentURL))
	f.Text("log_url", source.URL(s.LogURL))
	n.at(s.CreatedAt)
	n.event.Occurrence = "deployment_status:" + string(s.ID)
	if s.Description != "" {
		n.parts(source.Part("body", s.Description, author(s.Creator, ""), nil))
	}
	return nil
}

func (n *normal) deployed() error {
	d := n.Deployment
	if n.repo == "" || d.ID == "" || source.SHA(d.SHA) == "" {
		return source.EventMismatch
	}
	n.entity("deployment", d.ID)
	f := n.fields
	f.Text("environment", source.Label(d.Environment))
	f.Text("ref", source.Branch(d.Ref))
	f.Text("head_sha", d.SHA)
	f.Text("task", source.Label(d.Task))
	if d.Creator != nil {
		f.Text("creator", source.Login(d.Creator.Login))
	}
	f.Time("created_at", d.CreatedAt.Time)
	return nil
}

// deploymentReview normalizes deployment_review: "other". The subject is the
// workflow run. Fields: environment (while requested), url, head, head_sha.
func (n *normal) deploymentReview() error {
	r := n.WorkflowRun
	if n.repo == "" || r.ID == "" || n.Action == "" {
		return source.EventMismatch
	}
	n.entity("workflow_run", r.ID)
	n.fields.Text("environment", source.Label(n.Environment))
	n.fields.Text("url", source.URL(r.URL))
	n.fields.Text("head", source.Branch(r.HeadBranch))
	n.fields.Text("head_sha", source.SHA(r.HeadSHA))
	if n.Action == "requested" {
		n.at(n.Since)
	}
	return nil
}

// protectionRequest normalizes deployment_protection_rule: "other". Field: environment.
func (n *normal) protectionRequest() error {
	if n.Deployment != nil {
		n.entity("deployment", n.Deployment.ID)
	}
	n.fields.Text("environment", source.Label(n.Environment))
	return nil
}
