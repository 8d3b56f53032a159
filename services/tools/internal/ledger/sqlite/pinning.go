package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// pinning is a Pinning with everything encoded that needs no look into the file.
type pinning struct {
	run    ledger.RunID
	now    int64
	plan   []byte
	calls  []callRow
	memory memory
}

// Pin implements ledger.Ledger.
func (s *Store) Pin(ctx context.Context, given ledger.Pinning) (ledger.Pinned, error) {
	p, err := encodePinning(given, ledger.Micros(s.now()))
	if err != nil {
		return ledger.Pinned{}, err
	}
	var row runRow
	var accepted bool
	err = s.writer.do(ctx, func(b *batch) (err error) {
		row, accepted, err = p.write(b)
		return err
	})
	if err != nil {
		return ledger.Pinned{}, err
	}
	stored, err := row.stored()
	if err != nil {
		return ledger.Pinned{}, err
	}
	pinned := ledger.Pinned{Stored: stored, Accepted: accepted}
	if !accepted {
		pinned.Same = bytes.Equal(row.plan, p.plan)
		return pinned, nil
	}
	for i, c := range row.calls {
		if c.shown.GetState() == "running" {
			leased := given.Calls[i]
			leased.Shown, leased.Run = proto.CloneOf(c.shown), given.Run
			pinned.Leased = append(pinned.Leased, leased)
		}
	}
	return pinned, nil
}

func encodePinning(given ledger.Pinning, now int64) (p *pinning, err error) {
	p = &pinning{run: given.Run, now: now}
	plan := given.Plan
	if plan == nil {
		plan = &toolsv1.Plan{}
	}
	// Plans are compared by their bytes.
	if p.plan, err = (proto.MarshalOptions{Deterministic: true}).Marshal(plan); err != nil {
		return nil, fmt.Errorf("sqlite: encode a plan: %w", err)
	}
	if p.plan == nil {
		p.plan = []byte{} // An empty plan is a plan; NULL is none.
	}
	for _, c := range given.Calls {
		row, err := newCall(c, now)
		if err != nil {
			return nil, err
		}
		p.calls = append(p.calls, row)
	}
	p.memory, err = encodeMemory(given.Delta, texts{}, given.Authn)
	return p, err
}

func newCall(c ledger.Call, now int64) (callRow, error) {
	row := callRow{
		id: c.Shown.GetCallId(), shown: proto.CloneOf(c.Shown), mode: c.Mode, occurrence: c.Occurrence, version: ledger.Micros(c.Version),
		notAfter: ledger.Micros(c.NotAfter), lookAt: ledger.Micros(c.LookAt), validUntil: ledger.Micros(c.ValidUntil),
	}
	row.validFor = max(0, row.validUntil-now)
	switch row.shown.GetState() {
	case "running":
		row.owner, row.leaseUntil = string(c.Owner), now+c.Lease.Microseconds()
	case "queued":
		row.nextAt = now
		if row.shown.GetNextAt() != nil {
			row.nextAt = ledger.Micros(row.shown.GetNextAt().AsTime())
		}
	}
	var err error
	if row.payload, err = proto.Marshal(c.Payload); err != nil {
		return row, fmt.Errorf("sqlite: encode the payload of call %s: %w", row.id, err)
	}
	if row.payload == nil {
		row.payload = []byte{}
	}
	return row, row.encode()
}

func (p *pinning) write(b *batch) (row runRow, accepted bool, err error) {
	if row, err = findRun(b, p.run); err != nil {
		return row, false, err
	}
	if row.planned {
		return row, false, row.withCalls(b)
	}
	if _, err := b.exec(updatePlan, p.plan, row.seq); err != nil {
		return row, false, err
	}
	row.planned, row.plan = true, p.plan
	var eventID string
	if err := b.row(selectEventID, row.seq).Scan(&eventID); err != nil {
		return row, false, unavailable(err)
	}
	if _, err := p.memory.apply(b, eventID); err != nil {
		return row, false, err
	}
	for i := range p.calls {
		c := &p.calls[i]
		c.seq = row.seq
		if isOpen(c.shown.GetState()) {
			if err := b.admit(c, p.now); err != nil {
				return row, false, err
			}
		}
		if err := c.insert(b, i); err != nil {
			return row, false, err
		}
	}
	row.calls = p.calls
	if err := b.row(settleRun, p.now, row.seq).Scan(&row.decidedAt); err != nil {
		return row, false, unavailable(err)
	}
	return row, true, b.enter(row.seq, "planned", p.memory.entry)
}

// admit lets a call that is to act hold its effect, or puts it behind the one that does.
func (b *batch) admit(c *callRow, now int64) error {
	if c.mode != "act" {
		return nil
	}
	switch c.shown.GetClass() {
	case "create", "set":
		var holder string
		err := b.row(selectEffectHolder, c.shown.GetEffectKey()).Scan(&holder)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return unavailable(err)
		}
		c.skipAs(holder)
	case "upsert":
		others, err := b.upserts(c)
		if err != nil {
			return err
		}
		if same := others.sameAs(c.occurrence); same != "" {
			c.skipAs(same)
		} else if others.laterThan(c.version) {
			c.rest("skipped", "superseded")
		} else if c.shown.GetState() == "running" && others.busy(now) {
			c.rest("queued", "")
			c.nextAt, c.notAfter, c.lookAt = now, 0, 0
		}
	default:
		return nil
	}
	return c.encode()
}

func (c *callRow) skipAs(holder string) {
	c.rest("skipped", "same_as")
	c.shown.SameAs = holder
}

// upsert is another call of the same key.
type upsert struct {
	id, state, occurrence       string
	version, leaseUntil, lookAt int64
}

type upserts []upsert

func (b *batch) upserts(c *callRow) (upserts, error) {
	return collect(b, func(rows *sql.Rows) (u upsert, err error) {
		return u, rows.Scan(&u.id, &u.state, &u.occurrence, &u.version, &u.leaseUntil, &u.lookAt)
	}, selectUpserts, c.shown.GetEffectKey(), c.id)
}

// begun tells whether an attempt at one was made whose outcome nobody knows: it
// is looked after before the next one of the key.
func (us upserts) begun() bool {
	return slices.ContainsFunc(us, func(u upsert) bool {
		return u.lookAt > 0 && (u.state == "queued" || u.state == "running")
	})
}

// sameAs returns the call that stands for the same happening, or "".
func (us upserts) sameAs(occurrence string) string {
	for _, u := range us {
		if u.occurrence == occurrence {
			return u.id
		}
	}
	return ""
}

// laterThan: an unknown version, 0, is never older than another.
func (us upserts) laterThan(version int64) bool {
	for _, u := range us {
		if version != 0 && u.version > version && u.state != "unknown" {
			return true
		}
	}
	return false
}

// busy: somebody works on the key, or an attempt's effect may still come.
func (us upserts) busy(now int64) bool {
	for _, u := range us {
		if isOpen(u.state) && (u.leaseUntil > now || u.lookAt > now) {
			return true
		}
	}
	return false
}
