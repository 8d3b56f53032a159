package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/near"
)

// path names a value that tools resolves on the sealed event, its links, or
// what an earlier step gave.
type path struct {
	step  string // whose result it is; "" for the others
	part  string // of a step's result: ref or url
	event string // what follows "event."; "" for a link
	kind  string // of a link
	index int    // of a link; every for all of them
}

const every = -1

func (p path) String() string {
	switch {
	case p.step != "":
		return "$" + p.step + "." + p.part
	case p.event != "":
		return "event." + p.event
	case p.index == every:
		return "link." + p.kind + "[*]"
	default:
		return linkPath(p.kind, p.index)
	}
}

func linkPath(kind string, index int) string {
	return "link." + kind + "[" + strconv.Itoa(index) + "]"
}

// parsePath reads the path of a target, or of a field.
func parsePath(s string, target bool) (path, error) {
	switch {
	case strings.HasPrefix(s, "$"):
		return stepPath(s, target)
	case s == "event.text" || strings.HasPrefix(s, "event.text."):
		return path{}, fmt.Errorf("%q: text names no object and is no value", s)
	case strings.HasPrefix(s, "event."):
		return eventPath(s, target)
	case strings.HasPrefix(s, "link."):
		return parseLinkPath(s, target)
	default:
		return path{}, fmt.Errorf("%q is no path: want event.<field>, link.<kind>%s or $<step>.ref", s, indexes(target))
	}
}

// stepPath reads what an earlier step gave: the ref of what it made, or its URL.
func stepPath(s string, target bool) (path, error) {
	step, part, _ := strings.Cut(strings.TrimPrefix(s, "$"), ".")
	if part == "url" && target {
		return path{}, fmt.Errorf("%q names no object: want $%s.ref", s, step)
	}
	if ok, err := regexp.MatchString(namePattern, step); !ok || err != nil || part != "ref" && part != "url" {
		return path{}, fmt.Errorf("%q is no path: want $<step>.ref, or $<step>.url for a value", s)
	}
	return path{step: step, part: part}, nil
}

func eventPath(s string, target bool) (path, error) {
	name := strings.TrimPrefix(s, "event.")
	if target {
		if name == "ref" || name == "place" {
			return path{event: name}, nil
		}
		return path{}, fmt.Errorf("%q names no object: want event.ref, event.place or link.<kind>%s%s", s, indexes(true), meant("event.", name, []string{"ref", "place"}))
	}
	if slices.Contains(eventPaths(), name) {
		return path{event: name}, nil
	}
	if field, ok := strings.CutPrefix(name, "fields."); ok && fieldName(field) {
		return path{event: name}, nil
	}
	return path{}, fmt.Errorf("%q is unknown: want event.{%s} or event.fields.<name>%s", s, strings.Join(eventPaths(), ","), meant("event.", name, eventPaths()))
}

// fieldName accepts the names that normalizers give to event.fields.
func fieldName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// meant is what was probably meant by a name behind a prefix, to end a sentence with.
func meant(prefix, name string, known []string) string {
	if n := near.Name(name, known); n != "" && n != name {
		return " (did you mean " + prefix + n + "?)"
	}
	return ""
}

// indexes says which links of a kind a path may name.
func indexes(target bool) string {
	if target {
		return "[n], or [*] for each of them"
	}
	return "[n]"
}

func parseLinkPath(s string, target bool) (path, error) {
	kind, index, ok := strings.Cut(strings.TrimPrefix(s, "link."), "[")
	index, closed := strings.CutSuffix(index, "]")
	if !ok || !closed || !slices.Contains(linkKinds(), kind) {
		return path{}, fmt.Errorf("%q is no path: want link.{%s}%s%s", s, strings.Join(linkKinds(), ","), indexes(target), meant("link.", kind, linkKinds()))
	}
	if index == "*" {
		if !target {
			return path{}, fmt.Errorf("%q: only a target may range over links", s)
		}
		return path{kind: kind, index: every}, nil
	}
	n, err := strconv.Atoi(index)
	if err != nil || n < 0 || n >= maxFanOut || index != strconv.Itoa(n) {
		return path{}, fmt.Errorf("%q: want an index from 0 to %d, or *", s, maxFanOut-1)
	}
	return path{kind: kind, index: n}, nil
}

// resolved is a path with what it leads to for one event.
type resolved struct{ path, ref string }

// targets returns what a path leads to: one object or value, none where there
// is no such link, or one a link for [*].
func (p path) targets(env *environment) []resolved {
	if p.step != "" {
		return []resolved{{path: p.String()}} // only tools will know
	}
	if p.event != "" {
		ref, _ := env.eventString(p.event)
		s, _ := ref.(string)
		return []resolved{{path: p.String(), ref: s}}
	}
	var out []resolved
	for _, l := range targetsOf(env.links, p.kind) {
		if p.index == every || p.index == int(l.GetIndex()) {
			out = append(out, resolved{path: linkPath(p.kind, int(l.GetIndex())), ref: l.GetRef()})
		}
	}
	return out
}
