package jira

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// writer is who wrote the comment last.
func (c *comment) writer() *user {
	if c.UpdateAuthor != nil {
		return c.UpdateAuthor
	}
	return c.Author
}

// account returns nil for nobody. On Data Center, which has no account ids, the
// key is what never changes.
func account(u *user) *eventv1.Account {
	if u == nil {
		return nil
	}
	id := u.AccountID
	if id == "" {
		id = u.Key
	}
	if id == "" {
		id = u.Name
	}
	return &eventv1.Account{
		Id:    source.Printable(id, 200),
		Login: source.Login(u.Name),
		Type:  source.AccountType(u.AccountType),
	}
}

// issueText adds the issue's title and body, and the comment that came with it.
//
// No body says who wrote an issue's texts last. Those who may have are the
// reporter, the creator and whoever caused this event; the two least trusted
// of them are named, and the policy takes the lesser.
func (n *normal) issueText() {
	in := n.Issue.Fields
	by, editor := leastTrusted(account(in.Reporter), account(in.Creator), account(n.User))
	parts := []*eventv1.Part{
		source.Part("title", in.Summary, by, editor),
		source.Part("body", string(in.Description), by, editor),
	}
	if n.Comment != nil && n.event.Kind != "comment.deleted" {
		parts = append(parts, n.Comment.part())
	}
	n.event.Text = &eventv1.Text{Parts: parts}
}

func (c *comment) part() *eventv1.Part { return written(c.Body, c.Author, c.UpdateAuthor) }

// written is a text of comment's kind, by its author and whoever edited it last.
func written(text document, by, updatedBy *user) *eventv1.Part {
	author, editor := account(by), account(updatedBy)
	if author == nil {
		author = &eventv1.Account{}
	}
	if editor.GetId() == author.Id {
		editor = nil
	}
	return source.Part("comment", string(text), author, editor)
}

// leastTrusted returns an author and, if there are two, an editor out of three
// accounts that may each be nil or the same. Of three different ones it leaves
// out the most trusted; between equals the reporter, whom anybody may set.
func leastTrusted(reporter, creator, user *eventv1.Account) (author, editor *eventv1.Account) {
	var named []*eventv1.Account
	for _, a := range []*eventv1.Account{reporter, creator, user} {
		if a != nil && (len(named) == 0 || named[0].Id != a.Id) && (len(named) < 2 || named[1].Id != a.Id) {
			named = append(named, a)
		}
	}
	switch len(named) {
	case 0:
		return &eventv1.Account{}, nil
	case 1:
		return named[0], nil
	case 2:
		return named[0], named[1]
	}
	most := 0
	for i, a := range named {
		if rank(a) > rank(named[most]) {
			most = i
		}
	}
	rest := append(named[:most:most], named[most+1:]...)
	return rest[0], rest[1]
}

// rank orders Atlassian's account types by how far policy trusts them of itself.
func rank(a *eventv1.Account) int {
	switch a.GetType() {
	case "atlassian":
		return 2
	case "app":
		return 1
	}
	return 0
}
