package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/near"
)

// reader walks a YAML document strictly and collects what is wrong with it,
// each with its place.
type reader struct {
	findings []finding.Finding
	lines    []string
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.find(finding.Finding{Line: n.Line, Column: n.Column, Severity: finding.Error, Message: fmt.Errorf(format, args...).Error()})
}

func (r *reader) warn(n *yaml.Node, format string, args ...any) {
	r.find(finding.Finding{Line: n.Line, Column: n.Column, Severity: finding.Warning, Message: fmt.Sprintf(format, args...)})
}

// failAt is fail where the fault is so many bytes into a scalar.
func (r *reader) failAt(n *yaml.Node, offset int, format string, args ...any) {
	f := r.placeIn(n, offset)
	f.Severity, f.Message = finding.Error, fmt.Errorf(format, args...).Error()
	r.find(f)
}

// failIn is fail for an error that may know where in a scalar, or in which item of
// a list, it is.
func (r *reader) failIn(n *yaml.Node, err error, format string, args ...any) {
	if in, ok := errors.AsType[misplaced](err); ok {
		r.failAt(n, in.offset, format, append(args, err)...)
		return
	}
	if in, ok := errors.AsType[inItem](err); ok {
		n = in.node
	}
	r.fail(n, format, append(args, err)...)
}

// inItem is an error of one item of a list.
type inItem struct {
	error
	node *yaml.Node
}

// placeIn is the place of a byte of a scalar that has several lines; of one that has
// one, or whose lines can't be told because of escapes, the scalar's own.
func (r *reader) placeIn(n *yaml.Node, offset int) finding.Finding {
	at := finding.Finding{Line: n.Line, Column: n.Column}
	first, pos := n.Line, 0
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		first++ // n is at the | or >
	}
	for line := first; line <= len(r.lines); line++ {
		text := r.lines[line-1]
		if line == n.Line {
			text = text[min(len(text), n.Column-1):]
		}
		said := strings.TrimSpace(text)
		if line == n.Line && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			said = said[min(1, len(said)):]
		}
		begin := strings.Index(n.Value[pos:], said)
		if begin < 0 || said == "" && line == n.Line {
			return at
		}
		begin += pos
		if pos = begin + len(said); offset < pos {
			if line != n.Line {
				at = finding.Finding{Line: line, Column: len(r.lines[line-1]) - len(strings.TrimLeft(r.lines[line-1], " ")) + 1 + max(0, offset-begin)}
			}
			return at
		}
	}
	return at
}

// find keeps a finding. Warnings leave half of the room to errors.
func (r *reader) find(f finding.Finding) {
	if room := maxFindings - len(r.findings); room > 0 && (f.Severity == finding.Error || room > maxFindings/2) {
		r.findings = append(r.findings, f)
	}
}

// document parses data into its only document's root; nil where it can't.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > maxFileBytes {
		r.find(finding.Finding{Severity: finding.Error, Message: fmt.Sprintf("the file is larger than %d bytes", maxFileBytes)})
		return nil
	}
	r.lines = strings.Split(string(data), "\n")
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		r.find(finding.Syntax(data, err))
		return nil
	}
	if len(doc.Content) == 0 {
		r.find(finding.Finding{Severity: finding.Error, Message: "the file is empty: write `rules: []` for no rules"})
		return nil
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		r.fail(&second, "only one document is read")
	}
	return doc.Content[0]
}

// object is a YAML mapping with the nodes of its keys.
type object struct {
	node   *yaml.Node
	keys   []string // as they stand in the file
	values map[string]*yaml.Node
}

// object reads a mapping. With known keys every other key is an error.
func (r *reader) object(n *yaml.Node, what string, known ...string) object {
	o := object{node: n, values: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s: want a mapping%s, not %s", what, sample(known), kindOf(n))
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch _, seen := o.values[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "%s: a key is %s", what, kindOf(key))
		case len(known) > 0 && !slices.Contains(known, key.Value):
			r.fail(key, "%s: unknown key %q: %s", what, key.Value, near.Want(key.Value, known))
		case seen:
			r.fail(key, "%s: key %q stands twice", what, key.Value)
		default:
			o.keys = append(o.keys, key.Value)
			o.values[key.Value] = value
		}
	}
	return o
}

// valueOf is the value of a mapping's key, or the node itself where that has none.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return n
}

// sample shows how a mapping with known keys is written.
func sample(known []string) string {
	if len(known) == 0 {
		return ""
	}
	return " such as {" + strings.Join(known[:min(2, len(known))], ": …, ") + ": …}"
}

func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s: want a list, not %s", what, kindOf(n))
		return nil
	}
	return n.Content
}

// text reads a value, or reports that there is none and returns "".
func (r *reader) text(n *yaml.Node, what string) string {
	s, err := scalarOf(n)
	if err != nil {
		r.fail(n, "%s: %w", what, err)
	}
	return s
}

// scalarOf reads a scalar as it is written, whatever YAML would make of it.
func scalarOf(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		return "", fmt.Errorf("want a value, not %s", kindOf(n))
	}
	return n.Value, nil
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias (write it out)"
	case n.Tag == "!!null" || n.Value == "":
		return "nothing"
	default:
		return "a scalar"
	}
}
