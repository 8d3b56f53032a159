package action_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// marked is the token of these tests: it must be nowhere.
const marked = "marked-token-5d1c"

// bench is a provider that a handler plays, and what was logged.
type bench struct {
	*action.Provider
	url   string
	log   bytes.Buffer
	now   atomic.Pointer[time.Time]
	posts atomic.Int32 // that arrived whole
}

func newBench(t *testing.T, h http.HandlerFunc, edit func(*action.Options)) *bench {
	t.Helper()
	b := &bench{}
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	b.now.Store(&noon)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err == nil && r.Method == http.MethodPost {
			b.posts.Add(1)
		}
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	o := action.Options{
		Name: "Example", Setting: "EXAMPLE_URL", URL: srv.URL,
		Transport: action.Transport(),
		Now:       func() time.Time { return *b.now.Load() },
		Log:       slog.New(slog.NewTextHandler(&b.log, nil)),
		Sign:      action.Bearer(func(context.Context) (string, error) { return marked, nil }),
		Message: func(body []byte) string {
			var said struct{ Message string }
			_ = json.Unmarshal(body, &said) // another shape says nothing
			return said.Message
		},
	}
	if edit != nil {
		edit(&o)
	}
	b.Provider = action.NewProvider(o)
	return b
}

// late lets the time pass not_after.
func (b *bench) late() {
	at := time.Date(2026, 1, 2, 12, 0, 5, 0, time.UTC)
	b.now.Store(&at)
}

// perform posts once, after a GET where look is set.
func (b *bench) perform(t *testing.T, mode string, look bool) *executorv1.Result {
	t.Helper()
	e := action.Effect{
		Act: func(ctx context.Context, c *http.Client, _ *action.Found) (*action.Found, error) {
			var made struct{ ID string }
			err := action.Do(ctx, c, action.Request{Method: "POST", URL: b.url + "/things", Body: map[string]any{"a": "b"}}, &made)
			return &action.Found{Ref: "example:thing:" + made.ID}, err
		},
	}
	if look {
		e.Look = func(ctx context.Context, c *http.Client) (*action.Found, error) {
			return nil, action.Do(ctx, c, action.Request{Method: "GET", URL: b.url + "/things"}, nil)
		}
	}
	got, err := b.Perform(t.Context(), &executorv1.Command{
		CallId: "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11", Tool: "example.make", Mode: mode,
		NotAfter: timestamppb.New(time.Date(2026, 1, 2, 12, 0, 5, 0, time.UTC)),
	}, e)
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprint(got) + b.log.String(); strings.Contains(all, marked) {
		t.Errorf("the token is told: %s", all)
	}
	return got
}

