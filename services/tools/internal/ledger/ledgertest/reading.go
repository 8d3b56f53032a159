package ledgertest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func readEntries() []entry {
	return []entry{
		{"list pages newest first", checkList, breaking(func(b *broken) {
			b.list = func(ctx context.Context, q ledger.Query) ([]ledger.Stored, string, error) {
				q.Token = ""
				return b.Ledger.List(ctx, q)
			}
		})},
		{"list finds the run of a call", checkListFindsCall, breaking(func(b *broken) {
			b.list = func(ctx context.Context, q ledger.Query) ([]ledger.Stored, string, error) {
				q.Call = ""
				return b.Ledger.List(ctx, q)
			}
		})},
		{"list selects by source and by state of calls", checkListSelects, breaking(func(b *broken) {
			b.list = func(ctx context.Context, q ledger.Query) ([]ledger.Stored, string, error) {
				q.Source, q.CallState = "", ""
				return b.Ledger.List(ctx, q)
			}
		})},
		{"changed tells each change once", checkChanged, breaking(func(b *broken) {
			b.changed = func(ctx context.Context, cursor int64, limit int) ([]ledger.Stored, int64, error) {
				list, _, err := b.Ledger.Changed(ctx, cursor, limit)
				return list, cursor, err
			}
		})},
		{"subscribers are woken", checkSubscribe, breaking(func(b *broken) {
			b.subscribe = func() (<-chan struct{}, func()) { return make(chan struct{}), func() {} }
		})},
	}
}

func runIDs(list []ledger.Stored) []string {
	var ids []string
	for _, s := range list {
		ids = append(ids, s.Run.GetRunId())
	}
	return ids
}

func wantRuns(h *harness, what string, got []ledger.Stored, want ...int) {
	h.Helper()
	var ids []string
	for _, n := range want {
		ids = append(ids, id(kindRun, n))
	}
	if !slices.Equal(runIDs(got), ids) {
		h.Errorf("%s: runs %v, want %v", what, runIDs(got), ids)
	}
}

func checkList(h *harness) {
	for n := range 5 {
		h.pinned(n, h.intent(n, n, "set"))
	}
	var token string
	for _, page := range [][]int{{4, 3}, {2, 1}, {0}} {
		list, next, err := h.List(h.ctx, ledger.Query{Limit: 2, Token: token})
		h.ok(err)
		wantRuns(h, "page", list, page...)
		for _, s := range list {
			if len(s.Run.GetCalls()) != 1 || s.Run.GetPlan() == nil || s.Event != nil {
				h.Errorf("listed run without its plan or calls, or with its event: %v", s)
			}
		}
		if last := len(page) == 1; last != (next == "") {
			h.Fatalf("page %v is followed by %q", page, next)
		}
		token = next
	}
	if _, _, err := h.List(h.ctx, ledger.Query{Limit: 2, Token: "bad"}); !errors.Is(err, ledger.ErrToken) {
		h.Errorf("a made-up token: %v, want ErrToken", err)
	}
}

func checkListSelects(h *harness) {
	jira := event(1)
	jira.Source = "jira"
	_, err := h.Open(h.ctx, opening(1, jira))
	h.ok(err)
	h.pinned(2, h.intent(2, 2, "set"))
	h.pinned(3, h.intent(3, 3, "set"))
	h.settle(3, "done", "")
	for _, tc := range []struct {
		query ledger.Query
		want  []int
	}{
		{ledger.Query{}, []int{3, 2, 1}},
		{ledger.Query{Source: "jira"}, []int{1}},
		{ledger.Query{Source: "notion"}, nil},
		{ledger.Query{CallState: "done"}, []int{3}},
		{ledger.Query{CallState: "running", Source: "github"}, []int{2}},
		{ledger.Query{CallState: "running", Source: "jira"}, nil},
	} {
		tc.query.Limit = 10
		list, _, err := h.List(h.ctx, tc.query)
		h.ok(err)
		wantRuns(h, "selected", list, tc.want...)
	}
}

func checkListFindsCall(h *harness) {
	for n := 1; n <= 3; n++ {
		h.pinned(n, h.intent(n, n, "set"))
	}
	h.settle(3, "done", "")
	for _, tc := range []struct {
		query ledger.Query
		want  []int
	}{
		{ledger.Query{Call: ledger.CallID(id(kindCall, 2))}, []int{2}},
		{ledger.Query{Call: ledger.CallID(id(kindCall, 3)), CallState: "done", Source: "github"}, []int{3}},
		{ledger.Query{Call: ledger.CallID(id(kindCall, 2)), CallState: "done"}, nil},
		{ledger.Query{Call: ledger.CallID(id(kindCall, 2)), Source: "jira"}, nil},
		{ledger.Query{Call: ledger.CallID(id(kindCall, 9))}, nil},
	} {
		tc.query.Limit = 10
		list, _, err := h.List(h.ctx, tc.query)
		h.ok(err)
		wantRuns(h, "found", list, tc.want...)
	}
}

func checkChanged(h *harness) {
	h.opened(1)
	_, cursor, err := h.Changed(h.ctx, -1, 10)
	h.ok(err)
	changed := func(limit int, want ...int) {
		h.Helper()
		list, next, err := h.Changed(h.ctx, cursor, limit)
		h.ok(err)
		wantRuns(h, "changed", list, want...)
		cursor = next
	}
	changed(10)
	h.opened(2)
	h.pinned(3, h.intent(3, 3, "set"))
	changed(10, 2, 3)
	changed(10)
	h.settle(3, "done", "")
	_, err = h.Pin(h.ctx, ledger.Pinning{Run: ledger.RunID(id(kindRun, 1)), Plan: plan("a")})
	h.ok(err)
	changed(1, 3)
	changed(1, 1)
	changed(1)
	h.settle(3, "done", "") // It is told again: nothing changes.
	changed(10)
}

func checkSubscribe(h *harness) {
	wake, cancel := h.Subscribe()
	woken := func() bool {
		select {
		case <-wake:
			return true
		case <-time.After(2 * time.Second):
			return false
		}
	}
	if h.pinned(1, h.intent(1, 1, "set")); !woken() {
		h.Errorf("not woken by open and pin")
	}
	if h.settle(1, "done", ""); !woken() {
		h.Errorf("not woken by record")
	}
	cancel()
	cancel() // Twice is harmless.
	h.opened(2)
}
