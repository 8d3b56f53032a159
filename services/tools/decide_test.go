package tools_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools"
)

const (
	unpaired = "places: {github:acme/api: private, jira:ACME: private}\n"
	holding  = testPolicy + "tiers: {trusted: hold}\n"
)

// rejecting answers so that every call fails.
func rejecting(*executorv1.Command) *executorv1.Result {
	return &executorv1.Result{Outcome: "rejected", Reason: "not now"}
}

// tale is one ledger on which one policy comes after the other.
type tale struct {
	*testing.T
	ex  *testkit.Executor
	url string
}

func newTale(t *testing.T) tale {
	return tale{t, testkit.NewExecutor(t, token), "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")}
}

// with runs tools with a policy, and stops it again.
func (s tale) with(policy string, f func(t *testing.T, c client)) {
	s.Helper()
	s.Run("", func(t *testing.T) {
		f(t, startWith(t, func(cfg *tools.Config) {
			cfg.ExecutorEndpoint, cfg.DatabaseURL, cfg.Policy = s.ex.URL, s.url, []byte(policy)
		}, time.Now))
	})
}

// planned is the run of a merge, executed.
func (s tale) planned(policy string, states_ ...string) (run *toolsv1.Run) {
	s.Helper()
	s.with(policy, func(t *testing.T, c client) {
		id := open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun().GetRunId()
		run = execute(t, c, id, plan()).GetRun()
		want(t, states(run), states_...)
	})
	return run
}

// A call that had failed was made again as it was decided once, though policy had
// forbidden it since.
func TestARetryIsDecidedByThePolicyOfNow(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		want   string
		detail string
	}{
		"as before":      {testPolicy, "queued ", "tried again as ana asked"},
		"the pair gone":  {unpaired, "refused target", "and by now policy has it refused"},
		"target gone":    {testPolicy + "targets: {jira.add_comment: []}\n", "refused target", "and by now policy has it refused"},
		"off":            {testPolicy + "tiers: {trusted: off}\n", "refused tier_off", "and by now policy has it refused"},
		"held":           {holding, "held tier", "and by now policy has it held"},
		"the switch":     {testPolicy + "kill_switch: on\n", "refused kill_switch", "and by now policy has it refused"},
		"a dry run":      {testPolicy + "dry_run: on\n", "queued policy", "and by now policy only has it shown"},
		"memory only":    {testPolicy + "authn: {signature: memory}\n", "refused authn", "and by now policy has it refused"},
		"budget, its":    {testPolicy + "budgets: {place: 2/h}\n", "queued ", "tried again as ana asked"},
		"budget, spent":  {testPolicy + "budgets: {place: 1/h}\n", "refused budget", "have caused the 1 calls"},
		"another choice": {strings.Replace(testPolicy, "[Done]", "[Closed]", 1), "queued ", "tried again as ana asked"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.ex.Answer(rejecting)
			run := s.planned(testPolicy, "failed rejected", "failed rejected")
			asked := acts(s.ex)
			s.with(c.policy, func(t *testing.T, cl client) {
				resp, err := cl.runs.RetryCall(t.Context(), &toolsv1.RetryCallRequest{RunId: run.GetRunId(), CallId: run.GetCalls()[0].GetCallId(), By: "ana"})
				if err != nil {
					t.Fatal(err)
				}
				want(t, states(resp.GetRun()), c.want, "failed rejected")
				said := ""
				for _, e := range resp.GetRun().GetCalls()[0].GetEvidence() {
					said += e.GetDetail() + "\n"
				}
				if !strings.Contains(said, c.detail) {
					t.Errorf("it says\n%s", said)
				}
			})
			if n := acts(s.ex); c.want != "queued " && n != asked {
				t.Errorf("%d attempts, were %d", n, asked)
			}
		})
	}
}

func acts(ex *testkit.Executor) (n int) {
	for _, times := range ex.Acts() {
		n += times
	}
	return n
}

// What a hook's second delivery starts again is no exception.
func TestARedeliveryIsDecidedByThePolicyOfNow(t *testing.T) {
	s := newTale(t)
	s.ex.Answer(rejecting)
	run := s.planned(testPolicy, "failed rejected", "failed rejected")
	s.ex.Answer(func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "done"} })
	s.with(strings.Replace(testPolicy, "[Done]", "[Closed]", 1), func(t *testing.T, c client) {
		if _, err := c.runs.ExecuteRun(t.Context(), &toolsv1.ExecuteRunRequest{RunId: run.GetRunId()}); err != nil {
			t.Fatal(err)
		}
		want(t, states(settled(t, c, run.GetRunId())), "done ", "refused choice")
	})
}

