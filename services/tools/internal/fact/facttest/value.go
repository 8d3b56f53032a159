package facttest

import (
	"fmt"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
)

func valueEntries() []entry {
	return []entry{
		{"value/whole rows", checkWhole, broken{load: func(rows []fact.Observed) []fact.Observed {
			for i := range rows {
				rows[i].Authn = "signature"
			}
			return rows
		}}},
		{"value/odd characters are kept", checkOdd, broken{load: func(rows []fact.Observed) []fact.Observed {
			for i := range rows {
				rows[i].Value = strings.TrimSpace(rows[i].Value)
			}
			return rows
		}}},
		{"value/odd characters are asked for", checkOddAsked, broken{query: func(q *fact.Query) {
			for i, v := range q.Values {
				q.Values[i] = strings.ReplaceAll(v, `\`, `\\`)
			}
		}}},
		{"value/microseconds", checkMicroseconds, broken{load: func(rows []fact.Observed) []fact.Observed {
			for i := range rows {
				rows[i].At = rows[i].At.Truncate(time.Millisecond)
			}
			return rows
		}}},
		{"value/any year", checkYears, broken{load: func(rows []fact.Observed) []fact.Observed {
			for i := range rows {
				if rows[i].At.Year() > 2299 {
					rows[i].At = rows[i].At.AddDate(2299-rows[i].At.Year(), 0, 0)
				}
			}
			return rows
		}}},
	}
}

func checkWhole(h *harness) {
	signed := seen(1, change, "change.opened")
	token := with(seen(2, change, "change.updated"), func(o *fact.Observed) { o.Authn, o.Place, o.Actor, o.Value = "token", "", "", "" })
	h.load(signed, token)
	h.wantTimeline(change, 10, token, signed)
	h.wantSelected(fact.Query{}, signed, token)
}

func odd() []string {
	return []string{
		`it's`, `say "so"`, "`tick`", `back\slash`, `\`, `\'`, `\n`, `\N`, `\0`, "tab\there", "line\nfeed", "carriage\rreturn", " spaces ", "\u00a0",
		`{name:String}`, `{{x}}`, `@name`, `$1`, `:name`, `?`, `%`, `_`, `--`, `/* */`, `;`, `a,b`, `['a']`, `null`, `NULL`, `0`, `é`, "e\u0301", `İı`, `😀`,
		"\u202eright to left", "\u200b", "\ufeff", "\x01\x1f\x7f", "\ufffd", `<script>&amp;`, `&a=b+c%20d#e`,
	}
}

func checkOdd(h *harness) {
	rows, want := []fact.Observed{}, []fact.Observed{}
	for n, word := range odd() {
		o := with(seen(n, change, "name"), func(o *fact.Observed) { o.SubKey, o.Value, o.Place, o.Actor = word, word, word, word })
		rows, want = append(rows, o), append([]fact.Observed{o}, want...)
	}
	h.load(rows...)
	h.wantTimeline(change, len(rows)+1, want...)
	h.wantSelected(fact.Query{}, rows...)
}

func checkOddAsked(h *harness) {
	var rows []fact.Observed
	for n, word := range odd() {
		rows = append(rows, with(seen(n, word, word), func(o *fact.Observed) { o.Value, o.Place, o.Actor = word, word, word }))
	}
	h.load(rows...)
	for n, word := range odd() {
		h.wantTimeline(word, 10, rows[n])
		one := func() []string { return []string{word} }
		h.wantSelected(fact.Query{Subjects: one(), Places: one(), Actors: one(), Names: one(), Values: one()}, rows[n])
	}
	h.wantSelected(fact.Query{Values: odd()}, rows...)
}

func checkMicroseconds(h *harness) {
	var rows []fact.Observed
	for n := range 3 {
		rows = append(rows, with(seen(1, change, fmt.Sprintf("name%d", n)), func(o *fact.Observed) {
			o.At = at(1).Add(time.Duration(n+1) * time.Microsecond)
		}))
	}
	h.load(rows[2], rows[0], rows[1])
	h.wantTimeline(change, 10, rows[2], rows[1], rows[0])
	h.wantSelected(fact.Query{From: rows[1].At, To: rows[2].At}, rows[1])
	// Rows are in UTC, wherever who asks is.
	there := time.FixedZone("there", 3*60*60)
	h.wantSelected(fact.Query{From: rows[1].At.In(there), To: rows[2].At.In(there)}, rows[1])
}

// checkYears: a body claims whatever it likes. No time at all sorts as 1970.
func checkYears(h *harness) {
	year := func(n, year int) fact.Observed {
		return with(seen(n, change, "name"), func(o *fact.Observed) { o.At = time.Date(year, 2, 3, 4, 5, 6, 7000, time.UTC) })
	}
	none := with(seen(9, change, "name"), func(o *fact.Observed) { o.At = time.Time{} })
	rows := []fact.Observed{year(1, 1), year(2, 1677), year(3, 1899), year(4, 1969), none, year(5, 1970), year(6, 2262), year(7, 2300), year(8, 9999)}
	h.load(rows...)
	h.wantSelected(fact.Query{}, rows...)
	h.wantSelected(fact.Query{From: rows[7].At}, rows[7:]...)
	h.wantSelected(fact.Query{From: rows[1].At, To: rows[3].At}, rows[1:3]...)
	h.wantTimeline(change, 1, rows[8])
}
