package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// pinning is one Pin.
type pinning struct {
	*record.Pinning
	at int64

	row      record.Run
	accepted bool
	err      error
}

func (p *pinning) reset()         { p.row, p.accepted, p.err = record.Run{}, false, nil }
func (p *pinning) outcome() error { return p.err }

// Pin implements ledger.Ledger.
func (s *Store) Pin(ctx context.Context, given ledger.Pinning) (ledger.Pinned, error) {
	encoded, err := record.NewPinning(given)
	if err != nil {
		return ledger.Pinned{}, err
	}
	p := &pinning{Pinning: encoded, at: s.fixed()}
	if err := s.pins.do(ctx, p); err != nil {
		return ledger.Pinned{}, err
	}
	return p.Pinned(&p.row, p.accepted, Word)
}

// pinGroup takes two round trips.
func (s *Store) pinGroup(t *transaction, group []*pinning) error {
	g := &pinningGroup{transaction: t, memory: newMemory(), effects: newEffects(), budgets: newBudgets()}
	m, e, b := g.memory, g.effects, g.budgets
	var ids []string
	for _, p := range group {
		ids = append(ids, string(p.Given.Run))
		m.want(&p.Memory)
		for _, c := range p.Given.Calls {
			e.want(c)
			b.want(c.Budgets)
		}
	}
	var numbers []int64
	t.lock(slices.Concat(m.names(), e.keys(), b.names()))
	g.runs = t.lockRuns(ids)
	e.read(t)
	b.read(t)
	m.read(t)
	t.numbers(&numbers, "entry_seq", len(group))
	if err := t.send(); err != nil {
		return err
	}
	for i, p := range group {
		if err := g.take(p, numbers[i]); err != nil {
			return err
		}
	}
	if err := m.write(t); err != nil {
		return err
	}
	g.changes.write(t)
	e.write(t)
	return nil
}

// pinningGroup is the pinnings of one commit.
type pinningGroup struct {
	*transaction

	runs    map[string]*runRow
	memory  *memory
	effects *effects
	budgets *budgets
	changes changes
}

func (g *pinningGroup) take(p *pinning, number int64) error {
	r := g.runs[string(p.Given.Run)]
	if r == nil {
		p.err = notFound(p.Given.Run)
		return nil
	}
	if r.Planned {
		p.row = r.snapshot()
		return nil
	}
	now := p.at
	if now == 0 {
		now = g.now
	}
	if err := p.At(now); err != nil {
		return err
	}
	g.memory.apply(&p.Memory, r.eventID)
	for i := range p.Calls {
		call := &p.Calls[i]
		call.Seq = r.Seq
		// What it needs was decided before it.
		if _, err := record.Settle(p.Calls[:i+1], now); err != nil {
			return err
		}
		if err := g.letThrough(call, now); err != nil {
			return err
		}
		if err := call.Encode(); err != nil {
			return err
		}
		g.effects.hold(call)
		g.changes.insert(call, i)
	}
	r.Planned, r.Plan, r.Calls = true, p.Plan, p.Calls
	if err := r.settle(now); err != nil {
		return err
	}
	g.changes.plan(r)
	g.changes.entries.add(number, r.Seq, "planned", g.now, p.Memory.Entry)
	p.row, p.accepted = r.Run, true
	return nil
}

// letThrough lets a call act where nobody overtook it, its effect is nobody else's and its
// budgets are not spent.
func (g *pinningGroup) letThrough(c *record.Call, now int64) error {
	if !record.IsOpen(c.Shown.GetState()) {
		return nil
	}
	if c.MayBeSuperseded() {
		superseded, err := g.supersedeAs(c, g.effects.targets[c.Shown.GetTarget()])
		if err != nil || superseded {
			return err
		}
	}
	if err := g.effects.admit(c, now); err != nil {
		return err
	}
	return g.budgets.draw(c)
}

// lockRuns reads runs with their events' ids and calls, and holds them until the
// transaction's end.
func (t *transaction) lockRuns(ids []string) map[string]*runRow {
	runs := make(map[string]*runRow)
	bySeq := make(map[int64]*runRow)
	t.query(func(rows pgx.Rows) error {
		var event string
		r, err := scanRun(rows, into{&event})
		r.eventID = event
		runs[r.ID], bySeq[r.Seq] = &r, &r
		return err
	}, `SELECT `+runColumns+`, (SELECT event.id FROM event WHERE event.seq = run.seq) FROM run
		WHERE id = ANY($1::text[]) ORDER BY seq FOR UPDATE`, texts(ids))
	t.query(func(rows pgx.Rows) error {
		c, err := scanCall(rows)
		if r := bySeq[c.Seq]; err == nil && r != nil {
			r.Calls = append(r.Calls, c)
		}
		return err
	}, `SELECT `+callColumns+callTables+`WHERE run.id = ANY($1::text[]) ORDER BY call.run, call.position`, texts(ids))
	return runs
}

// settle dates the run's decision, or takes the date back, after calls changed.
func (r *runRow) settle(now int64) error {
	for i := range r.Calls {
		shown, err := r.Calls[i].Decoded()
		if err != nil {
			return err
		}
		if record.IsOpen(shown.GetState()) {
			r.DecidedAt = 0
			return nil
		}
	}
	if r.DecidedAt == 0 {
		r.DecidedAt = now
	}
	return nil
}
