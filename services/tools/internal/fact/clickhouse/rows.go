package clickhouse

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// column is one that is written, with its type: over HTTP the driver asks the
// server otherwise, each time.
type column struct{ name, kind string }

const (
	text   = "String"
	word   = "LowCardinality(String)"
	moment = "DateTime64(6, 'UTC')"
)

// block is what one statement inserts.
type block struct {
	table   string
	columns []column
	rows    [][]any
}

func observationColumns() []column {
	return []column{
		{"subject", text}, {"name", word}, {"sub_key", text}, {"value", text}, {"place", word}, {"actor", text},
		{"event_id", text}, {"authn", word}, {"at_us", "Int64"}, {"number", "UInt64"}, {"gone", "UInt8"},
	}
}

func eventColumns() []column {
	return []column{
		{"occurred_at", moment}, {"received_at", moment}, {"id", text}, {"source", word}, {"instance", word}, {"kind", word},
		{"type", word}, {"action", word}, {"ref", text}, {"place", word}, {"visibility", word}, {"actor_id", text},
		{"actor_login", text}, {"actor_type", word}, {"actor_association", word}, {"authn", word}, {"head", text},
		{"number", "UInt64"}, {"gone", "UInt8"},
	}
}

// observations makes a block of rows and of keys that are gone.
func observations(number uint64, rows []fact.Observed, gone []ledger.ObservationKey) block {
	b := block{table: "observation", columns: observationColumns()}
	for _, o := range rows {
		b.rows = append(b.rows, observationRow(o, number, 0))
	}
	for _, k := range gone {
		b.rows = append(b.rows, observationRow(fact.Observed{Subject: k.Subject, Name: k.Name, SubKey: k.SubKey}, number, 1))
	}
	return b
}

func observationRow(o fact.Observed, number uint64, gone uint8) []any {
	return []any{o.Subject, o.Name, o.SubKey, o.Value, o.Place, o.Actor, o.EventID, o.Authn, ledger.Micros(o.At), number, gone}
}

// events makes a block of rows and of ids that are gone.
func events(number uint64, rows []ledger.EventRow, gone []string) (block, error) {
	b := block{table: "event", columns: eventColumns()}
	for _, e := range rows {
		row, err := eventRow(e, number, 0)
		if err != nil {
			return b, err
		}
		b.rows = append(b.rows, row)
	}
	for _, id := range gone {
		row, err := eventRow(ledger.EventRow{ID: id}, number, 1)
		if err != nil {
			return b, err
		}
		b.rows = append(b.rows, row)
	}
	return b, nil
}

func eventRow(e ledger.EventRow, number uint64, gone uint8) ([]any, error) {
	h, a := e.Head, e.Head.GetActor()
	head, err := proto.MarshalOptions{Deterministic: true}.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: head of event %s: %w", e.ID, err)
	}
	return []any{
		readable(h.GetOccurredAt()), readable(h.GetReceivedAt()), e.ID, h.GetSource(), h.GetInstance(), h.GetKind(),
		h.GetType(), h.GetAction(), h.GetRef(), h.GetPlace(), h.GetVisibility(), a.GetId(), a.GetLogin(), a.GetType(), a.GetAssociation(),
		e.Authn, string(head), number, gone,
	}, nil
}

// readable is a time for people: within what DateTime64 holds, 1970 for none.
func readable(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Unix(0, 0).UTC()
	}
	first, last := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2299, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	switch at := t.AsTime(); {
	case at.Before(first):
		return first
	case at.After(last):
		return last
	default:
		return at.Truncate(time.Microsecond)
	}
}

func decodeHead(b string) (*toolsv1.EventHead, error) {
	h := &toolsv1.EventHead{}
	if err := proto.Unmarshal([]byte(b), h); err != nil {
		return nil, fmt.Errorf("clickhouse: head of an event: %w", err)
	}
	return h, nil
}
