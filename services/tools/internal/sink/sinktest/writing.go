package sinktest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

func writeEntries() []entry {
	again := uint64(0)
	return []entry{
		{"rows are kept as they are given", checkOdd, breakWrite(func(w *sink.Writing) {
			w.Rows = join(ledger.Rows{}, w.Rows)
			for i := range w.Rows.Observations {
				w.Rows.Observations[i].At = w.Rows.Observations[i].At.Truncate(1_000_000)
			}
			for i := range w.Rows.Links {
				w.Rows.Links[i].Editor = nil
			}
		})},
		{"a write may be repeated", checkRepeat, breakScan(func(rows *ledger.Rows, _ *string) { *rows = join(*rows, *rows) })},
		{"a row is replaced under a higher number", checkReplace, func(b *broken) {
			b.write = func(ctx context.Context, w sink.Writing) error {
				if w.Number > 1 {
					return nil
				}
				return b.Target.Write(ctx, w)
			}
		}},
		{"rows that were lost are written again under the same number", checkLost, func(b *broken) {
			// As a server does that takes each write once.
			taken := make(map[uint64]bool)
			b.write = func(ctx context.Context, w sink.Writing) error {
				if taken[w.Number] {
					w.Rows = ledger.Rows{}
				}
				taken[w.Number] = true
				return b.Target.Write(ctx, w)
			}
		}},
		{"a late write under a lower number changes nothing", checkLate, breakWrite(func(w *sink.Writing) { again += 1000; w.Number += again })},
		{"of two at once the higher number stays", checkTogether, breakWrite(func(w *sink.Writing) { w.Number = 1000 - w.Number })},
		{"a row that is gone goes and stays away", checkGone, breakWrite(func(w *sink.Writing) { w.Gone = ledger.Keys{} })},
		{"a row that is gone comes back under a higher number", checkComesBack, func(b *broken) {
			var gone bool
			b.write = func(ctx context.Context, w sink.Writing) error {
				if gone {
					w.Rows = ledger.Rows{}
				}
				gone = gone || w.Gone.Len() > 0
				return b.Target.Write(ctx, w)
			}
		}},
		{"a sweep takes what was last written under low numbers", checkSweep, func(b *broken) {
			b.sweep = func(ctx context.Context, n uint64) error { return b.Target.Sweep(ctx, n-1) }
		}},
		{"a scan pages each row once", checkPages, breakScan(func(rows *ledger.Rows, next *string) {
			if *next != "" {
				rows.Observations = rows.Observations[:max(0, len(rows.Observations)-1)]
				rows.Entities = rows.Entities[:max(0, len(rows.Entities)-1)]
			}
		})},
		{"an ended context ends a write", checkDeadline, func(b *broken) {
			b.write = func(ctx context.Context, w sink.Writing) error { return b.Target.Write(context.WithoutCancel(ctx), w) }
		}},
	}
}

func checkOdd(h *harness) {
	h.write(1, odd())
	h.want("written", odd())
	h.ok(h.Close())
	h.reopen()
	h.want("opened again", odd())
}

func checkRepeat(h *harness) {
	rows := join(sample(1, "a"), sample(2, "b"))
	for range 3 {
		h.write(1, rows)
		h.want("repeated", rows)
	}
}

func checkReplace(h *harness) {
	h.write(1, join(sample(1, "old"), sample(2, "other")))
	h.write(2, sample(1, "new"))
	h.want("replaced", join(sample(1, "new"), sample(2, "other")))
	// A batch that is written again has its rows as they are by then.
	h.write(2, sample(1, "newer"))
	h.want("written again", join(sample(1, "newer"), sample(2, "other")))
}

func checkLost(h *harness) {
	whole := join(sample(1, "a"), sample(2, "b"))
	h.write(1, whole)
	// What is lost is just what the write was, then a part of it, then what a repair wrote.
	for n, lost := range []ledger.Rows{whole, sample(1, "a"), sample(1, "a")} {
		h.ok(h.Lose(h.ctx, h.kept(lost).Keys()))
		h.ok(h.Write(h.ctx, sink.Writing{Mark: mark(1), Rows: h.kept(lost), Repair: fmt.Sprint("repair ", n)}))
		h.want("repaired", whole)
	}
}

func checkLate(h *harness) {
	h.write(5, sample(1, "new"))
	h.write(4, join(sample(1, "late"), sample(2, "only")))
	h.want("late", join(sample(1, "new"), sample(2, "only")))
	h.remove(3, sample(1, "new"))
	h.want("late removal", join(sample(1, "new"), sample(2, "only")))
}

func checkTogether(h *harness) {
	for round := range 5 {
		var wg sync.WaitGroup
		for _, write := range []struct {
			number uint64
			word   string
		}{{uint64(2*round + 1), "low"}, {uint64(2*round + 2), "high"}} {
			wg.Go(func() {
				w := sink.Writing{Mark: mark(write.number), Rows: h.kept(many(20, write.word))}
				if err := h.Write(h.ctx, w); err != nil {
					// One that was pushed aside is written again.
					h.ok(h.Write(h.ctx, w))
				}
			})
		}
		wg.Wait()
		h.want("at once", many(20, "high"))
	}
}

func checkGone(h *harness) {
	h.write(1, join(sample(1, "a"), sample(2, "b")))
	h.remove(3, join(sample(1, "a"), sample(9, "was never there")))
	h.want("gone", sample(2, "b"))
	h.write(2, sample(1, "late"))
	h.want("gone, and written late", sample(2, "b"))
	h.remove(3, sample(1, "a"))
	h.want("gone again", sample(2, "b"))
}

func checkComesBack(h *harness) {
	h.write(1, sample(1, "a"))
	h.remove(2, sample(1, "a"))
	h.write(3, sample(1, "back"))
	h.want("back", sample(1, "back"))
}

func checkSweep(h *harness) {
	h.write(1, join(sample(1, "a"), sample(2, "b")))
	h.write(2, join(sample(3, "c"), sample(4, "d")))
	h.write(3, join(sample(2, "b2"), sample(5, "e")))
	h.ok(h.Sweep(h.ctx, 2))
	h.want("swept", join(sample(2, "b2"), sample(5, "e")))
	h.ok(h.Sweep(h.ctx, 2))
	h.write(4, sample(1, "again"))
	h.want("written after a sweep", join(sample(1, "again"), join(sample(2, "b2"), sample(5, "e"))))
	if m, err := h.Prepare(h.ctx); err != nil || m != mark(4) {
		h.Errorf("after a sweep the mark is %+v, %v", m, err)
	}
}

func checkPages(h *harness) {
	rows := many(250, "a")
	h.write(1, rows)
	for _, limit := range []int{7, 250, 1000} {
		h.wantRows("by pages", rows, h.scanned(limit))
	}
}

func checkDeadline(h *harness) {
	ended, cancel := context.WithCancel(h.ctx)
	cancel()
	if err := h.Write(ended, sink.Writing{Mark: mark(1), Rows: h.kept(sample(1, "a"))}); err == nil || errors.Is(err, sink.ErrRow) {
		h.Errorf("a write whose context is over: %v, want an error that is not the rows'", err)
	}
	h.write(2, sample(2, "b"))
}
