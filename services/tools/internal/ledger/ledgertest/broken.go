package ledgertest

import (
	"context"
	"testing"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// broken is a store of which one method does something else.
type broken struct {
	Ledger
	open       func(context.Context, ledger.Opening) (ledger.Opened, error)
	known      func(context.Context, string, []string) (ledger.Known, error)
	pin        func(context.Context, ledger.Pinning) (ledger.Pinned, error)
	record     func(context.Context, ledger.RunID, []ledger.Outcome) (ledger.Stored, error)
	claim      func(context.Context, ledger.Owner, int, time.Duration) ([]ledger.Stored, error)
	leaseCalls func(context.Context, ledger.Leasing) ([]ledger.Call, error)
	extend     func(context.Context, ledger.Owner, ledger.CallID, time.Time, time.Time) (bool, error)
	restart    func(context.Context, ledger.RunID, []ledger.Resolution) (ledger.Stored, error)
	run        func(context.Context, ledger.RunID) (ledger.Stored, error)
	list       func(context.Context, ledger.Query) ([]ledger.Stored, string, error)
	changed    func(context.Context, int64, int) ([]ledger.Stored, int64, error)
	subscribe  func() (<-chan struct{}, func())
	resolve    func(context.Context, ledger.Owner, ledger.Resolution) (ledger.Call, bool, error)
	retry      func(context.Context, ledger.RunID, ledger.Retrying) (ledger.Stored, error)
	decide     func(context.Context, ledger.RunID, ledger.Deciding) (ledger.Stored, error)
	spent      func(context.Context, ledger.Budget) (uint32, error)
	made       func(context.Context, []string, []string, time.Time) ([]ledger.Effect, error)
	remember   func(context.Context, ledger.RunID, project.Delta) error
	accounts   func(context.Context) ([]ledger.Account, error)
	pace       func(context.Context, string, time.Duration, time.Duration) (time.Duration, bool, error)
	timeline   func(context.Context, string, int) ([]fact.Observed, error)
	linked     func(context.Context, []string, int) ([]graph.Related, error)
	entities   func(context.Context, []string) ([]project.Entity, error)
	close      func() error

	prune  func(context.Context, time.Time, int) (int, error)
	forget func(context.Context, string, bool, func(ledger.Pass)) (ledger.Forgotten, error)
	tidy   func(context.Context) error

	recordDeliveries func(context.Context, ledger.Report) error
	getDelivery      func(context.Context, string) (*toolsv1.DeliveryRecord, error)
	listDeliveries   func(context.Context, ledger.DeliveryQuery) (ledger.DeliveryPage, error)

	id      func(context.Context) (string, error)
	hold    func(context.Context, ledger.Sink, ledger.Owner, time.Duration) (ledger.Cursor, bool, error)
	fix     func(context.Context, ledger.Sink, ledger.Owner, int) (ledger.Batch, error)
	confirm func(context.Context, ledger.Sink, ledger.Owner, uint64) error
	rewind  func(context.Context, ledger.Sink, uint64) error
	park    func(context.Context, ledger.Sink, ...ledger.Parked) error
	aside   func(context.Context, ledger.Sink, ledger.Position) (bool, error)
	lag     func(context.Context, ledger.Sink) (ledger.Lag, error)
	rows    func(context.Context, ledger.Keys) (ledger.Rows, error)
	scan    func(context.Context, ledger.Table, string, int) (ledger.Rows, string, error)
}

// breaking makes an opener whose stores break is let loose on.
func breaking(sabotage func(b *broken)) func(Opener) Opener {
	return func(open Opener) Opener {
		return func(t testing.TB, place string, now func() time.Time) Ledger {
			s := open(t, place, now)
			b := &broken{
				Ledger: s, open: s.Open, known: s.Known, pin: s.Pin, record: s.Record, claim: s.Claim, leaseCalls: s.LeaseCalls,
				extend: s.Extend, restart: s.Restart, run: s.Run, list: s.List, changed: s.Changed, subscribe: s.Subscribe, accounts: s.Accounts, pace: s.Pace,
				spent: s.Spent, made: s.Made, remember: s.Remember, resolve: s.Resolve, retry: s.Retry, decide: s.Decide,
				timeline: s.Timeline, linked: s.Linked, entities: s.Entities, close: s.Close,
				recordDeliveries: s.RecordDeliveries, getDelivery: s.GetDelivery, listDeliveries: s.ListDeliveries,
				id: s.ID, hold: s.Hold, fix: s.Fix, confirm: s.Confirm, rewind: s.Rewind, park: s.Park, aside: s.SetAside, lag: s.Lag, rows: s.Rows, scan: s.Scan,
				prune: s.PruneBodies, forget: s.Forget, tidy: s.Tidy,
			}
			t.Cleanup(func() { _ = s.Close() }) // Where sabotage broke Close.
			sabotage(b)
			return b
		}
	}
}

// breakOpen changes what Open is given.
func breakOpen(change func(*ledger.Opening)) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.open = func(ctx context.Context, o ledger.Opening) (ledger.Opened, error) {
			change(&o)
			return b.Ledger.Open(ctx, o)
		}
	})
}

