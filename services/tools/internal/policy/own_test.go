package policy_test

import (
	"fmt"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

const (
	effect  = "0b8f6a52-93d1-5c0f-8a65-6f3d2c8f2f11"
	another = "11111111-93d1-5c0f-8a65-6f3d2c8f2f11"
)

func TestOwnEvent(t *testing.T) {
	bot := &eventv1.Account{Id: "1", Login: "Switchyard-Bot", Type: "User"}
	app := &eventv1.Account{Id: "2", Login: "switchyard[bot]", Type: "Bot"}
	by := func(a *eventv1.Account, text string, change ...*eventv1.FieldChange) *eventv1.WebhookEvent {
		return &eventv1.WebhookEvent{
			Source: "github", Kind: "comment.created", Ref: "github:issue:acme/api#3", Occurrence: "comment:10082@x", Actor: a, Changes: change,
			Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: "comment", Value: text, Author: a}}},
		}
	}
	created := by(bot, "")
	created.Kind, created.Occurrence = "issue.created", "issue.created@3"
	marker := "Merged.\n<!-- switchyard:" + effect + " -->"
	ours := policy.Ours{Accounts: []string{"github:user:switchyard-bot", "github:user:switchyard[bot]"}, Markers: []string{effect}}
	with := func(change func(*policy.Ours)) policy.Ours {
		o := ours
		change(&o)
		return o
	}
	titled := func(kind, title string) *eventv1.WebhookEvent {
		e := by(bot, "")
		e.Kind, e.Text = kind, &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Value: title, Author: bot}}}
		return e
	}
	issues := func(summary string) func(*policy.Ours) {
		return func(o *policy.Ours) {
			o.Changes = policy.Changes("jira.create_issue", map[string]any{"summary": summary})
		}
	}
	reviewer := func(to string) *eventv1.FieldChange { return &eventv1.FieldChange{Field: "reviewer", To: to} }
	reviews := func(all ...any) func(*policy.Ours) {
		return func(o *policy.Ours) {
			o.Changes = policy.Changes("github.request_review", map[string]any{"reviewers": all})
		}
	}
	done := &eventv1.FieldChange{Field: "status", From: "To Do", To: "Done"}
	tests := map[string]struct {
		event *eventv1.WebhookEvent
		ours  policy.Ours
		want  string // in the reason; "" for none
	}{
		"a bot of ours":                    {by(app, ""), ours, "a bot"},
		"a bot of others":                  {by(&eventv1.Account{Login: "renovate[bot]", Type: "Bot"}, marker), ours, ""},
		"our account and our marker":       {by(bot, marker), ours, "marker of our effect " + effect},
		"our account alone":                {by(bot, "by hand"), ours, ""},
		"a marker alone, pasted":           {by(stranger, marker), ours, ""},
		"a member who quotes it":           {by(member, "> "+marker), ours, ""},
		"a marker that the ledger has not": {by(bot, strings.ReplaceAll(marker, effect, another)), ours, ""},
		"a comment that we made":           {by(bot, "x"), with(func(o *policy.Ours) { o.Made = []string{"github:comment:acme/api#10082"} }), "which we made"},
		"another comment":                  {by(bot, "x"), with(func(o *policy.Ours) { o.Made = []string{"github:comment:acme/api#82"} }), ""},
		"an issue that we made":            {created, with(func(o *policy.Ours) { o.Made = []string{"github:issue:acme/api#3"} }), "which we made"},
		"what becomes of it later":         {by(bot, "x"), with(func(o *policy.Ours) { o.Made = []string{"github:issue:acme/api#3"} }), ""},
		"a field that we have just set":    {by(bot, "", done), with(func(o *policy.Ours) { o.Changes = policy.Changes("jira.transition", map[string]any{"status": "done"}) }), "just set status so"},
		"a field set otherwise": {by(bot, "", done), with(func(o *policy.Ours) {
			o.Changes = policy.Changes("jira.transition", map[string]any{"status": "Closed"})
		}), ""},
		"set so by somebody else": {by(member, "", done), with(func(o *policy.Ours) { o.Changes = []policy.Change{{Field: "status", Value: "Done"}} }), ""},
		"the text of our comment": {by(bot, "Merged  into\nmain"), with(func(o *policy.Ours) {
			o.Changes = policy.Changes("jira.add_comment", map[string]any{"body": "Merged into main"})
		}), "just set comment so"},
		"labels": {by(bot, "", &eventv1.FieldChange{Field: "labels", To: "ui"}), with(func(o *policy.Ours) {
			o.Changes = policy.Changes("github.add_labels", map[string]any{"labels": []any{"bug", "ui"}})
		}), "just set labels so"},
		"a reviewer":                        {by(bot, "", reviewer("dev-two")), with(reviews("dev-two", "acme/backend")), "just set reviewer so"},
		"a team, which is told by its name": {by(bot, "", reviewer("backend")), with(reviews("dev-two", "acme/backend")), "just set reviewer so"},
		"another reviewer":                  {by(bot, "", reviewer("dev-one")), with(reviews("dev-two", "acme/backend")), ""},
		"the title of our issue":            {titled("issue.created", "Look into\tACME-7"), with(issues("Look into ACME-7")), "just set title so"},
		"another title":                     {titled("issue.created", "Look into ACME-8"), with(issues("Look into ACME-7")), ""},
		"the title of an older issue":       {titled("issue.updated", "Look into ACME-7"), with(issues("Look into ACME-7")), ""},
		"nobody":                            {by(nil, marker), with(func(o *policy.Ours) { o.Accounts = []string{""} }), ""},
		"no account acted":                  {by(bot, marker), policy.Ours{Markers: []string{effect}}, ""},
		"of another source":                 {by(bot, marker), policy.Ours{Accounts: []string{"jira:user:switchyard-bot"}, Markers: []string{effect}}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := policy.OwnEvent(test.event, test.ours)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestNotionsAccountsAreOursWithAndWithoutDashes(t *testing.T) {
	e := &eventv1.WebhookEvent{Source: "notion", Kind: "page.updated", Actor: &eventv1.Account{Id: "01234567-89ab-cdef-0123-456789abcdef", Type: "bot"}}
	if policy.OwnEvent(e, policy.Ours{Accounts: []string{"notion:user:0123456789abcdef0123456789abcdef"}}) == "" {
		t.Error("not ours")
	}
}

// A text full of markers costs no more than a few lookups.
func TestMarkersAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "<!-- switchyard:%08x-0000-5000-8000-000000000000 -->", i)
	}
	text.WriteString("<!-- switchyard:not-a-key -->")
	if got := policy.Markers(merged(title(text.String(), stranger))); len(got) != 20 || got[1] != "00000001-0000-5000-8000-000000000000" {
		t.Errorf("%d markers: %q", len(got), got)
	}
}
