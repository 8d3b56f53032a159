package project

import (
	"slices"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// maxLinks bounds what one event's text may add to the memory.
const maxLinks = 200

// How sure an extraction is of what it names.
const (
	certain   = "certain"
	likely    = "likely"
	candidate = "candidate"
)

// extract finds what an event's text names, in the order of its appearance.
// The same thing named twice in one place by the same people is one link, with
// the surer of its rules. Time is linear in the text, whatever it says.
func extract(e *eventv1.WebhookEvent) []Link {
	x := extraction{event: e, origin: Origin(e), host: hostOf(e), index: make(map[linkKey]int)}
	if place, ok := ParseRef(e.GetPlace()); ok && place.Type == "repo" {
		x.repository = strings.ToLower(place.Name)
	}
	for _, part := range e.GetText().GetParts() {
		x.scan(part)
		if len(x.links) >= maxLinks {
			break
		}
	}
	return x.links
}

// linkKey tells links apart. People are part of it: whoever names a thing
// first can't take away what somebody more trusted says after him.
type linkKey struct{ to, where, author, editor string }

// extraction is the state of one event's extraction.
type extraction struct {
	event      *eventv1.WebhookEvent
	origin     string // of refs that belong to the event's own source
	host       string // of the event's own URLs; "" if it has none
	repository string // owner/name in lower case, where the place is one
	links      []Link
	index      map[linkKey]int

	part *eventv1.Part
	text string
	// What lies before is part of an earlier match and is not looked at again.
	start int
}

// scan goes over a part once. Each rule starts at a byte that all its matches
// have, and looks back and ahead over a bounded number of bytes.
func (x *extraction) scan(part *eventv1.Part) {
	x.part, x.text, x.start = part, part.GetValue(), 0
	for i := 0; i < len(x.text) && len(x.links) < maxLinks; {
		end := i
		switch x.text[i] {
		case 'h', 'H':
			end = x.url(i)
		case '#':
			end = x.number(i)
		case '-':
			end = x.key(i)
		case 't', 'T':
			end = x.revert(i)
		case 'c', 'C':
			end = x.coAuthor(i)
		}
		if end > i {
			i, x.start = end, end
		} else {
			i++
		}
	}
}

// add records a match. Subjects naming themselves are left out.
func (x *extraction) add(to Ref, rule, confidence string) { x.addAt("", to, rule, confidence) }

// addAt is add for a match whose URL's host matters.
func (x *extraction) addAt(host string, to Ref, rule, confidence string) {
	ref := to.String()
	if ref == x.event.GetRef() || to.Source() == "github" && strings.EqualFold(ref, x.event.GetRef()) {
		return
	}
	if x.quotes() && rule != "co_author" {
		// What a revert quotes is undone by it, not done.
		rule, confidence = "revert", candidate
	}
	key := linkKey{ref, x.part.GetWhere(), Person(x.origin, x.part.GetAuthor()), Person(x.origin, x.part.GetEditor())}
	if i, ok := x.index[key]; ok {
		// A URL of an unknown site must not hide a key that needs none.
		unsure := x.links[i].Rule == "url" && rule != "url"
		if old := rank(x.links[i].Confidence); rank(confidence) > old || rank(confidence) == old && unsure {
			x.links[i].Rule, x.links[i].Confidence, x.links[i].Host = rule, confidence, host
		}
		return
	}
	x.index[key] = len(x.links)
	x.links = append(x.links, Link{
		From: x.event.GetRef(), To: ref, Kind: to.Kind(), Rule: rule, Confidence: confidence,
		Where: x.part.GetWhere(), Author: x.part.GetAuthor(), Editor: x.part.GetEditor(), At: happened(x.event),
		Host: host,
	})
}

// quotes tells whether the part is a revert's title, or its branch as GitHub
// names it: revert-42-feature.
func (x *extraction) quotes() bool {
	if strings.HasPrefix(x.text, `Revert "`) {
		return true
	}
	number, ok := strings.CutPrefix(x.text, "revert-")
	return ok && x.part.GetWhere() == "branch" && leading(number, isDigit, 1) != ""
}

func rank(confidence string) int {
	return slices.Index([]string{candidate, likely, certain}, confidence)
}

// key matches a Jira issue key around the '-' at i: "ACME-7". UTF-8 is one too,
// as far as anybody can tell from the text.
func (x *extraction) key(i int) int {
	begin := i
	for begin > x.start && isKey(x.text[begin-1]) && i-begin <= 10 {
		begin--
	}
	if length := i - begin; length < 2 || length > 10 || isDigit(x.text[begin]) {
		return i
	}
	if begin > 0 && isAlphanumeric(x.text[begin-1]) {
		return i
	}
	end, ok := x.digits(i + 1)
	if !ok {
		return i
	}
	confidence := candidate
	if where := x.part.GetWhere(); where == "title" || where == "branch" {
		confidence = likely
	}
	x.add(Ref{x.originOf("jira"), "issue", x.text[begin:end]}, "issue_key", confidence)
	return end
}

// number matches a GitHub reference around the '#' at i: "#12", "acme/api#12",
// after a closing keyword ("fixes #12") or "Reverts".
func (x *extraction) number(i int) int {
	end, ok := x.digits(i + 1)
	if !ok {
		return i
	}
	begin := i
	for begin > x.start && (isRepository(x.text[begin-1]) || x.text[begin-1] == '/') && i-begin <= maxRepository {
		begin--
	}
	name := x.repository
	if begin < i {
		if name, ok = x.spelled(x.text[begin:i]); !ok {
			return i
		}
	}
	// "&#39;" is an apostrophe; "a#1" and "http://x/#1" name nothing of ours.
	if name == "" || begin > 0 && strings.IndexByte("&@#", x.text[begin-1]) >= 0 {
		return i
	}
	kind, rule, confidence := "issue", "issue_key", candidate
	switch word := x.wordBefore(begin); {
	case isClosing(word):
		rule, confidence = "closing_keyword", certain
	case word == "reverts":
		kind, rule, confidence = "pr", "revert", certain
	}
	x.add(Ref{x.originOf("github"), kind, name + "#" + x.text[i+1:end]}, rule, confidence)
	return end
}

// revert matches git's own trailer: "This reverts commit <sha>".
func (x *extraction) revert(i int) int {
	const phrase = "this reverts commit "
	if x.repository == "" || !hasFoldPrefix(x.text[i:], phrase) {
		return i
	}
	sha := leading(x.text[i+len(phrase):], isHex, 65)
	if !isSHA(sha) {
		return i
	}
	x.add(Ref{x.originOf("github"), "commit", x.repository + "@" + sha}, "revert", certain)
	return i + len(phrase) + len(sha)
}

// coAuthor matches a Co-authored-by trailer at the start of a line. Only
// GitHub's noreply address names an account; other addresses are left alone.
func (x *extraction) coAuthor(i int) int {
	const trailer, maxLine = "co-authored-by:", 300
	if i > 0 && x.text[i-1] != '\n' || !hasFoldPrefix(x.text[i:], trailer) {
		return i
	}
	line := x.text[i:min(len(x.text), i+maxLine)]
	line, _, _ = strings.Cut(line, "\n")
	_, address, _ := strings.Cut(line, "<")
	mailbox, ok := strings.CutSuffix(strings.TrimRight(address, "> \r"), "@users.noreply.github.com")
	if !ok {
		return i + len(line)
	}
	if _, login, found := strings.Cut(mailbox, "+"); found {
		mailbox = login
	}
	if isOwner(strings.TrimSuffix(mailbox, "[bot]")) {
		x.add(Ref{"github", "user", mailbox}, "co_author", certain)
	}
	return i + len(line)
}

// digits ends a number of at most ten digits that starts at i, without leading
// zeros, and that no letter or digit follows.
func (x *extraction) digits(i int) (int, bool) {
	number := leading(x.text[i:], isDigit, 11)
	end := i + len(number)
	if number == "" || len(number) > 10 || number[0] == '0' {
		return i, false
	}
	return end, end == len(x.text) || !isAlphanumeric(x.text[end])
}

// wordBefore is the word in lower case that stands before i, after spaces and a colon.
func (x *extraction) wordBefore(i int) string {
	const longest = len("resolved")
	end := i
	for end > x.start && i-end < 4 && strings.IndexByte(" \t:", x.text[end-1]) >= 0 {
		end--
	}
	begin := end
	for begin > x.start && isLetter(x.text[begin-1]) && end-begin <= longest {
		begin--
	}
	if end == i {
		return ""
	}
	return strings.ToLower(x.text[begin:end])
}

// originOf is the event's own origin for refs of its own source: on a second
// site of Jira, keys are that site's.
func (x *extraction) originOf(source string) string {
	if x.event.GetSource() == source {
		return x.origin
	}
	return source
}
