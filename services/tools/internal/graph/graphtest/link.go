package graphtest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func linkEntries() []entry {
	return []entry{
		{"links are found from both ends", checkEnds, broken{linked: func(refs []string, _ int, answer []graph.Related) []graph.Related {
			return slices.DeleteFunc(answer, func(l graph.Related) bool { return !slices.Contains(refs, l.From) })
		}}},
		{"several refs have each link once", checkOnce, broken{linked: func(refs []string, _ int, answer []graph.Related) []graph.Related {
			var doubled []graph.Related
			for _, l := range answer {
				doubled = append(doubled, l)
				if slices.Contains(refs, l.From) && slices.Contains(refs, l.To) {
					doubled = append(doubled, l)
				}
			}
			return doubled
		}}},
		{"links are newest first", checkNewest, broken{linked: func(_ []string, _ int, answer []graph.Related) []graph.Related {
			slices.Reverse(answer)
			return answer
		}}},
		{"links of one moment are in the order of their keys, by bytes", checkTies, broken{linked: func(_ []string, _ int, answer []graph.Related) []graph.Related {
			// As UTF-16 has it: what lies beyond the first plane comes before its end.
			slices.SortStableFunc(answer, func(a, b graph.Related) int {
				return cmp.Or(b.Last.Compare(a.Last), strings.Compare(a.From, b.From), slices.Compare(utf16s(a.To), utf16s(b.To)),
					strings.Compare(a.Where, b.Where), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Authn, b.Authn))
			})
			return answer
		}}},
		{"a limit keeps the first links of the order", checkLimit, broken{linked: func(_ []string, limit int, answer []graph.Related) []graph.Related {
			return answer[:min(len(answer), max(1, limit-1))]
		}}},
		{"links have their evidence", checkEvidence, broken{linked: func(_ []string, _ int, answer []graph.Related) []graph.Related {
			for i := range answer {
				answer[i].First = answer[i].Last
			}
			return answer
		}}},
		{"links have who wrote and who edited their text", checkPeople, broken{linked: func(_ []string, _ int, answer []graph.Related) []graph.Related {
			for i := range answer {
				answer[i].Editor = answer[i].Author
			}
			return answer
		}}},
		{"times are whole microseconds of any year", checkTimes, broken{load: func(m Memory) Memory {
			m.Links = slices.Clone(m.Links)
			for i := range m.Links {
				m.Links[i].Last = m.Links[i].Last.Truncate(time.Millisecond)
			}
			return m
		}}},
		{"what nothing links has no links", checkUnlinked, broken{linked: func(refs []string, _ int, answer []graph.Related) []graph.Related {
			return append(answer, graph.Related{To: strings.Join(refs, "")})
		}}},
	}
}

func checkEnds(h *harness) {
	out, in := related(2, issue, "title"), related(1, change, "body")
	in.From = "github:pr:acme/web#1"
	other := related(3, "jira:issue:ACME-8", "title")
	other.From = "github:pr:acme/web#2"
	h.load(Memory{Links: []graph.Related{out, in, other}})
	h.wantLinked(10, []string{change}, out, in)
	h.wantLinked(10, []string{issue}, out)
	h.wantLinked(10, []string{in.From}, in)
}

func checkOnce(h *harness) {
	out, self := related(2, issue, "title"), related(1, change, "body")
	h.load(Memory{Links: []graph.Related{out, self}})
	h.wantLinked(10, []string{change, issue}, out, self)
	h.wantLinked(10, []string{issue, change, issue}, out, self)
	h.wantLinked(10, []string{change}, out, self)
}

func checkNewest(h *harness) {
	// Last counts, whatever was first.
	old, late, middle := related(5, "jira:issue:ACME-1", "title"), related(9, "jira:issue:ACME-2", "title"), related(7, "jira:issue:ACME-3", "title")
	old.First, late.First = at(4), at(1)
	h.load(Memory{Links: []graph.Related{old, late, middle}})
	h.wantLinked(10, []string{change}, late, middle, old)
}

