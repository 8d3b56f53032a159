package command

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/switchyard-dev/switchyard/internal/registry"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

// typed is where a command line stands before its last word.
type typed struct {
	node *kong.Node
	// args are the words that are neither command nor flag.
	args []string
	// flag is the one whose value comes next; nil for none.
	flag *kong.Flag
}

// candidates returns what the last of the words may become. Bash makes words of
// their own of "=" signs, the other shells don't.
func candidates(root *kong.Node, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	at := typed{node: root}
	for _, word := range words[:len(words)-1] {
		at.take(word)
	}
	if at.flag != nil && last == "=" {
		last = ""
	}
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(last, "--") {
		if at.flag = at.find(name); at.flag == nil {
			return nil
		}
		var whole []string
		for _, v := range beginning(at.values(at.flag.Value), value) {
			whole = append(whole, name+"="+v)
		}
		return whole
	}
	return beginning(at.next(last), last)
}

// take moves over one finished word.
func (t *typed) take(word string) {
	switch {
	case t.flag != nil:
		if word != "=" {
			t.flag = nil
		}
	case strings.HasPrefix(word, "-"):
		if name, _, ok := strings.Cut(word, "="); !ok {
			if f := t.find(name); f != nil && !f.IsBool() {
				t.flag = f
			}
		}
	default:
		for _, child := range t.node.Children {
			if child.Name == word || slices.Contains(child.Aliases, word) {
				t.node = child
				return
			}
		}
		t.args = append(t.args, word)
	}
}

// leaf is the command that flags and arguments belong to.
func (t *typed) leaf() *kong.Node {
	if t.node.DefaultCmd != nil {
		return t.node.DefaultCmd
	}
	return t.node
}

func (t *typed) find(name string) *kong.Flag {
	for _, flags := range t.leaf().AllFlags(true) {
		for _, f := range flags {
			if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
				return f
			}
		}
	}
	return nil
}

// next is all that may come next, flags only where one was begun.
func (t *typed) next(last string) []string {
	var all []string
	switch {
	case t.flag != nil:
		return t.values(t.flag.Value)
	case strings.HasPrefix(last, "-"):
		for _, flags := range t.leaf().AllFlags(true) {
			for _, f := range flags {
				all = append(all, "--"+f.Name)
			}
		}
		return all
	}
	if len(t.args) == 0 {
		for _, child := range t.node.Children {
			if !child.Hidden {
				all = append(all, child.Name)
			}
		}
	}
	if args := t.leaf().Positional; len(t.args) < len(args) {
		all = append(all, t.values(args[len(t.args)])...)
	}
	return all
}

// values are those that a flag or an argument may have, as far as they are known.
func (t *typed) values(v *kong.Value) []string {
	var all []string
	switch v.Tag.Get("complete") {
	case "provider":
		for _, e := range example.All() {
			all = append(all, e.Source)
		}
	case "example":
		for _, e := range example.All() {
			if len(t.args) > 0 && e.Source == t.args[0] {
				all = append(all, e.Name)
			}
		}
	case "tool":
		for _, tool := range registry.Tools() {
			if isQuestion(tool) {
				all = append(all, tool.GetName())
			}
		}
	case "any tool":
		for _, tool := range registry.Tools() {
			all = append(all, tool.GetName())
		}
	case "provider/example":
		for _, e := range example.All() {
			all = append(all, e.Source+"/"+e.Name)
		}
	default:
		all = slices.DeleteFunc(v.EnumSlice(), func(s string) bool { return s == "" })
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func beginning(all []string, prefix string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, prefix) })
}
