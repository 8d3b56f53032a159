package sinktest

import (
	"context"
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// broken is a store of which one method does something else.
type broken struct {
	Target
	prepare func(context.Context) (sink.Mark, error)
	write   func(context.Context, sink.Writing) error
	sweep   func(context.Context, uint64) error
	scan    func(context.Context, ledger.Table, string, int) (ledger.Rows, string, error)
	ping    func(context.Context) error
	close   func() error
}

func breaking(open Opener, sabotage func(*broken)) Opener {
	return func(t testing.TB, name string) Target {
		s := open(t, name)
		b := &broken{Target: s, prepare: s.Prepare, write: s.Write, sweep: s.Sweep, scan: s.Scan, ping: s.Ping, close: s.Close}
		t.Cleanup(func() { _ = s.Close() }) // Where sabotage broke Close.
		sabotage(b)
		return b
	}
}

// breakWrite changes what Write is given.
func breakWrite(change func(*sink.Writing)) func(*broken) {
	return func(b *broken) {
		b.write = func(ctx context.Context, w sink.Writing) error {
			change(&w)
			return b.Target.Write(ctx, w)
		}
	}
}

// breakScan changes what Scan answers.
func breakScan(change func(rows *ledger.Rows, next *string)) func(*broken) {
	return func(b *broken) {
		b.scan = func(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error) {
			rows, next, err := b.Target.Scan(ctx, t, after, limit)
			change(&rows, &next)
			return rows, next, err
		}
	}
}

func (b *broken) Prepare(ctx context.Context) (sink.Mark, error) { return b.prepare(ctx) }

func (b *broken) Write(ctx context.Context, w sink.Writing) error { return b.write(ctx, w) }

func (b *broken) Sweep(ctx context.Context, number uint64) error { return b.sweep(ctx, number) }

func (b *broken) Scan(ctx context.Context, t ledger.Table, after string, limit int) (ledger.Rows, string, error) {
	return b.scan(ctx, t, after, limit)
}

func (b *broken) Ping(ctx context.Context) error { return b.ping(ctx) }

func (b *broken) Close() error { return b.close() }