// ties are links of one moment in their order.
func ties() []graph.Related {
	var all []graph.Related
	n := 0
	add := func(from, to, where, kind, authn string) {
		n++
		l := related(n, to, where)
		l.From, l.Kind, l.Authn, l.First, l.Last = from, kind, authn, start(), start()
		all = append(all, l)
	}
	for _, to := range odd() {
		add(change, to, "title", "issue", ledger.Signature)
	}
	add("github:pr:acme/api#420", change, "body", "change", ledger.Signature)
	add("github:pr:acme/api#420", change, "body", "change", token)
	add("github:pr:acme/api#420", change, "body", "issue", ledger.Signature)
	add("github:pr:acme/api#420", change, "title", "change", ledger.Signature)
	add("github:pr:acme/api#43", change, "", "change", ledger.Signature)
	return all
}

// odd are refs in the order of their bytes.
func odd() []string {
	return []string{
		"jira:issue:ACME 7", "jira:issue:ACME\"7\\u0041", "jira:issue:ACME%7", "jira:issue:ACME'7`", "jira:issue:ACME-10", "jira:issue:ACME-9", "jira:issue:ACME_7", "jira:issue:acme-7",
		"jira:issue:e\u0301", "jira:issue:z", "jira:issue:\u00e9", "jira:issue:\u2028", "jira:issue:\ue000", "jira:issue:\uff5e", "jira:issue:\U0001f600", "jira:issue:\U0010ffff",
	}
}

func checkTies(h *harness) {
	all := ties()
	mixed := slices.Clone(all)
	slices.Reverse(mixed)
	h.load(Memory{Links: mixed})
	h.wantLinked(100, []string{change}, all...)
}

func checkLimit(h *harness) {
	all := ties()
	h.load(Memory{Links: all})
	for limit := 1; limit <= len(all)+1; limit++ {
		h.wantLinked(limit, []string{change}, all[:min(limit, len(all))]...)
	}
}

func checkEvidence(h *harness) {
	l := related(9, issue, "title")
	l.First, l.Rule, l.Confidence, l.Kind, l.Authn = at(2), "closing_keyword", "certain", "page", "address"
	h.load(Memory{Links: []graph.Related{l}})
	h.wantLinked(10, []string{issue}, l)
	// Its state of today replaces that of yesterday.
	l.Last, l.EventID, l.Rule, l.Confidence = at(11), event(11), "url", "likely"
	l.Author = &eventv1.Account{Id: "8", Login: "bo"}
	h.load(Memory{Links: []graph.Related{l}})
	h.wantLinked(10, []string{issue}, l)
}

func checkPeople(h *harness) {
	nobody, author, both := related(3, "jira:issue:ACME-1", "title"), related(2, "jira:issue:ACME-2", "title"), related(1, "jira:issue:ACME-3", "title")
	author.Author = &eventv1.Account{Id: "7"}
	both.Author = &eventv1.Account{Id: "7", Login: "ana", Type: "User", Association: "MEMBER"}
	both.Editor = &eventv1.Account{Id: "8", Login: "bo[bot]", Type: "Bot", Association: "NONE"}
	h.load(Memory{Links: []graph.Related{nobody, author, both}})
	h.wantLinked(10, []string{change}, nobody, author, both)
}

func checkTimes(h *harness) {
	var all []graph.Related
	for i, last := range []time.Time{
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2400, 1, 1, 0, 0, 0, 1000, time.UTC),
		start().Add(time.Microsecond),
		start(),
		time.UnixMicro(1).UTC(),
	} {
		l := related(i, "jira:issue:ACME-"+string(rune('1'+i)), "title")
		l.First, l.Last = time.UnixMicro(1).UTC(), last
		all = append(all, l)
	}
	h.load(Memory{Links: all})
	h.wantLinked(10, []string{change}, all...)
}

func checkUnlinked(h *harness) {
	h.load(Memory{Entities: []ledger.EntityRow{seen(1, change, "change")}, Links: []graph.Related{related(1, issue, "title")}})
	h.wantLinked(10, []string{"jira:issue:ACME-9"})
	h.wantLinked(10, []string{""})
	h.wantLinked(10, nil)
}
