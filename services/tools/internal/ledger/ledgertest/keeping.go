package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// follower is a sink.
const follower ledger.Sink = "neo4j"

func keepEntries() []entry {
	return []entry{
		{"old bodies go, the newer ones and all else stay", checkPrune, breaking(func(b *broken) {
			b.prune = func(ctx context.Context, _ time.Time, limit int) (int, error) {
				return b.Ledger.PruneBodies(ctx, newClock().now.Add(1000*time.Hour), limit)
			}
		})},
		{"bodies of a wrong clock hide no older ones behind them", checkPruneBehind, breaking(func(b *broken) {
			b.prune = func(context.Context, time.Time, int) (int, error) { return 0, nil }
		})},
		{"a change that is forgotten is told nowhere", checkForgottenChange, breakForget(true)},
		{"a person who is forgotten is named nowhere", checkForgottenPerson, breakForget(true)},
		{"what does not name the forgotten stays as it is", checkUntouched, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, _ string, dry bool, _ func(ledger.Pass)) (ledger.Forgotten, error) {
				return b.Ledger.Forget(ctx, repo, dry, nil)
			}
		})},
		{"a place is forgotten with what lies in it", checkForgottenPlace, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, _ string, dry bool, _ func(ledger.Pass)) (ledger.Forgotten, error) {
				return b.Ledger.Forget(ctx, MarkedChange, dry, nil)
			}
		})},
		{"a dry run counts the same and writes nothing", checkDry, breakForget(false)},
		{"a redelivery of what is forgotten is known and acts on nothing", checkForgottenDelivery, breakOpen(func(o *ledger.Opening) {
			o.Event = proto.CloneOf(o.Event)
			o.Event.Id = id(kindEvent, 1000+int(o.Event.GetReceivedAt().GetSeconds()%1000))
			o.Run += ledger.RunID("1")
		})},
		{"calls about what is forgotten are not made, and hold their effects", checkForgottenCalls, breakForget(true)},
		{"who stops half-way and begins again ends the same", checkForgetAgain, breaking(func(b *broken) {
			var calls atomic.Int64
			b.forget = func(ctx context.Context, ref string, dry bool, _ func(ledger.Pass)) (ledger.Forgotten, error) {
				if calls.Add(1) > 1 {
					return ledger.Forgotten{}, ledger.ErrUnknownRef
				}
				return b.Ledger.Forget(ctx, ref, dry, nil)
			}
		})},
		{"a ref that nothing is known of is an error", checkForgetUnknown, breaking(func(b *broken) {
			b.forget = func(ctx context.Context, ref string, dry bool, _ func(ledger.Pass)) (ledger.Forgotten, error) {
				found, _ := b.Ledger.Forget(ctx, ref, dry, nil)
				return found, nil
			}
		})},
		{"what is told afterwards begins anew", checkAnew, breaking(func(b *broken) {
			b.open = func(ctx context.Context, o ledger.Opening) (ledger.Opened, error) {
				opened, err := b.Ledger.Open(ctx, o)
				if o.Event.GetId() == id(kindEvent, 900) {
					_, err = b.Ledger.Forget(ctx, MarkedChange, false, nil)
				}
				return opened, err
			}
		})},
		{"a webhook that comes meanwhile is forgotten or whole", checkForgetBeside, breaking(func(b *broken) {
			b.run = func(ctx context.Context, run ledger.RunID) (ledger.Stored, error) {
				stored, err := b.Ledger.Run(ctx, run)
				if stored.Event != nil {
					stored.Event.Ref = ""
				}
				return stored, err
			}
		})},
		{"calls that name the forgotten are made once, or not, and name nobody", checkForgetBesideCalls, breakForget(true)},
		{"whoever follows is told what was forgotten, and nobody afterwards", checkTidy, breaking(func(b *broken) {
			b.tidy = func(context.Context) error { return nil }
		})},
	}
}

// breakForget makes every Forget a dry one, or none.
func breakForget(dry bool) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.forget = func(ctx context.Context, ref string, _ bool, _ func(ledger.Pass)) (ledger.Forgotten, error) {
			return b.Ledger.Forget(ctx, ref, dry, nil)
		}
	})
}

func (h *harness) marked() {
	h.Helper()
	h.ok(Mark(h.ctx, h.Ledger, h.clock.Now()))
}

func (h *harness) forgotten(ref string) ledger.Forgotten {
	h.Helper()
	found, err := h.Forget(h.ctx, ref, false, nil)
	h.ok(err)
	return found
}

