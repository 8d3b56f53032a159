package tools_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const repository, project = "github:repo:acme/api", "jira:project:ACME"

// story tells a service what happened, event by event, as ingress would.
type story struct {
	t      *testing.T
	c      client
	authn  string
	silent map[string]bool // kinds that no webhook reports
	repo   string
}

// tell starts a service whose clock stands at a moment, "05-31 00:00" of 2026.
func tell(t *testing.T, now string, set func(*tools.Config)) *story {
	t.Helper()
	c := startWith(t, func(cfg *tools.Config) {
		cfg.ProductionEnvironments, cfg.IncidentTypes, cfg.IncidentLabels = "production,prod,live", "Incident", "incident"
		cfg.IncidentWindow = 24 * time.Hour
		if set != nil {
			set(cfg)
		}
	}, func() time.Time { return at(t, now) })
	return &story{t: t, c: c, authn: "signature", silent: map[string]bool{}, repo: repository}
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	when, err := time.Parse("2006-01-02 15:04", "2026-"+s)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// commit is a name of forty hex digits for a letter.
func commit(letter string) string { return strings.Repeat(fmt.Sprintf("%02x", letter[0]), 20) }

func (s *story) event(kind, ref, place, when string, fields map[string]any, set func(*eventv1.WebhookEvent)) {
	s.t.Helper()
	if s.silent[kind] {
		return
	}
	source, _, _ := strings.Cut(ref, ":")
	values, err := structpb.NewStruct(fields)
	if err != nil {
		s.t.Fatal(err)
	}
	id := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s %s %s %v", kind, ref, when, fields)).String()
	e := &eventv1.WebhookEvent{
		Id: id, DedupKey: id, Source: source, Kind: kind, Type: "test", Ref: ref, NativeId: ref, Place: place, Visibility: "private",
		Actor:      &eventv1.Account{Id: "1", Login: "ana", Type: "User", Association: "MEMBER"},
		OccurredAt: timestamppb.New(at(s.t, when)), ReceivedAt: timestamppb.New(at(s.t, when)), Occurrence: id,
		Fields: values,
	}
	if set != nil {
		set(e)
	}
	open(s.t, s.c, sealedInput(sealedAs(s.t, sealKey, s.authn, e, "{}")))
}

func (s *story) title(text string) func(*eventv1.WebhookEvent) {
	return func(e *eventv1.WebhookEvent) {
		e.Text = &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Author: e.GetActor(), Value: text}}}
	}
}

func (s *story) name() string { return strings.TrimPrefix(s.repo, "github:repo:") }

func (s *story) pr(number int) string { return fmt.Sprintf("github:pr:%s#%d", s.name(), number) }

// merged is a pull request that was opened and merged into main; the push that GitHub reports besides follows.
func (s *story) merged(number int, opened, merged, before, sha, title string) {
	s.t.Helper()
	fields := map[string]any{"number": number, "state": "open", "base": "main", "created_at": at(s.t, opened).Format(time.RFC3339)}
	s.event("change.opened", s.pr(number), s.repo, opened, fields, s.title(title))
	fields["state"], fields["merge_commit_sha"] = "closed", commit(sha)
	s.event("change.merged", s.pr(number), s.repo, merged, fields, s.title(title))
	s.pushed("main", merged, before, sha)
}

func (s *story) pushed(branch, when, before, after string) {
	s.t.Helper()
	s.event("commit.pushed", "github:branch:"+s.name()+"@"+branch, s.repo, when, map[string]any{"before": commit(before), "after": commit(after)}, nil)
}

func (s *story) deployed(number int, environment, sha, conclusion, when string) {
	s.t.Helper()
	ref := fmt.Sprintf("github:deployment:%s#%d", s.name(), number)
	fields := map[string]any{"environment": environment, "head_sha": commit(sha), "ref": "main"}
	s.event("deployment.created", ref, s.repo, when, fields, nil)
	fields["conclusion"] = conclusion
	s.event("deployment.finished", ref, s.repo, when, fields, nil)
}

// issue is a Jira issue that was made, and closed if closed is a time.
func (s *story) issue(key, kind, created, closed, title string) {
	s.t.Helper()
	ref := "jira:issue:" + key
	place := "jira:project:" + key[:strings.IndexByte(key, '-')]
	fields := map[string]any{"key": key, "issue_type": kind, "status": "Open", "status_category": "new", "created_at": at(s.t, created).Format(time.RFC3339)}
	s.event("issue.created", ref, place, created, fields, s.title(title))
	if closed != "" {
		fields["status"], fields["status_category"] = "Done", "done"
		s.event("issue.transitioned", ref, place, closed, fields, func(e *eventv1.WebhookEvent) {
			s.title(title)(e)
			e.Changes = []*eventv1.FieldChange{{Field: "status", From: "Open", To: "Done"}}
		})
	}
}

// ask calls a read tool: ask("dora", "repository", repository).
func (s *story) ask(tool string, input ...string) *toolsv1.CallToolResponse {
	s.t.Helper()
	fields := make(map[string]any)
	for i := 0; i+1 < len(input); i += 2 {
		fields[input[i]] = input[i+1]
	}
	in, err := structpb.NewStruct(fields)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.c.tool.CallTool(s.t.Context(), &toolsv1.CallToolRequest{Tool: tool, Input: in})
	if err != nil {
		s.t.Fatalf("%s: %v", tool, err)
	}
	return resp
}

func gaps(resp *toolsv1.CallToolResponse) string {
	var list []string
	for _, g := range resp.GetGaps() {
		list = append(list, strings.TrimSpace(g.GetCode()+" "+g.GetSetting()))
	}
	return strings.Join(list, "; ")
}

// month is the example of docs/dora.md.
func (s *story) month() {
	s.pushed("main", "05-20 08:00", "z", "y")
	s.merged(1, "05-22 10:00", "05-23 10:00", "y", "a", "ACME-1 a first thing")
	s.deployed(1, "staging", "a", "success", "05-23 11:00")
	s.deployed(2, "production", "a", "success", "05-23 12:00")
	s.merged(2, "05-23 09:00", "05-24 09:00", "a", "b", "ACME-2 another")
	s.merged(3, "05-24 08:00", "05-24 10:00", "b", "c", "a third")
	s.deployed(3, "production", "c", "success", "05-24 20:00")
	s.issue("ACME-9", "Incident", "05-24 21:00", "05-24 23:00", "it is slow")
	s.deployed(4, "production", "c", "failure", "05-25 10:00")
	s.merged(4, "05-25 10:00", "05-26 09:00", "c", "d", "a fourth")
	s.deployed(5, "production", "d", "success", "05-26 10:00")
	s.issue("ACME-10", "Incident", "05-29 12:00", "05-29 18:00", "wrong since https://github.com/acme/api/pull/4")
	s.issue("ACME-11", "Incident", "05-30 10:00", "", "it is down")
	s.issue("ACME-12", "Bug", "05-30 11:00", "", "no incident")
}

func renamed(from, to string) func(*eventv1.WebhookEvent) {
	return func(e *eventv1.WebhookEvent) {
		e.Changes = []*eventv1.FieldChange{{Field: "ref", From: from, To: to}}
	}
}
