package sinktest

import (
	"context"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

func markEntries() []entry {
	return []entry{
		{"an empty store has no mark", checkEmpty, func(b *broken) {
			b.prepare = func(ctx context.Context) (sink.Mark, error) {
				_, err := b.Target.Prepare(ctx)
				return mark(1), err
			}
		}},
		{"a mark is there after opening again", checkMark, func(b *broken) {
			b.prepare = func(ctx context.Context) (sink.Mark, error) {
				m, err := b.Target.Prepare(ctx)
				m.Number = uint64(float32(m.Number))
				return m, err
			}
		}},
		{"a write without rows moves the mark", checkMarkAlone, func(b *broken) {
			b.write = func(ctx context.Context, w sink.Writing) error {
				if w.Rows.Len()+w.Gone.Len() == 0 {
					return nil
				}
				return b.Target.Write(ctx, w)
			}
		}},
		{"a mark never goes back", checkMarkStays, func(b *broken) {
			b.prepare = func(ctx context.Context) (sink.Mark, error) {
				m, err := b.Target.Prepare(ctx)
				m.Number = min(m.Number, 4)
				return m, err
			}
		}},
		{"another ledger's mark is replaced", checkForeignMark, breakWrite(func(w *sink.Writing) { w.Ledger = "our ledger" })},
		{"a closed store can't be asked", checkClosed, func(b *broken) {
			b.ping = func(context.Context) error { return nil }
			b.close = func() error { return nil }
		}},
	}
}

func (h *harness) wantMark(what string, want sink.Mark) {
	h.Helper()
	if m, err := h.Prepare(h.ctx); err != nil || m != want {
		h.Errorf("%s: mark %+v, %v; want %+v", what, m, err, want)
	}
}

func checkEmpty(h *harness) {
	h.wantMark("empty", sink.Mark{})
	h.want("empty", ledger.Rows{})
	if len(h.Tables()) == 0 || h.Sink() == "" {
		h.Errorf("store %q keeps %v", h.Sink(), h.Tables())
	}
	h.ok(h.Ping(h.ctx))
}

func checkMark(h *harness) {
	h.write(1<<53+1, sample(1, "a"))
	h.wantMark("written", mark(1<<53+1))
	h.ok(h.Close())
	h.reopen()
	h.wantMark("opened again", mark(1<<53+1))
	h.want("opened again", sample(1, "a"))
}

func checkMarkAlone(h *harness) {
	h.write(1, sample(1, "a"))
	h.write(2, ledger.Rows{})
	h.wantMark("nothing written", mark(2))
}

func checkMarkStays(h *harness) {
	h.write(5, sample(1, "a"))
	h.write(4, sample(2, "b"))
	h.wantMark("written late", mark(5))
}

func checkForeignMark(h *harness) {
	for _, m := range []sink.Mark{mark(7), {Ledger: "another ledger", Number: 8}, mark(9)} {
		h.ok(h.Write(h.ctx, sink.Writing{Mark: m}))
		h.wantMark("of "+m.Ledger, m)
	}
}

func checkClosed(h *harness) {
	h.ok(h.Close())
	if err := h.Ping(h.ctx); err == nil {
		h.Errorf("a closed store answers")
	}
	h.ok(h.Close()) // Twice is harmless.
}
