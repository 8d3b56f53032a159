package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

const (
	runColumns = `run.seq, run.id, run.deliveries, run.decided_at, run.records, run.facts, run.links, run.opened, run.plan IS NOT NULL, run.plan,
		run.entry, coalesce((SELECT xid FROM entry WHERE entry.seq = run.entry), '0'), run.lease_until`
	callColumns = `call.id, call.run, run.id, event.id, call.mode, call.occurrence, call.version, call.not_after, call.look_at,
		call.valid_until, call.valid_for, call.next_at, call.owner, call.lease_until, call.shown, call.payload, call.needs, call.sets`
	callTables = ` FROM call JOIN run ON run.seq = call.run JOIN event ON event.seq = call.run `
)

// runRow is a row of run as a transaction changes it.
type runRow struct {
	record.Run
	leaseUntil int64
	// nil: as it was.
	leaseOwner *string
	eventID    string
}

func (r *runRow) lease(owner ledger.Owner, until int64) {
	name := text(string(owner))
	r.leaseOwner, r.leaseUntil = &name, until
}

func scanRun(rows pgx.Rows, more ...any) (r runRow, err error) {
	w := &r.Written
	err = rows.Scan(append([]any{
		&r.Seq, into{&r.ID}, &r.Deliveries, &r.DecidedAt, &w.Records, &w.Facts, &w.Links, &r.Opened, &r.Planned, &r.Plan,
		&r.Entry.Seq, &r.Entry.Xid, &r.leaseUntil,
	}, more...)...)
	return r, err
}

func scanCall(rows pgx.Rows, more ...any) (c record.Call, err error) {
	err = rows.Scan(append([]any{
		into{&c.ID}, &c.Seq, into{&c.Run}, into{&c.Event}, into{&c.Mode}, into{&c.Occurrence}, &c.Version, &c.NotAfter, &c.LookAt,
		&c.ValidUntil, &c.ValidFor, &c.NextAt, into{&c.Owner}, &c.LeaseUntil, &c.Encoded, &c.Payload, into{&c.Needs}, into{&c.Sets},
	}, more...)...)
	return c, err
}

// snapshot is the run as it is now, for a caller who reads it while others go on:
// it shares no call that is decoded.
func (r *runRow) snapshot() record.Run {
	s := r.Run
	s.Calls = slices.Clone(r.Calls)
	for i := range s.Calls {
		s.Calls[i].Shown = nil
	}
	return s
}

// Run implements ledger.Ledger.
func (s *Store) Run(ctx context.Context, id ledger.RunID) (ledger.Stored, error) {
	var found []runRow
	err := s.read(ctx, func(t *transaction) error {
		t.query(func(rows pgx.Rows) error {
			var event []byte
			r, err := scanRun(rows, &event)
			r.Event = event
			found = append(found, r)
			return err
		}, `SELECT `+runColumns+`, event.event FROM run JOIN event ON event.seq = run.seq WHERE run.id = $1`, text(string(id)))
		t.query(func(rows pgx.Rows) error {
			c, err := scanCall(rows)
			found[0].Calls = append(found[0].Calls, c)
			return err
		}, `SELECT `+callColumns+callTables+`WHERE run.id = $1 ORDER BY call.position`, text(string(id)))
		return nil
	})
	if err != nil {
		return ledger.Stored{}, err
	}
	if len(found) == 0 {
		return ledger.Stored{}, notFound(id)
	}
	return found[0].Stored(Word)
}

func notFound(id ledger.RunID) error { return fmt.Errorf("%w: %v", ledger.ErrNotFound, id) }

// List implements ledger.Ledger.
func (s *Store) List(ctx context.Context, query ledger.Query) (runs []ledger.Stored, next string, err error) {
	before, err := record.Before(query.Token)
	if err != nil {
		return nil, "", err
	}
	// One more than asked for tells whether there is a next page.
	condition, args := "", []any{before, text(query.Source), query.Limit + 1, text(query.CallState)}
	if query.Call != "" {
		condition, args = ` AND seq = (SELECT run FROM call WHERE id = $5)`, append(args, text(string(query.Call)))
	}
	found, err := s.runs(ctx, `FROM run WHERE seq < $1 AND ($2 = '' OR source = $2)
		AND ($4 = '' OR EXISTS (SELECT 1 FROM call WHERE call.run = run.seq AND call.state = $4))`+condition+` ORDER BY seq DESC LIMIT $3`, args...)
	if err != nil {
		return nil, "", err
	}
	found, next = record.Page(found, query.Limit, func(r record.Run) int64 { return r.Seq })
	runs, err = record.StoredRuns(found, Word)
	return runs, next, err
}

