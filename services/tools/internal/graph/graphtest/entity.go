package graphtest

import (
	"slices"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

func entityEntries() []entry {
	each := func(change func(*project.Entity)) broken {
		return broken{entities: func(_ []string, answer []project.Entity) []project.Entity {
			for i := range answer {
				change(&answer[i])
			}
			return answer
		}}
	}
	loads := 0
	return []entry{
		{"entities are in the order of their refs, by bytes", checkEntities, broken{entities: func(_ []string, answer []project.Entity) []project.Entity {
			slices.SortFunc(answer, func(a, b project.Entity) int { return slices.Compare(utf16s(a.Ref), utf16s(b.Ref)) })
			return answer
		}}},
		{"attributes are in the order of their names, with their versions", checkAttributes, each(func(e *project.Entity) { slices.Reverse(e.Attributes) })},
		{"an entity's attributes are those of now", checkAttributesNow, broken{load: func(m Memory) Memory {
			if loads++; loads > 1 {
				return Memory{}
			}
			return m
		}}},
		{"what was only named is a stub", checkStub, each(func(e *project.Entity) { e.Stub = false })},
		{"refs that were never named are left out", checkUnknown, broken{entities: func(refs []string, answer []project.Entity) []project.Entity {
			for _, ref := range refs {
				if !slices.ContainsFunc(answer, func(e project.Entity) bool { return e.Ref == ref }) {
					answer = append(answer, project.Entity{Ref: ref})
				}
			}
			return answer
		}}},
		{"words come back as they were told", checkWords, each(func(e *project.Entity) {
			for i := range e.Attributes {
				e.Attributes[i].Value = strings.TrimSpace(e.Attributes[i].Value)
			}
		})},
	}
}

func utf16s(s string) (units []uint16) {
	for _, r := range s {
		if r >= 0x10000 {
			units = append(units, uint16(0xd800+(r-0x10000)>>10), uint16(0xdc00+(r-0x10000)&0x3ff))
		} else {
			units = append(units, uint16(r))
		}
	}
	return units
}

func checkEntities(h *harness) {
	var m Memory
	var want []project.Entity
	for n, ref := range odd() {
		m.Entities = append(m.Entities, seen(n, ref, "issue", "status", "Done"))
		want = append(want, m.Entities[n].Entity)
	}
	slices.Reverse(m.Entities)
	h.load(m)
	asked := append(odd(), odd()...)
	slices.Reverse(asked)
	h.wantEntities(asked, want...)
	h.wantEntities(odd()[3:5], want[3:5]...)
}

func checkAttributes(h *harness) {
	e := seen(1, change, "change", "base", "main", "draft", "false", "head", "x", "url", "https://example.com/42")
	e.Attributes[0].Version = project.Version{At: at(3), KindRank: 4, EventID: event(3)}
	e.Attributes[1].Version.At = at(2).Add(time.Microsecond)
	h.load(Memory{Entities: []ledger.EntityRow{e}})
	h.wantEntities([]string{change}, e.Entity)
}

func checkAttributesNow(h *harness) {
	h.load(Memory{Entities: []ledger.EntityRow{seen(1, change, "change", "labels", "bug", "state", "open")}})
	now := seen(2, change, "change", "labels", "bug", "merged", "true", "state", "merged")
	now.Attributes[0].Version = project.Version{At: at(1), KindRank: 2, EventID: event(1)}
	h.load(Memory{Entities: []ledger.EntityRow{now}})
	h.wantEntities([]string{change}, now.Entity)
}

func checkStub(h *harness) {
	stub := ledger.EntityRow{Entity: project.Entity{Ref: issue, Kind: "issue", Place: "jira:project:ACME", Stub: true}}
	h.load(Memory{Entities: []ledger.EntityRow{stub, seen(1, change, "change")}})
	h.wantEntities([]string{issue, change}, seen(1, change, "change").Entity, stub.Entity)
	// A plan may have set something on it. It was not seen for that.
	stub.Attributes = seen(2, issue, "issue", "label", "late").Attributes
	h.load(Memory{Entities: []ledger.EntityRow{stub}})
	h.wantEntities([]string{issue}, stub.Entity)
	// Then it is seen.
	now := seen(3, issue, "issue", "label", "late", "status", "Done")
	now.Attributes[0] = stub.Attributes[0]
	h.load(Memory{Entities: []ledger.EntityRow{now}})
	h.wantEntities([]string{issue}, now.Entity)
}

func checkUnknown(h *harness) {
	// A link names what no entity's row is there for.
	h.load(Memory{Entities: []ledger.EntityRow{seen(1, change, "change")}, Links: []graph.Related{related(1, issue, "title")}})
	h.wantEntities([]string{"jira:issue:ACME-9", issue, change, ""}, seen(1, change, "change").Entity)
	h.wantEntities([]string{issue})
	h.wantEntities(nil)
}

func checkWords(h *harness) {
	e := seen(1, change, "change", "a.b_c", " spaces ", "empty", "", "kind", "not the kind", "quotes", "'\"`\\$1 {n} ?", "ref", "not the ref", "wide", "é\u2028\U0001f600\t\n")
	e.NativeID, e.Kind = " 42 ", "something_else"
	h.load(Memory{Entities: []ledger.EntityRow{e}})
	h.wantEntities([]string{change}, e.Entity)
}
