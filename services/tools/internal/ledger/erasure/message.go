package erasure

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// scrub takes the subject out of messages that tell of something else too.
type scrub struct {
	*subject
	needles []needle
	// Of the accounts.
	origin string
	how    reading
}

// message empties accounts and refs of the subject and takes its names out of what
// is text. It reports whether it changed anything.
func (s *scrub) message(m proto.Message) bool { return s.reflect(m.ProtoReflect()) }

func (s *scrub) reflect(m protoreflect.Message) (changed bool) {
	switch known := m.Interface().(type) {
	case *eventv1.Account:
		if s.is(known, s.origin) {
			proto.Reset(known)
			return true
		}
		return false
	case *structpb.Struct:
		return s.fields(known)
	case *eventv1.FieldChange:
		var from, to bool
		known.From, from = s.value(known.GetField(), known.GetFrom())
		known.To, to = s.value(known.GetField(), known.GetTo())
		return from || to
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			if f.MapValue().Kind() == protoreflect.MessageKind {
				v.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
					changed = s.reflect(item.Message()) || changed
					return true
				})
			}
		case f.IsList():
			changed = s.list(f, v.List()) || changed
		case f.Kind() == protoreflect.MessageKind:
			changed = s.reflect(v.Message()) || changed
		case f.Kind() == protoreflect.StringKind:
			if text, ok := s.word(string(f.Name()), v.String()); ok {
				m.Set(f, protoreflect.ValueOfString(text))
				changed = true
			}
		}
		return true
	})
	return changed
}

func (s *scrub) list(f protoreflect.FieldDescriptor, list protoreflect.List) (changed bool) {
	for i := range list.Len() {
		switch f.Kind() {
		case protoreflect.MessageKind:
			changed = s.reflect(list.Get(i).Message()) || changed
		case protoreflect.StringKind:
			if text, ok := s.word(string(f.Name()), list.Get(i).String()); ok {
				list.Set(i, protoreflect.ValueOfString(text))
				changed = true
			}
		}
	}
	return changed
}

// word is a message's string by its field's name.
func (s *scrub) word(field, text string) (string, bool) {
	switch field {
	case "value", "text", "values", "detail", "remedy", "url":
		return s.value("", text)
	case "ref", "place", "target", "result_ref":
		if s.covers(text) {
			return "", true
		}
	}
	return text, false
}

// value is what a named field holds.
func (s *scrub) value(name, text string) (string, bool) {
	if s.covers(text) || people(name) && s.named(text) {
		return "", true
	}
	return s.text(text, s.how)
}

// text takes spellings out of a text, and refs of what lies in a place.
func (s *scrub) text(text string, how reading) (string, bool) {
	text, changed := redact(text, s.needles, how)
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \t\n,;\"'()[]{}", r) }) {
		if strings.Contains(word, ":") && s.covers(word) {
			text, changed = strings.ReplaceAll(text, word, gone), true
		}
	}
	return text, changed
}

// named tells whether a value is the person's login or id.
func (s *scrub) named(text string) bool { return s.ids[text] || s.logins[fold(text)] }

func (s *scrub) fields(m *structpb.Struct) (changed bool) {
	for name, v := range m.GetFields() {
		changed = s.json(name, v) || changed
	}
	return changed
}

func (s *scrub) json(name string, v *structpb.Value) (changed bool) {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		kind.StringValue, changed = s.value(name, kind.StringValue)
	case *structpb.Value_StructValue:
		changed = s.fields(kind.StructValue)
	case *structpb.Value_ListValue:
		for _, item := range kind.ListValue.GetValues() {
			changed = s.json(name, item) || changed
		}
	}
	return changed
}

// names tells whether a message names the person: as an account, in a field that
// holds accounts, or by a spelling that means nobody else.
func (s *scrub) names(m proto.Message) bool {
	return s.person && (&scrub{subject: s.subject, needles: s.needles, origin: s.origin}).message(proto.Clone(m))
}
