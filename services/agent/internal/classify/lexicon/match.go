package lexicon

// matcher finds the table's entries in texts.
type matcher struct {
	lexicon *Lexicon
	scanner scanner
	seen    map[*node]bool
	hits    []hit
	left    int // bytes that may still be read
}

// match finds the entries in one text. The longest entry that begins at a word
// takes its words with it, so that "not a bug" holds no "bug".
func (m *matcher) match(text string, factor int) {
	text = cut(text, m.left)
	m.left -= len(text)
	m.scanner.scan(text)
	for i := 0; i < len(m.scanner.words); {
		found, length := m.at(i)
		if found == nil {
			i++
			continue
		}
		if !m.seen[found] && !m.denied(i) {
			m.seen[found] = true
			m.hits = append(m.hits, hit{node: found, factor: factor})
		}
		i += length
	}
}

// at returns the longest entry that begins at word i, and how many words it has.
func (m *matcher) at(i int) (*node, int) {
	var found *node
	length, code := 0, false
	words := m.scanner.words
	for j := i; j < len(words) && !words[j].stop; j++ {
		code = code || words[j].code
		n := m.lexicon.nodes[string(m.scanner.text[words[i].start:words[j].end])]
		if n == nil {
			break
		}
		if len(n.votes) > 0 && (n.code || !code) {
			found, length = n, j-i+1
		}
	}
	return found, length
}

// denied says whether the words before word i take back what begins there:
// "without a crash", "not slow".
func (m *matcher) denied(i int) bool {
	before := m.word(i - 1)
	switch before {
	case "a", "an", "any", "the":
		before = m.word(i - 2)
	}
	switch before {
	case "not", "no", "without", "never", "nor", "isnt", "arent", "wasnt", "werent", "dont", "doesnt", "didnt":
		return true
	}
	return false
}

// word returns word i, or "" at a stop and beyond the text.
func (m *matcher) word(i int) string {
	if i < 0 || m.scanner.words[i].stop {
		return ""
	}
	return string(m.scanner.text[m.scanner.words[i].start:m.scanner.words[i].end])
}