// breakOpened changes what Open answers.
func breakOpened(change func(*ledger.Opened)) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.open = func(ctx context.Context, o ledger.Opening) (ledger.Opened, error) {
			opened, err := b.Ledger.Open(ctx, o)
			change(&opened)
			return opened, err
		}
	})
}

// breakPin changes what Pin is given.
func breakPin(change func(*ledger.Pinning)) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.pin = func(ctx context.Context, p ledger.Pinning) (ledger.Pinned, error) {
			change(&p)
			return b.Ledger.Pin(ctx, p)
		}
	})
}

// breakPinned changes what Pin answers.
func breakPinned(change func(*ledger.Pinned)) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.pin = func(ctx context.Context, p ledger.Pinning) (ledger.Pinned, error) {
			pinned, err := b.Ledger.Pin(ctx, p)
			change(&pinned)
			return pinned, err
		}
	})
}

// breakRestart starts nothing again.
func breakRestart() func(Opener) Opener {
	return breaking(func(b *broken) {
		b.restart = func(ctx context.Context, run ledger.RunID, _ []ledger.Resolution) (ledger.Stored, error) {
			return b.Ledger.Run(ctx, run)
		}
	})
}

// breakLease leases calls for no time at all.
func breakLease() func(Opener) Opener {
	return breaking(func(b *broken) {
		b.leaseCalls = func(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
			l.Lease = 0
			return b.Ledger.LeaseCalls(ctx, l)
		}
	})
}

func (b *broken) Open(ctx context.Context, o ledger.Opening) (ledger.Opened, error) {
	return b.open(ctx, o)
}

func (b *broken) Known(ctx context.Context, subject string, refs []string) (ledger.Known, error) {
	return b.known(ctx, subject, refs)
}

func (b *broken) Pin(ctx context.Context, p ledger.Pinning) (ledger.Pinned, error) {
	return b.pin(ctx, p)
}

func (b *broken) Record(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	return b.record(ctx, run, outcomes)
}

func (b *broken) Claim(ctx context.Context, owner ledger.Owner, limit int, lease time.Duration) ([]ledger.Stored, error) {
	return b.claim(ctx, owner, limit, lease)
}

func (b *broken) LeaseCalls(ctx context.Context, l ledger.Leasing) ([]ledger.Call, error) {
	return b.leaseCalls(ctx, l)
}

func (b *broken) Extend(ctx context.Context, owner ledger.Owner, call ledger.CallID, notAfter, lookAt time.Time) (bool, error) {
	return b.extend(ctx, owner, call, notAfter, lookAt)
}

func (b *broken) Restart(ctx context.Context, run ledger.RunID, decided []ledger.Resolution) (ledger.Stored, error) {
	return b.restart(ctx, run, decided)
}

func (b *broken) Run(ctx context.Context, run ledger.RunID) (ledger.Stored, error) {
	return b.run(ctx, run)
}

func (b *broken) List(ctx context.Context, q ledger.Query) ([]ledger.Stored, string, error) {
	return b.list(ctx, q)
}

func (b *broken) Changed(ctx context.Context, cursor int64, limit int) ([]ledger.Stored, int64, error) {
	return b.changed(ctx, cursor, limit)
}

