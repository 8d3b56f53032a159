package github

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// association is what the body says about a user's tie to the repository. Only
// the authors of its objects have one.
func (n *normal) association(u *user) string {
	if u == nil || u.ID == "" {
		return ""
	}
	same := func(author *user) bool { return author != nil && author.ID == u.ID }
	switch {
	case n.Comment != nil && same(n.Comment.User):
		return n.Comment.Association
	case n.Review != nil && same(n.Review.User):
		return n.Review.Association
	case n.PullRequest != nil && same(n.PullRequest.User):
		return n.PullRequest.Association
	case n.Issue != nil && same(n.Issue.User):
		return n.Issue.Association
	case n.Discussion != nil && same(n.Discussion.User):
		return n.Discussion.Association
	}
	return ""
}

// account returns nil for nobody: a deleted account, or a body without a sender.
func account(u *user, association string) *eventv1.Account {
	if u == nil {
		return nil
	}
	a := &eventv1.Account{
		Id:    string(u.ID),
		Login: source.Login(u.Login),
		Type:  source.AccountType(u.Type),
	}
	if strings.Trim(association, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" && len(association) <= 40 {
		a.Association = association
	}
	return a
}

// author never returns nil: text without a named writer has one whom nobody trusts.
func author(u *user, association string) *eventv1.Account {
	if a := account(u, association); a != nil {
		return a
	}
	return &eventv1.Account{}
}

// editor is the sender of an event that edited the text, else nil.
func (n *normal) editor(edited bool) *eventv1.Account {
	if !edited {
		return nil
	}
	return author(n.Sender, n.association(n.Sender))
}
