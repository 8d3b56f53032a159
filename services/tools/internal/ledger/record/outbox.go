package record

import (
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// EventRow is the event of a run, as sinks copy it.
func EventRow(id string, opened []byte) (ledger.EventRow, error) {
	run := &toolsv1.Run{}
	if err := proto.Unmarshal(opened, run); err != nil {
		return ledger.EventRow{}, fmt.Errorf("ledger: run of event %s: %w", id, err)
	}
	return ledger.EventRow{ID: id, Head: run.GetEvent(), Authn: run.GetAuthn()}, nil
}

// Row is the entity as sinks copy it.
func (e *Entity) Row() ledger.EntityRow {
	row := ledger.EntityRow{
		Entity: e.Shown(), Vouched: e.Vouched, Texts: e.Texts,
		Version: project.Version{At: ledger.Time(e.Version.At), KindRank: int(e.Version.Rank), EventID: e.Version.Event},
	}
	for _, a := range row.Attributes {
		if e.Attributes[a.Name].Unvouched {
			row.Unvouched = append(row.Unvouched, a.Name)
		}
	}
	return row
}

// Entry is a row of entry with its event's id.
type Entry struct {
	ledger.Position
	At          int64
	Event, Kind string
	Delta       []byte
}

// Entries decodes a batch's.
func Entries(rows []Entry) ([]ledger.Entry, error) {
	entries := make([]ledger.Entry, len(rows))
	for i, r := range rows {
		delta, authn, err := ledger.DecodeDelta(r.Delta)
		if err != nil {
			return nil, fmt.Errorf("ledger: entry %v: %w", r.Position, err)
		}
		entries[i] = ledger.Entry{Position: r.Position, EventID: r.Event, Kind: r.Kind, Delta: delta, Authn: authn, At: ledger.Time(r.At)}
	}
	return entries, nil
}

// LinkKey has the parts of a link's key in the order of its table's.
func LinkKey(l ledger.LinkKey) []string { return []string{l.From, l.Where, l.To, l.Kind, l.Authn} }

// ScanKey reads a Scan's token: the key that the next page's rows come after, in
// parts; empty ones to begin with, which come before all rows' keys.
func ScanKey(table ledger.Table, token string) ([]string, error) {
	parts := map[ledger.Table]int{ledger.Events: 1, ledger.Entities: 1, ledger.Links: 5, ledger.Observations: 3}[table]
	if parts == 0 {
		return nil, fmt.Errorf("ledger: no table %q", table)
	}
	key := make([]string, parts)
	if token == "" {
		return key, nil
	}
	if err := json.Unmarshal([]byte(token), &key); err != nil || len(key) != parts {
		return nil, fmt.Errorf("%w: %q", ledger.ErrToken, token)
	}
	return key, nil
}

// ScanToken is the token of the page after one of limit rows at most; "" where it is the last.
func ScanToken(page ledger.Rows, limit int) (string, error) {
	if page.Len() < limit || limit <= 0 {
		return "", nil
	}
	var last []string
	switch keys := page.Keys(); {
	case len(keys.Events) > 0:
		last = keys.Events[limit-1:]
	case len(keys.Entities) > 0:
		last = keys.Entities[limit-1:]
	case len(keys.Links) > 0:
		last = LinkKey(keys.Links[limit-1])
	default:
		o := keys.Observations[limit-1]
		last = []string{o.Subject, o.Name, o.SubKey}
	}
	token, err := json.Marshal(last)
	if err != nil {
		return "", fmt.Errorf("ledger: encode a token: %w", err)
	}
	return string(token), nil
}
