package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// callRow is a row of call. Its state and key are those of what is shown of it.
type callRow struct {
	seq        int64 // the run's
	run        string
	event      string
	mode       string
	occurrence string
	version    int64
	notAfter   int64
	lookAt     int64
	validUntil int64
	validFor   int64
	nextAt     int64
	owner      string
	leaseUntil int64
	encoded    []byte // of the call as it is shown
	payload    []byte

	id    string
	shown *toolsv1.Call
}

func scanCall(rows *sql.Rows) (c callRow, err error) {
	err = rows.Scan(&c.id, &c.seq, &c.run, &c.event, &c.mode, &c.occurrence, &c.version, &c.notAfter, &c.lookAt,
		&c.validUntil, &c.validFor, &c.nextAt, &c.owner, &c.leaseUntil, &c.encoded, &c.payload)
	return c, err
}

// decoded returns what is shown of the call. Changes to it count once saved.
func (c *callRow) decoded() (*toolsv1.Call, error) {
	if c.shown == nil {
		shown := &toolsv1.Call{}
		if err := proto.Unmarshal(c.encoded, shown); err != nil {
			return nil, fmt.Errorf("sqlite: call %s: %w", c.id, err)
		}
		c.shown = shown
	}
	return c.shown, nil
}

// open: an effect is still to come, or under way.
func isOpen(state string) bool { return state == "queued" || state == "running" }

// rest puts the call into a state in which nobody holds it.
func (c *callRow) rest(state, reason string) {
	c.shown.State, c.shown.Reason = state, reason
	c.owner, c.leaseUntil = "", 0
	if !isOpen(state) {
		c.shown.NextAt, c.nextAt, c.lookAt = nil, 0, 0
	}
}

func (c *callRow) insert(b *batch, position int) error {
	s := c.shown
	_, err := b.exec(insertCall, c.id, c.seq, position, s.GetEffectKey(), s.GetClass(), s.GetState(), c.mode, c.occurrence, c.version,
		c.notAfter, c.lookAt, c.validUntil, c.validFor, c.nextAt, c.owner, c.leaseUntil, c.encoded, c.payload)
	return err
}

func (c *callRow) save(b *batch) (err error) {
	if err = c.encode(); err != nil {
		return err
	}
	_, err = b.exec(updateCall, c.shown.GetState(), c.notAfter, c.lookAt, c.validUntil, c.nextAt, c.owner, c.leaseUntil, c.encoded, c.id)
	return err
}

func (c *callRow) encode() (err error) {
	if c.encoded, err = proto.Marshal(c.shown); err != nil {
		return fmt.Errorf("sqlite: encode call %s: %w", c.id, err)
	}
	return nil
}

func (c *callRow) leased() (ledger.Call, error) {
	shown, err := c.decoded()
	if err != nil {
		return ledger.Call{}, err
	}
	payload := &structpb.Struct{}
	if err := proto.Unmarshal(c.payload, payload); err != nil {
		return ledger.Call{}, fmt.Errorf("sqlite: payload of call %s: %w", c.id, err)
	}
	return ledger.Call{
		Shown: shown, Run: ledger.RunID(c.run), EventID: c.event, Payload: payload, Mode: c.mode, Occurrence: c.occurrence,
		Version: ledger.Time(c.version), NotAfter: ledger.Time(c.notAfter), LookAt: ledger.Time(c.lookAt),
		ValidUntil: ledger.Time(c.validUntil), Owner: ledger.Owner(c.owner),
	}, nil
}

// changeRun lets change work on a run's calls, saves those that it reports to
// have changed, and returns the run as it then stands.
func (s *Store) changeRun(ctx context.Context, id ledger.RunID, change func(b *batch, calls []callRow) (changed []*callRow, err error)) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	var row runRow
	err := s.writer.do(ctx, func(b *batch) (err error) {
		if row, err = findRun(b, id); err != nil {
			return err
		}
		if err := row.withCalls(b); err != nil {
			return err
		}
		changed, err := change(b, row.calls)
		if err != nil || len(changed) == 0 {
			return err
		}
		for _, c := range changed {
			if err := c.save(b); err != nil {
				return err
			}
		}
		row.decidedAt, err = b.settle(row.seq, now)
		return err
	})
	if err != nil {
		return ledger.Stored{}, err
	}
	return row.stored()
}

// settle dates the run's decision, or takes the date back, after calls changed.
func (b *batch) settle(run, now int64) (decidedAt int64, err error) {
	if err := b.row(settleRun, now, run).Scan(&decidedAt); err != nil {
		return 0, unavailable(err)
	}
	return decidedAt, b.enter(run, "changed", nil)
}

