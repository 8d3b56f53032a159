package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/near"
)

// maxSlips is how many letters of a name may be wrong for it to be meant.
const maxSlips = 2

// Names returns the variables that the settings in cfg, pointers to structs
// with kong tags, are read from, in their order. Those are left out that a
// platform sets, and no person.
func Names(cfg ...any) []string {
	var names []string
	for _, c := range cfg {
		for field := range reflect.TypeOf(c).Elem().Fields() {
			if _, hidden := field.Tag.Lookup("hidden"); hidden {
				continue
			}
			for name := range strings.SplitSeq(field.Tag.Get("env"), ",") {
				if name != "" && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// Meant returns the known name that a name which is none of them, nor that of a
// file with one, is probably meant to be: it has at most two letters wrong, or
// leaves words out. "" for a name that is known, and for one that is like none:
// it is another program's.
func Meant(name string, known []string) string {
	base := strings.TrimSuffix(name, "_FILE") // which is part of some names: RULES_FILE
	if slices.Contains(known, name) || slices.Contains(known, base) {
		return ""
	}
	best, least := "", 0
	for _, k := range known {
		for _, given := range []string{name, base} {
			d := near.Distance(given, k)
			if (d <= maxSlips && len(given) > 2*maxSlips || shortened(given, k)) && (best == "" || d < least) {
				best, least = k, d
			}
		}
	}
	return best
}

// shortened says whether name has a long name's first word and otherwise only
// words of it: GITHUB_SECRET is GITHUB_WEBHOOK_SECRET.
func shortened(name, long string) bool {
	words, all := strings.Split(name, "_"), strings.Split(long, "_")
	if len(words) < 2 || words[0] != all[0] {
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(all, w) })
}
