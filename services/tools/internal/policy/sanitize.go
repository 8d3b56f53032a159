package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// defaultTextLimit bounds text whose field has no limit of its own.
const defaultTextLimit = 4000

// breaker is a zero-width space. It keeps a provider from reading a mention,
// and a reader from noticing.
const breaker = "\u200b"

// Removed is one kind of what text was not let through with, and how often:
// never the text itself, which may be a stranger's.
type Removed struct {
	// control, mention, keyword, command, image, html, link or length.
	Kind  string
	Count int
}

// cleaner is one pass over a text. It reports how often it had to act, which is
// never for its own result.
type cleaner struct {
	kind  string
	clean func(text string, hosts []string) (string, int)
}

// cleaners are a provider's, in the order of their passes. What one takes away
// must not make what an earlier one looks for: all are run again until none has
// anything left to do.
func cleaners(provider string) []cleaner {
	all := []cleaner{
		{"control", cleanControl},
		{"html", cleanHTML},
		{"image", cleanImages},
		{"link", cleanLinks},
		{"mention", cleanMentions},
	}
	switch provider {
	case "github":
		// Closing keywords and slash commands are GitHub's; bots read them there too.
		return append(all, cleaner{"keyword", cleanKeywords}, cleaner{"command", cleanCommands})
	case "jira":
		return append(all, cleaner{"image", cleanWikiImages}, cleaner{"mention", cleanWikiMentions}, cleaner{"command", cleanCommands})
	case "slack":
		return append(all, cleaner{"mention", cleanSlackMentions}, cleaner{"command", cleanCommands})
	}
	return append(all, cleaner{"command", cleanCommands})
}

// maxPasses bounds how often the cleaners run over one text. Each pass shortens
// what they look for; a text that still isn't clean after as many is dropped.
const maxPasses = 10

// Sanitize makes text safe to send to a provider (github, jira, notion, slack;
// any other as notion), and says what it took away. Dropped are control
// characters (except line feed and tab), bidirectional and other invisible
// ones, HTML tags and comments, what makes a link an image, and the scheme of
// links to other hosts than those listed. Broken by a zero-width space are
// HTML's entities, mentions ("@\u200boctocat", "[\u200b~user]", "<\u200b!channel>"), closing
// keywords before an issue ("fixes \u200b#1") and slash commands at a line's
// beginning. The result has at most limit characters, the last one "…" where it
// was cut; 0 means 4,000. Sanitizing twice changes nothing.
func Sanitize(provider, text string, limit int, hosts []string) (string, []Removed) {
	if limit <= 0 {
		limit = defaultTextLimit
	}
	var removed []Removed
	count := func(kind string, n int) {
		i := slices.IndexFunc(removed, func(r Removed) bool { return r.Kind == kind })
		switch {
		case n == 0 || i >= 0 && kind == "length":
		case i < 0:
			removed = append(removed, Removed{kind, n})
		default:
			removed[i].Count += n
		}
	}
	// Nothing beyond is kept, and a long text costs no more than a short one.
	bound := limit * 8
	if runes := utf8.RuneCountInString(text); runes > bound {
		text = string([]rune(text)[:bound])
		count("length", 1)
	}
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	for pass := 0; ; pass++ {
		before := text
		for _, c := range cleaners(provider) {
			var n int
			text, n = c.clean(text, hosts)
			count(c.kind, n)
		}
		cutText := cut(text, limit)
		if cutText != text {
			count("length", 1)
			text = cutText
		}
		if text == before {
			break
		}
		if pass == maxPasses {
			count("length", 1)
			return "…", removed
		}
	}
	return text, removed
}

// cleanControl also drops format characters (Cf), which hold all bidirectional
// controls and zero-width ones, and private use. The breakers of an earlier
// time go too where nothing needs them any more, and so are not counted.
func cleanControl(text string, _ []string) (string, int) {
	var out strings.Builder
	dropped := 0
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case isVisible(r), string(r) == breaker && breaks(runes, i):
			out.WriteRune(r)
		case r != '\r':
			dropped++
		}
	}
	return out.String(), dropped
}

// breaks tells whether a zero-width space stands where a cleaner puts one: it
// is the first of them, behind a visible character and before another.
func breaks(runes []rune, i int) bool {
	if i == 0 || i+1 >= len(runes) || !isVisible(runes[i-1]) || !isVisible(runes[i+1]) {
		return false
	}
	return strings.ContainsRune("@[<&/ \t\n", runes[i-1])
}

func isVisible(r rune) bool {
	if r == '\n' || r == '\t' {
		return true
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	runes := []rune(text)
	return strings.TrimSuffix(string(runes[:limit-1]), breaker) + "…"
}

// providerOf is where a tool sends its text.
func providerOf(tool *toolsv1.Tool) string {
	name, _, _ := strings.Cut(tool.GetName(), ".")
	return name
}
