package github

import (
	"strings"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

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
		n.event.Ref, n.event.NativeId = n.meta.Ref(name, "hook", string(n.HookID)), string(n.HookID)
	}
	n.fields.Text("hook_id", string(n.HookID))
	events := make([]string, len(n.Hook.Events))
	for i, name := range n.Hook.Events {
		// "*" stands for all of them.
		if events[i] = name; name != "*" {
			events[i] = source.Word(name)
		}
	}
	n.fields.List("events", events)
	return nil
}

// hookDeleted normalizes meta: "other". The subject is the hook. Field: hook_id.
func (n *normal) hookDeleted() error {
	if n.HookID == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.meta.Ref(name, "hook", string(n.HookID)), string(n.HookID)
	n.fields.Text("hook_id", string(n.HookID))
	n.event.Occurrence = "hook:" + string(n.HookID) + ":" + n.event.Action
	return nil
}

// collaborator normalizes member: "other". Field: member (login). Change:
// permission, where the body has it.
func (n *normal) collaborator() error {
	n.fields.Text("member", source.Login(n.Member.Login))
	if c := n.Changes; c != nil && c.Permission != nil {
		n.changed("permission", source.AccountType(c.Permission.From), source.AccountType(c.Permission.To))
	}
	return nil
}

// teamMember normalizes membership: "other". The subject is the team. Fields:
// member (login), team (slug).
func (n *normal) teamMember() error {
	n.fields.Text("member", source.Login(n.Member.Login))
	return n.teamChanged()
}

// teamChanged normalizes team and team_add: "other". The subject is the team:
// "github:team:acme/backend". Fields: team (slug), permission, privacy,
// repository (owner/name, where it is about one).
func (n *normal) teamChanged() error {
	t := n.Team
	if t.ID == "" {
		return source.EventMismatch
	}
	if slug := strings.ToLower(source.Login(t.Slug)); slug != "" && n.Organization != nil {
		if org := strings.ToLower(source.Login(n.Organization.Login)); org != "" {
			n.event.Ref, n.event.NativeId = n.meta.Ref(name, "team", org+"/"+slug), string(t.ID)
			// The repository that the body may have doesn't hold the team.
			n.event.Place, n.event.Visibility = n.meta.Ref(name, "org", org), "unknown"
		}
	}
	n.fields.Text("team", source.Login(t.Slug))
	n.fields.Text("permission", source.AccountType(t.Permission))
	n.fields.Text("privacy", source.AccountType(t.Privacy))
	n.fields.Text("repository", n.repo)
	return nil
}

// organization normalizes organization: "other". Fields: member (login), role.
// Change: ref, when it was renamed.
func (n *normal) organization() error {
	if m := n.Membership; m != nil && m.User != nil {
		n.fields.Text("member", source.Login(m.User.Login))
		n.fields.Text("role", source.AccountType(m.Role))
	} else if n.User != nil {
		n.fields.Text("member", source.Login(n.User.Login))
	}
	if n.Changes != nil && n.Changes.Login != nil {
		if was := source.Login(n.Changes.Login.From); was != "" {
			n.changed("ref", n.meta.Ref(name, "org", strings.ToLower(was)), n.event.Ref)
		}
	}
	return nil
}

// block normalizes org_block: "other". Field: member (login of who is blocked).
func (n *normal) block() error {
	n.fields.Text("member", source.Login(n.BlockedUser.Login))
	return nil
}

// installed normalizes installation, installation_repositories and
// installation_target: "other". The subject is the installation of an app.
// Fields: account (login, where it is installed), app_id, selection (all,
// selected), url.
func (n *normal) installed() error {
	i := n.Installation
	if i == nil || i.ID == "" {
		return source.EventMismatch
	}
	n.event.Ref, n.event.NativeId = n.meta.Ref(name, "installation", string(i.ID)), string(i.ID)
	on := i.Account
	if on == nil {
		on = n.Account
	}
	if on != nil {
		n.fields.Text("account", source.Login(on.Login))
	}
	n.fields.Text("app_id", string(i.AppID))
	n.fields.Text("selection", source.AccountType(i.Selection))
	n.fields.Text("url", source.URL(i.URL))
	switch n.Action {
	case "created":
		n.at(i.CreatedAt)
	case "suspend":
		n.at(i.SuspendedAt)
	case "deleted":
		n.event.Occurrence = "installation:" + string(i.ID) + ":deleted"
	}
	return nil
}

// sponsored normalizes sponsorship: "other". Fields: sponsorable (login),
// privacy. Who sponsors is the actor.
func (n *normal) sponsored() error {
	if s := n.Sponsorship; s.Sponsorable != nil {
		n.fields.Text("sponsorable", source.Login(s.Sponsorable.Login))
	}
	n.fields.Text("privacy", source.AccountType(n.Sponsorship.Privacy))
	if n.Action == "created" {
		n.at(n.Sponsorship.CreatedAt)
	}
	return nil
}

// purchased normalizes marketplace_purchase: "other". Field: account (login).
// Its effective date may be to come.
func (n *normal) purchased() error {
	if a := n.MarketplacePurchase.Account; a != nil {
		n.fields.Text("account", source.Login(a.Login))
	}
	return nil
}
