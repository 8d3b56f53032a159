package source

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The functions below hold what people or request headers chose to a charset
// and a length. What doesn't hold becomes "", except in Word.

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// held returns s if it has at most limit bytes, each a letter, a digit or in extra.
func held(s, extra string, limit int) string {
	if len(s) > limit {
		return ""
	}
	for i := range len(s) {
		if !letterOrDigit(s[i]) && strings.IndexByte(extra, s[i]) < 0 {
			return ""
		}
	}
	return s
}

// Word makes a provider's own word (event name, action) fit: other characters
// than letters, digits and "_:.-" become "_", and 100 are kept.
func Word(s string) string {
	b := []byte(s[:min(len(s), 100)])
	for i, c := range b {
		if !letterOrDigit(c) && strings.IndexByte("_:.-", c) < 0 {
			b[i] = '_'
		}
	}
	return string(b)
}

// Printable holds s to printable ASCII without spaces.
func Printable(s string, limit int) string {
	if len(s) > limit {
		return ""
	}
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return ""
		}
	}
	return s
}

// Login holds a login or user name to 100 characters.
func Login(s string) string { return held(s, "._@[]+-", 100) }

// AccountType holds a provider's word for a kind of account to 40 characters.
func AccountType(s string) string { return held(s, "_-", 40) }

// Branch holds a branch, tag or git ref to 255 characters.
func Branch(s string) string { return held(s, "._/+@#-", 255) }

// Label holds a label to 100 characters. Single spaces inside are part of many
// labels ("good first issue"); anything that could pass for markup is not.
func Label(s string) string {
	if s != strings.TrimSpace(s) || strings.Contains(s, "  ") {
		return ""
	}
	return held(s, " ._/:+-", 100)
}

// Labels holds each and drops those that don't hold.
func Labels(all []string) []string {
	kept := make([]string, 0, len(all))
	for _, s := range all {
		if s = Label(s); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// SHA holds a git object id: 40 or 64 lower-case hex digits.
func SHA(s string) string {
	if len(s) != 40 && len(s) != 64 {
		return ""
	}
	return lowerHex(s)
}

// Hex32 reads a UUID with or without dashes as 32 lower-case hex digits.
func Hex32(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, "-", ""))
	if len(s) != 32 {
		return ""
	}
	return lowerHex(s)
}

func lowerHex(s string) string {
	for i := range len(s) {
		if !(s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f') {
			return ""
		}
	}
	return s
}

// Name holds a name that an administrator chose (a status, a priority, a field)
// to 100 printable characters of any script: no controls, no bidirectional marks.
func Name(s string) string {
	if utf8.RuneCountInString(s) > 100 {
		return ""
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return ""
		}
	}
	return s
}

// URL holds a link that the provider made to http and https, 500 printable
// ASCII characters, and no user or password.
func URL(s string) string {
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return ""
	}
	if s = Printable(s, 500); s == "" {
		return ""
	}
	if u, err := url.Parse(s); err != nil || u.Host == "" || u.User != nil {
		return ""
	}
	return s
}
