package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// opening is one Open.
type opening struct {
	*record.Opening
	// The time by a clock of its own; 0 for PostgreSQL's.
	at int64

	seq             int64
	row             record.Run
	created, leased bool
}

func (o *opening) reset() {
	o.seq, o.row, o.created, o.leased = 0, record.Run{}, false, false
}

func (o *opening) outcome() error { return nil }

// Open implements ledger.Ledger.
func (s *Store) Open(ctx context.Context, given ledger.Opening) (ledger.Opened, error) {
	encoded, err := record.NewOpening(given)
	if err != nil {
		return ledger.Opened{}, err
	}
	o := &opening{Opening: encoded, at: s.fixed()}
	if err := s.opens.do(ctx, o); err != nil {
		return ledger.Opened{}, err
	}
	if o.created {
		return o.Created(o.row, Word), nil
	}
	stored, err := o.row.Stored(Word)
	return ledger.Opened{Stored: stored, Leased: o.leased}, err
}

// fixed is the time by the store's own clock; 0 where it has none.
func (s *Store) fixed() int64 {
	if s.now == nil {
		return 0
	}
	return ledger.Micros(s.now())
}

// openGroup takes two round trips, and a third one between them where an event is known.
func (s *Store) openGroup(t *transaction, group []*opening) error {
	g := &openingGroup{transaction: t, memory: newMemory(), known: make(map[string]int64), runs: make(map[int64]*runRow)}
	if err := g.read(group); err != nil {
		return err
	}
	if err := g.readKnown(group); err != nil {
		return err
	}
	for _, o := range group {
		if err := g.take(o); err != nil {
			return err
		}
	}
	return g.write(group)
}

type openingGroup struct {
	*transaction
	memory *memory
	// Event id → seq, of those in the database and those of this group.
	known map[string]int64
	// Of events in a window: what the database has for the i-th opening, and what
	// this group adds.
	windowed map[int]windowed
	added    []windowed
	runs     map[int64]*runRow
	events   []int64 // numbers to give away
	entries  []int64
}

// windowed is an event that others may be duplicates of.
type windowed struct {
	source, instance, key string
	receivedAt, seq       int64
}

func (g *openingGroup) read(group []*opening) error {
	var ids, names []string
	var windows columns
	for i, o := range group {
		e := o.Event
		ids = append(ids, e.GetId())
		if key, window, ok := o.Window(); ok {
			windows.add(int64(i), text(e.GetSource()), text(e.GetInstance()), text(key), o.ReceivedAt-window, o.ReceivedAt+window)
			names = append(names, e.GetSource()+" "+e.GetInstance()+" "+key)
		}
		g.memory.want(&o.Memory)
	}
	g.lock(slices.Concat(ids, names, g.memory.names()))
	g.query(func(rows pgx.Rows) error {
		var id string
		var seq int64
		err := rows.Scan(into{&id}, &seq)
		g.known[id] = seq
		return err
	}, `SELECT id, seq FROM event WHERE id = ANY($1::text[])`, texts(ids))
	if g.windowed = make(map[int]windowed); windows.rows > 0 {
		g.query(func(rows pgx.Rows) error {
			var i int
			var w windowed
			err := rows.Scan(&i, &w.receivedAt, &w.seq)
			g.windowed[i] = w
			return err
		}, `SELECT w.i, e.received_at, e.seq FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) AS w (i, source, instance, key, first, last),
			LATERAL (SELECT received_at, seq FROM event WHERE event.source = w.source AND event.instance = w.instance AND event.window_key = w.key
				AND event.window_key IS NOT NULL AND event.received_at BETWEEN w.first AND w.last ORDER BY received_at DESC, seq DESC LIMIT 1) AS e`, windows.lists...)
	}
	g.memory.read(g.transaction)
	g.numbers(&g.events, "event_seq", len(group))
	g.numbers(&g.entries, "entry_seq", len(group))
	return g.send()
}

// numbers draws from a sequence.
func (t *transaction) numbers(list *[]int64, sequence string, n int) {
	t.query(func(rows pgx.Rows) error {
		var number int64
		err := rows.Scan(&number)
		*list = append(*list, number)
		return err
	}, `SELECT nextval($1::regclass) FROM generate_series(1, $2::integer)`, sequence, n)
}

// find returns the number of the event that the i-th opening is a duplicate of, or 0.
func (g *openingGroup) find(i int, o *opening) int64 {
	e := o.Event
	if key, window, ok := o.Window(); ok {
		best := g.windowed[i]
		for _, w := range g.added {
			if w.source == e.GetSource() && w.instance == e.GetInstance() && w.key == key && w.receivedAt >= o.ReceivedAt-window && w.receivedAt <= o.ReceivedAt+window &&
				(w.receivedAt > best.receivedAt || w.receivedAt == best.receivedAt && w.seq > best.seq || best.seq == 0) {
				best = w
			}
		}
		if best.seq != 0 {
			return best.seq
		}
	}
	return g.known[e.GetId()]
}

