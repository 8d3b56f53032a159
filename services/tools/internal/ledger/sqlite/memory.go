package sqlite

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// memory is a delta made ready for the writer.
type memory struct {
	authn        string
	entities     []*entityRow
	links        [][]any
	observations [][]any
	entry        []byte
}

// written counts the rows that a delta inserted or changed.
type written struct{ records, facts, links int64 }

func (w written) shown(authn string) []*toolsv1.MemoryWrite {
	state, reason := "done", ""
	if authn == ledger.Operator {
		state, reason = "dry_run", "operator_event"
	}
	one := func(tool string, rows int64) *toolsv1.MemoryWrite {
		return &toolsv1.MemoryWrite{Tool: tool, Store: Word, State: state, Reason: reason, Rows: uint32(rows)}
	}
	return []*toolsv1.MemoryWrite{one("records.upsert", w.records), one("facts.record", w.facts), one("graph.upsert", w.links)}
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

func encodeMemory(d project.Delta, t texts, authn string) (m memory, err error) {
	if m.entry, err = ledger.EncodeDelta(d, authn); err != nil {
		return m, err
	}
	m.authn = authn
	for _, e := range d.Entities {
		m.entities = append(m.entities, newEntity(e, t, authn == ledger.Signature))
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
		m.links = append(m.links, []any{l.From, l.Where, l.To, l.Kind, l.Rule, l.Confidence, author, editor, at})
	}
	for _, o := range d.Observations {
		m.observations = append(m.observations, []any{o.Subject, o.Name, o.SubKey, ledger.Micros(o.At), o.Value, o.Place, o.Actor})
	}
	return m, nil
}

// encodePerson returns nil, which is NULL, for nobody.
func encodePerson(a *eventv1.Account) (any, error) {
	if a == nil {
		return nil, nil
	}
	b, err := proto.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("sqlite: encode an account: %w", err)
	}
	return b, nil
}

func decodePerson(b []byte) (*eventv1.Account, error) {
	if b == nil {
		return nil, nil
	}
	a := &eventv1.Account{}
	if err := proto.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("sqlite: account: %w", err)
	}
	return a, nil
}

// apply writes a delta that rests on an event.
func (m *memory) apply(b *batch, eventID string) (w written, err error) {
	for _, told := range m.entities {
		changed, err := b.mergeEntity(told)
		if err != nil {
			return w, err
		}
		if changed {
			w.records++
		}
	}
	for _, link := range m.links {
		n, err := b.exec(upsertLink, append(link, eventID, m.authn)...)
		if err != nil {
			return w, err
		}
		w.links += n
	}
	for _, observation := range m.observations {
		n, err := b.exec(upsertObservation, append(observation, eventID, m.authn)...)
		if err != nil {
			return w, err
		}
		w.facts += n
	}
	return w, nil
}
