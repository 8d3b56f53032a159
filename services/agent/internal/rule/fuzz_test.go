package rule

import (
	"strings"
	"testing"
	"unicode/utf8"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// A path is read back as it is written, and never leads into text.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"event.ref", "event.fields.base", "link.issue[0]", "link.change[*]", "$create.ref", "event.text.parts", "link.issue[05]", "event.fields.", "link.issue[0]]"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	event := &eventv1.WebhookEvent{Ref: "github:pr:acme/api#42", Place: "github:repo:acme/api", Kind: "change.merged"}
	links := []*toolsv1.Link{{Kind: "issue", Ref: "jira:issue:ACME-7", Target: true}, {Kind: "issue", Index: 1, Ref: "jira:issue:EVIL-1"}}
	f.Fuzz(func(t *testing.T, s string, target bool) {
		p, err := parsePath(s, target)
		if err != nil {
			return
		}
		if p.String() != s || strings.HasPrefix(s, "event.text") {
			t.Errorf("%q was read as %q", s, p)
		}
		for _, r := range p.targets(&environment{event: event, links: links}) {
			if r.ref == "jira:issue:EVIL-1" {
				t.Errorf("%q leads to a link that is no target", s)
			}
		}
	})
}

// A template's text is bounded valid UTF-8, and one without expressions stays
// as it is.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"plain", "$${not}", "${event.kind}", "${{\"a}\": '}'}.size()} left", "${event.kind", "${}", "a${event.fields.x}b", "$$${event.ref}"} {
		f.Add(s, 20)
	}
	c, err := newCompiler()
	if err != nil {
		f.Fatal(err)
	}
	env := &environment{event: &eventv1.WebhookEvent{Kind: "ping", Ref: "github:repo:acme/api"}}
	f.Fuzz(func(t *testing.T, source string, limit int) {
		if limit < 1 || limit > 4000 {
			return
		}
		tmpl, err := c.template(source, limit)
		if err != nil {
			return
		}
		text, err := tmpl.text(env)
		if err != nil {
			return
		}
		if utf8.RuneCountInString(text) > limit || !utf8.ValidString(text) {
			t.Errorf("%q became %q, limit %d", source, text, limit)
		}
		if !strings.Contains(source, "${") && utf8.ValidString(source) && utf8.RuneCountInString(source) <= limit && text != source {
			t.Errorf("%q became %q", source, text)
		}
	})
}
