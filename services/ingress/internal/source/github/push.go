package github

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// maxMessages is how many commits' messages are kept of one push: with the
// branch they fit event.text's limit of 500 parts.
const maxMessages = 499

// push normalizes push: commit.pushed. The subject is the branch or tag
// ("github:branch:acme/api@main"), or the repository if its name is outside the charset.
//
// Fields: ref, before, after, commits (how many the body lists), forced,
// deleted, url (of the comparison). Texts: the branch and the commits' messages,
// all by the pusher: whom a commit names as its author is the pusher's to choose.
func (n *normal) push() error {
	if n.repo == "" || n.Ref == "" || source.SHA(n.After) == "" || source.SHA(n.Before) == "" || n.Pusher == nil || n.Commits == nil {
		return source.EventMismatch
	}
	e := n.event
	e.Kind = "commit.pushed"
	if kind, named, ok := gitRef(n.Ref); ok {
		e.Ref, e.NativeId = "github:"+kind+":"+n.repo+"@"+named, ""
	}
	n.at(n.Repository.PushedAt)
	if !n.Deleted {
		e.Occurrence = n.After
	}
	by := n.pushedBy()
	if e.Actor == nil {
		e.Actor = by
	}
	f := n.fields
	f.Text("ref", source.Branch(n.Ref))
	f.Text("before", n.Before)
	f.Text("after", n.After)
	f.Number("commits", int64(len(*n.Commits)))
	f.Bool("forced", n.Forced)
	f.Bool("deleted", n.Deleted)
	f.Text("url", source.URL(n.Compare))
	parts := []*eventv1.Part{source.Part("branch", shortRef(n.Ref), by, nil)}
	for i, c := range *n.Commits {
		if i == maxMessages {
			parts[len(parts)-1].Truncated = true
			break
		}
		parts = append(parts, source.Part("message", c.Message, by, nil))
	}
	e.Text = &eventv1.Text{Parts: parts}
	return nil
}

// pushedBy is the account that pushed: the sender where both have one name.
// With a deploy key they differ, and then only the name is known.
func (n *normal) pushedBy() *eventv1.Account {
	if n.Sender != nil && strings.EqualFold(n.Sender.Login, n.Pusher.Name) {
		return account(n.Sender, "")
	}
	return &eventv1.Account{Login: source.Login(n.Pusher.Name)}
}

func shortRef(ref string) string {
	return strings.TrimPrefix(strings.TrimPrefix(ref, "refs/heads/"), "refs/tags/")
}

func gitRef(ref string) (kind, named string, ok bool) {
	if tag, isTag := strings.CutPrefix(ref, "refs/tags/"); isTag {
		kind, named = "tag", source.Branch(tag)
	} else {
		kind, named = "branch", source.Branch(strings.TrimPrefix(ref, "refs/heads/"))
	}
	return kind, named, named != ""
}

// ping normalizes ping, which GitHub sends when a hook is made. The subject is
// what the hook belongs to; that of an app's is the hook.
//
// Fields: hook_id, events (to which the hook is subscribed).
func (n *normal) ping() error {
	if n.HookID == "" || n.Hook == nil {
		return source.EventMismatch
	}
	n.event.Kind = "ping"
	if n.event.Place == "" {
		n.event.Ref, n.event.NativeId = "github:hook:"+string(n.HookID), string(n.HookID)
	}
	n.fields.Text("hook_id", string(n.HookID))
	events := make([]string, len(n.Hook.Events))
	for i, name := range n.Hook.Events {
		events[i] = source.Word(name)
	}
	n.fields.List("events", events)
	return nil
}
