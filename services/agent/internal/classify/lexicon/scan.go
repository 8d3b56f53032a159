package lexicon

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner splits a text into folded words. What its author did not say there is
// left out: quotes, hidden comments, addresses, mentions, boxes not ticked.
type scanner struct {
	text  []byte // the words, one space between them
	words []word

	fence   string // what closes the code block that the scanner is in
	comment bool   // in a comment that began on an earlier line
}

// word is a part of scanner.text. A stop is none: no entry reaches across it.
type word struct {
	start, end int32 // a text is at most maxBytes long, and its words twice that
	code, stop bool
}

// scan reads a text from its beginning; the words of the one before are gone.
func (s *scanner) scan(text string) {
	s.text, s.words, s.fence, s.comment = slices.Grow(s.text[:0], len(text)), slices.Grow(s.words[:0], len(text)/5), "", false
	for line := range strings.Lines(text) {
		s.line(strings.TrimSpace(line))
	}
}

func (s *scanner) line(line string) {
	if s.comment {
		_, rest, closed := strings.Cut(line, "-->")
		if !closed {
			return
		}
		s.comment, line = false, rest
	}
	fence := fenceOf(line)
	switch {
	case s.fence != "":
		if fence == s.fence {
			s.fence = ""
			s.stop()
			return
		}
		s.inline(line, true)
	case fence != "":
		s.fence = fence
		s.stop()
	case line == "", line[0] == '>', strings.HasPrefix(line, "bq. "), unticked(line):
		s.stop()
	default:
		s.inline(line, false)
	}
}

// fenceOf returns what opens or closes a block on this line, in Markdown or in
// Jira's markup, which writes the same word at both ends. Jira's quotes are
// taken for code: what counts in code is no one's opinion.
func fenceOf(line string) string {
	for _, f := range []string{"```", "~~~", "{code", "{noformat", "{quote"} {
		if strings.HasPrefix(line, f) {
			return f
		}
	}
	return ""
}

// unticked: a form's boxes that the author did not tick say nothing.
func unticked(line string) bool {
	return len(line) > 5 && strings.ContainsRune("-*+", rune(line[0])) && line[1:5] == " [ ]"
}

// inline reads the words of a line; `code` between backquotes is code.
func (s *scanner) inline(line string, code bool) {
	block, begin := code, -1
	for i := 0; i < len(line); {
		r, size := rune(line[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(line[i:])
		}
		folded, part := fold(r)
		switch {
		case part && begin < 0:
			if n := address(line[i:]); n > 0 {
				i += n
				continue
			}
			begin = s.begin()
			fallthrough
		case part:
			s.text = utf8.AppendRune(s.text, folded)
		case silent(r):
		default:
			begin = s.finish(begin, code)
			if r == '`' && !block {
				code = !code
			}
			if strings.HasPrefix(line[i:], "<!--") && !block {
				_, rest, closed := strings.Cut(line[i:], "-->")
				s.comment = !closed
				i = len(line) - len(rest)
				if !closed {
					return
				}
				continue
			}
			if r == '@' {
				size += name(line[i+size:])
			}
			s.punctuation(r, line[i+size:], code)
		}
		i += size
	}
	s.finish(begin, code)
}

// punctuation keeps what it tells: a question mark is a word, however many
// stand together, and the end of a sentence is a stop.
func (s *scanner) punctuation(r rune, rest string, code bool) {
	switch r {
	case '?', '？':
		next, _ := utf8.DecodeRuneInString(rest)
		if _, within := fold(next); within || code || s.stopped() {
			return
		}
		begin := s.begin()
		s.text = append(s.text, '?')
		s.finish(begin, code)
		s.stop()
	case '.', '!', ';':
		if rest == "" || rest[0] == ' ' {
			s.stop()
		}
	}
}

func (s *scanner) stopped() bool { return len(s.words) > 0 && s.words[len(s.words)-1].stop }

func (s *scanner) begin() int {
	if len(s.text) > 0 {
		s.text = append(s.text, ' ')
	}
	return len(s.text)
}

func (s *scanner) finish(begin int, code bool) int {
	if begin >= 0 {
		s.words = append(s.words, word{start: int32(begin), end: int32(len(s.text)), code: code})
	}
	return -1
}

func (s *scanner) stop() {
	if !s.stopped() {
		s.words = append(s.words, word{stop: true})
	}
}

// fold returns a rune of a word as the table writes it, in lower case whatever
// it was, and whether it belongs to a word.
func fold(r rune) (rune, bool) {
	if r < utf8.RuneSelf {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r, true
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A', true
		}
		return r, false
	}
	if r >= '！' && r <= '～' { // full width: the letters of ASCII at another place
		return fold(r - '！' + '!')
	}
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return r, false
	}
	// Up and down again: several letters have one capital (ı and i, ſ and s).
	return unicode.ToLower(unicode.ToUpper(r)), true
}

// silent runes don't end a word: apostrophes, accents that stand alone, and
// characters without width, which could hide a word from its reader.
func silent(r rune) bool {
	switch r {
	case '\'', '’', '‘', 'ʼ':
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Mn, unicode.Cf)
}

// address returns the length of the URL that s begins with, 0 if it is none.
func address(s string) int {
	for _, scheme := range []string{"http://", "https://", "ftp://", "www."} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			if n := strings.IndexAny(s, " \t)>]\"'`|"); n > 0 {
				return n
			}
			return len(s)
		}
	}
	return 0
}

// name returns the length of the account or host that s, behind an @, begins with.
func name(s string) int {
	for i, r := range s {
		if _, part := fold(r); !part && r != '-' && r != '_' && r != '.' && r != '/' {
			return i
		}
	}
	return len(s)
}

// cut returns at most limit bytes of a text, never half a character.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// Fold writes words as the table does: without case, punctuation and what a
// reader doesn't see, one space between them.
func Fold(words string) string {
	s := scanner{}
	s.scan(words)
	return string(s.text)
}
