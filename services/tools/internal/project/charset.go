package project

import "strings"

// maxRepository is the longest owner/name that GitHub allows: 39 + 1 + 100.
const maxRepository = 140

func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isLower(c byte) bool        { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool        { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool       { return isLower(c) || isUpper(c) }
func isAlphanumeric(c byte) bool { return isLetter(c) || isDigit(c) }
func isKey(c byte) bool          { return isUpper(c) || isDigit(c) }
func isHex(c byte) bool          { return isDigit(c) || 'a' <= c && c <= 'f' }
func isRepository(c byte) bool   { return isAlphanumeric(c) || c == '_' || c == '.' || c == '-' }

// isURL excludes what ends a URL in prose, Markdown, wiki markup and HTML.
func isURL(c byte) bool { return c > ' ' && c < 0x7f && strings.IndexByte("\"'<>()[]{}|\\^`", c) < 0 }

// leading is the longest prefix of at most limit bytes that consist of is.
func leading(s string, is func(byte) bool, limit int) string {
	n := 0
	for n < len(s) && n < limit && is(s[n]) {
		n++
	}
	return s[:n]
}

func hasFoldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// isSHA accepts whole object names only: an abbreviation names nothing for sure.
func isSHA(s string) bool {
	return (len(s) == 40 || len(s) == 64) && leading(s, isHex, 64) == s
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 10 && s[0] != '0' && leading(s, isDigit, 10) == s
}

// isOwner holds a login to GitHub's rule: letters, digits and inner hyphens.
func isOwner(s string) bool {
	if s == "" || len(s) > 39 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return leading(s, func(c byte) bool { return isAlphanumeric(c) || c == '-' }, 39) == s
}

func isRepositoryName(s string) bool {
	return s != "" && len(s) <= 100 && s != "." && s != ".." && leading(s, isRepository, 100) == s
}

func isIssueKey(s string) bool {
	project, number, ok := strings.Cut(s, "-")
	return ok && len(project) >= 2 && len(project) <= 10 && isUpper(project[0]) &&
		leading(project, isKey, 10) == project && isNumber(number)
}

// isClosing knows GitHub's keywords that close an issue.
func isClosing(word string) bool {
	switch word {
	case "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved":
		return true
	default:
		return false
	}
}
