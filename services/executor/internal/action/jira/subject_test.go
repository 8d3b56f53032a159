package jira_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

// subject is an action with a command that its fake can obey.
type subject struct {
	act  func(*jira.Site) action.Action
	c    actiontest.Case
	pure bool // what look finds is sure, both ways
	// effects counts the effects that are there.
	effects func(fake) int
	url     string // of the result, below the site's
}

func subjects() map[string]subject {
	comments := func(f fake) int { return len(f.Comments("ACME-7", actiontest.EffectKey)) }
	return map[string]subject{
		"add_comment": {
			act:  func(s *jira.Site) action.Action { return jira.AddComment{Site: s} },
			c:    actiontest.Case{Tool: "jira.add_comment", Class: "upsert", Target: "jira:issue:ACME-7", Payload: map[string]any{"body": "Merged.\nSee acme/api#42\n\n[~dev-one] {x}"}},
			pure: true, effects: comments, url: "/browse/ACME-7?focusedCommentId=20001",
		},
		"assign": {
			act:  func(s *jira.Site) action.Action { return jira.Assign{Site: s} },
			c:    actiontest.Case{Tool: "jira.assign", Class: "set", Target: "jira:issue:ACME-7", Payload: map[string]any{"assignee": devTwo}},
			pure: true, url: "/browse/ACME-7",
			effects: func(f fake) int {
				if who := f.Issue("ACME-7").Assignee; who == devTwo || who == "dev-two" {
					return 1
				}
				return 0
			},
		},
		"transition": {
			act:  func(s *jira.Site) action.Action { return jira.Transition{Site: s} },
			c:    actiontest.Case{Tool: "jira.transition", Class: "set", Target: "jira:issue:ACME-7", Payload: map[string]any{"status": "Done"}},
			pure: true, url: "/browse/ACME-7",
			effects: func(f fake) int { return f.Issue("ACME-7").Transitions },
		},
		"link_remote": {
			act:  func(s *jira.Site) action.Action { return jira.LinkRemote{Site: s} },
			c:    actiontest.Case{Tool: "jira.link_remote", Class: "upsert", Target: "jira:issue:ACME-7", Payload: map[string]any{"object": "github:pr:acme/api#42", "title": "acme/api#42"}},
			pure: true, url: "/browse/ACME-7",
			effects: func(f fake) int { return len(f.Issue("ACME-7").Links) },
		},
		"create_issue": {
			act: func(s *jira.Site) action.Action { return jira.CreateIssue{Site: s} },
			c: actiontest.Case{Tool: "jira.create_issue", Class: "create", Target: "jira:project:ACME",
				Payload: map[string]any{"project": "ACME", "issue_type": "Bug", "summary": "Payments\nfail", "description": "Since noon.\n\n{code}x{code}"}},
			url:     "/browse/ACME-101",
			effects: func(f fake) int { return len(f.Issues("ACME")) - 1 },
		},
	}
}

func onDataCenter(name string, s subject) subject {
	if name == "assign" {
		s.c.Payload = map[string]any{"assignee": "dev-two"}
	}
	return s
}

func each(t *testing.T, test func(t *testing.T, f fake, act action.Action, s subject)) {
	t.Helper()
	for name, s := range subjects() {
		t.Run(name, func(t *testing.T) {
			f := cloud(t)
			test(t, f, s.act(f.site), s)
		})
		t.Run(name+" on Data Center", func(t *testing.T) {
			f := dataCenter(t)
			s := onDataCenter(name, s)
			if name == "create_issue" {
				s.pure = false
			}
			test(t, f, s.act(f.site), s)
		})
	}
}
