package actiontest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// stage is one entry's world, with an action that may act in it.
type stage struct {
	Case
	World
	class  string
	action action.Action
	now    atomic.Pointer[time.Time]
	log    bytes.Buffer
}

func open(t *testing.T, c Case) *stage {
	t.Helper()
	s := &stage{Case: c, World: c.Open(t), class: class(t, c.Tool)}
	noon := Noon()
	s.now.Store(&noon)
	s.action = s.reach(s.URL, true)
	t.Cleanup(func() { s.silent(t, "the log", s.log.String()) })
	return s
}

func (s *stage) reach(at string, authorized bool) action.Action {
	return s.New(Reach{
		URL: at, Authorized: authorized, Transport: action.Transport(),
		Now: func() time.Time { return *s.now.Load() },
		Log: slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
}

// silent demands that no credentials are told.
func (s *stage) silent(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range s.Secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in %s: %s", where, text)
		}
	}
}

// run runs the case's command in a mode.
func (s *stage) run(t *testing.T, mode string) *executorv1.Result {
	t.Helper()
	return s.runBy(t, s.action, mode)
}

func (s *stage) runBy(t *testing.T, act action.Action, mode string) *executorv1.Result {
	t.Helper()
	cmd := Command(t, s.Case, mode)
	input := act.Input()
	if err := action.Decode(cmd, input); err != nil {
		t.Fatal(err)
	}
	before := proto.Clone(cmd)
	got, err := act.Run(t.Context(), cmd, input)
	if err != nil {
		s.silent(t, "the error", err.Error())
		t.Fatal(err)
	}
	if !proto.Equal(before, cmd) {
		t.Error("the action changed its command")
	}
	s.silent(t, "the result", render(t, got))
	return got
}

// want is a result's outcome and, if not "", its reason.
func want(t *testing.T, got *executorv1.Result, outcome, reason string) {
	t.Helper()
	if got.GetOutcome() != outcome || reason != "" && got.GetReason() != reason {
		t.Errorf("got %s, want %s %s", render(t, got), outcome, reason)
	}
}

// made is how often something was changed at the provider.
func (s *stage) made(t *testing.T, want int) {
	t.Helper()
	var all []string
	for _, change := range s.Changes() {
		if change.What != "token made" {
			all = append(all, change.What+" on "+change.On)
		}
	}
	if len(all) != want {
		t.Errorf("%d changes, want %d: %v", len(all), want, all)
	}
}

// acting are the requests that are meant to change something, or of a tool that
// only reads all.
func (s *stage) acting() []provider.Request {
	var out []provider.Request
	for _, r := range s.Requests() {
		if s.acts(r) {
			out = append(out, r)
		}
	}
	return out
}

func (s *stage) acts(r provider.Request) bool {
	for _, reads := range []string{"/access_tokens", "/auth.test", "/conversations.history"} {
		if strings.HasSuffix(r.Path, reads) {
			return false // a POST that changes nothing of what people see
		}
	}
	return provider.Writes(r) || s.class == "read"
}

// plant lets a fault meet the request that acts.
func (s *stage) plant(t *testing.T, f provider.Fault) {
	t.Helper()
	f.Match = s.acts
	planted := s.Plant(f)
	t.Cleanup(func() {
		if planted.Met() == 0 {
			t.Errorf("the fault %q met no request", f.Name)
		}
	})
}

// body is a request's, as a dry run shows it.
func body(t *testing.T, r provider.Request) any {
	t.Helper()
	if len(r.Body) == 0 {
		return nil
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		values, err := url.ParseQuery(string(r.Body))
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string]any{}
		for name := range values {
			if values.Get(name) != "" {
				shown[name] = values.Get(name)
			}
		}
		return shown
	}
	return decode(t, string(r.Body))
}

// at is a request's address at the provider.
func at(r provider.Request) string {
	if len(r.Query) == 0 {
		return r.Path
	}
	return r.Path + "?" + r.Query.Encode()
}

func (s *stage) expected(t *testing.T) map[string]any {
	t.Helper()
	m, ok := decode(t, strings.ReplaceAll(s.Request, "{url}", strings.TrimSuffix(s.URL, "/"))).(map[string]any)
	if !ok {
		t.Fatal("the case's request is no object")
	}
	return m
}

func render(t *testing.T, m proto.Message) string {
	t.Helper()
	raw, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func decode(t *testing.T, s string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return v
}

func indented(t *testing.T, v any) string {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := indented(t, got), indented(t, want); g != w {
		t.Errorf("%s\n got %s\nwant %s", what, g, w)
	}
}

func ok(status uint32) bool { return status >= http.StatusOK && status < http.StatusMultipleChoices }

// Plain reaches a provider at the suite's time, and logs nothing.
func Plain(at string) Reach {
	return Reach{URL: at, Authorized: true, Transport: action.Transport(), Now: Noon, Log: slog.New(slog.DiscardHandler)}
}
