package command_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/command"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// stub is an action that answers, fails or panics.
type stub struct {
	run func(ctx context.Context) (*executorv1.Result, error)
}

func (stub) Input() proto.Message { return &toolsv1.JiraTransitionInput{} }

func (s stub) Run(ctx context.Context, _ *executorv1.Command, _ proto.Message) (*executorv1.Result, error) {
	return s.run(ctx)
}

func invoke(t *testing.T, payload string, run func(context.Context) (*executorv1.Result, error)) (string, error) {
	t.Helper()
	r := command.Runner{
		Actions: map[string]action.Action{"jira.transition": stub{run: run}},
		Log:     slog.New(slog.DiscardHandler),
		Now:     func() time.Time { return noon },
	}
	out, err := r.Invoke(context.Background(), []byte(payload))
	return string(out), err
}

func payload(edit func(map[string]any)) string {
	cmd := map[string]any{
		"call_id":    "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11",
		"effect_key": "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10",
		"mode":       "act",
		"class":      "set",
		"tool":       "jira.transition",
		"target":     "jira:issue:ACME-7",
		"payload":    map[string]any{"status": "Done"},
		"not_after":  "2026-01-02T12:00:01Z",
	}
	edit(cmd)
	b, err := json.Marshal(cmd)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func done(context.Context) (*executorv1.Result, error) {
	return &executorv1.Result{Outcome: action.Done}, nil
}

func TestInvokeAnswersWithEveryFieldByItsProtoName(t *testing.T) {
	got, err := invoke(t, payload(func(map[string]any) {}), done)
	want := `{"outcome":"done","reason":"","ref":"","url":"","request":null,"retry_after":null,"http_status":0,"account":"","observed":{},"detail":""}`
	if err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestInvokeRejectsBeforeTheAction(t *testing.T) {
	never := func(context.Context) (*executorv1.Result, error) {
		t.Error("the action was run")
		return done(context.Background())
	}
	for name, c := range map[string]struct {
		payload string
		outcome string
		reason  string
	}{
		"no JSON":         {`{`, "rejected", "command: "},
		"empty":           {``, "rejected", "command: "},
		"unknown field":   {payload(func(m map[string]any) { m["shell"] = "ls" }), "rejected", "command: "},
		"no call_id":      {payload(func(m map[string]any) { delete(m, "call_id") }), "rejected", "call_id"},
		"unknown mode":    {payload(func(m map[string]any) { m["mode"] = "force" }), "rejected", "mode"},
		"no not_after":    {payload(func(m map[string]any) { delete(m, "not_after") }), "rejected", "not_after"},
		"unknown tool":    {payload(func(m map[string]any) { m["tool"] = "jira.delete" }), "rejected", `tool "jira.delete"`},
		"invalid payload": {payload(func(m map[string]any) { m["payload"] = map[string]any{"status": ""} }), "rejected", "status"},
		"foreign target":  {payload(func(m map[string]any) { m["target"] = "jira:project:ACME" }), "rejected", "target"},
		"target smuggled in the payload": {payload(func(m map[string]any) {
			m["target"] = ""
			m["payload"] = map[string]any{"status": "Done", "target": "jira:issue:OTHER-1"}
		}), "rejected", "target"},
		"too late":         {payload(func(m map[string]any) { m["not_after"] = "2026-01-02T11:59:59Z" }), "retry", "deadline"},
		"at the last tick": {payload(func(m map[string]any) { m["not_after"] = "2026-01-02T12:00:00Z" }), "retry", "deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := invoke(t, c.payload, never)
			if err != nil {
				t.Fatal(err)
			}
			var result struct{ Outcome, Reason string }
			if err := json.Unmarshal([]byte(got), &result); err != nil {
				t.Fatal(err)
			}
			if result.Outcome != c.outcome || !strings.Contains(result.Reason, c.reason) {
				t.Errorf("got %+v, want %s and %q", result, c.outcome, c.reason)
			}
			if n := len([]rune(result.Reason)); n > 400 {
				t.Errorf("the reason has %d characters", n)
			}
		})
	}
}

func TestInvokeBoundsAnEffectByItsNotAfter(t *testing.T) {
	for mode, bounded := range map[string]bool{"act": true, "look": false, "dry_run": false} {
		p := payload(func(m map[string]any) { m["mode"] = mode })
		_, err := invoke(t, p, func(ctx context.Context) (*executorv1.Result, error) {
			if _, ok := ctx.Deadline(); ok != bounded {
				t.Errorf("mode %s: deadline %v, want %v", mode, ok, bounded)
			}
			return done(ctx)
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestInvokeRunsWhatHasNoEffectAfterNotAfter(t *testing.T) {
	got, err := invoke(t, payload(func(m map[string]any) {
		m["mode"], m["not_after"] = "look", "2026-01-02T11:00:00Z"
	}), done)
	if err != nil || !strings.Contains(got, `"done"`) {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestInvokeFailsWhenNobodyKnows(t *testing.T) {
	p := payload(func(map[string]any) {})
	cause := errors.New("connection reset")
	if _, err := invoke(t, p, func(context.Context) (*executorv1.Result, error) { return nil, cause }); !errors.Is(err, cause) {
		t.Errorf("got %v, want the action's error", err)
	}
	_, err := invoke(t, p, func(context.Context) (*executorv1.Result, error) { panic("token=hunter2") })
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error that keeps the panic's value", err)
	}
}
