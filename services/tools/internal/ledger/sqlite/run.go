package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

func scanRun(rows *sql.Rows) (r record.Run, err error) {
	w := &r.Written
	err = rows.Scan(&r.Seq, &r.ID, &r.Deliveries, &r.DecidedAt, &w.Records, &w.Facts, &w.Links, &r.Opened, &r.Planned, &r.Plan, &r.Entry.Seq)
	return r, err
}

func scanBlob(rows *sql.Rows) (b []byte, err error) { return b, rows.Scan(&b) }

// findRun returns ErrNotFound for a run that is not there.
func findRun(q querier, id ledger.RunID) (record.Run, error) {
	return oneRun(q, selectRun, string(id))
}

func oneRun(q querier, s statement, key any) (record.Run, error) {
	found, err := collect(q, scanRun, s, key)
	if err != nil {
		return record.Run{}, err
	}
	if len(found) == 0 {
		return record.Run{}, fmt.Errorf("%w: %v", ledger.ErrNotFound, key)
	}
	return found[0], nil
}

func withCalls(q querier, r *record.Run) (err error) {
	if !r.Planned {
		return nil
	}
	r.Calls, err = collect(q, scanCall, selectCalls, r.Seq)
	return err
}

func withEvent(q querier, r *record.Run) error {
	found, err := collect(q, scanBlob, selectEvent, r.Seq)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: run %s has no event", ledger.ErrUnavailable, r.ID)
	}
	if err != nil {
		return err
	}
	r.Event = found[0]
	return nil
}

// Run implements ledger.Ledger.
func (s *Store) Run(ctx context.Context, id ledger.RunID) (ledger.Stored, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return ledger.Stored{}, err
	}
	row, err := findRun(q, id)
	if err == nil {
		err = withCalls(q, &row)
	}
	if err == nil {
		err = withEvent(q, &row)
	}
	if err != nil {
		return ledger.Stored{}, err
	}
	return row.Stored(Word)
}

// List implements ledger.Ledger.
func (s *Store) List(ctx context.Context, query ledger.Query) (runs []ledger.Stored, next string, err error) {
	before, err := record.Before(query.Token)
	if err != nil {
		return nil, "", err
	}
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, "", err
	}
	// One more than asked for tells whether there is a next page.
	var found []record.Run
	switch {
	case query.Call != "":
		found, err = collect(q, scanRun, selectRunOfCall, before, query.Source, query.Limit+1, query.CallState, string(query.Call))
	case query.CallState != "":
		found, err = collect(q, scanRun, selectRunsByCall, before, query.Source, query.Limit+1, query.CallState)
	default:
		found, err = collect(q, scanRun, selectRuns, before, query.Source, query.Limit+1)
	}
	if err != nil {
		return nil, "", err
	}
	found, next = record.Page(found, query.Limit, func(r record.Run) int64 { return r.Seq })
	for i := range found {
		if err := withCalls(q, &found[i]); err != nil {
			return nil, "", err
		}
	}
	runs, err = record.StoredRuns(found, Word)
	return runs, next, err
}

// Changed implements ledger.Ledger. Its cursor is the outbox's sequence.
func (s *Store) Changed(ctx context.Context, cursor int64, limit int) (runs []ledger.Stored, next int64, err error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, cursor, err
	}
	if cursor < 0 {
		last, err := collect(q, scanNumber, selectLastEntry)
		if err != nil {
			return nil, cursor, err
		}
		return nil, last[0], nil
	}
	entries, err := collect(q, scanPair, selectEntries, cursor, limit)
	if err != nil || len(entries) == 0 {
		return nil, cursor, err
	}
	last := make(map[int64]int, len(entries)) // run → its latest entry
	for i, e := range entries {
		last[e[1]] = i
	}
	var found []record.Run
	for i, e := range entries {
		if last[e[1]] != i {
			continue
		}
		row, err := oneRun(q, selectRunBySeq, e[1])
		if err == nil {
			err = withCalls(q, &row)
		}
		if err != nil {
			return nil, cursor, err
		}
		found = append(found, row)
	}
	runs, err = record.StoredRuns(found, Word)
	return runs, entries[len(entries)-1][0], err
}

func scanPair(rows *sql.Rows) (p [2]int64, err error) { return p, rows.Scan(&p[0], &p[1]) }

// Claim implements ledger.Ledger.
func (s *Store) Claim(ctx context.Context, owner ledger.Owner, limit int, lease time.Duration) ([]ledger.Stored, error) {
	now := s.now()
	var found []record.Run
	err := s.writer.do(ctx, func(b *batch) error {
		found = nil
		due, err := collect(b, scanNumber, selectUnplanned, ledger.Micros(now), limit)
		if err != nil {
			return err
		}
		for _, seq := range due {
			row, err := oneRun(b, selectRunBySeq, seq)
			if err == nil {
				err = withEvent(b, &row)
			}
			if err == nil {
				_, err = b.exec(leaseRun, string(owner), ledger.Micros(now.Add(lease)), seq, ledger.Micros(now))
			}
			if err != nil {
				return err
			}
			found = append(found, row)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return record.StoredRuns(found, Word)
}