// An approval forgave all that policy had to say since.
func TestAnApprovalIsDecidedByThePolicyOfNow(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		want   string
		detail string
	}{
		"as before":        {holding, "done ", "approved by ana"},
		"not held anymore": {testPolicy, "done ", "approved by ana"},
		"the pair gone":    {unpaired, "refused target", "and by now policy has it refused"},
		"off":              {testPolicy + "tiers: {trusted: off}\n", "refused tier_off", "and by now policy has it refused"},
		"the switch":       {holding + "kill_switch: on\n", "refused kill_switch", "and by now policy has it refused"},
		"a dry run":        {holding + "dry_run: on\n", "dry_run policy", "and by now policy only has it shown"},
		"tells the public": {strings.Replace(holding, "jira:ACME: private", "jira:ACME: public", 1), "held tier", "and by now policy holds it for private_to_public"},
		"budget":           {holding + "budgets: {place: 0/h}\n", "refused budget", "approved by ana"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			run := s.planned(holding, "held tier", "held tier")
			held := run.GetCalls()[0]
			s.with(c.policy, func(t *testing.T, cl client) {
				req := &toolsv1.DecideCallRequest{RunId: run.GetRunId(), CallId: held.GetCallId(), Approve: true, By: "ana"}
				if _, err := cl.runs.DecideCall(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				after := settled(t, cl, run.GetRunId())
				want(t, states(after), c.want, "held tier")
				said := ""
				for _, e := range after.GetCalls()[0].GetEvidence() {
					said += e.GetDetail() + "\n"
				}
				if !strings.Contains(said, c.detail) {
					t.Errorf("it says\n%s", said)
				}
			})
			if n := acts(s.ex); (n > 0) != (c.want == "done ") {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

// Policy lets other links stand by now, so another text would be sent than was looked at.
func TestAnApprovalOfAnotherRequestIsNone(t *testing.T) {
	s := newTale(t)
	const linking = holding + "links: [wiki.acme.example]\n"
	p := plan()
	p.Calls[0].Arguments["body"] = &toolsv1.Argument{Value: &toolsv1.Argument_Text{Text: "see https://wiki.acme.example/page"}}
	var run *toolsv1.Run
	s.with(linking, func(t *testing.T, c client) {
		run = execute(t, c, open(t, c, sealedInput(sealed(t, sealKey, merged(nil), "{}"))).GetRun().GetRunId(), p).GetRun()
		want(t, states(run), "held tier", "held tier")
	})
	held := run.GetCalls()[0]
	s.with(holding, func(t *testing.T, c client) {
		approve := func(digest string) (*toolsv1.Call, error) {
			resp, err := c.runs.DecideCall(t.Context(), &toolsv1.DecideCallRequest{RunId: run.GetRunId(), CallId: held.GetCallId(), Approve: true, By: "ana", Digest: digest})
			if err != nil {
				return nil, err
			}
			return resp.GetRun().GetCalls()[0], nil
		}
		got, err := approve(held.GetDigest())
		if err != nil {
			t.Fatal(err)
		}
		body := got.GetRequest().GetFields()["body"].GetStringValue()
		if got.GetState() != "held" || strings.Contains(body, "https://") || got.GetDigest() == held.GetDigest() {
			t.Fatalf("%s with %q, digest %q", got.GetState(), body, got.GetDigest())
		}
		if _, err := approve(held.GetDigest()); err == nil {
			t.Error("approved by the digest of a request that is not sent any more")
		}
		if got, err = approve(got.GetDigest()); err != nil || got.GetState() != "queued" {
			t.Errorf("what was looked at again: %v, %v", got, err)
		}
	})
}

// What waited for its next attempt acted on a target that policy had forbidden since.
func TestWhatWaitsIsHeldToThePolicyOfNow(t *testing.T) {
	for name, c := range map[string]struct{ policy, want string }{
		"as before":     {testPolicy, "done "},
		"the pair gone": {unpaired, "refused target"},
		"held by now":   {holding, "done "}, // It was let through before.
		"shown by now":  {testPolicy + "authn: {signature: dry_run}\n", "refused authn"},
		"the switch":    {testPolicy + "kill_switch: on\n", "failed rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.ex.Answer(func(*executorv1.Command) *executorv1.Result {
				return &executorv1.Result{Outcome: "retry", Reason: "provider_away"}
			})
			run := s.planned(testPolicy, "queued provider_away", "queued provider_away")
			s.ex.Answer(func(*executorv1.Command) *executorv1.Result { return &executorv1.Result{Outcome: "done"} })
			t.Run("later", func(t *testing.T) {
				cl := startWith(t, func(cfg *tools.Config) {
					cfg.ExecutorEndpoint, cfg.DatabaseURL, cfg.Policy = s.ex.URL, s.url, []byte(c.policy)
				}, func() time.Time { return time.Now().Add(time.Minute) })
				after := settled(t, cl, run.GetRunId())
				want(t, states(after), c.want, c.want)
				if e := after.GetCalls()[0].GetEvidence(); c.want == "refused target" && !strings.Contains(e[len(e)-1].GetDetail(), "pairs in POLICY_FILE") {
					t.Errorf("evidence %v", e)
				}
			})
		})
	}
}