// told is all that the ledger tells to anybody, entries included.
func (h *harness) told() string {
	h.Helper()
	var b strings.Builder
	runs, _, err := h.List(h.ctx, ledger.Query{Limit: 100})
	h.ok(err)
	for _, r := range runs {
		s, err := h.Run(h.ctx, ledger.RunID(r.Run.GetRunId()))
		h.ok(err)
		fmt.Fprintln(&b, s.Run, s.Event)
	}
	for _, table := range []ledger.Table{ledger.Events, ledger.Entities, ledger.Links, ledger.Observations} {
		rows, _, err := h.Scan(h.ctx, table, "", 1000)
		h.ok(err)
		for _, r := range rows.Links {
			fmt.Fprintln(&b, r.From, r.Where, r.To, r.Author, r.Editor, r.EventID)
			r.Author, r.Editor = nil, nil
		}
		rows.Links = nil
		for _, e := range rows.Events {
			fmt.Fprintln(&b, e.ID, e.Head)
		}
		rows.Events = nil
		fmt.Fprintf(&b, "%+v\n", rows)
	}
	deliveries, err := h.ListDeliveries(h.ctx, ledger.DeliveryQuery{Limit: 100})
	h.ok(err)
	fmt.Fprintln(&b, deliveries.Records)
	lag, err := h.Lag(h.ctx, "clickhouse")
	h.ok(err)
	fmt.Fprintln(&b, lag.Parked)
	return b.String()
}

// entered is what the entries tell, as a sink reads them.
func (h *harness) entered() []ledger.Entry {
	h.Helper()
	_, held, err := h.Hold(h.ctx, follower, us, time.Minute)
	h.ok(err)
	if !held {
		h.Fatalf("the sink is held")
	}
	batch, err := h.Fix(h.ctx, follower, us, 1000)
	h.ok(err)
	return batch.Entries
}

func (h *harness) wantNone(text string, marks []string) {
	h.Helper()
	folded := strings.ToLower(text)
	for _, mark := range marks {
		if i := strings.Index(folded, strings.ToLower(mark)); i >= 0 {
			h.Errorf("%q is left: …%s…", mark, text[max(0, i-120):min(len(text), i+120)])
		}
	}
}

func (h *harness) wantAll(text string, marks []string) {
	h.Helper()
	for _, mark := range marks {
		if !strings.Contains(text, mark) {
			h.Fatalf("%q is not told to begin with", mark)
		}
	}
}

func checkPrune(h *harness) {
	for n := 1; n <= 5; n++ {
		h.opened(n)
	}
	before := h.told()
	third := event(3).GetReceivedAt().AsTime()
	for i, want := range []int{1, 1, 0} {
		n, err := h.PruneBodies(h.ctx, third, 1)
		h.ok(err)
		if n != want {
			h.Errorf("turn %d removed %d bodies, want %d", i, n, want)
		}
	}
	if diff := cmp.Diff(before, h.told()); diff != "" {
		h.Errorf("more than bodies went: %s", diff)
	}
	var all atomic.Int64
	together(4, func(int) {
		n, err := h.PruneBodies(h.ctx, third.Add(1000*time.Hour), 100)
		if err != nil {
			h.Errorf("prune beside others: %v", err)
		}
		all.Add(int64(n))
	})
	if all.Load() != 3 {
		h.Errorf("%d bodies were removed by four at once, want the other 3", all.Load())
	}
}

// What ingress dates by a clock that is ahead is kept until its date, and only that.
func checkPruneBehind(h *harness) {
	const ahead, due = 40, 3
	before := event(1).GetReceivedAt().AsTime().Add(1000 * time.Hour)
	for n := 1; n <= ahead+due; n++ {
		e := event(n)
		if n <= ahead {
			e.ReceivedAt = timestamppb.New(before.Add(time.Hour))
		}
		_, err := h.Open(h.ctx, opening(n, e))
		h.ok(err)
	}
	for turn, want := range []int{1, 1, 1, 0} {
		n, err := h.PruneBodies(h.ctx, before, 1)
		h.ok(err)
		if n != want {
			h.Errorf("turn %d removed %d bodies, want %d", turn, n, want)
		}
	}
}

func checkTidy(h *harness) {
	h.marked()
	// A sink that took all there was.
	batch := h.entered()
	cursor, _, err := h.Hold(h.ctx, follower, us, time.Minute)
	h.ok(err)
	h.ok(h.Confirm(h.ctx, follower, us, cursor.Number))
	found := h.forgotten(MarkedChange)
	follow := h.entered()
	touched := ledger.Touched(follow)
	if len(batch) == 0 || !slices.Contains(touched.Entities, MarkedChange) || len(touched.Links) == 0 || len(touched.Observations) == 0 || len(touched.Events) < 3 {
		h.Errorf("whoever follows is told %+v", touched)
	}
	if rows, err := h.Rows(h.ctx, touched); err != nil || slices.Contains(rows.Keys().Entities, MarkedChange) {
		h.Errorf("the rows are %+v, %v", rows.Keys(), err)
	}
	if last := follow[len(follow)-1].Position; last.Compare(found.Through) < 0 {
		h.Errorf("the last entry is %v, and Through is %v", last, found.Through)
	}
	h.ok(h.Tidy(h.ctx))
	if again := ledger.Touched(h.entered()); len(again.Entities) != len(touched.Entities) {
		h.Errorf("entries were emptied that are not followed")
	}
	cursor, _, err = h.Hold(h.ctx, follower, us, time.Minute)
	h.ok(err)
	h.ok(h.Confirm(h.ctx, follower, us, cursor.Number))
	h.ok(h.Tidy(h.ctx))
	h.ok(h.Rewind(h.ctx, follower, 0))
	for _, e := range h.entered() {
		h.wantNone(fmt.Sprintf("%+v", e), ChangeMarks())
	}
}