// readKnown decides which openings are duplicates, and reads the runs of those
// that are known.
func (g *openingGroup) readKnown(group []*opening) error {
	var seqs []int64
	fresh := make(map[int64]bool)
	for i, o := range group {
		if o.seq = g.find(i, o); o.seq == 0 {
			o.seq, o.created = g.events[i], true
			fresh[o.seq], g.known[o.Event.GetId()] = true, o.seq
			if key, _, ok := o.Window(); ok {
				g.added = append(g.added, windowed{o.Event.GetSource(), o.Event.GetInstance(), key, o.ReceivedAt, o.seq})
			}
		} else if !fresh[o.seq] {
			seqs = append(seqs, o.seq)
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	g.query(func(rows pgx.Rows) error {
		var event []byte
		r, err := scanRun(rows, &event)
		r.Event, g.runs[r.Seq] = event, &r
		return err
	}, `SELECT `+runColumns+`, (SELECT event FROM event WHERE event.seq = run.seq) FROM run WHERE seq = ANY($1::bigint[]) ORDER BY seq FOR UPDATE`, seqs)
	g.query(func(rows pgx.Rows) error {
		c, err := scanCall(rows)
		if r := g.runs[c.Seq]; r != nil {
			r.Calls = append(r.Calls, c)
		}
		return err
	}, `SELECT `+callColumns+callTables+`WHERE call.run = ANY($1::bigint[]) ORDER BY call.run, call.position`, seqs)
	return g.send()
}

func (g *openingGroup) take(o *opening) error {
	now := o.at
	if now == 0 {
		now = g.now
	}
	if err := o.At(now); err != nil {
		return err
	}
	if !o.created {
		return g.repeat(o)
	}
	r := &runRow{Run: record.Run{
		Seq: o.seq, ID: o.Run.GetRunId(), Deliveries: 1, Opened: o.Opened, Event: o.Sealed,
		Written: g.memory.apply(&o.Memory, o.Event.GetId()),
	}}
	r.lease(o.Owner, o.LeaseUntil())
	r.Entry.Seq, g.entries = g.entries[0], g.entries[1:]
	g.runs[o.seq] = r
	return nil
}

// repeat counts a further delivery. The lease is taken only where nobody has
// planned the run and nobody is about to.
func (g *openingGroup) repeat(o *opening) error {
	r := g.runs[o.seq]
	if r == nil {
		return notFound(ledger.RunID(o.Event.GetId()))
	}
	r.Deliveries++
	if o.leased = !r.Planned && r.leaseUntil <= o.Now(); o.leased {
		r.lease(o.Owner, o.LeaseUntil())
	}
	o.row = r.snapshot()
	return nil
}

const (
	insertEvents     = `INSERT INTO event (seq, id, source, instance, received_at, window_key, event) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::bytea[])`
	insertBodies     = `INSERT INTO event_body (event, body) SELECT * FROM unnest($1::bigint[], $2::bytea[])`
	insertDeliveries = `INSERT INTO delivery (event, delivery_id, hook_id, retry, received_at) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])`
	insertRuns       = `INSERT INTO run (seq, id, source, deliveries, lease_owner, lease_until, decided_at, records, facts, links, entry, opened)
		SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bytea[])`
	repeatRuns = `UPDATE run SET deliveries = again.deliveries, lease_owner = coalesce(again.owner, run.lease_owner), lease_until = again.until
		FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) AS again (seq, deliveries, owner, until) WHERE run.seq = again.seq`
)

func (g *openingGroup) write(group []*opening) error {
	var events, bodies, deliveries, runs, repeated columns
	var entries entries
	fresh := make(map[int64]bool)
	for _, o := range group {
		if d := o.Delivery; d != nil {
			deliveries.add(o.seq, text(d.GetDeliveryId()), text(d.GetHookId()), int64(d.GetRetry()), o.DeliveredAt())
		}
		if !o.created {
			continue
		}
		e, r := o.Event, g.runs[o.seq]
		var window *string
		if key, _, ok := o.Window(); ok {
			key = text(key)
			window = &key
		}
		events.add(o.seq, text(e.GetId()), text(e.GetSource()), text(e.GetInstance()), o.ReceivedAt, window, o.Sealed)
		if o.Body != nil {
			bodies.add(o.seq, o.Body)
		}
		w := r.Written
		runs.add(o.seq, text(r.ID), text(e.GetSource()), int64(r.Deliveries), *r.leaseOwner, r.leaseUntil, int64(0), w.Records, w.Facts, w.Links, r.Entry.Seq, o.Opened)
		entries.add(r.Entry.Seq, o.seq, "opened", g.now, o.Memory.Entry)
		fresh[o.seq] = true
	}
	for seq, r := range g.runs {
		if !fresh[seq] {
			repeated.add(seq, int64(r.Deliveries), r.leaseOwner, r.leaseUntil)
		}
	}
	events.exec(g.transaction, insertEvents)
	bodies.exec(g.transaction, insertBodies)
	deliveries.exec(g.transaction, insertDeliveries)
	if err := g.memory.write(g.transaction); err != nil {
		return err
	}
	runs.exec(g.transaction, insertRuns)
	repeated.exec(g.transaction, repeatRuns)
	entries.write(g.transaction, func(xid uint64) {
		for _, o := range group {
			if r := g.runs[o.seq]; o.created {
				r.Entry.Xid = xid
				o.row = r.Run
			} else if o.row.Entry.Xid == 0 && r.Entry.Xid != 0 {
				o.row.Entry.Xid = r.Entry.Xid
			}
		}
	})
	return nil
}