func answers(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func drops(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestWhatAnAnswerMeans(t *testing.T) {
	reset := fmt.Sprint(time.Date(2026, 1, 2, 12, 20, 0, 0, time.UTC).Unix())
	for name, c := range map[string]struct {
		act, look       http.HandlerFunc
		outcome, reason string
		wait            time.Duration
		status          uint32
	}{
		"taken":                  {act: answers(201, nil, `{"id":"7"}`), outcome: "done", status: 201},
		"taken, answer cut off":  {act: answers(201, nil, `{"id":`), outcome: "unknown", reason: "says nothing of it", status: 201},
		"bad credentials":        {act: answers(401, nil, `{"message":"Bad credentials `+marked+`"}`), outcome: "rejected", reason: "Example says 401 Unauthorized: Bad credentials [secret]", status: 401},
		"forbidden":              {act: answers(403, nil, `{"message":"Not\u202e yours\n"}`), outcome: "rejected", reason: "Example says 403 Forbidden: Not yours", status: 403},
		"not there":              {act: answers(404, nil, `<html>gone</html>`), outcome: "rejected", reason: "Example says 404 Not Found", status: 404},
		"gone":                   {act: answers(410, nil, ``), outcome: "rejected", reason: "410", status: 410},
		"invalid":                {act: answers(422, nil, `{"message":"`+strings.Repeat("x", 900)+`"}`), outcome: "rejected", reason: "xxx…", status: 422},
		"moved":                  {act: answers(307, map[string]string{"Location": "http://127.0.0.1:1/"}, ``), outcome: "rejected", reason: "redirects are not followed", status: 307},
		"too many":               {act: answers(429, map[string]string{"Retry-After": "7"}, ``), outcome: "retry", reason: "rate_limited", wait: 7 * time.Second, status: 429},
		"too many, by a date":    {act: answers(429, map[string]string{"Retry-After": "Fri, 02 Jan 2026 12:00:30 GMT"}, ``), outcome: "retry", reason: "rate_limited", wait: 30 * time.Second, status: 429},
		"too many, for ages":     {act: answers(429, map[string]string{"Retry-After": "99999999999"}, ``), outcome: "retry", reason: "rate_limited", wait: time.Hour, status: 429},
		"too many, no time":      {act: answers(429, nil, ``), outcome: "retry", reason: "rate_limited", wait: time.Minute, status: 429},
		"too many, by Jira":      {act: answers(429, map[string]string{"X-RateLimit-Reset": "2026-01-02T12:07Z"}, ``), outcome: "retry", reason: "rate_limited", wait: 7 * time.Minute, status: 429},
		"too many, others left":  {act: answers(429, map[string]string{"X-RateLimit-Remaining": "4000", "X-RateLimit-Reset": reset}, ``), outcome: "retry", reason: "rate_limited", wait: time.Minute, status: 429},
		"primary limit":          {act: answers(403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, ``), outcome: "retry", reason: "rate_limited", wait: 20 * time.Minute, status: 403},
		"secondary limit":        {act: answers(403, nil, `{"message":"You have exceeded a secondary rate limit."}`), outcome: "retry", reason: "rate_limited", wait: time.Minute, status: 403},
		"secondary, with a time": {act: answers(403, map[string]string{"Retry-After": "90"}, ``), outcome: "retry", reason: "rate_limited", wait: 90 * time.Second, status: 403},
		"failed":                 {act: answers(500, nil, ``), outcome: "unknown", reason: "may have acted", status: 500},
		"gateway":                {act: answers(502, nil, ``), outcome: "unknown", reason: "may have acted", status: 502},
		"failed, with a time":    {act: answers(503, map[string]string{"Retry-After": "600"}, ``), outcome: "unknown", reason: "may have acted", wait: 10 * time.Minute, status: 503},
		"dropped":                {act: drops, outcome: "unknown", reason: "may have reached it"},
		// The answer to the read had a status, that to the request that acts has none.
		"dropped after a read": {look: answers(200, nil, `{}`), act: drops, outcome: "unknown", reason: "may have reached it"},
		"read failed":          {look: answers(503, map[string]string{"Retry-After": "3"}, ``), outcome: "retry", reason: "provider_away", wait: 3 * time.Second, status: 503},
		"read dropped":         {look: drops, outcome: "retry", reason: "provider_away"},
		"read not there":       {look: answers(404, nil, ``), outcome: "rejected", reason: "404", status: 404},
		"read limited":         {look: answers(429, map[string]string{"Retry-After": "2"}, ``), outcome: "retry", reason: "rate_limited", wait: 2 * time.Second, status: 429},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Header.Get("Authorization") != "Bearer "+marked:
					t.Errorf("signed with %q", r.Header.Get("Authorization"))
				case r.Method == http.MethodGet:
					c.look(w, r)
				default:
					c.act(w, r)
				}
			}, nil)
			got := b.perform(t, "act", c.look != nil)
			if got.GetOutcome() != c.outcome || !strings.Contains(got.GetReason(), c.reason) || got.GetRetryAfter().AsDuration() != c.wait || got.GetHttpStatus() != c.status {
				t.Errorf("got %v, want %s/%s after %s with status %d", got, c.outcome, c.reason, c.wait, c.status)
			}
			if n := max(len([]rune(got.GetReason())), len([]rune(got.GetDetail()))); n > 400 {
				t.Errorf("the reason or the detail has %d characters", n)
			}
			if said := got.GetDetail(); (c.outcome == "retry") != (said != "") || strings.Contains(said, marked) {
				t.Errorf("%s says %q", c.outcome, said)
			}
		})
	}
}

