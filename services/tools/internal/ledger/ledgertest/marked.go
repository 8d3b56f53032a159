package ledgertest

import (
	"context"
	"fmt"
	"time"

	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// What is to be forgotten of a marked ledger, and the marks that show that it was not.
const (
	MarkedChange = "github:pr:acme/api#4217"
	MarkedPerson = "github:user:zoe-marked"

	markedLogin = "zoe-marked"
	markedID    = "90017001"
	markedTitle = "title-6f3a-marked"
	markedText  = "text-6f3a-marked"
)

// ChangeMarks are what must not be left once MarkedChange was forgotten, and
// PersonMarks once MarkedPerson was.
func ChangeMarks() []string {
	return []string{MarkedChange, "acme/api#4217", "pull/4217", "777042170", markedTitle, markedText}
}

// PersonMarks are those of the person, in small letters.
func PersonMarks() []string {
	return []string{MarkedPerson, markedLogin, markedID, markedTitle, markedText}
}

// marking fills a ledger with all the ways in which a change and a person are named.
type marking struct {
	ledger.Ledger
	ctx context.Context
	n   int
	now time.Time
}

// Mark fills a ledger. What the fifth run tells names neither of both; the sixth has
// the person in fields alone, as an app's installation and a sponsorship do.
func Mark(ctx context.Context, l Ledger, now time.Time) error {
	m := &marking{Ledger: l, ctx: ctx, now: now}
	zoe := &eventv1.Account{Id: markedID, Login: markedLogin, Type: "User", Association: "MEMBER"}
	bob := &eventv1.Account{Id: "80018001", Login: "bob", Type: "User", Association: "MEMBER"}
	part := func(where, value string, author, editor *eventv1.Account) *eventv1.Part {
		return &eventv1.Part{Where: where, Value: value, Author: author, Editor: editor}
	}
	for i, e := range []struct {
		change *eventv1.WebhookEvent
		parts  []*eventv1.Part
		fields map[string]any
		body   string
		calls  func() []ledger.Call
	}{
		{
			m.change(4217, "777042170", zoe),
			[]*eventv1.Part{part("title", markedTitle+" ACME-7", zoe, nil), part("body", markedText, zoe, nil)},
			map[string]any{"assignee": markedLogin, "url": "https://github.com/acme/api/pull/4217", "head": "fix"},
			markedTitle, func() []ledger.Call {
				c := m.call(issue, "done", markedTitle+" by "+markedLogin)
				c.Shown.Evidence = []*toolsv1.Evidence{{Kind: "trust", Detail: markedLogin + " MEMBER"}, {Kind: "event", Ref: MarkedChange}}
				c.Shown.Url, c.Shown.ResultRef = "https://acme.example/"+markedTitle, MarkedChange
				return []ledger.Call{c}
			},
		},
		{
			m.comment(4217, "777042170", bob),
			[]*eventv1.Part{part("comment", "thanks @"+markedLogin+" for #4217", bob, nil)},
			map[string]any{"id": "1", "url": "https://github.com/acme/api/pull/4217#issuecomment-1"}, markedTitle, nil,
		},
		{
			m.change(1, "1001", bob),
			[]*eventv1.Part{part("title", "another ACME-8", bob, nil), part("body", "see acme/api#4217, "+markedText+" as https://github.com/"+markedLogin, bob, zoe)},
			map[string]any{"assignee": markedLogin, "labels": []any{"a", "b"}}, "acme/api/pull/4217", func() []ledger.Call {
				return []ledger.Call{m.call(MarkedChange, "queued", "ping"), m.call(issue, "running", "reviewed by "+markedLogin)}
			},
		},
		{
			m.change(2, "1002", bob),
			[]*eventv1.Part{part("title", "ACME-9", bob, nil)}, nil,
			`{"requested_reviewers":[{"login":"Zoe-Marked"}],"url":"https://github.com/acme/api/pull/4217"}`, nil,
		},
		{
			m.change(3, "1003", bob),
			[]*eventv1.Part{part("title", "quiet ACME-10", bob, nil)}, map[string]any{"assignee": "bob"}, "nobody", func() []ledger.Call {
				return []ledger.Call{m.call(issue, "failed", "quiet")}
			},
		},
		{
			m.change(5, "1005", bob),
			[]*eventv1.Part{part("title", "plain", bob, nil)}, map[string]any{"account": markedLogin, "sponsorable": "Zoe-Marked"}, "nobody", nil,
		},
	} {
		if err := m.tell(i+1, e.change, e.parts, e.fields, e.body, e.calls); err != nil {
			return err
		}
	}
	if err := l.RecordDeliveries(ctx, ledger.Report{Reporter: id(kindDelivery, 1), Keep: ledger.Keep{Refused: 10, Accepted: 10}, Records: []*toolsv1.DeliveryRecord{{
		Id: id(kindDelivery, 2), Source: "github", Code: 200, Status: "success", EventId: id(kindEvent, 1), RunId: id(kindRun, 1),
		Checks: []*toolsv1.DeliveryCheck{{Name: "event", Outcome: "note", Detail: "of " + MarkedPerson + " about " + MarkedChange}},
	}}}); err != nil {
		return err
	}
	return l.Park(ctx, "clickhouse", ledger.Parked{Position: ledger.Position{Seq: 1}, EventID: id(kindEvent, 1), Reason: "no room for " + MarkedChange + " of " + MarkedPerson})
}

func (m *marking) change(number int, native string, by *eventv1.Account) *eventv1.WebhookEvent {
	m.n++
	at := timestamppb.New(m.now.Add(time.Duration(m.n) * time.Minute))
	return &eventv1.WebhookEvent{
		Id: id(kindEvent, m.n), DedupKey: id(kindEvent, m.n), Source: "github", Kind: "change.opened", Type: "pull_request", Action: "opened",
		Ref: fmt.Sprintf("github:pr:acme/api#%d", number), NativeId: native, Place: repo, Visibility: "private", Actor: proto.CloneOf(by),
		OccurredAt: at, ReceivedAt: at, Occurrence: id(kindEvent, m.n),
		Changes: []*eventv1.FieldChange{{Field: "assignee", From: "bob", To: by.GetLogin()}},
	}
}

func (m *marking) comment(number int, native string, by *eventv1.Account) *eventv1.WebhookEvent {
	e := m.change(number, native, by)
	e.Kind, e.Type, e.Action = "comment.created", "issue_comment", "created"
	return e
}

func (m *marking) call(target, state, text string) ledger.Call {
	m.n++
	payload, _ := structpb.NewStruct(map[string]any{"text": text}) // A string is always good.
	c := ledger.Call{
		Shown: &toolsv1.Call{
			CallId: id(kindCall, m.n), EffectKey: id(kindEffect, m.n), Rule: "rule", Step: fmt.Sprintf("step%d", m.n), Tool: "jira.transition",
			Class: "set", Target: target, State: state, Request: payload,
		},
		Payload: payload, Mode: "act", Occurrence: id(kindEvent, m.n), Version: m.now, ValidUntil: m.now.Add(time.Hour),
	}
	if state == "running" {
		c.Owner, c.Lease, c.NotAfter, c.LookAt = us, callLease, m.now.Add(8*time.Second), m.now.Add(20*time.Second)
	}
	return c
}

func (m *marking) tell(n int, e *eventv1.WebhookEvent, parts []*eventv1.Part, fields map[string]any, body string, calls func() []ledger.Call) (err error) {
	e.Text = &eventv1.Text{Parts: parts}
	if e.Fields, err = structpb.NewStruct(fields); err != nil {
		return err
	}
	sealed, err := proto.Marshal(e)
	if err != nil {
		return err
	}
	delta := project.Event(e)
	o := ledger.Opening{
		Run: ledger.RunID(id(kindRun, n)), Event: e, Sealed: sealed, Body: s2.Encode(nil, []byte(body)), Authn: ledger.Signature,
		Delivery: &eventv1.Delivery{DeliveryId: id(kindRun, n), ReceivedAt: e.GetReceivedAt()}, Delta: delta, Owner: us, Lease: runLease,
	}
	for _, l := range delta.Links {
		o.Links = append(o.Links, &toolsv1.Link{Kind: l.Kind, Ref: l.To, Where: l.Where, Author: l.Author, Rule: l.Rule, Confidence: l.Confidence})
	}
	if _, err := m.Open(m.ctx, o); err != nil || calls == nil {
		return err
	}
	pin := ledger.Pinning{Run: o.Run, Authn: ledger.Signature, Plan: plan("change.opened"), Calls: calls()}
	pin.Plan.Calls[0].Arguments["comment"] = &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: "about " + parts[0].GetValue() + " of " + e.GetActor().GetLogin()}}
	pin.Delta.Observations = []project.Observation{{
		Subject: e.GetRef(), Name: "rule.seen", SubKey: "rule/" + e.GetId(), At: m.now, Value: "by " + project.Person("github", e.GetActor()),
		Place: repo, Actor: project.Person("github", e.GetActor()),
	}}
	_, err = m.Pin(m.ctx, pin)
	return err
}
