package facttest

import (
	"fmt"
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
)

// list is one of a query's, with the row's value that it asks for.
type list struct {
	name string
	of   func(*fact.Query) *[]string
	set  func(*fact.Observed, string)
}

func lists() []list {
	return []list{
		{"subjects", func(q *fact.Query) *[]string { return &q.Subjects }, func(o *fact.Observed, v string) { o.Subject = v }},
		{"places", func(q *fact.Query) *[]string { return &q.Places }, func(o *fact.Observed, v string) { o.Place = v }},
		{"actors", func(q *fact.Query) *[]string { return &q.Actors }, func(o *fact.Observed, v string) { o.Actor = v }},
		{"names", func(q *fact.Query) *[]string { return &q.Names }, func(o *fact.Observed, v string) { o.Name = v }},
		{"values", func(q *fact.Query) *[]string { return &q.Values }, func(o *fact.Observed, v string) { o.Value = v }},
	}
}

func filterEntries() (all []entry) {
	for _, l := range lists() {
		forget := broken{query: func(q *fact.Query) { *l.of(q) = nil }}
		all = append(all,
			entry{"filter/" + l.name, func(h *harness) { checkList(h, l) }, forget},
			entry{"filter/" + l.name + " with all others", func(h *harness) { checkCombined(h, l) }, forget},
			entry{"filter/many " + l.name, func(h *harness) { checkMany(h, l) }, broken{query: func(q *fact.Query) {
				if values := *l.of(q); len(values) > 500 {
					*l.of(q) = values[:500]
				}
			}}},
		)
	}
	return append(all, entry{"filter/no place and no actor can't be asked for", checkNone, broken{query: func(q *fact.Query) { q.Places, q.Actors = nil, nil }}})
}

func checkList(h *harness, l list) {
	of := func(n int, value string) fact.Observed {
		return with(seen(n, change, "name"), func(o *fact.Observed) { l.set(o, value) })
	}
	a, b, c, upper, longer := of(1, "a:1"), of(2, "b:1"), of(3, "c:1"), of(4, "A:1"), of(5, "a:11")
	h.load(a, b, c, upper, longer)
	ask := func(values []string, want ...fact.Observed) {
		h.Helper()
		var q fact.Query
		*l.of(&q) = values
		h.wantSelected(q, want...)
	}
	ask([]string{"a:1"}, a)
	ask([]string{"c:1", "a:1", "c:1", "unknown"}, a, c)
	ask([]string{"unknown"})
	ask([]string{"a:%", "a:_", "a:*", "a:1 "})
}

// checkCombined: a row that has what all lists ask for but one is not found.
func checkCombined(h *harness, l list) {
	var q fact.Query
	right := seen(1, change, "name")
	for _, each := range lists() {
		each.set(&right, "right")
		*each.of(&q) = []string{"right", "right too"}
	}
	wrong := with(right, func(o *fact.Observed) { o.SubKey = "another"; l.set(o, "wrong") })
	h.load(right, wrong)
	h.wantSelected(q, right)
	q.From, q.To = at(1), at(2)
	h.wantSelected(q, right)
	q.From = at(2)
	h.wantSelected(q)
}

// checkMany: a list may be longer than a store takes at once. Order and limit are
// of the whole answer.
func checkMany(h *harness, l list) {
	var rows []fact.Observed
	var q fact.Query
	for n := range 1200 {
		value := fmt.Sprintf("v%04d", n)
		*l.of(&q) = append(*l.of(&q), value)
		if n%100 == 0 {
			rows = append(rows, with(seen(1200-n, change, "name"), func(o *fact.Observed) { l.set(o, value) }))
		}
	}
	h.load(rows...)
	want := slices.Clone(rows)
	slices.Reverse(want)
	h.wantSelected(q, want...)
	q.Limit = 3
	h.wantSelected(q, want[:3]...)
}

func checkNone(h *harness) {
	h.load(with(seen(1, change, "name"), func(o *fact.Observed) { o.Place, o.Actor = "", "" }))
	h.wantSelected(fact.Query{Places: []string{""}})
	h.wantSelected(fact.Query{Actors: []string{""}})
}
