package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader walks a YAML document strictly and collects what is wrong with it,
// each with its place.
type reader struct{ findings []Finding }

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.find(Finding{Line: n.Line, Column: n.Column, Severity: Error, Message: fmt.Errorf(format, args...).Error()})
}

func (r *reader) warn(n *yaml.Node, format string, args ...any) {
	r.find(Finding{Line: n.Line, Column: n.Column, Severity: Warning, Message: fmt.Sprintf(format, args...)})
}

// find keeps a finding. Warnings leave half of the room to errors.
func (r *reader) find(f Finding) {
	if room := maxFindings - len(r.findings); room > 0 && (f.Severity == Error || room > maxFindings/2) {
		r.findings = append(r.findings, f)
	}
}

// syntax is what the YAML parser says, which names the line in its words.
func syntax(err error) Finding {
	f := Finding{Severity: Error, Message: err.Error()}
	if strings.HasSuffix(f.Message, "did not find expected alphabetic or numeric character") {
		f.Message += ` (between { and } a value with * in it stands in quotes: "link.issue[*]")`
	}
	if strings.HasSuffix(f.Message, "found character that cannot start any token") || strings.Contains(f.Message, "tab character") {
		f.Message += " (a tab? YAML is indented with spaces only)"
	}
	rest, ok := strings.CutPrefix(f.Message, "yaml: line ")
	line, rest, cut := strings.Cut(rest, ": ")
	if n, err := strconv.Atoi(line); ok && cut && err == nil {
		f.Line, f.Column, f.Message = n, 1, "yaml: "+rest
	}
	return f
}

// document parses data into its only document's root; nil where it can't.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > maxFileBytes {
		r.find(Finding{Severity: Error, Message: fmt.Sprintf("the file is larger than %d bytes", maxFileBytes)})
		return nil
	}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		r.find(syntax(err))
		return nil
	}
	if len(doc.Content) == 0 {
		r.find(Finding{Severity: Error, Message: "the file is empty: write `rules: []` for no rules"})
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
			r.fail(key, "%s: unknown key %q: %s", what, key.Value, want(key.Value, known))
		case seen:
			r.fail(key, "%s: key %q stands twice", what, key.Value)
		default:
			o.keys = append(o.keys, key.Value)
			o.values[key.Value] = value
		}
	}
	return o
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