// runs reads what a condition selects, in its order, with the calls.
func (s *Store) runs(ctx context.Context, condition string, args ...any) (found []record.Run, err error) {
	err = s.read(ctx, func(t *transaction) error {
		found, err = t.runs(condition, args...)
		return err
	})
	return found, err
}

func (t *transaction) runs(condition string, args ...any) (found []record.Run, err error) {
	at := make(map[int64]int)
	t.query(func(rows pgx.Rows) error {
		r, err := scanRun(rows)
		at[r.Seq] = len(found)
		found = append(found, r.Run)
		return err
	}, `SELECT `+runColumns+` `+condition, args...)
	if err := t.send(); err != nil || len(found) == 0 {
		return nil, err
	}
	seqs := make([]int64, len(found))
	for i := range found {
		seqs[i] = found[i].Seq
	}
	t.query(func(rows pgx.Rows) error {
		c, err := scanCall(rows)
		if err == nil {
			r := &found[at[c.Seq]]
			r.Calls = append(r.Calls, c)
		}
		return err
	}, `SELECT `+callColumns+callTables+`WHERE call.run = ANY($1::bigint[]) ORDER BY call.run, call.position`, seqs)
	return found, t.send()
}

// visible is the condition of entries that none can come to stand before any more.
const visible = ` entry.xid < pg_snapshot_xmin(pg_current_snapshot()) `

// Changed implements ledger.Ledger. Its cursor is the number of an entry, which
// stands for the entry's position: positions rise, numbers do not.
func (s *Store) Changed(ctx context.Context, cursor int64, limit int) (runs []ledger.Stored, next int64, err error) {
	next = cursor
	var found []record.Run
	err = s.read(ctx, func(t *transaction) error {
		if cursor < 0 {
			next = 0
			t.query(func(rows pgx.Rows) error { return rows.Scan(&next) },
				`SELECT seq FROM entry WHERE`+visible+`ORDER BY xid DESC, seq DESC LIMIT 1`)
			return t.send()
		}
		var changed []int64 // runs, the latest change of each last
		t.query(func(rows pgx.Rows) error {
			var run int64
			if err := rows.Scan(&next, &run); err != nil {
				return err
			}
			changed = append(slices.DeleteFunc(changed, func(r int64) bool { return r == run }), run)
			return nil
		}, `SELECT seq, run FROM entry WHERE`+visible+`AND (xid, seq) > (coalesce((SELECT xid FROM entry WHERE seq = $1), '0'), $1)
			ORDER BY xid, seq LIMIT $2`, cursor, limit)
		if err := t.send(); err != nil || len(changed) == 0 {
			return err
		}
		found, err = t.runs(`FROM run WHERE seq = ANY($1::bigint[]) ORDER BY array_position($1::bigint[], seq)`, changed)
		return err
	})
	if err != nil {
		return nil, cursor, err
	}
	if len(found) > 0 {
		runs, err = record.StoredRuns(found, Word)
	}
	return runs, next, err
}

// Claim implements ledger.Ledger. It waits for nobody: a run whose row another
// process works on is that one's.
func (s *Store) Claim(ctx context.Context, owner ledger.Owner, limit int, lease time.Duration) ([]ledger.Stored, error) {
	var found []record.Run
	err := s.write(ctx, func(t *transaction) error {
		found = nil
		if err := t.send(); err != nil { // For the time.
			return err
		}
		t.query(func(rows pgx.Rows) error {
			var event []byte
			r, err := scanRun(rows, &event)
			r.Event = event
			found = append(found, r.Run)
			return err
		}, `WITH due AS (SELECT seq, lease_until AS was FROM run WHERE plan IS NULL AND lease_until <= $1 ORDER BY lease_until, seq LIMIT $2 FOR UPDATE SKIP LOCKED),
			claimed AS (UPDATE run SET lease_owner = $3, lease_until = $4 FROM due WHERE run.seq = due.seq RETURNING run.*, due.was)
			SELECT `+runColumns+`, event.event FROM claimed AS run JOIN event ON event.seq = run.seq ORDER BY run.was, run.seq`,
			t.now, limit, text(string(owner)), t.now+lease.Microseconds())
		return t.send()
	})
	if err != nil {
		return nil, err
	}
	return record.StoredRuns(found, Word)
}
