package erasure

import (
	"maps"
	"slices"
	"strings"
)

// gone stands where a name was.
const gone = "…"

// needle is a spelling of the subject in text.
type needle struct {
	text string
	// It is a word that may mean something else.
	mention bool
}

// reading is how such a word is understood.
type reading int

const (
	// mentions: behind one of "@~:/", which is how an account is mentioned, and in what links to it.
	mentions reading = iota
	// values: that, or as the whole of a JSON string.
	values
	// words: wherever it stands, for the text is known to be about the person.
	words
)

// needles are all spellings, the longest first, so that none leaves a rest of another.
func (s *subject) needles() []needle {
	var list []needle
	for ref := range s.own {
		list = append(list, needle{text: ref})
		list = append(list, spellings(ref)...)
	}
	for login := range s.logins {
		list = append(list, needle{login, len(login) < distinct})
	}
	for id := range maps.Keys(merge(s.ids, s.native)) {
		if len(id) >= telling {
			list = append(list, needle{fold(id), len(id) < distinct})
		}
	}
	slices.SortFunc(list, func(a, b needle) int {
		if d := len(b.text) - len(a.text); d != 0 {
			return d
		}
		return strings.Compare(a.text, b.text)
	})
	return slices.Compact(list)
}

// spellings are how people and providers write an entity without its origin.
func spellings(ref string) []needle {
	_, rest, _ := strings.Cut(ref, ":")
	kind, name, _ := strings.Cut(rest, ":")
	switch {
	case strings.HasPrefix(ref, "github") && (kind == "pr" || kind == "issue"):
		if repo, number, ok := strings.Cut(name, "#"); ok {
			return []needle{{text: name}, {text: repo + "/pull/" + number}, {text: repo + "/issues/" + number}}
		}
	case kind == "issue":
		return []needle{{text: name}}
	case len(name) == 32 && (kind == "page" || kind == "database"):
		return []needle{{text: name}, {text: strings.Join([]string{name[:8], name[8:12], name[12:16], name[16:20], name[20:]}, "-")}}
	}
	return nil
}

// redact takes every spelling out of a text.
func redact(text string, needles []needle, how reading) (string, bool) {
	folded := fold(text)
	if !slices.ContainsFunc(needles, func(n needle) bool { return strings.Contains(folded, n.text) }) {
		return text, false
	}
	var out strings.Builder
	done := 0
	for i := 0; i < len(folded); {
		n := standing(folded, i, needles, how)
		if n == 0 {
			i++
			continue
		}
		out.WriteString(text[done:i])
		out.WriteString(gone)
		i += n
		done = i
	}
	if done == 0 {
		return text, false
	}
	out.WriteString(text[done:])
	return out.String(), true
}

// standing returns the length of a spelling that stands at i as a word of its own; 0 for none.
func standing(text string, i int, needles []needle, how reading) int {
	for _, n := range needles {
		if !strings.HasPrefix(text[i:], n.text) || i > 0 && n.goesOn(text[i-1]) {
			continue
		}
		end := i + len(n.text)
		if end < len(text) && n.goesOn(text[end]) || n.mention && !n.meant(text, i, end, how) {
			continue
		}
		return len(n.text)
	}
	return 0
}

// meant tells whether a word that stands there is the name.
func (n needle) meant(text string, start, end int, how reading) bool {
	before := byte(' ')
	if start > 0 {
		before = text[start-1]
	}
	mentioned := strings.IndexByte("@~:/", before) >= 0
	switch how {
	case words:
		return true
	case values:
		return mentioned || before == '"' && end < len(text) && text[end] == '"'
	case mentions:
	}
	return mentioned
}

// goesOn tells whether a letter makes another word of the spelling: "ana-maria" is
// somebody else, and "acme-7-fix" is a branch of ACME-7.
func (n needle) goesOn(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || n.mention && (c == '_' || c == '-')
}

func merge(a, b map[string]bool) map[string]bool {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
