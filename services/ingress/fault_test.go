package ingress_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

// A fault of ours is never a 4xx.
func TestFaults(t *testing.T) {
	a := startAgent(t)
	url := start(t, config(a.url)) + "/webhooks/github"
	for _, tc := range []struct {
		name   string
		err    error
		reason string
	}{
		{"overloaded", fault.New(fault.Overloaded, "x"), "overloaded"},
		{"unavailable", fault.New(fault.Unavailable, "x"), "unavailable"},
		{"event refused", fault.New(fault.EventInvalid, "x"), "unavailable"},
		{"seal refused", fault.New(fault.SealInvalid, "x"), "unavailable"},
		{"deadline", fault.New(fault.Deadline, "x"), "unavailable"},
		{"bug", errors.New("x"), "unavailable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a.fail(tc.err)
			got := send(t, "POST", url, signed("ping", ping), strings.NewReader(ping))
			if got.code != 503 || got.reason() != tc.reason || got.header.Get("Retry-After") == "" {
				t.Errorf("%d %s, Retry-After %q", got.code, got.reason(), got.header.Get("Retry-After"))
			}
		})
	}
	t.Run("answer without a status", func(t *testing.T) {
		a.answer(&agentv1.Answer{})
		if got := send(t, "POST", url, signed("ping", ping), strings.NewReader(ping)); got.code != 503 {
			t.Errorf("%d %s", got.code, got.body)
		}
	})
	t.Run("wrong token", func(t *testing.T) {
		cfg := config(a.url)
		cfg.ServiceToken = is("another")
		if got := send(t, "POST", start(t, cfg)+"/webhooks/github", signed("ping", ping), strings.NewReader(ping)); got.code != 503 || got.reason() != "unavailable" {
			t.Errorf("%d %s", got.code, got.body)
		}
	})
	t.Run("agent away", func(t *testing.T) {
		url := start(t, config("http://127.0.0.1:1"))
		if got := send(t, "POST", url+"/webhooks/github", signed("ping", ping), strings.NewReader(ping)); got.code != 503 || got.reason() != "unavailable" {
			t.Errorf("%d %s", got.code, got.body)
		}
		if got := send(t, "GET", url+"/runs/"+runID, nil, nil); got.code != 503 || got.reason() != "unavailable" {
			t.Errorf("run: %d %s", got.code, got.body)
		}
		if got := send(t, "GET", url+"/readyz", nil, nil); got.code != 503 || !strings.Contains(got.body, `"unreachable"`) {
			t.Errorf("readyz: %d %s", got.code, got.body)
		}
		if got := send(t, "GET", url+"/livez", nil, nil); got.code != 200 {
			t.Errorf("livez: %d %s", got.code, got.body)
		}
	})
}

// The agent is given the webhook's deadline, and nothing is waited for beyond it.
func TestDeadline(t *testing.T) {
	a := startAgent(t)
	left := make(chan time.Duration, 1)
	a.do(func(ctx context.Context) (*agentv1.Answer, error) {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	cfg := config(a.url)
	cfg.Deadline = 300 * time.Millisecond
	got := send(t, "POST", start(t, cfg)+"/webhooks/github", signed("ping", ping), strings.NewReader(ping))
	if got.code != 503 || got.reason() != "unavailable" {
		t.Errorf("%d %s", got.code, got.body)
	}
	if d := <-left; d <= 0 || d > cfg.Deadline {
		t.Errorf("the agent had %v of %v", d, cfg.Deadline)
	}
}

// A provider that hangs up may never send the event again: it is still handled.
func TestClientGone(t *testing.T) {
	a := startAgent(t)
	reached, finished := make(chan struct{}), make(chan error, 1)
	gone := make(chan struct{})
	a.do(func(ctx context.Context) (*agentv1.Answer, error) {
		close(reached)
		<-gone
		finished <- ctx.Err()
		return &agentv1.Answer{Status: "success"}, nil
	})
	url := start(t, config(a.url)) + "/webhooks/github"
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(ping))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = signed("ping", ping)
	go func() { <-reached; cancel() }()
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Fatal("the request was answered")
	}
	close(gone)
	if err := <-finished; err != nil {
		t.Errorf("the agent's call was given up: %v", err)
	}
}

func TestInFlight(t *testing.T) {
	a := startAgent(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	a.do(func(context.Context) (*agentv1.Answer, error) {
		entered <- struct{}{}
		<-leave
		return &agentv1.Answer{Status: "success"}, nil
	})
	cfg := config(a.url)
	cfg.MaxInFlight = 2
	url := start(t, cfg) + "/webhooks/github"
	codes := make(chan int)
	for range cfg.MaxInFlight {
		go func() { codes <- send(t, "POST", url, signed("ping", ping), strings.NewReader(ping)).code }()
		<-entered
	}
	if got := send(t, "POST", url, signed("ping", ping), strings.NewReader(ping)); got.code != 503 || got.reason() != "overloaded" || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.code, got.body)
	}
	close(leave)
	for range cfg.MaxInFlight {
		if code := <-codes; code != 200 {
			t.Errorf("in flight: %d", code)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	cfg := config(startAgent(t).url)
	cfg.Deadline = time.Minute // the race detector takes seconds for such a body
	url := start(t, cfg) + "/webhooks/github"
	largest := padded(maxBody)
	tooLarge := append(slices.Clip(largest), ' ')
	for _, tc := range []struct {
		name string
		sign []byte
		body io.Reader
		code int
	}{
		{"largest", largest, bytes.NewReader(largest), 200},
		{"largest, chunked", largest, chunked(largest), 200},
		{"one more", tooLarge, bytes.NewReader(tooLarge), 413},
		{"one more, chunked", tooLarge, chunked(tooLarge), 413},
		{"size before signature", nil, bytes.NewReader(tooLarge), 413},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := github.Headers([]byte(secret), "ping", "g", tc.sign)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, tc.body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = h
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != tc.code {
				t.Errorf("%d, want %d", resp.StatusCode, tc.code)
			}
		})
	}
}

// A body that doesn't come within the deadline is refused, and its connection closed.
func TestSlowBody(t *testing.T) {
	cfg := config(startAgent(t).url)
	cfg.Deadline = 100 * time.Millisecond
	url := start(t, cfg)
	never, _ := io.Pipe()
	got := send(t, "POST", url+"/webhooks/github", signed("ping", ping), io.MultiReader(strings.NewReader("{"), never))
	if got.code != 408 || got.reason() != "body_timeout" || !got.closed {
		t.Errorf("%d %s, closed %v", got.code, got.body, got.closed)
	}
}

// The log said that a service is away, and not which.
func TestLogNamesTheAgentThatIsAway(t *testing.T) {
	var logged bytes.Buffer
	srv, err := ingress.New(config("http://127.0.0.1:1"), ingress.Options{Log: slog.New(slog.NewTextHandler(&logged, nil)), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/webhooks/github", strings.NewReader(ping))
	r.Header = signed("ping", ping)
	srv.Handler().ServeHTTP(httptest.NewRecorder(), r)
	if !strings.Contains(logged.String(), "AGENT_URL=http://127.0.0.1:1 can't be reached (refused): connection refused") {
		t.Errorf("logged %s", &logged)
	}
}