// Whoever may not look can't tell that there is nothing.
func TestALookThatIsRefusedIsUnknown(t *testing.T) {
	for status, want := range map[int]string{200: "rejected", 401: "unknown", 403: "unknown", 404: "unknown", 500: "retry"} {
		b := newBench(t, answers(status, nil, `{}`), nil)
		if got := b.perform(t, "look", true); got.GetOutcome() != want || status == 200 && got.GetReason() != action.ReasonNotFound {
			t.Errorf("%d: got %v, want %s", status, got, want)
		}
	}
}

func TestNobodyIsThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, drops, func(o *action.Options) { o.URL = "http://" + addr })
	b.url = "http://" + addr
	got := b.perform(t, "act", false)
	if got.GetOutcome() != action.Retry || got.GetReason() != action.ReasonProviderAway {
		t.Errorf("got %v, want retry/provider_away", got)
	}
	if log := b.log.String(); !strings.Contains(log, "EXAMPLE_URL=http://"+addr) || !strings.Contains(log, "refused") {
		t.Errorf("the log names neither setting nor cause: %s", log)
	}
}

func TestNothingIsSentAfterNotAfter(t *testing.T) {
	for name, passes := range map[string]func(o *action.Options, late func()){
		"while the credentials are fetched": func(o *action.Options, late func()) {
			sign := o.Sign
			o.Sign = func(r *http.Request) error { late(); return sign(r) }
		},
		"while it connects": func(o *action.Options, late func()) {
			o.Transport = &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				late()
				return new(net.Dialer).DialContext(ctx, network, addr)
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b *bench
			b = newBench(t, answers(201, nil, `{}`), func(o *action.Options) { passes(o, func() { b.late() }) })
			if got := b.perform(t, "act", false); got.GetOutcome() != action.Retry || got.GetReason() != action.ReasonDeadline {
				t.Errorf("got %v, want retry/deadline", got)
			}
			if n := b.posts.Load(); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

// The clock of a read doesn't matter.
func TestReadsAreMadeAfterNotAfter(t *testing.T) {
	b := newBench(t, answers(200, nil, `{}`), nil)
	b.late()
	if got := b.perform(t, "look", true); got.GetReason() != action.ReasonNotFound {
		t.Errorf("got %v", got)
	}
}

func TestWithoutCredentialsAndInDryRunsNothingIsSent(t *testing.T) {
	never := func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL) }
	for name, c := range map[string]struct {
		mode, reason string
		edit         func(*action.Options)
	}{
		"act without a token": {"act", "no_token", func(o *action.Options) { o.Sign = nil }},
		"dry run":             {"dry_run", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, never, c.edit)
			got := b.perform(t, c.mode, true)
			if got.GetOutcome() != action.DryRun || got.GetReason() != c.reason {
				t.Errorf("got %v", got)
			}
			shown := got.GetRequest().AsMap()
			if shown["url"] != b.url+"/things" || fmt.Sprint(shown["body"]) != "map[a:b]" {
				t.Errorf("shown is %v", shown)
			}
		})
	}
}

// hangs is a network that takes a request and never answers.
type hangs struct{ wrote bool }

func (h hangs) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); h.wrote && trace != nil {
		trace.WroteHeaders()
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// tools counts on it: nobody looks for an effect before not_after, these ten seconds
// and two more.
func TestEachRequestIsBoundedToTenSeconds(t *testing.T) {
	for wrote, want := range map[bool]string{true: "unknown", false: "retry"} {
		synctest.Test(t, func(t *testing.T) {
			log := slog.New(slog.DiscardHandler)
			p := action.NewProvider(action.Options{
				Name: "Example", Setting: "EXAMPLE_URL", URL: "https://example.invalid", Transport: hangs{wrote}, Now: time.Now, Log: log,
				Sign: action.Bearer(func(context.Context) (string, error) { return marked, nil }),
			})
			began := time.Now()
			got, err := p.Perform(t.Context(), &executorv1.Command{Mode: "act", NotAfter: timestamppb.New(began.Add(time.Hour))}, action.Effect{
				Act: func(ctx context.Context, c *http.Client, _ *action.Found) (*action.Found, error) {
					return nil, action.Do(ctx, c, action.Request{Method: "POST", URL: "https://example.invalid/things"}, nil)
				},
			})
			if took := time.Since(began); err != nil || took != 10*time.Second || got.GetOutcome() != want {
				t.Errorf("after %s: %v, %v, want %s", took, got, err, want)
			}
		})
	}
}
