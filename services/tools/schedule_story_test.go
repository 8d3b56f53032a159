package tools

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

const (
	storyChange = "github:pr:acme/api#42"
	storyPolicy = `
pairs:
  - [github:acme/api, jira:ACME]
places:
  github:acme/api: private
  jira:ACME: private
choices:
  jira.transition:
    jira:ACME:
      status: [Done]
  jira.create_issue:
    github:acme/api: {project: [ACME]}
    jira:ACME: {issue_type: [Task]}
  graph.link:
    '*': {kind: [relates]}
`
)

// told is an event of the story, and what vouches for it.
type told struct {
	event *eventv1.WebhookEvent
	authn string
}

// story is what happened to two pull requests and an issue within some minutes,
// as its webhooks tell it. Every text that names an issue comes with the event
// that has it, so that the effects are the same in whatever order events come.
func story() []told {
	member := &eventv1.Account{Id: "1", Login: "dev-one", Type: "User", Association: "MEMBER"}
	stranger := &eventv1.Account{Id: "2", Login: "stranger", Type: "User", Association: "NONE"}
	jira := &eventv1.Account{Id: "acc-1", Login: "dev-one", Type: "atlassian"}
	sha := func(n int) string { return fmt.Sprintf("%040x", 0xabc000+n) }
	title := func(by *eventv1.Account, s string) *eventv1.Text {
		return &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Author: by, Value: s}}}
	}
	return []told{
		tell(1, "change.opened", storyChange, member, "opened-42", map[string]any{"number": 42, "state": "open", "head_sha": sha(1)}, title(member, "ACME-7 keep the connection")),
		tell(2, "change.updated", storyChange, member, "edited-42", map[string]any{"number": 42, "state": "open", "head_sha": sha(2)}, title(member, "ACME-8 keep the connection")),
		tell(3, "change.merged", storyChange, member, sha(3), map[string]any{"number": 42, "state": "closed", "merged": true, "merge_commit_sha": sha(3), "head_sha": sha(2)}, title(member, "ACME-8 keep the connection")),
		// The same merge, through another hook.
		tell(4, "change.merged", storyChange, member, sha(3), map[string]any{"number": 42, "state": "closed", "merged": true, "merge_commit_sha": sha(3), "head_sha": sha(2)}, title(member, "ACME-8 keep the connection")),
		tell(5, "comment.created", storyChange, stranger, "comment-5", map[string]any{"id": "5"}, &eventv1.Text{Parts: []*eventv1.Part{{Where: "comment", Author: stranger, Value: "what of ACME-9?"}}}),
		earlier(tell(6, "issue.created", "jira:issue:ACME-8", jira, "created-8", map[string]any{"key": "ACME-8", "status": "To Do", "issue_type": "Bug"}, title(jira, "connections drop"))),
		earlier(tell(7, "issue.transitioned", "jira:issue:ACME-8", jira, "moved-8", map[string]any{"key": "ACME-8", "status": "In Progress", "issue_type": "Bug"}, title(jira, "connections drop"))),
		tell(8, "commit.pushed", "github:branch:acme/api@main", member, sha(3), map[string]any{"before": sha(0), "after": sha(3), "ref": "main"}, nil),
		tell(9, "deployment.finished", "github:deployment:acme/api#77", member, "deployment_status:9", map[string]any{"environment": "production", "head_sha": sha(3), "conclusion": "success"}, nil),
		tell(10, "change.merged", "github:pr:acme/api#43", member, sha(4), map[string]any{"number": 43, "state": "closed", "merged": true, "merge_commit_sha": sha(4)}, title(member, "ACME-7 and ACME-8, once more")),
		vouched("token", tell(11, "issue.updated", "jira:issue:ACME-8", stranger, "told-8", map[string]any{"key": "ACME-8", "status": "Closed"}, title(stranger, "see https://github.com/acme/api/pull/42"))),
		tell(12, "issue.deleted", "jira:issue:ACME-7", jira, "deleted-7", map[string]any{"key": "ACME-7"}, nil),
	}
}

// earlier happened an hour before: what a change does to the issue comes after it, and
// is not superseded in whatever order the events arrive.
func earlier(t told) told {
	at := timestamppb.New(t.event.GetOccurredAt().AsTime().Add(-time.Hour))
	t.event.OccurredAt, t.event.ReceivedAt = at, at
	return t
}

func vouched(authn string, t told) told {
	t.authn = authn
	return t
}

func tell(n int, kind, ref string, actor *eventv1.Account, occurrence string, fields map[string]any, text *eventv1.Text) told {
	id := uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "story-%d", n)).String()
	values, err := structpb.NewStruct(fields)
	if err != nil {
		panic(err)
	}
	at := timestamppb.New(time.Date(2026, 5, 4, 10, n, 0, 0, time.UTC))
	e := &eventv1.WebhookEvent{
		Id: id, DedupKey: id, Source: ref[:len("jira")], Kind: kind, Type: "story", Ref: ref, NativeId: "n-" + ref,
		Place: "jira:project:ACME", Visibility: "private", Actor: actor, OccurredAt: at, ReceivedAt: at, Occurrence: occurrence,
		Fields: values, Text: text,
	}
	if e.Source != "jira" {
		e.Source, e.Place = "github", "github:repo:acme/api"
	}
	return told{event: e, authn: "signature"}
}

// storyPlan is what rules would make of an event: a comment on each issue that a
// change names, and for a merge a move, an observation and a link besides, and a task
// with a comment that waits for it.
func storyPlan(e *eventv1.WebhookEvent, links []*toolsv1.Link) *toolsv1.Plan {
	plan := &toolsv1.Plan{RulesHash: "ab", Class: e.GetKind(), DecidedBy: "metadata"}
	merged := e.GetKind() == "change.merged"
	if !merged && e.GetKind() != "change.opened" && e.GetKind() != "change.updated" {
		return plan
	}
	path := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Path{Path: s}} }
	choice := func(s string) *toolsv1.Argument {
		return &toolsv1.Argument{Value: &toolsv1.Argument_Choice{Choice: &toolsv1.Choices{Values: []string{s}}}}
	}
	call := func(step, tool string, arguments map[string]*toolsv1.Argument) {
		plan.Calls = append(plan.Calls, &toolsv1.PlannedCall{Rule: "change", Step: step, Tool: tool, Arguments: arguments})
	}
	for _, l := range links {
		if l.GetKind() != "issue" || !l.GetTarget() {
			continue
		}
		at := fmt.Sprintf("link.issue[%d]", l.GetIndex())
		call("comment", "jira.add_comment", map[string]*toolsv1.Argument{"target": path(at), "body": {Value: &toolsv1.Argument_Text{Text: "It is " + e.GetKind() + " now."}}})
		if !merged {
			continue
		}
		call("move", "jira.transition", map[string]*toolsv1.Argument{"target": path(at), "status": choice("Done")})
		call("observe", "facts.observe", map[string]*toolsv1.Argument{"target": path(at), "name": path("event.kind"), "value": path("event.occurrence")})
		call("relate", "graph.link", map[string]*toolsv1.Argument{"target": path(at), "kind": choice("relates")})
	}
	if merged {
		text := func(s string) *toolsv1.Argument { return &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: s}} }
		call("task", "jira.create_issue", map[string]*toolsv1.Argument{"project": choice("ACME"), "issue_type": choice("Task"), "summary": text("Look after it")})
		call("explain", "jira.add_comment", map[string]*toolsv1.Argument{"target": path("$task.ref"), "body": text("It came with a change.")})
	}
	return plan
}
