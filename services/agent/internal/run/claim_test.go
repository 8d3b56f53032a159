package run_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

// behind is a ledger with n runs that an agent left behind.
func behind(n int) *ledger {
	l := created()
	l.claim = func(req *toolsv1.ClaimRunsRequest) (*toolsv1.ClaimRunsResponse, error) {
		resp := &toolsv1.ClaimRunsResponse{}
		for ; n > 0 && len(resp.GetRuns()) < int(req.GetLimit()); n-- {
			resp.Runs = append(resp.Runs, &toolsv1.ClaimedRun{Run: fresh(), Event: event(), Links: issues()})
		}
		return resp, nil
	}
	return l
}

func TestClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := behind(12)
		r, _ := runner(t, l, 100)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Claim(ctx) }()

		pass(time.Second)
		if n := len(l.executions()); n != 0 {
			t.Errorf("%d executions before the first claim", n)
		}
		pass(1500 * time.Millisecond)
		if n := len(l.executions()); n != 12 {
			t.Errorf("%d executions, want 12", n)
		}
		// It asked again at once for as long as there was more. Ten large events
		// in one message were more than it holds, and none of them was decided.
		if want := slices.Repeat([]uint32{1}, 13); !slices.Equal(l.claims(), want) {
			t.Errorf("limits %v, want %v", l.claims(), want)
		}
		for _, e := range l.executions() {
			if len(e.GetPlan().GetCalls()) != 1 {
				t.Errorf("plan %v", e.GetPlan())
			}
		}
		cancel()
		<-done
	})
}

func TestClaimLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := behind(5)
		slow(l, 10*time.Second)
		r, _ := runner(t, l, 3)
		ctx, cancel := context.WithCancel(t.Context())
		go r.Claim(ctx)
		pass(5 * time.Second)
		// With every slot taken nothing is claimed: it would only wait.
		if want := []uint32{1, 1, 1}; !slices.Equal(l.claims(), want) {
			t.Errorf("limits %v, want %v", l.claims(), want)
		}
		pass(20 * time.Second)
		if n := len(l.executions()); n != 5 {
			t.Errorf("%d executions, want 5", n)
		}
		cancel()
		r.Drain(t.Context())
	})
}

func TestClaimSaysOnceThatToolsIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := created()
		l.claim = func(*toolsv1.ClaimRunsRequest) (*toolsv1.ClaimRunsResponse, error) {
			return nil, fault.New(fault.Unavailable, "away")
		}
		r, logged := runner(t, l, 3)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Claim(ctx) }()
		pass(time.Minute)
		cancel()
		<-done
		if n := strings.Count(logged.String(), "can't be claimed"); n != 1 {
			t.Errorf("said %d times:\n%s", n, logged)
		}
	})
}
