package fact

import (
	"cmp"
	"slices"
	"time"
)

// DayCount is what happened of a kind on a day in UTC.
type DayCount struct {
	Day  string // 2026-05-04
	Kind string
	// Events, and how many different subjects they are about.
	Events, Subjects int
}

// Activity counts events by day, newest first, and kind. Rows are observations
// of kinds only. An event counts once, also where a rule observed it again.
func Activity(rows []Observed) (days []DayCount, events int) {
	type key struct{ day, kind string }
	type seen struct{ events, subjects map[string]bool }
	counts := make(map[key]seen)
	for _, row := range rows {
		k := key{row.At.UTC().Format(time.DateOnly), row.Name}
		if _, ok := counts[k]; !ok {
			counts[k] = seen{make(map[string]bool), make(map[string]bool)}
		}
		if !counts[k].events[row.EventID] {
			counts[k].events[row.EventID] = true
			events++
		}
		counts[k].subjects[row.Subject] = true
	}
	for k, s := range counts {
		days = append(days, DayCount{k.day, k.kind, len(s.events), len(s.subjects)})
	}
	slices.SortFunc(days, func(a, b DayCount) int { return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(a.Kind, b.Kind)) })
	return days, events
}