func (b *broken) Spent(ctx context.Context, budget ledger.Budget) (uint32, error) {
	return b.spent(ctx, budget)
}

func (b *broken) Made(ctx context.Context, targets, keys []string, since time.Time) ([]ledger.Effect, error) {
	return b.made(ctx, targets, keys, since)
}

func (b *broken) Remember(ctx context.Context, run ledger.RunID, d project.Delta) error {
	return b.remember(ctx, run, d)
}

func (b *broken) Resolve(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (ledger.Call, bool, error) {
	return b.resolve(ctx, owner, r)
}

func (b *broken) Retry(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
	return b.retry(ctx, run, r)
}

func (b *broken) Decide(ctx context.Context, run ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
	return b.decide(ctx, run, d)
}

func (b *broken) Accounts(ctx context.Context) ([]ledger.Account, error) { return b.accounts(ctx) }

func (b *broken) Pace(ctx context.Context, provider string, each, within time.Duration) (time.Duration, bool, error) {
	return b.pace(ctx, provider, each, within)
}

func (b *broken) Subscribe() (<-chan struct{}, func()) { return b.subscribe() }

func (b *broken) Timeline(ctx context.Context, ref string, limit int) ([]fact.Observed, error) {
	return b.timeline(ctx, ref, limit)
}

func (b *broken) Linked(ctx context.Context, refs []string, limit int) ([]graph.Related, error) {
	return b.linked(ctx, refs, limit)
}

func (b *broken) Entities(ctx context.Context, refs []string) ([]project.Entity, error) {
	return b.entities(ctx, refs)
}

func (b *broken) RecordDeliveries(ctx context.Context, r ledger.Report) error {
	return b.recordDeliveries(ctx, r)
}

func (b *broken) GetDelivery(ctx context.Context, id string) (*toolsv1.DeliveryRecord, error) {
	return b.getDelivery(ctx, id)
}

func (b *broken) ListDeliveries(ctx context.Context, q ledger.DeliveryQuery) (ledger.DeliveryPage, error) {
	return b.listDeliveries(ctx, q)
}

func (b *broken) PruneBodies(ctx context.Context, before time.Time, limit int) (int, error) {
	return b.prune(ctx, before, limit)
}

func (b *broken) Forget(ctx context.Context, ref string, dry bool, tell func(ledger.Pass)) (ledger.Forgotten, error) {
	return b.forget(ctx, ref, dry, tell)
}

func (b *broken) Tidy(ctx context.Context) error { return b.tidy(ctx) }

func (b *broken) Close() error { return b.close() }

func (b *broken) ID(ctx context.Context) (string, error) { return b.id(ctx) }

func (b *broken) Hold(ctx context.Context, s ledger.Sink, owner ledger.Owner, lease time.Duration) (ledger.Cursor, bool, error) {
	return b.hold(ctx, s, owner, lease)
}

func (b *broken) Fix(ctx context.Context, s ledger.Sink, owner ledger.Owner, limit int) (ledger.Batch, error) {
	return b.fix(ctx, s, owner, limit)
}

func (b *broken) Confirm(ctx context.Context, s ledger.Sink, owner ledger.Owner, number uint64) error {
	return b.confirm(ctx, s, owner, number)
}

func (b *broken) Rewind(ctx context.Context, s ledger.Sink, above uint64) error {
	return b.rewind(ctx, s, above)
}

func (b *broken) Park(ctx context.Context, s ledger.Sink, parked ...ledger.Parked) error {
	return b.park(ctx, s, parked...)
}

func (b *broken) SetAside(ctx context.Context, s ledger.Sink, p ledger.Position) (bool, error) {
	return b.aside(ctx, s, p)
}

func (b *broken) Lag(ctx context.Context, s ledger.Sink) (ledger.Lag, error) { return b.lag(ctx, s) }

func (b *broken) Rows(ctx context.Context, k ledger.Keys) (ledger.Rows, error) {
	return b.rows(ctx, k)
}

func (b *broken) Scan(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error) {
	return b.scan(ctx, t, after, limit)
}
