package source

import (
	"unicode/utf8"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// MaxText is how much of one text is kept, in bytes.
const MaxText = 64 << 10

// Part makes one part of event.text, cut at MaxText between two characters.
// An empty value is kept: it says that nothing stands there now.
func Part(where, value string, author, editor *eventv1.Account) *eventv1.Part {
	value, truncated := Cut(value, MaxText)
	return &eventv1.Part{Where: where, Author: author, Editor: editor, Value: value, Truncated: truncated}
}

// Cut returns at most limit bytes of s, never half a character, and whether
// something is missing.
func Cut(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit], true
}
