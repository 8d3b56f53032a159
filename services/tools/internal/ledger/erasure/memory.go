package erasure

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// fate is what becomes of a row.
type fate int

const (
	keep fate = iota
	change
	remove
)

// delta takes the subject out of what an entry tells. Rows that are the subject's
// are left out; those that name it stay without its name.
func (s *subject) delta(d *project.Delta, needles []needle) (changed bool) {
	w := &scrub{subject: s, needles: needles}
	before := len(d.Entities) + len(d.Links) + len(d.Observations)
	d.Entities = slices.DeleteFunc(d.Entities, func(e project.Entity) bool { return s.covers(e.Ref) || s.covers(e.Place) })
	d.Links = slices.DeleteFunc(d.Links, func(l project.Link) bool { return s.covers(l.From) || s.covers(l.To) })
	d.Observations = slices.DeleteFunc(d.Observations, func(o project.Observation) bool { return s.covers(o.Subject) || s.covers(o.Place) })
	changed = len(d.Entities)+len(d.Links)+len(d.Observations) < before
	for i := range d.Entities {
		for j := range d.Entities[i].Attributes {
			a := &d.Entities[i].Attributes[j]
			var touched bool
			a.Value, touched = w.value(a.Name, a.Value)
			changed = changed || touched
		}
	}
	for i := range d.Links {
		l := &d.Links[i]
		var author, editor bool
		origin := originOf(l.From)
		l.Author, author = s.clear(l.Author, origin)
		l.Editor, editor = s.clear(l.Editor, origin)
		changed = changed || author || editor
	}
	for i := range d.Observations {
		o := &d.Observations[i]
		touched := w.observation(o.Name, &o.Value, &o.Actor)
		changed = changed || touched
	}
	return changed
}

func (s *scrub) observation(name string, value, actor *string) (changed bool) {
	*value, changed = s.value(name, *value)
	if s.covers(*actor) {
		*actor, changed = "", true
	}
	return changed
}

// entity is the fate of a row; one that is to change is changed.
func (s *subject) entity(e *record.Entity, needles []needle) (f fate) {
	if s.covers(e.Ref) || s.covers(e.Place) {
		return remove
	}
	w := &scrub{subject: s, needles: needles}
	for name, a := range e.Attributes {
		var touched bool
		if a.Value, touched = w.value(name, a.Value); touched {
			e.Attributes[name] = a
			f = change
		}
	}
	return f
}

// link is the fate of a row; one that is to change is changed. An editor that is
// forgotten is still one: without it the author alone would be asked for trust.
func (s *subject) link(l *record.Link) (fate, error) {
	if s.covers(l.From) || s.covers(l.To) {
		return remove, nil
	}
	f, origin := keep, originOf(l.From)
	for _, b := range []*[]byte{&l.Author, &l.Editor} {
		if *b == nil {
			continue
		}
		a := &eventv1.Account{}
		if err := proto.Unmarshal(*b, a); err != nil {
			return keep, err
		}
		if s.is(a, origin) {
			*b, f = []byte{}, change
		}
	}
	return f, nil
}

// observed is the fate of a row; one that is to change is changed.
func (s *subject) observed(o *record.Observation, needles []needle) fate {
	if s.covers(o.Subject) || s.covers(o.Place) {
		return remove
	}
	w := &scrub{subject: s, needles: needles}
	if w.observation(o.Name, &o.Value, &o.Actor) {
		return change
	}
	return keep
}

func originOf(ref string) string {
	parsed, _ := project.ParseRef(ref)
	return parsed.Origin
}
