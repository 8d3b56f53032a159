package call_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// notes is a ledger that keeps outcomes.
type notes struct {
	ledger.Ledger
	outcomes []ledger.Outcome
}

func (n *notes) Record(_ context.Context, _ ledger.RunID, outcomes []ledger.Outcome) (ledger.Stored, error) {
	n.outcomes = append(n.outcomes, outcomes...)
	return ledger.Stored{}, nil
}

func (*notes) Extend(context.Context, ledger.Owner, ledger.CallID, time.Time, time.Time) (bool, error) {
	return true, nil
}

// scripted answers every command with one result, and keeps the last command.
type scripted struct {
	result *executorv1.Result
	err    error
	asked  *executorv1.Command
}

func (s *scripted) Invoke(_ context.Context, cmd *executorv1.Command) (*executorv1.Result, error) {
	s.asked = cmd
	return s.result, s.err
}

func failed(n int) (list []*toolsv1.Evidence) {
	for range n {
		list = append(list, &toolsv1.Evidence{Kind: "attempt", Detail: "provider_away: HTTP 502"})
	}
	return list
}

func late(n int) (list []*toolsv1.Evidence) {
	for range n {
		list = append(list, &toolsv1.Evidence{Kind: "attempt", Detail: "deadline"})
	}
	return list
}

