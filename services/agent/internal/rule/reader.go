package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader walks a YAML document strictly and collects what is wrong with it,
// each with its line.
type reader struct{ errs []error }

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, fmt.Errorf("line %d: %w", n.Line, fmt.Errorf(format, args...)))
	}
}

// document parses data into its only document's root; nil where it can't.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > maxFileBytes {
		r.errs = append(r.errs, fmt.Errorf("the file is larger than %d bytes", maxFileBytes))
		return nil
	}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		r.errs = append(r.errs, err)
		return nil
	}
	if len(doc.Content) == 0 {
		r.errs = append(r.errs, errors.New("the file is empty: write `rules: []` for no rules"))
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
		r.fail(n, "%s: want a mapping, not %s", what, kindOf(n))
		return o
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch _, seen := o.values[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "%s: a key is %s", what, kindOf(key))
		case len(known) > 0 && !slices.Contains(known, key.Value):
			r.fail(key, "%s: unknown key %q: want %s", what, key.Value, strings.Join(known, ", "))
		case seen:
			r.fail(key, "%s: key %q stands twice", what, key.Value)
		default:
			o.keys = append(o.keys, key.Value)
			o.values[key.Value] = value
		}
	}
	return o
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
