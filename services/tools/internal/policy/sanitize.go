package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// defaultTextLimit bounds text whose field has no limit of its own.
const defaultTextLimit = 4000

// breaker is a zero-width space. It keeps a provider from reading a mention,
// and a reader from noticing.
const breaker = "\u200b"

// Sanitize makes text safe to send to a provider: control characters (except
// line feed and tab), bidirectional and other invisible characters are dropped,
// mentions are broken by a zero-width space ("@\u200boctocat", "[\u200b~user]"),
// and the result has at most limit characters, the last one "…" where it was
// cut. A limit of 0 means 4,000. Sanitizing twice changes nothing.
func Sanitize(text string, limit int) string {
	if limit <= 0 {
		limit = defaultTextLimit
	}
	var visible strings.Builder
	for _, r := range strings.ToValidUTF8(text, string(utf8.RuneError)) {
		if isVisible(r) {
			visible.WriteRune(r)
		}
	}
	return cut(breakMentions(visible.String()), limit)
}

// isVisible also drops format characters (Cf), which hold all bidirectional
// controls and zero-width ones, and private use.
func isVisible(r rune) bool {
	if r == '\n' || r == '\t' {
		return true
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

func breakMentions(text string) string {
	var out strings.Builder
	for i, r := range text {
		out.WriteRune(r)
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		switch {
		case r == '@' && (unicode.IsLetter(next) || unicode.IsDigit(next) || next == '_'),
			r == '[' && next == '~':
			out.WriteString(breaker)
		}
	}
	return out.String()
}

func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	return strings.TrimSuffix(string(runes[:limit-1]), breaker) + "…"
}
