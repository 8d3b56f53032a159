package graphtest

import (
	"strings"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func goneEntries() []entry {
	links := func(change func(*graph.Related)) broken {
		return broken{linked: func(_ []string, _ int, answer []graph.Related) []graph.Related {
			for i := range answer {
				change(&answer[i])
			}
			return answer
		}}
	}
	return []entry{
		{"a link is gone when its text was seen later", checkGone, links(func(l *graph.Related) { l.Gone = false })},
		{"another text's sighting takes no link away", checkGoneElsewhere, links(func(l *graph.Related) { l.Gone = true })},
		{"a token's text makes no signed link gone", checkGoneToken, broken{load: func(m Memory) Memory {
			for i, e := range m.Entities {
				signed := make(map[string]int64)
				for where, at := range e.Texts {
					where = strings.TrimPrefix(where, "~")
					signed[where] = max(signed[where], at)
				}
				m.Entities[i].Texts = signed
			}
			return m
		}}},
		{"what the provider states stood in no text and is never gone", checkGoneStated, links(func(l *graph.Related) { l.Gone = l.Where == "" })},
		{"a link's state follows its text", checkGoneLater, links(func(l *graph.Related) { l.Gone = false })},
	}
}

// standing has the links as an answer has them: gone or not.
func standing(gone bool, links ...graph.Related) []graph.Related {
	for i := range links {
		links[i].Gone = gone
	}
	return links
}

func checkGone(h *harness) {
	h.load(Memory{
		Entities: []ledger.EntityRow{texts(map[string]int{"title": 5})},
		Links:    []graph.Related{related(6, "jira:issue:ACME-1", "title"), related(5, "jira:issue:ACME-2", "title"), related(4, "jira:issue:ACME-3", "title")},
	})
	want := standing(false, related(6, "jira:issue:ACME-1", "title"), related(5, "jira:issue:ACME-2", "title"))
	h.wantLinked(10, []string{change}, append(want, standing(true, related(4, "jira:issue:ACME-3", "title"))...)...)
	// From its other end too.
	h.wantLinked(10, []string{"jira:issue:ACME-3"}, standing(true, related(4, "jira:issue:ACME-3", "title"))...)
}

func checkGoneElsewhere(h *harness) {
	// The text of whom it names, another text, and a subject that is no entity.
	inBody, toOther, fromNobody := related(3, issue, "body"), related(2, issue, "branch"), related(1, issue, "title")
	toOther.From, toOther.To = "github:pr:acme/web#1", change
	fromNobody.From = "github:pr:acme/web#2"
	h.load(Memory{
		Entities: []ledger.EntityRow{texts(map[string]int{"title": 5, "branch": 5, "~branch": 5}), seen(0, "github:pr:acme/web#1", "change")},
		Links:    []graph.Related{inBody, toOther, fromNobody},
	})
	h.wantLinked(10, []string{change, issue}, inBody, toOther, fromNobody)
}

func checkGoneToken(h *harness) {
	told := func(n int, to, where string) graph.Related {
		l := related(n, to, where)
		l.Authn = token
		return l
	}
	h.load(Memory{
		Entities: []ledger.EntityRow{texts(map[string]int{"~title": 9, "body": 9, "~branch": 2, "branch": 3})},
		Links: []graph.Related{
			related(8, "jira:issue:ACME-1", "title"), told(7, "jira:issue:ACME-1", "title"),
			related(6, "jira:issue:ACME-2", "body"), told(5, "jira:issue:ACME-2", "body"),
			told(4, "jira:issue:ACME-3", "branch"), told(2, "jira:issue:ACME-4", "branch"),
		},
	})
	h.wantLinked(10, []string{change},
		standing(false, related(8, "jira:issue:ACME-1", "title"))[0], standing(true, told(7, "jira:issue:ACME-1", "title"))[0],
		standing(true, related(6, "jira:issue:ACME-2", "body"))[0], standing(true, told(5, "jira:issue:ACME-2", "body"))[0],
		standing(false, told(4, "jira:issue:ACME-3", "branch"))[0], standing(true, told(2, "jira:issue:ACME-4", "branch"))[0],
	)
}

func checkGoneStated(h *harness) {
	stated := related(1, "github:commit:acme/api@1234567", "")
	stated.Kind, stated.Rule = "commit", "native"
	byToken := stated
	byToken.Authn, byToken.EventID = token, event(2)
	h.load(Memory{
		Entities: []ledger.EntityRow{texts(map[string]int{"title": 5, "~title": 5})},
		Links:    []graph.Related{stated, byToken},
	})
	h.wantLinked(10, []string{change}, stated, byToken)
}

func checkGoneLater(h *harness) {
	l := related(4, issue, "title")
	h.load(Memory{Links: []graph.Related{l}})
	h.wantLinked(10, []string{change}, l)
	// The link's row is not told again.
	h.load(Memory{Entities: []ledger.EntityRow{texts(map[string]int{"title": 5})}})
	h.wantLinked(10, []string{change}, standing(true, l)...)
	back := related(6, issue, "title")
	back.First = at(4)
	h.load(Memory{Links: []graph.Related{back}})
	h.wantLinked(10, []string{change}, back)
}
