package facttest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
)

func selectEntries() []entry {
	return []entry{
		{"select/oldest first", checkOldest, broken{selected: reversed}},
		{"select/of one moment by subject, name and sub-key, byte by byte", checkSelectTies, broken{selected: ignoringCase}},
		{"select/limit", checkSelectLimit, broken{query: func(q *fact.Query) { q.Limit++ }}},
		{"select/without a condition", checkAll, broken{query: func(q *fact.Query) { q.Names = []string{"change.opened"} }}},
		{"select/window has its first moment", checkFrom, broken{query: func(q *fact.Query) { q.From = moved(q.From) }}},
		{"select/window ends before its last moment", checkTo, broken{query: func(q *fact.Query) { q.To = moved(q.To) }}},
		{"select/window with one end", checkOneEnd, broken{query: func(q *fact.Query) { q.From, q.To = q.To, q.From }}},
	}
}

func ignoringCase(rows []fact.Observed) []fact.Observed {
	slices.SortFunc(rows, func(a, b fact.Observed) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(strings.ToLower(a.Subject), strings.ToLower(b.Subject)), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

// moved is a microsecond later.
func moved(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(time.Microsecond)
}

func checkOldest(h *harness) {
	a, b, c := seen(1, issue, "issue.created"), seen(2, change, "change.updated"), seen(3, change, "change.merged")
	h.load(c, a, b)
	h.wantSelected(fact.Query{}, a, b, c)
}

func checkSelectTies(h *harness) {
	of := func(subject, name, subKey string) fact.Observed {
		return with(seen(1, subject, name), func(o *fact.Observed) { o.SubKey = subKey })
	}
	want := []fact.Observed{
		of("B", "state", "1"), of("a", "label", "2"), of("a", "state", "1"), of("a", "state", "10"), of("a", "state", "9"),
		of("a b", "label", "1"), of("a-b", "label", "1"), of("ab", "label", "1"), of("ä", "label", "1"), of("中", "label", "1"), of("😀", "label", "1"),
	}
	h.load(reversed(slices.Clone(want))...)
	h.wantSelected(fact.Query{}, want...)
}

func checkSelectLimit(h *harness) {
	a, b, c := seen(1, issue, "issue.created"), seen(2, change, "change.updated"), seen(3, change, "change.merged")
	h.load(a, b, c)
	h.wantSelected(fact.Query{Limit: 1}, a)
	h.wantSelected(fact.Query{Limit: 2}, a, b)
	h.wantSelected(fact.Query{Limit: 3}, a, b, c)
	h.wantSelected(fact.Query{Limit: 1, Subjects: []string{change}}, b)
}

func checkAll(h *harness) {
	h.wantSelected(fact.Query{})
	a, b := seen(1, change, "change.opened"), with(seen(2, issue, "issue.created"), func(o *fact.Observed) { o.Place, o.Actor = "", "" })
	h.load(a, b)
	h.wantSelected(fact.Query{Subjects: []string{}, Places: []string{}, Actors: []string{}, Names: []string{}, Values: []string{}}, a, b)
}

func checkFrom(h *harness) {
	before := with(seen(1, change, "before"), func(o *fact.Observed) { o.At = at(1).Add(-time.Microsecond) })
	on, after := seen(1, change, "on"), seen(2, change, "after")
	h.load(before, on, after)
	h.wantSelected(fact.Query{From: at(1), To: at(5)}, on, after)
}

func checkTo(h *harness) {
	first, before := seen(1, change, "first"), with(seen(2, change, "before"), func(o *fact.Observed) { o.At = at(3).Add(-time.Microsecond) })
	on := seen(3, change, "on")
	h.load(first, before, on)
	h.wantSelected(fact.Query{From: at(0), To: at(3)}, first, before)
	h.wantSelected(fact.Query{From: at(3), To: at(3)})
}

func checkOneEnd(h *harness) {
	a, b, c := seen(1, change, "a"), seen(2, change, "b"), seen(3, change, "c")
	h.load(a, b, c)
	h.wantSelected(fact.Query{From: at(2)}, b, c)
	h.wantSelected(fact.Query{To: at(2)}, a)
}
