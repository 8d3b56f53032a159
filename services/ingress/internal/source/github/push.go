package github

import (
	"crypto/sha256"
	"fmt"
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
//
// The occurrence is where the branch stood before and stands after: a branch
// that is set back and forth has two. A third push that equals the first is
// taken for it; pushed_at, which would tell them apart, is the repository's, and
// may differ between the bodies that two hooks send of one push.
func (n *normal) push() error {
	if n.repo == "" || n.Ref == "" || source.SHA(n.After) == "" || source.SHA(n.Before) == "" || n.Pusher == nil || n.Commits == nil {
		return source.EventMismatch
	}
	e := n.event
	e.Kind = "commit.pushed"
	if kind, named, ok := gitRef(n.Ref); ok {
		e.Ref, e.NativeId = n.meta.Ref(name, kind, n.repo+"@"+named), ""
		e.Occurrence = n.Before + ".." + n.After
	} else {
		// Of branches that have no ref of their own, two may move alike.
		e.Occurrence = fmt.Sprintf("%s..%s:%.6x", n.Before, n.After, sha256.Sum256([]byte(n.Ref)))
	}
	n.at(n.Repository.PushedAt)
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
