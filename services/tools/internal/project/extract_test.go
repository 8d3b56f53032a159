package project_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// extracted lists an event's links from text as "ref rule confidence".
func extracted(e *eventv1.WebhookEvent) []string {
	var list []string
	for _, link := range project.Event(e).Links {
		if link.Rule != "native" {
			list = append(list, link.To+" "+link.Rule+" "+link.Confidence)
		}
	}
	return list
}

func TestExtract(t *testing.T) {
	page := strings.Repeat("ab", 16)
	tests := []struct {
		name, where, text string
		want              []string
	}{
		{"key in a title", "title", "ACME-7: fix", []string{"jira:issue:ACME-7 issue_key likely"}},
		{"key in a branch", "branch", "feature/ACME-7_fix", []string{"jira:issue:ACME-7 issue_key likely"}},
		{"key in a body", "body", "see (ACME-7).", []string{"jira:issue:ACME-7 issue_key candidate"}},
		{"what looks like a key", "body", "UTF-8 and SHA-256", []string{
			"jira:issue:UTF-8 issue_key candidate", "jira:issue:SHA-256 issue_key candidate",
		}},
		{"no keys", "body", "A-1 acme-7 xACME-7 ACME-07 ACME-7a ACME- -7 2ACME-7 ABCDEFGHIJK-1 ACME-12345678901", nil},
		{"closing keywords", "body", "Fixes #12, closes: acme/web#7\nresolved #9", []string{
			"github:issue:acme/api#12 closing_keyword certain",
			"github:issue:acme/web#7 closing_keyword certain",
			"github:issue:acme/api#9 closing_keyword certain",
		}},
		{"plain numbers", "body", "#12 and acme/web#7, prefixes #8", []string{
			"github:issue:acme/api#12 issue_key candidate",
			"github:issue:acme/web#7 issue_key candidate",
			"github:issue:acme/api#8 issue_key candidate",
		}},
		{"no numbers", "body", "it&#39;s a#1 #0 #x #12ab /x#1 @acme/api#1", nil},
		{"own repository's spelling", "body", "ACME/API#3", []string{"github:issue:acme/api#3 issue_key candidate"}},
		{"github urls", "body", "https://github.com/acme/web/pull/3/files, <https://github.com/acme/web/issues/4#c> (https://github.com/acme/web/commit/" + sha + ").", []string{
			"github:pr:acme/web#3 url certain",
			"github:issue:acme/web#4 url certain",
			"github:commit:acme/web@" + sha + " url certain",
		}},
		{"the subject itself", "body", "https://github.com/acme/api/pull/42", nil},
		{"jira urls", "body", "https://acme.atlassian.net/browse/ACME-7?x=1 https://jira.example/browse/ACME-8", []string{
			"jira:issue:ACME-7 url candidate", "jira:issue:ACME-8 url candidate",
		}},
		{"a url hides no key", "body", "https://x.example/browse/ACME-7 ACME-7", []string{"jira:issue:ACME-7 issue_key candidate"}},
		{"a revert's number", "title", `Revert "fixes #12"`, []string{"github:issue:acme/api#12 revert candidate"}},
		{"a revert's branch", "branch", "revert-42-ACME-7_fix", []string{"jira:issue:ACME-7 revert candidate"}},
		{"github refs are in lower case", "body", "Acme/Web#3 https://github.com/ACME/web/pull/4", []string{
			"github:issue:acme/web#3 issue_key candidate", "github:pr:acme/web#4 url certain",
		}},
		{"notion urls", "body", "https://www.notion.so/acme/Plan-" + page + "?pvs=4", []string{"notion:page:" + page + " url certain"}},
		{"foreign urls are passed over", "body", "https://evil.example/ACME-7#12 https://github.com.evil.example/a/b/pull/1 https://notion.so.evil.example/" + page + " https://", nil},
		{"git's revert", "body", "This reverts commit " + sha + ".", []string{"github:commit:acme/api@" + sha + " revert certain"}},
		{"github's revert", "body", "Reverts acme/api#41", []string{"github:pr:acme/api#41 revert certain"}},
		{"a reverted title", "title", `Revert "ACME-7: fix"`, []string{"jira:issue:ACME-7 revert candidate"}},
		{"co-authors", "message", "x\n\nCo-authored-by: Bo B <12+bo-b@users.noreply.github.com>\nco-authored-by: C <c@example.com>", []string{"github:user:bo-b co_author certain"}},
		{"abbreviated commit", "body", "This reverts commit 0a0a0a0.", nil},
		{"other scripts", "body", "修正ACME-7、完了", []string{"jira:issue:ACME-7 issue_key candidate"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := extracted(merged(t, part(test.where, test.text)))
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestExtractOnOtherSources(t *testing.T) {
	jira := &eventv1.WebhookEvent{
		Id: "j", Source: "jira", Instance: "eu", Kind: "issue.updated", Ref: "jira@eu:issue:ACME-7", Place: "jira@eu:project:ACME",
		Fields: fields(t, map[string]any{"url": "https://jira.example/browse/ACME-7"}),
		Text: &eventv1.Text{Parts: []*eventv1.Part{
			part("body", "#12 ACME-7 ACME-8 https://jira.example/browse/ACME-9 https://github.com/acme/api/pull/42"),
		}},
	}
	want := []string{
		"jira@eu:issue:ACME-8 issue_key candidate",
		"jira@eu:issue:ACME-9 url certain",
		"github:pr:acme/api#42 url certain",
	}
	if got := extracted(jira); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

// A page that somebody forwarded is linked with what it names, and nobody
// stands for it.
func TestForwardedPageNamesIssues(t *testing.T) {
	nobody := &eventv1.Account{}
	page := &eventv1.WebhookEvent{
		Id: "n", Source: "notion", Kind: "page.updated", Ref: "notion:page:" + strings.Repeat("ab", 16),
		Text: &eventv1.Text{Parts: []*eventv1.Part{
			{Where: "title", Value: "Plan for ACME-7", Author: nobody},
			{Where: "page", Value: "After ACME-8: https://github.com/acme/api/pull/42", Author: nobody},
		}},
	}
	want := []string{
		"jira:issue:ACME-7 issue_key likely",
		"jira:issue:ACME-8 issue_key candidate",
		"github:pr:acme/api#42 url certain",
	}
	if got := extracted(page); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	for _, link := range project.Event(page).Links {
		if link.From != page.GetRef() || link.Author.GetId() != "" || link.Editor != nil {
			t.Errorf("%+v", link)
		}
	}
}

func TestWhoeverNamesItFirstHidesNobody(t *testing.T) {
	stranger := &eventv1.Part{Where: "comment", Value: "ACME-7", Author: &eventv1.Account{Id: "9", Login: "mallory"}}
	links := project.Event(merged(t, stranger, part("comment", "ACME-7 ACME-7"))).Links
	if len(links) != 3 { // the native one, mallory's and alice's
		t.Errorf("%d links: %v", len(links), links)
	}
}

func TestExtractIsBounded(t *testing.T) {
	var keys strings.Builder
	for i := 1; keys.Len() < 60_000; i++ {
		fmt.Fprintf(&keys, "ACME-%d ", i)
	}
	if got := extracted(merged(t, part("body", keys.String()))); len(got) != 200 {
		t.Errorf("%d links", len(got))
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("title", "ACME-7 fixes #12 https://github.com/acme/api/pull/1 Reverts a/b#1")
	f.Add("message", "co-authored-by: x <1+y@users.noreply.github.com>\nthis reverts commit "+sha)
	f.Add("body", "https://www.notion.so/x-"+sha[:32]+" &#39; \xff-1 h://#1")
	f.Fuzz(func(t *testing.T, where, text string) {
		e := merged(t, part(where, text))
		d := project.Event(e)
		if !reflect.DeepEqual(d, project.Event(e)) {
			t.Fatal("the same event gave another delta")
		}
		for _, link := range d.Links {
			if ref, ok := project.ParseRef(link.To); !ok || len(link.To) > 400 || ref.Kind() != link.Kind || link.To == e.GetRef() {
				t.Errorf("bad link %+v", link)
			}
		}
		seen := make(map[string]bool)
		for _, entity := range d.Entities {
			if seen[entity.Ref] {
				t.Errorf("%s twice", entity.Ref)
			}
			seen[entity.Ref] = true
		}
		for _, link := range d.Links {
			if !seen[link.From] || !seen[link.To] {
				t.Errorf("a link without its entity: %+v", link)
			}
		}
	})
}

func BenchmarkHostileText(b *testing.B) {
	for name, unit := range map[string]string{
		"hyphens": "A-", "hashes": "1#1#", "schemes": "httphttps://", "slashes": "a/b/", "trailers": "co-authored-by:\n",
	} {
		b.Run(name, func(b *testing.B) {
			e := merged(b, part("body", strings.Repeat(unit, 65536/len(unit))))
			b.SetBytes(65536)
			for b.Loop() {
				project.Event(e)
			}
		})
	}
}

// GitHub ignores the case of names: one pull request must not have two refs.
func TestRepositoryOfOtherCaseIsOneRef(t *testing.T) {
	e := merged(t, part("body", "#3 Acme/API#3"))
	e.Place = "github:repo:Acme/API"
	got := make(map[string]bool)
	for _, link := range project.Event(e).Links {
		got[link.To] = true
	}
	if want := map[string]bool{"github:commit:acme/api@" + sha: true, "github:issue:acme/api#3": true}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