// Record implements ledger.Ledger.
func (s *Store) Record(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	return s.changeRun(ctx, run, func(_ *batch, calls []callRow) (changed []*callRow, err error) {
		for _, o := range outcomes {
			c, err := findCall(calls, run, o.Call)
			if err != nil {
				return nil, err
			}
			if !isOpen(c.shown.GetState()) {
				continue
			}
			c.record(o)
			changed = append(changed, c)
		}
		return changed, nil
	})
}

func findCall(calls []callRow, run ledger.RunID, id ledger.CallID) (*callRow, error) {
	for i := range calls {
		if calls[i].id == string(id) {
			_, err := calls[i].decoded()
			return &calls[i], err
		}
	}
	return nil, fmt.Errorf("ledger: run %s has no call %s", run, id)
}

func (c *callRow) record(o ledger.Outcome) {
	s, next := c.shown, ledger.Micros(o.NextAt)
	// An effect that may still come keeps its key locked. What is queued for
	// earlier is known not to have happened.
	if !(o.State == "running" || o.State == "queued" && next >= c.lookAt) {
		c.lookAt = 0
	}
	c.rest(o.State, o.Reason)
	if o.State == "queued" {
		c.nextAt = next
		s.NextAt = stamp(next)
	}
	if o.Attempted {
		s.Attempts++
	}
	if o.ResultRef != "" {
		s.ResultRef = o.ResultRef
	}
	if o.URL != "" {
		s.Url = o.URL
	}
	if o.Request != nil {
		s.Request = o.Request
	}
	s.Evidence = append(s.Evidence, o.Evidence...)
}

// Restart implements ledger.Ledger.
func (s *Store) Restart(ctx context.Context, run ledger.RunID) (ledger.Stored, error) {
	now := ledger.Micros(s.now())
	return s.changeRun(ctx, run, func(b *batch, calls []callRow) (changed []*callRow, err error) {
		for i := range calls {
			c := &calls[i]
			shown, err := c.decoded()
			if err != nil {
				return nil, err
			}
			if shown.GetState() != "failed" {
				continue
			}
			c.rest("queued", "")
			c.nextAt, c.notAfter, c.lookAt, c.validUntil = now, 0, 0, now+c.validFor
			shown.NextAt = timestamppb.New(ledger.Time(now))
			if err := b.admit(c, now); err != nil {
				return nil, err
			}
			// At once: two calls of a run may share a key.
			if err := c.save(b); err != nil {
				return nil, err
			}
			changed = append(changed, c)
		}
		return changed, nil
	})
}

// LeaseCalls implements ledger.Ledger.
func (s *Store) LeaseCalls(ctx context.Context, owner ledger.Owner, limit int, lease time.Duration) ([]ledger.Call, error) {
	now := s.now()
	l := leasing{owner: string(owner), now: ledger.Micros(now), until: ledger.Micros(now.Add(lease)), limit: limit}
	if err := s.writer.do(ctx, l.run); err != nil {
		return nil, err
	}
	calls := make([]ledger.Call, 0, len(l.leased))
	for i := range l.leased {
		c, err := l.leased[i].leased()
		if err != nil {
			return nil, err
		}
		c.Lease = lease
		calls = append(calls, c)
	}
	return calls, nil
}

// Extend implements ledger.Ledger.
func (s *Store) Extend(ctx context.Context, owner ledger.Owner, id ledger.CallID, notAfter, lookAt time.Time) (bool, error) {
	now := ledger.Micros(s.now())
	var held bool
	err := s.writer.do(ctx, func(b *batch) error {
		found, err := collect(b, scanCall, selectCall, string(id))
		if err != nil || len(found) == 0 {
			return err
		}
		c := &found[0]
		shown, err := c.decoded()
		if err != nil {
			return err
		}
		held = isOpen(shown.GetState()) && c.owner == string(owner) && c.leaseUntil > now && c.lookAt <= now
		if !held {
			return nil
		}
		shown.State, shown.Reason, shown.NextAt = "running", "", nil
		c.notAfter, c.lookAt, c.nextAt = ledger.Micros(notAfter), ledger.Micros(lookAt), 0
		if err := c.save(b); err != nil {
			return err
		}
		_, err = b.settle(c.seq, now)
		return err
	})
	if err != nil {
		return false, err // held may still be written to.
	}
	return held, nil
}
