package policy_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// verdicts lists links as "kind[n] ref where: target|reason".
func verdicts(links []*toolsv1.Link) []string {
	var list []string
	for _, l := range links {
		verdict := l.GetReason()
		if l.GetTarget() {
			verdict = "target"
		}
		list = append(list, fmt.Sprintf("%s[%d] %s %s: %s", l.GetKind(), l.GetIndex(), l.GetRef(), l.GetWhere(), verdict))
	}
	return list
}

func TestJudge(t *testing.T) {
	nobody := &eventv1.Account{}
	edited := func(author, editor *eventv1.Account) *eventv1.Part {
		return &eventv1.Part{Where: "title", Value: "ACME-7", Author: author, Editor: editor}
	}
	target := []string{"issue[0] jira:issue:ACME-7 title: target"}
	untrusted := []string{"issue[0] jira:issue:ACME-7 title: untrusted_author"}
	tests := map[string]struct {
		policy string
		event  *eventv1.WebhookEvent
		seen   map[string]bool
		want   []string
	}{
		"a member's key":                  {paired, merged(title("ACME-7", member)), nil, target},
		"a stranger's key":                {paired, merged(title("ACME-7", stranger)), nil, untrusted},
		"a stranger edited it":            {paired, merged(edited(member, stranger)), nil, untrusted},
		"a member edited a stranger's":    {paired, merged(edited(stranger, member)), nil, untrusted},
		"somebody edited it":              {paired, merged(edited(member, nobody)), nil, target}, // all named are trusted
		"somebody, with a stranger near":  {paired, merged(edited(member, nobody), title("x", stranger)), nil, untrusted},
		"a sender that is the author":     {paired, merged(edited(member, &eventv1.Account{Id: "7", Login: "alice"})), nil, target},
		"nobody wrote it":                 {paired, merged(title("ACME-7", nobody), title("x", stranger)), nil, untrusted},
		"no pair":                         {"", merged(title("ACME-7", member)), nil, []string{"issue[0] jira:issue:ACME-7 title: no_pair"}},
		"a foreign project":               {paired, merged(title("EVIL-7", member)), nil, []string{"issue[0] jira:issue:EVIL-7 title: no_pair"}},
		"a foreign project, seen":         {paired, merged(title("EVIL-7", member)), map[string]bool{"jira:issue:EVIL-7": true}, []string{"issue[0] jira:issue:EVIL-7 title: no_pair"}},
		"paired with something else":      {"pairs: [[github:acme/web, jira:ACME]]", merged(title("ACME-7", member)), nil, []string{"issue[0] jira:issue:ACME-7 title: no_pair"}},
		"a second site's project":         {"pairs: [[github:acme/api, jira@eu:ACME]]", merged(title("ACME-7", member)), nil, []string{"issue[0] jira:issue:ACME-7 title: no_pair"}},
		"github ignores case":             {"pairs: [[github:Acme/API, jira:ACME]]", merged(title("ACME-7", member)), nil, target},
		"own place, not seen":             {"", merged(title("#3", member)), nil, []string{"issue[0] github:issue:acme/api#3 title: unconfirmed"}},
		"own place, seen":                 {"", merged(title("#3", member)), map[string]bool{"github:issue:acme/api#3": true}, []string{"issue[0] github:issue:acme/api#3 title: target"}},
		"targets are numbered first":      {paired, merged(title("UTF-8 ACME-7", member)), nil, []string{"issue[0] jira:issue:ACME-7 title: target", "issue[1] jira:issue:UTF-8 title: no_pair"}},
		"the trusted occurrence counts":   {paired, merged(title("ACME-7", stranger), &eventv1.Part{Where: "body", Value: "ACME-7", Author: member}), nil, []string{"issue[0] jira:issue:ACME-7 body: target"}},
		"people and natives are left out": {paired, merged(title("x\nCo-authored-by: x <1+x@users.noreply.github.com>", member)), nil, nil},
		"a message, by association":       {paired, merged(&eventv1.Part{Where: "message", Value: "ACME-7", Author: member}), nil, []string{"issue[0] jira:issue:ACME-7 message: untrusted_author"}},
		"a message, pusher listed":        {paired + "trusted: [github:user:alice]", merged(&eventv1.Part{Where: "message", Value: "ACME-7", Author: member}), nil, []string{"issue[0] jira:issue:ACME-7 message: target"}},
		"a message, pusher only a name":   {paired + "trusted: [github:user:alice]", merged(&eventv1.Part{Where: "message", Value: "ACME-7", Author: &eventv1.Account{Login: "alice"}}), nil, []string{"issue[0] jira:issue:ACME-7 message: untrusted_author"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := verdicts(judge(parse(t, test.policy), test.event, nil, test.seen)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// What a forwarded page names is kept and acted on by nobody, whatever policy
// pairs and lists; nor does the issue act on the page later.
func TestForwardedPageIsNoEvidence(t *testing.T) {
	const page = "notion:page:abababababababababababababababab"
	p := parse(t, "pairs: [[notion:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd, jira:ACME]]\ntrusted: [notion:user:u1, jira:user:u1]")
	nobody := &eventv1.Account{}
	forwarded := &eventv1.WebhookEvent{
		Id: "n", Source: "notion", Kind: "page.updated", Ref: page, Place: "notion:workspace:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		Text: &eventv1.Text{Parts: []*eventv1.Part{
			{Where: "title", Value: "Plan for ACME-7", Author: nobody},
			{Where: "page", Value: "ACME-8", Author: nobody},
		}},
	}
	want := []string{
		"issue[0] jira:issue:ACME-7 title: untrusted_author",
		"issue[1] jira:issue:ACME-8 page: untrusted_author",
	}
	if got := verdicts(judge(p, forwarded, nil, nil)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	issue := &eventv1.WebhookEvent{
		Id: "j", Source: "jira", Kind: "issue.updated", Ref: "jira:issue:ACME-7", Place: "jira:project:ACME",
		Actor: &eventv1.Account{Id: "u1", Type: "atlassian"},
	}
	want = []string{"page[0] " + page + " memory: untrusted_author"}
	known := project.Event(forwarded).Links[:1]
	if got := verdicts(judge(p, issue, known, map[string]bool{page: true})); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestJudgeConfirms(t *testing.T) {
	seen := map[string]bool{"github:issue:acme/web#1": true}
	links := judge(parse(t, paired), merged(title("ACME-7 UTF-8 acme/web#1", member)), nil, seen)
	got := make(map[string]bool)
	for _, l := range links {
		got[l.GetRef()] = l.GetConfirmed()
	}
	want := map[string]bool{"jira:issue:ACME-7": true, "jira:issue:UTF-8": false, "github:issue:acme/web#1": true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("confirmed: %v", got)
	}
}

func TestJudgeKnownLinks(t *testing.T) {
	e := &eventv1.WebhookEvent{
		Id: "j", Source: "jira", Kind: "issue.transitioned", Ref: "jira:issue:ACME-7", Place: "jira:project:ACME",
		Actor: &eventv1.Account{Id: "a", Type: "atlassian"},
	}
	link := func(from string, author, editor *eventv1.Account, where string) project.Link {
		return project.Link{From: from, To: e.GetRef(), Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: where, Author: author, Editor: editor, Authn: "signature"}
	}
	byToken := link("github:pr:acme/api#8", member, nil, "title")
	byToken.Authn = "token"
	got := verdicts(judge(parse(t, paired+"trusted: [github:user:pusher]"), e, []project.Link{
		link("github:pr:acme/api#1", stranger, nil, "title"),
		link("github:pr:acme/api#2", member, nil, "title"),
		link("github:pr:acme/web#3", member, nil, "title"),
		link("github:pr:acme/api#4", member, nil, "message"),
		link("github:pr:acme/api#5", member, &eventv1.Account{}, "title"),
		link("github:pr:acme/api#6", nil, nil, "title"),
		{From: e.GetRef(), To: "github:pr:acme/api#7", Rule: "url", Where: "body", Author: &eventv1.Account{Id: "a", Type: "atlassian"}, Authn: "signature"},
		byToken,
		{From: e.GetRef(), To: "github:commit:acme/api@1", Rule: "native"},
	}, nil))
	want := []string{
		"change[0] github:pr:acme/api#2 memory: target",
		"change[1] github:pr:acme/api#7 memory: target",
		"change[2] github:pr:acme/api#1 memory: untrusted_author",
		"change[3] github:pr:acme/web#3 memory: no_pair",
		"change[4] github:pr:acme/api#4 memory: untrusted_author",
		"change[5] github:pr:acme/api#5 memory: untrusted_author",
		"change[6] github:pr:acme/api#6 memory: untrusted_author",
		"change[7] github:pr:acme/api#8 memory: untrusted_author",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestJudgeIsBounded(t *testing.T) {
	var keys strings.Builder
	for i := 1; i <= 200; i++ {
		fmt.Fprintf(&keys, "ACME-%d ", i)
	}
	links := judge(parse(t, paired), merged(title(keys.String(), member)), nil, nil)
	if len(links) != 100 {
		t.Errorf("%d links", len(links))
	}
	for i, l := range links {
		if want := i < 5; l.GetTarget() != want || !want && l.GetReason() != "over_limit" || l.GetIndex() != uint32(i) {
			t.Errorf("link %d: %v", i, l)
		}
	}
}

// Text of a stranger selects nothing, whatever it says and wherever it stands.
func FuzzStrangersTextSelectsNothing(f *testing.F) {
	p := parse(f, paired)
	f.Add("title", "ACME-7 fixes acme/api#1 https://acme.atlassian.net/browse/ACME-1")
	f.Add("comment", "Reverts acme/api#41")
	f.Fuzz(func(t *testing.T, where, text string) {
		e := merged(title("fine", member), &eventv1.Part{Where: where, Value: text, Author: stranger})
		for _, l := range judge(p, e, nil, nil) {
			if l.GetTarget() {
				t.Errorf("%v", l)
			}
			path := fmt.Sprintf("link.%s[%d]", l.GetKind(), l.GetIndex())
			if value, _, err := policy.Resolve(e, []*toolsv1.Link{l}, path); err == nil {
				t.Errorf("%s resolved to %s", path, value)
			}
		}
	})
}

// Reverting a change moves nothing that the change moved, wherever its key
// stands besides.
func TestRevertIsNoTarget(t *testing.T) {
	p := parse(t, paired)
	for name, e := range map[string]*eventv1.WebhookEvent{
		"title":    merged(title(`Revert "ACME-7 fix"`, member)),
		"branch":   merged(title(`Revert "ACME-7 fix"`, member), &eventv1.Part{Where: "branch", Value: "revert-41-ACME-7", Author: member}),
		"and body": merged(&eventv1.Part{Where: "body", Value: "ACME-7", Author: member}, title(`Revert "ACME-7 fix"`, member)),
	} {
		links := judge(p, e, []project.Link{{From: e.GetRef(), To: "jira:issue:ACME-7", Rule: "issue_key", Where: "comment", Author: member, Authn: "signature"}}, nil)
		if len(links) != 1 || links[0].GetTarget() || links[0].GetReason() != "reverted" {
			t.Errorf("%s: %v", name, verdicts(links))
		}
		got, err := decide(t, p, e, "signature", transition)
		if err != nil || got[0].State != "refused" {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

// A /browse/ URL of somebody else's site names none of our issues.
func TestForeignSitesURLIsNoTarget(t *testing.T) {
	own := &eventv1.WebhookEvent{
		Id: "j", Source: "jira", Kind: "issue.updated", Ref: "jira:issue:ACME-1", Place: "jira:project:ACME",
		Fields: &structpb.Struct{Fields: map[string]*structpb.Value{"url": structpb.NewStringValue("https://jira.example/browse/ACME-1")}},
		Text: &eventv1.Text{Parts: []*eventv1.Part{{
			Where: "body", Value: "https://jira.example/browse/ACME-7", Author: &eventv1.Account{Id: "a", Type: "atlassian"},
		}}},
	}
	const sites = paired + "sites: {jira: acme.atlassian.net}"
	tests := map[string]struct {
		policy string
		event  *eventv1.WebhookEvent
		want   string
	}{
		"any host":         {paired, merged(title("https://evil.example/browse/ACME-7", member)), "no_pair"},
		"any cloud site":   {paired, merged(title("https://evil.atlassian.net/browse/ACME-7", member)), "no_pair"},
		"another than set": {sites, merged(title("https://evil.atlassian.net/browse/ACME-7", member)), "no_pair"},
		"the one set":      {sites, merged(title("https://ACME.atlassian.net/browse/ACME-7", member)), ""},
		"a key besides":    {paired, merged(title("https://evil.example/browse/ACME-7 ACME-7", member)), ""},
		"the event's own":  {paired, own, ""},
	}
	for name, test := range tests {
		links := judge(parse(t, test.policy), test.event, nil, map[string]bool{"jira:issue:ACME-7": true})
		if len(links) != 1 || links[0].GetReason() != test.want || links[0].GetTarget() != (test.want == "") {
			t.Errorf("%s: %v", name, verdicts(links))
		}
	}
}

// A stranger's flood hides no trusted link, and a cut list says that it is one.
func TestFloodHidesNoTarget(t *testing.T) {
	e := merged()
	var known []project.Link
	for i := range 120 {
		known = append(known, project.Link{From: e.GetRef(), To: fmt.Sprintf("jira:issue:ACME-%d", i+10), Rule: "issue_key", Where: "comment", Author: stranger, Authn: "signature"})
	}
	known = append(known, project.Link{From: e.GetRef(), To: "jira:issue:ACME-7", Rule: "issue_key", Where: "comment", Author: member, Authn: "signature"})
	links := judge(parse(t, paired), e, known, nil)
	if len(links) != 100 || links[0].GetRef() != "jira:issue:ACME-7" || !links[0].GetTarget() || links[99].GetReason() != "over_limit" {
		t.Errorf("%q", verdicts(links))
	}
}
