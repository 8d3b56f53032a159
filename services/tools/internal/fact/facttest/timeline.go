package facttest

import (
	"slices"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
)

func timelineEntries() []entry {
	return []entry{
		{"timeline/newest first", checkNewest, broken{about: reversed}},
		{"timeline/of one moment by name and sub-key", checkTimelineTies, broken{about: bySubKey}},
		{"timeline/limit", checkTimelineLimit, broken{timeline: func(ref string, limit int) (string, int) { return ref, limit + 1 }}},
		{"timeline/of one subject", checkSubject, broken{timeline: func(ref string, limit int) (string, int) { return ref[:len(ref)-1], limit }}},
		{"timeline/of nothing known", checkUnknown, broken{about: func([]fact.Observed) []fact.Observed { return []fact.Observed{{Subject: change}} }}},
	}
}

func reversed(rows []fact.Observed) []fact.Observed {
	slices.Reverse(rows)
	return rows
}

func bySubKey(rows []fact.Observed) []fact.Observed {
	slices.SortStableFunc(rows, func(a, b fact.Observed) int {
		if !a.At.Equal(b.At) {
			return 0
		}
		return slices.Compare([]string{a.SubKey}, []string{b.SubKey})
	})
	return rows
}

func checkNewest(h *harness) {
	a, b, c := seen(1, change, "change.opened"), seen(2, change, "change.updated"), seen(3, change, "change.merged")
	h.load(b, c, a)
	h.wantTimeline(change, 10, c, b, a)
}

func checkTimelineTies(h *harness) {
	of := func(name, subKey string) fact.Observed {
		return with(seen(1, change, name), func(o *fact.Observed) { o.SubKey = subKey })
	}
	a, b, c, later := of("label", "9"), of("state", "1"), of("state", "10"), seen(2, change, "aaa")
	h.load(c, a, later, b)
	h.wantTimeline(change, 10, later, a, b, c)
	h.wantTimeline(change, 3, later, a, b)
}

func checkTimelineLimit(h *harness) {
	a, b, c := seen(1, change, "change.opened"), seen(2, change, "change.updated"), seen(3, change, "change.merged")
	h.load(a, b, c)
	h.wantTimeline(change, 1, c)
	h.wantTimeline(change, 2, c, b)
	h.wantTimeline(change, 3, c, b, a)
}

func checkSubject(h *harness) {
	one, longer := seen(1, change, "change.opened"), seen(2, change+"0", "change.opened")
	other := seen(3, "GITHUB:PR:acme/api#42", "change.opened")
	h.load(one, longer, other)
	h.wantTimeline(change, 10, one)
	h.wantTimeline(change+"0", 10, longer)
}

func checkUnknown(h *harness) {
	h.wantTimeline(change, 10)
	h.load(seen(1, issue, "issue.created"))
	h.wantTimeline(change, 10)
	h.wantTimeline("", 10)
}
