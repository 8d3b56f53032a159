package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// runRow is a row of run as it lies in the file. It is decoded on its caller's
// goroutine: the writer's is the one that everybody waits for.
type runRow struct {
	seq        int64
	id         string
	deliveries uint32
	decidedAt  int64
	written    written
	opened     []byte
	// An empty plan is a plan too, and its bytes are read back as nil.
	planned bool
	plan    []byte
	// Filled where they are asked for.
	calls []callRow
	event []byte
}

func scanRun(rows *sql.Rows) (r runRow, err error) {
	err = rows.Scan(&r.seq, &r.id, &r.deliveries, &r.decidedAt, &r.written.records, &r.written.facts, &r.written.links, &r.opened, &r.planned, &r.plan)
	return r, err
}

func scanBlob(rows *sql.Rows) (b []byte, err error) { return b, rows.Scan(&b) }

// findRun returns ErrNotFound for a run that is not there.
func findRun(q querier, id ledger.RunID) (runRow, error) {
	return oneRun(q, selectRun, string(id))
}

func oneRun(q querier, s statement, key any) (runRow, error) {
	found, err := collect(q, scanRun, s, key)
	if err != nil {
		return runRow{}, err
	}
	if len(found) == 0 {
		return runRow{}, fmt.Errorf("%w: %v", ledger.ErrNotFound, key)
	}
	return found[0], nil
}

func (r *runRow) withCalls(q querier) (err error) {
	if !r.planned {
		return nil
	}
	r.calls, err = collect(q, scanCall, selectCalls, r.seq)
	return err
}

func (r *runRow) withEvent(q querier) error {
	found, err := collect(q, scanBlob, selectEvent, r.seq)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: run %s has no event", ledger.ErrUnavailable, r.id)
	}
	if err != nil {
		return err
	}
	r.event = found[0]
	return nil
}

func (r *runRow) stored() (ledger.Stored, error) {
	s := ledger.Stored{Run: &toolsv1.Run{}}
	if err := proto.Unmarshal(r.opened, s.Run); err != nil {
		return s, fmt.Errorf("sqlite: run %s: %w", r.id, err)
	}
	s.Run.Deliveries = r.deliveries
	s.Run.Writes = r.written.shown(s.Run.GetAuthn())
	s.Run.DecidedAt = stamp(r.decidedAt)
	if r.planned {
		s.Run.Plan = &toolsv1.Plan{}
		if err := proto.Unmarshal(r.plan, s.Run.Plan); err != nil {
			return s, fmt.Errorf("sqlite: plan of run %s: %w", r.id, err)
		}
	}
	for i := range r.calls {
		c, err := r.calls[i].decoded()
		if err != nil {
			return s, err
		}
		s.Run.Calls = append(s.Run.Calls, c)
	}
	if r.event != nil {
		s.Event = &eventv1.WebhookEvent{}
		if err := proto.Unmarshal(r.event, s.Event); err != nil {
			return s, fmt.Errorf("sqlite: event of run %s: %w", r.id, err)
		}
	}
	return s, nil
}

func storedRuns(list []runRow) ([]ledger.Stored, error) {
	out := make([]ledger.Stored, 0, len(list))
	for i := range list {
		s, err := list[i].stored()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func stamp(micros int64) *timestamppb.Timestamp {
	if micros == 0 {
		return nil
	}
	return timestamppb.New(ledger.Time(micros))
}

// Run implements ledger.Ledger.
func (s *Store) Run(ctx context.Context, id ledger.RunID) (ledger.Stored, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return ledger.Stored{}, err
	}
	row, err := findRun(q, id)
	if err == nil {
		err = row.withCalls(q)
	}
	if err == nil {
		err = row.withEvent(q)
	}
	if err != nil {
		return ledger.Stored{}, err
	}
	return row.stored()
}

// List implements ledger.Ledger.
func (s *Store) List(ctx context.Context, query ledger.Query) (runs []ledger.Stored, next string, err error) {
	before := int64(math.MaxInt64)
	if query.Token != "" {
		if before, err = strconv.ParseInt(query.Token, 10, 64); err != nil {
			return nil, "", fmt.Errorf("%w: %q", ledger.ErrToken, query.Token)
		}
	}
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, "", err
	}
	// One more than asked for tells whether there is a next page.
	var found []runRow
	if query.CallState == "" {
		found, err = collect(q, scanRun, selectRuns, before, query.Source, query.Limit+1)
	} else {
		found, err = collect(q, scanRun, selectRunsByCall, before, query.Source, query.Limit+1, query.CallState)
	}
	if err != nil {
		return nil, "", err
	}
	if len(found) > query.Limit {
		found = found[:query.Limit]
		if query.Limit > 0 {
			next = strconv.FormatInt(found[query.Limit-1].seq, 10)
		}
	}
	for i := range found {
		if err := found[i].withCalls(q); err != nil {
			return nil, "", err
		}
	}
	runs, err = storedRuns(found)
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
	var found []runRow
	for i, e := range entries {
		if last[e[1]] != i {
			continue
		}
		row, err := oneRun(q, selectRunBySeq, e[1])
		if err == nil {
			err = row.withCalls(q)
		}
		if err != nil {
			return nil, cursor, err
		}
		found = append(found, row)
	}
	runs, err = storedRuns(found)
	return runs, entries[len(entries)-1][0], err
}

func scanPair(rows *sql.Rows) (p [2]int64, err error) { return p, rows.Scan(&p[0], &p[1]) }

// Claim implements ledger.Ledger.
func (s *Store) Claim(ctx context.Context, owner ledger.Owner, limit int, lease time.Duration) ([]ledger.Stored, error) {
	now := s.now()
	var found []runRow
	err := s.writer.do(ctx, func(b *batch) error {
		found = nil
		due, err := collect(b, scanNumber, selectUnplanned, ledger.Micros(now), limit)
		if err != nil {
			return err
		}
		for _, seq := range due {
			row, err := oneRun(b, selectRunBySeq, seq)
			if err == nil {
				err = row.withEvent(b)
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
	return storedRuns(found)
}
