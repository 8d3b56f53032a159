package policy

import (
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Trusted tells whether text of an account may choose targets. Origin is the
// account's source with its instance: "github", "jira@eu".
//
// Trusted are the accounts that the policy lists; on GitHub those whose
// author_association is OWNER, MEMBER or COLLABORATOR; on Jira those whose
// accountType is atlassian (apps, portal customers and, on Data Center, people
// without a type are not). A bot is trusted only if it is listed.
func (p *Policy) Trusted(a *eventv1.Account, origin string) bool {
	if !named(a) {
		return false
	}
	if p.listed(a, origin) {
		return true
	}
	switch source, _, _ := strings.Cut(origin, "@"); source {
	case "github":
		if a.GetType() == "Bot" || strings.HasSuffix(a.GetLogin(), "[bot]") {
			return false
		}
		switch a.GetAssociation() {
		case "OWNER", "MEMBER", "COLLABORATOR":
			return true
		}
	case "jira":
		return a.GetType() == "atlassian"
	}
	return false
}

func (p *Policy) listed(a *eventv1.Account, origin string) bool {
	ref := project.Person(origin, a)
	return ref != "" && p.trusted[string(fold(ref))]
}

func named(a *eventv1.Account) bool { return a.GetId() != "" || a.GetLogin() != "" }

// trustsText tells whether the text that an event's link stands in is trusted,
// and the account that this rests on: the less trusted of author and editor. A
// writer whom the body doesn't name counts as the least trusted account named.
func (p *Policy) trustsText(e *eventv1.WebhookEvent, link project.Link) (*eventv1.Account, bool) {
	if link.Where == "message" {
		return link.Author, p.trustsPusher(link.Author, project.Origin(e))
	}
	accounts := []*eventv1.Account{link.Author, link.Editor}
	if unnamed(link) {
		accounts = append(accounts, accountsOf(e)...)
	}
	return p.leastTrusted(accounts, func(a *eventv1.Account) bool {
		return p.trustedIn(e, a)
	})
}

// trustsMemory is trustsText for a link known from an earlier event, of which
// no more is known than the link itself: whom that event named besides is not,
// and so a writer it didn't name stays untrusted. So is whatever an event told
// that nobody signed: who wrote it is the sender's word.
func (p *Policy) trustsMemory(link project.Link) (*eventv1.Account, bool) {
	if link.Authn != "signature" {
		return link.Author, false
	}
	from, _ := project.ParseRef(link.From)
	if link.Where == "message" {
		return link.Author, p.trustsPusher(link.Author, from.Origin)
	}
	if unnamed(link) {
		return link.Author, false
	}
	return p.leastTrusted([]*eventv1.Account{link.Author, link.Editor}, func(a *eventv1.Account) bool {
		return p.Trusted(a, from.Origin)
	})
}

// trustsPusher: the author of a commit message is whoever pushed it (git lets
// anybody name any other), and pushing alone proves no tie to the repository.
// Only an account that the provider identified and the policy lists will do.
func (p *Policy) trustsPusher(a *eventv1.Account, origin string) bool {
	return a.GetId() != "" && p.listed(a, origin)
}

// unnamed: without an editor the text was not edited; an editor without a name
// is somebody.
func unnamed(link project.Link) bool {
	return !named(link.Author) || link.Editor != nil && !named(link.Editor)
}

// leastTrusted returns the first named account that isn't trusted, else the
// first named one. Where nobody is named, nobody is trusted.
func (p *Policy) leastTrusted(accounts []*eventv1.Account, trusted func(*eventv1.Account) bool) (*eventv1.Account, bool) {
	var first *eventv1.Account
	for _, a := range accounts {
		if !named(a) {
			continue
		}
		if !trusted(a) {
			return a, false
		}
		if first == nil {
			first = a
		}
	}
	return first, first != nil
}

// trustedIn is Trusted with what the event tells elsewhere of the same account:
// GitHub states the association of a text's author, and not the sender's.
func (p *Policy) trustedIn(e *eventv1.WebhookEvent, a *eventv1.Account) bool {
	origin := project.Origin(e)
	if p.Trusted(a, origin) {
		return true
	}
	if a.GetId() == "" || a.GetAssociation() != "" {
		return false
	}
	for _, other := range accountsOf(e) {
		if other.GetId() == a.GetId() && p.Trusted(other, origin) {
			return true
		}
	}
	return false
}

// accountsOf are all accounts that the event names, the actor first. Those of
// commit messages are left out: they are judged on their own.
func accountsOf(e *eventv1.WebhookEvent) []*eventv1.Account {
	accounts := []*eventv1.Account{e.GetActor()}
	for _, part := range e.GetText().GetParts() {
		if part.GetWhere() != "message" {
			accounts = append(accounts, part.GetAuthor(), part.GetEditor())
		}
	}
	return accounts
}