func TestAttempt(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	over := call.LookAt(now.Add(call.AttemptTime))
	result := func(outcome, reason string) *executorv1.Result {
		return &executorv1.Result{Outcome: outcome, Reason: reason}
	}
	dry := []*toolsv1.Evidence{{Kind: ledger.EvidenceDryRun, Detail: "policy: dry_run in POLICY_FILE is on"}}
	limited := result("retry", "rate_limited")
	limited.RetryAfter = durationpb.New(time.Minute)
	later := result("unknown", "")
	later.RetryAfter = durationpb.New(10 * time.Minute)
	sooner := result("unknown", "")
	sooner.RetryAfter = durationpb.New(time.Second)
	for name, c := range map[string]struct {
		class, mode string // set, act
		begun       bool
		evidence    []*toolsv1.Evidence
		result      *executorv1.Result
		err         error

		asked         string // act
		waited        string // the reason that it is queued for
		state, reason string
		next          time.Time
		mayCome       bool
		blocked       time.Time
		evidenceHas   string
		notAttempted  bool
	}{
		"done":                    {result: result("done", ""), state: "done"},
		"already":                 {result: result("already", ""), state: "done", evidenceHas: "it was so before"},
		"rejected":                {result: result("rejected", "no such issue"), state: "failed", reason: "rejected", evidenceHas: "no such issue"},
		"first failure":           {result: result("retry", "provider_away"), state: "queued", reason: "provider_away", next: now.Add(2 * time.Second), evidenceHas: "provider_away"},
		"the cause is told":       {result: &executorv1.Result{Outcome: "retry", Reason: "provider_away", HttpStatus: 503, Detail: "Jira says 503: down for an hour"}, state: "queued", reason: "provider_away", next: now.Add(2 * time.Second), evidenceHas: "provider_away: Jira says 503: down for an hour"},
		"third failure":           {evidence: failed(2), result: result("retry", "provider_away"), state: "queued", reason: "provider_away", next: now.Add(8 * time.Second)},
		"ninth failure":           {evidence: failed(8), result: result("retry", "provider_away"), state: "queued", reason: "provider_away", next: now.Add(5 * time.Minute)},
		"tenth failure":           {evidence: failed(9), result: result("retry", "provider_away"), state: "failed", reason: "attempts"},
		"tenth, after a restart":  {evidence: append(failed(9), &toolsv1.Evidence{Kind: "retry"}), result: result("retry", "provider_away"), state: "queued", reason: "provider_away", next: now.Add(2 * time.Second)},
		"told to wait":            {result: limited, state: "queued", reason: "rate_limited", next: now.Add(time.Minute), blocked: now.Add(time.Minute)},
		"told to wait, once more": {evidence: failed(9), result: limited, state: "queued", reason: "rate_limited", next: now.Add(5 * time.Minute), blocked: now.Add(time.Minute)},
		"too late to start":       {result: result("retry", "deadline"), state: "queued", reason: "deadline", next: now.Add(2 * time.Second)},
		"too late once more":      {evidence: late(3), result: result("retry", "deadline"), state: "queued", reason: "deadline", next: now.Add(16 * time.Second)},
		"too late all the time":   {evidence: late(30), result: result("retry", "deadline"), state: "queued", reason: "deadline", next: now.Add(5 * time.Minute)},
		"too late, and failing":   {evidence: append(late(3), failed(1)...), result: result("retry", "provider_away"), state: "queued", reason: "provider_away", next: now.Add(4 * time.Second)},
		"too late, after a retry": {evidence: append(late(9), &toolsv1.Evidence{Kind: "retry"}), result: result("retry", "deadline"), state: "queued", reason: "deadline", next: now.Add(2 * time.Second)},

		"set, unknown":             {result: result("unknown", "timeout"), state: "queued", reason: "provider_away", next: over, mayCome: true},
		"set, unknown, wait":       {result: later, state: "queued", reason: "provider_away", next: now.Add(10 * time.Minute), mayCome: true},
		"set, unknown, short wait": {result: sooner, state: "queued", reason: "provider_away", next: over, mayCome: true},
		"create, unknown, wait":    {class: "create", result: later, state: "queued", reason: "provider_away", next: now.Add(10 * time.Minute), mayCome: true},
		"set, tenth, wait":         {evidence: failed(9), result: later, state: "unknown", reason: "attempts", mayCome: true},
		"set, no answer":           {err: &call.InvokeError{Err: errors.New("timeout")}, state: "queued", reason: "executor_away", next: over, mayCome: true},
		"set, tenth without one":   {evidence: failed(9), err: &call.InvokeError{Err: errors.New("timeout")}, state: "unknown", reason: "attempts", mayCome: true},
		"never sent":               {err: &call.InvokeError{NotSent: true, Err: errors.New("refused")}, state: "queued", reason: "executor_away", next: now.Add(2 * time.Second), notAttempted: true},
		"no room for it":           {err: &call.InvokeError{NotSent: true, Busy: true, Err: errors.New("too many")}, state: "queued", reason: "rate_limited", next: now.Add(2 * time.Second), notAttempted: true, evidenceHas: "the executor is busy: too many"},
		"no room for it, begun":    {begun: true, err: &call.InvokeError{NotSent: true, Busy: true, Err: errors.New("too many")}, state: "queued", reason: "rate_limited", next: now.Add(2 * time.Second), notAttempted: true, mayCome: true},
		"never to be sent":         {err: &call.InvokeError{NotSent: true, Refused: true, Err: errors.New("too large")}, state: "failed", reason: "rejected", evidenceHas: "too large"},
		"read, no answer":          {class: "read", err: &call.InvokeError{Err: errors.New("timeout")}, state: "queued", reason: "executor_away", next: now.Add(2 * time.Second)},
		"dry run, no answer":       {mode: "dry_run", asked: "dry_run", err: &call.InvokeError{Err: errors.New("timeout")}, state: "queued", reason: "executor_away", next: now.Add(2 * time.Second)},
		"dry run, after a wait":    {mode: "dry_run", asked: "dry_run", waited: "provider_away", evidence: dry, result: result("dry_run", ""), state: "dry_run", reason: "policy"},
		"dry run, rejected":        {mode: "dry_run", asked: "dry_run", waited: "provider_away", evidence: dry, result: result("rejected", "no such tool"), state: "failed", reason: "rejected"},
		"dry run, tenth failure":   {mode: "dry_run", asked: "dry_run", evidence: slices.Concat(dry, failed(9)), result: result("retry", "provider_away"), state: "failed", reason: "attempts"},
		"no token":                 {waited: "provider_away", result: result("dry_run", "no_token"), state: "dry_run", reason: "no_token"},
		"done, but for a part":     {result: result("done", "GitHub did not add x"), state: "done", evidenceHas: "GitHub did not add x"},
		"create, unknown":          {class: "create", result: result("unknown", ""), state: "queued", reason: "provider_away", next: over, mayCome: true},
		"create, no answer":        {class: "create", err: &call.InvokeError{Err: errors.New("timeout")}, state: "queued", reason: "executor_away", next: over, mayCome: true},
		"begun, then rejected":     {begun: true, result: result("rejected", "kill_switch"), state: "unknown", reason: "rejected", evidenceHas: "kill_switch\nan attempt before this one had no answer and may have acted"},
		"begun, never to be sent":  {begun: true, err: &call.InvokeError{NotSent: true, Refused: true, Err: errors.New("too large")}, state: "unknown", reason: "rejected", evidenceHas: "may have acted"},
		"read, begun, rejected":    {class: "read", begun: true, result: result("rejected", "gone"), state: "failed", reason: "rejected"},
		"set, begun":               {begun: true, result: result("already", ""), state: "done"},
		"looked for and there":     {class: "create", begun: true, asked: "look", result: result("done", ""), state: "done"},
		"looked for and not there": {class: "create", begun: true, asked: "look", result: result("rejected", "not_found"), state: "queued", next: now, evidenceHas: "not made"},
		"looked for, nobody knows": {class: "create", begun: true, asked: "look", result: result("unknown", "no marker"), state: "unknown", evidenceHas: "no marker"},
		"looked for, not allowed":  {class: "create", begun: true, asked: "look", result: result("rejected", "forbidden"), state: "unknown", evidenceHas: "forbidden"},
		"looked for, later":        {class: "create", begun: true, asked: "look", result: result("retry", "provider_away"), state: "queued", reason: "provider_away", next: now.Add(2 * time.Second), mayCome: true},
		"looked for, never sent":   {class: "create", begun: true, asked: "look", err: &call.InvokeError{NotSent: true, Err: errors.New("refused")}, state: "queued", reason: "executor_away", next: now.Add(2 * time.Second), mayCome: true, notAttempted: true},
		"looked for too often":     {class: "create", begun: true, asked: "look", evidence: failed(9), result: result("retry", "provider_away"), state: "unknown", reason: "attempts"},
	} {
		t.Run(name, func(t *testing.T) {
			given := ledger.Call{
				Shown: &toolsv1.Call{CallId: "c", Tool: "jira.transition", Class: or(c.class, "set"), State: "running", Reason: c.waited, Evidence: c.evidence},
				Mode:  or(c.mode, "act"), NotAfter: now.Add(call.AttemptTime), Begun: c.begun, ValidUntil: now.Add(call.ValidFor),
			}
			n, executor := &notes{}, &scripted{result: c.result, err: c.err}
			p := &call.Performer{Ledger: n, Executor: executor, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }}
			if _, err := p.Perform(t.Context(), "run", []ledger.Call{given}, given.NotAfter); err != nil {
				t.Fatal(err)
			}
			if len(n.outcomes) != 1 {
				t.Fatalf("outcomes %v", n.outcomes)
			}
			o := n.outcomes[0]
			if o.State != c.state || o.Reason != c.reason || !o.NextAt.Equal(c.next) || o.MayCome != c.mayCome || !o.Blocked.Equal(c.blocked) || o.Attempted == c.notAttempted {
				t.Errorf("got %s %q next %v may come %v blocked %v attempted %v", o.State, o.Reason, o.NextAt, o.MayCome, o.Blocked, o.Attempted)
			}
			if executor.asked.GetMode() != or(c.asked, "act") {
				t.Errorf("asked to %s", executor.asked.GetMode())
			}
			var details []string
			for _, e := range o.Evidence {
				details = append(details, e.GetDetail())
			}
			if !strings.Contains(strings.Join(details, "\n"), c.evidenceHas) {
				t.Errorf("evidence %q lacks %q", details, c.evidenceHas)
			}
		})
	}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// Calls that failed together are not tried together again.
func TestBackoffIsJittered(t *testing.T) {
	now := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	n := &notes{}
	random := []float64{0, 0.5, 0.999}
	p := &call.Performer{
		Ledger: n, Executor: &scripted{result: &executorv1.Result{Outcome: "retry", Reason: "provider_away"}}, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now }, Random: func() float64 { r := random[0]; random = random[1:]; return r },
	}
	for range 3 {
		c := ledger.Call{Shown: &toolsv1.Call{CallId: "c", Class: "set", Evidence: failed(3)}, Mode: "act", NotAfter: now.Add(time.Second)}
		if _, err := p.Perform(t.Context(), "run", []ledger.Call{c}, c.NotAfter); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []time.Duration{8 * time.Second, 12 * time.Second, 15992 * time.Millisecond} {
		if got := n.outcomes[i].NextAt.Sub(now); got.Round(time.Millisecond) != want {
			t.Errorf("wait %v, want %v", got, want)
		}
	}
}
