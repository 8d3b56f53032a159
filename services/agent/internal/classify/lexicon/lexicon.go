package lexicon

import (
	"cmp"
	"slices"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

const (
	// margin is the lead that decides: one word that settles it, in a body.
	margin = 3
	// titleFactor: a title says what a text is about, a body what goes with it.
	titleFactor = 2
	// maxBytes of all texts together are read, titles first.
	maxBytes = 64 << 10
	// maxWords is how many words a decision names, as the contract has it.
	maxWords = 5
)

// Lexicon is the table, ready to be asked. It never changes, and may be used by
// any number of goroutines.
type Lexicon struct {
	// By words, in the form that Fold gives them: whole entries, and what they begin with.
	nodes   map[string]*node
	classes map[string]bool
	aliases map[string]string
}

// node is what some words are: with votes an entry, else the beginning of one.
type node struct {
	words string
	votes []vote
	code  bool // counts in code blocks too
}

type vote struct {
	class    string
	strength int
}

// Decision is the class that a text's words speak for.
type Decision struct {
	Class string // as it was declared
	// Confidence in percent: 50 for the least lead that decides, never 100. It
	// orders decisions; it is no probability.
	Confidence uint32
	// Words of the table that spoke for it, the strongest first, at most five.
	Words []string
}

// New loads the table.
func New() *Lexicon {
	l := &Lexicon{nodes: map[string]*node{}, classes: map[string]bool{}, aliases: aliases()}
	for _, e := range entries() {
		n := l.node(e.words)
		n.votes = append(n.votes, vote{class: e.class, strength: e.strength})
		n.code = n.code || e.code
		l.classes[e.class] = true
		for i, r := range e.words {
			if r == ' ' {
				l.node(e.words[:i])
			}
		}
	}
	return l
}

func (l *Lexicon) node(words string) *node {
	n, ok := l.nodes[words]
	if !ok {
		n = &node{words: words}
		l.nodes[words] = n
	}
	return n
}

// Decide says which of the declared classes the texts speak for, and false
// where they speak for none of them or for two about as much. A class that the
// table knows under no name is never chosen. The same texts and classes give
// the same decision.
func (l *Lexicon) Decide(parts []*eventv1.Part, declared []string) (Decision, bool) {
	rivals := l.rivals(declared)
	if len(rivals) == 0 {
		return Decision{}, false
	}
	return l.judge(l.hits(parts), rivals)
}

// rivals are the declared classes by the table's names. A class's own name
// comes before an alias, the alias declared first before another.
func (l *Lexicon) rivals(declared []string) map[string]string {
	out := map[string]string{}
	for _, name := range declared {
		if l.classes[name] {
			out[name] = name
		}
	}
	for _, name := range declared {
		class, ok := l.aliases[strings.ReplaceAll(name, "_", "-")]
		if ok && out[class] == "" {
			out[class] = name
		}
	}
	return out
}

// hit is one entry that stands in the texts; however often, it counts once.
type hit struct {
	*node
	factor int
}

// hits reads the titles first, so that an entry in both counts as the title's.
func (l *Lexicon) hits(parts []*eventv1.Part) []hit {
	m := &matcher{lexicon: l, seen: map[*node]bool{}, left: maxBytes}
	for _, p := range parts {
		if p.GetWhere() == "title" {
			m.match(p.GetValue(), titleFactor)
		}
	}
	for _, p := range parts {
		if p.GetWhere() != "title" {
			m.match(p.GetValue(), 1)
		}
	}
	return m.hits
}

func (l *Lexicon) judge(hits []hit, rivals map[string]string) (Decision, bool) {
	scores := make(map[string]int, len(rivals))
	for _, h := range hits {
		for _, v := range h.votes {
			scores[v.class] += v.strength * h.factor
		}
	}
	winner, top, second := "", 0, 0
	for class := range rivals {
		switch s := scores[class]; {
		case s > top:
			winner, top, second = class, s, top
		case s > second:
			second = s
		}
	}
	if top-second < margin {
		return Decision{}, false
	}
	return Decision{
		Class:      rivals[winner],
		Confidence: uint32(100 * top / (top + second + margin)),
		Words:      evidence(hits, winner),
	}, true
}

// evidence is the words that spoke for a class, the strongest first.
func evidence(hits []hit, class string) []string {
	weight := func(h hit) int {
		for _, v := range h.votes {
			if v.class == class {
				return v.strength * h.factor
			}
		}
		return 0
	}
	hits = slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return weight(h) <= 0 })
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a.words, b.words))
	})
	words := make([]string, 0, maxWords)
	for _, h := range hits[:min(len(hits), maxWords)] {
		words = append(words, h.words)
	}
	return words
}
