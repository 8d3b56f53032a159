package record

import (
	"cmp"
	"fmt"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Memory is a delta made ready for a store. Its rows are told by one event,
// whose id the store adds.
type Memory struct {
	Authn        string
	Entities     []*Entity
	Links        []Link
	Observations []Observation
	// Entry is what the outbox keeps of it.
	Entry []byte
}

// Link is a row of link.
type Link struct {
	ledger.LinkKey
	Rule, Confidence string
	// switchyard.event.v1.Account; nil where the body names none.
	Author, Editor []byte
	First, Last    int64
	// EventID is the last sighting's, as all that is not part of the key.
	EventID string
}

// Merge brings another sighting of the link together with what is known of it. It
// reports whether that changed it.
func (l *Link) Merge(told Link) bool {
	later := cmp.Or(cmp.Compare(told.Last, l.Last), cmp.Compare(told.EventID, l.EventID)) > 0
	if !later && told.First >= l.First {
		return false
	}
	first, last := min(l.First, told.First), max(l.Last, told.Last)
	if later {
		*l = told
	}
	l.First, l.Last = first, last
	return true
}

// Observation is a row of observation.
type Observation struct {
	ledger.ObservationKey
	At                  int64
	Value, Place, Actor string
	EventID, Authn      string
}

// Merge has two events that say the same keep the first one's words, a signed
// one's before all others', in whatever order they come. It reports whether that
// changed anything.
func (o *Observation) Merge(told Observation) bool {
	signed := func(o *Observation) int {
		if o.Authn == ledger.Signature {
			return 0
		}
		return 1
	}
	if cmp.Or(cmp.Compare(signed(&told), signed(o)), cmp.Compare(told.At, o.At), cmp.Compare(told.EventID, o.EventID)) >= 0 {
		return false
	}
	*o = told
	return true
}

// Written counts the rows that a delta inserted or changed.
type Written struct{ Records, Facts, Links int64 }

// Shown is how a run's answer tells it, of a store with this word.
func (w Written) Shown(store, authn string) []*toolsv1.MemoryWrite {
	state, reason := "done", ""
	if authn == ledger.Operator {
		state, reason = "dry_run", "operator_event"
	}
	one := func(tool string, rows int64) *toolsv1.MemoryWrite {
		return &toolsv1.MemoryWrite{Tool: tool, Store: store, State: state, Reason: reason, Rows: uint32(rows)}
	}
	return []*toolsv1.MemoryWrite{one("records.upsert", w.Records), one("facts.record", w.Facts), one("graph.upsert", w.Links)}
}

// texts says which texts of a subject an event carried whole, and when: a link
// that stood in one and was last seen before is gone.
type texts struct {
	ref string
	at  map[string]int64
}

func textsOf(e *eventv1.WebhookEvent) texts {
	t := texts{ref: e.GetRef(), at: make(map[string]int64)}
	at := receivedAt(e)
	if e.GetOccurredAt() != nil {
		at = ledger.Micros(e.GetOccurredAt().AsTime())
	}
	for _, where := range project.WholeTexts(e) {
		t.at[where] = at
	}
	return t
}

func newMemory(d project.Delta, t texts, authn string) (m Memory, err error) {
	if m.Entry, err = ledger.EncodeDelta(d, authn); err != nil {
		return m, err
	}
	m.Authn = authn
	for _, e := range d.Entities {
		m.Entities = append(m.Entities, toldEntity(e, t, authn == ledger.Signature))
	}
	for _, l := range d.Links {
		author, err := encodePerson(l.Author)
		if err != nil {
			return m, err
		}
		editor, err := encodePerson(l.Editor)
		if err != nil {
			return m, err
		}
		at := ledger.Micros(l.At)
		if l.From == t.ref {
			at = max(at, t.at[l.Where])
		}
		m.Links = append(m.Links, Link{
			LinkKey: ledger.LinkKey{From: l.From, Where: l.Where, To: l.To, Kind: l.Kind, Authn: authn},
			Rule:    l.Rule, Confidence: l.Confidence, Author: author, Editor: editor, First: at, Last: at,
		})
	}
	for _, o := range d.Observations {
		m.Observations = append(m.Observations, Observation{
			ObservationKey: ledger.ObservationKey{Subject: o.Subject, Name: o.Name, SubKey: o.SubKey},
			At:             ledger.Micros(o.At), Value: o.Value, Place: o.Place, Actor: o.Actor, Authn: authn,
		})
	}
	return m, nil
}

// encodePerson returns nil for nobody; somebody of whom nothing is told is not nil.
func encodePerson(a *eventv1.Account) ([]byte, error) {
	if a == nil {
		return nil, nil
	}
	b, err := proto.MarshalOptions{}.MarshalAppend([]byte{}, a)
	if err != nil {
		return nil, fmt.Errorf("ledger: encode an account: %w", err)
	}
	return b, nil
}

func decodePerson(b []byte) (*eventv1.Account, error) {
	if b == nil {
		return nil, nil
	}
	a := &eventv1.Account{}
	if err := proto.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("ledger: account: %w", err)
	}
	return a, nil
}
