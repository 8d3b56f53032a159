package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
)

// closing runs github.close_issue at a GitHub that a handler plays, at a time.
func closing(t *testing.T, url, key string, now func() time.Time) func() *executorv1.Result {
	t.Helper()
	hub := github.New(github.Options{
		APIURL: url, AppID: "4711", AppKey: func(context.Context) (string, error) { return key, nil },
		Transport: action.Transport(), Now: now, Log: slog.New(slog.DiscardHandler),
	})
	return func() *executorv1.Result {
		act := github.CloseIssue{GitHub: hub}
		cmd := &executorv1.Command{
			CallId: "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11", EffectKey: "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10",
			Mode: "act", Class: "set", Tool: "github.close_issue", Target: "github:issue:acme/api#7",
			Payload: &structpb.Struct{}, NotAfter: timestamppb.New(now().Add(time.Minute)),
		}
		input := act.Input()
		if err := action.Decode(cmd, input); err != nil {
			t.Fatal(err)
		}
		got, err := act.Run(t.Context(), cmd, input)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

func appKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

func TestAnAppsTokenIsKeptUntilAMinuteBeforeItsEnd(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var now atomic.Pointer[time.Time]
	now.Store(&noon)
	made := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /app/installations", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"id":1,"account":{"login":"other"},"app_slug":"yard"},{"id":2,"account":{"login":"Acme"},"app_slug":"yard"}]`)
	})
	mux.HandleFunc("POST /app/installations/2/access_tokens", func(w http.ResponseWriter, _ *http.Request) {
		made++
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"token":"token-%d","expires_at":%q}`, made, now.Load().Add(time.Hour).Format(time.RFC3339))
	})
	mux.HandleFunc("/repos/acme/api/issues/7", func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.Header.Get("Authorization"), fmt.Sprintf("Bearer token-%d", made); got != want {
			t.Errorf("%s with %q, want %q", r.Method, got, want)
		}
		state := map[bool]string{true: "closed", false: "open"}[r.Method == http.MethodPatch]
		_, _ = io.WriteString(w, `{"number":7,"state":"`+state+`"}`)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	run := closing(t, srv.URL, appKey(t), func() time.Time { return *now.Load() })
	for i, step := range []struct {
		at   time.Duration
		made int
	}{{0, 1}, {58 * time.Minute, 1}, {59 * time.Minute, 2}} {
		at := noon.Add(step.at)
		now.Store(&at)
		if got := run(); got.GetOutcome() != action.Done || got.GetAccount() != "github:user:yard[bot]" {
			t.Errorf("%d: got %v", i, got)
		}
		if made != step.made {
			t.Errorf("after %s: %d tokens were made, want %d", step.at, made, step.made)
		}
	}
}

// tools tells by the account that it is the installation's limit, and not all of the App's.
func TestALimitTellsTheAppThatItIsFor(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /app/installations", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"id":2,"account":{"login":"Acme"},"app_slug":"yard"}]`)
	})
	mux.HandleFunc("POST /app/installations/2/access_tokens", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"token":"token","expires_at":%q}`, time.Now().Add(time.Hour).Format(time.RFC3339))
	})
	mux.HandleFunc("/repos/acme/api/issues/7", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	got := closing(t, srv.URL, appKey(t), time.Now)()
	if got.GetReason() != action.ReasonRateLimited || got.GetRetryAfter().AsDuration() != 10*time.Minute || got.GetAccount() != "github:user:yard[bot]" {
		t.Errorf("got %v", got)
	}
}

func TestAnAppThatCantAct(t *testing.T) {
	good := appKey(t)
	for name, c := range map[string]struct {
		key, installations string
		status             int
		outcome, reason    string
	}{
		"not installed":   {good, `[{"id":1,"account":{"login":"other"}}]`, 200, "rejected", "the GitHub App is not installed at acme"},
		"suspended":       {good, `[{"id":1,"account":{"login":"acme"},"suspended_at":"2026-01-01T00:00:00Z"}]`, 200, "rejected", "the GitHub App's installation at acme is suspended"},
		"another key":     {good, `{"message":"A JSON web token could not be decoded"}`, 401, "rejected", "GitHub says 401 Unauthorized: A JSON web token could not be decoded"},
		"no key":          {"hunter2hunter2", ``, 200, "rejected", "GITHUB_APP_KEY: it is no PEM: give the file that GitHub made"},
		"a certificate":   {strings.ReplaceAll(good, "PRIVATE KEY", "CERTIFICATE")[:200] + "\n-----END CERTIFICATE-----\n", ``, 200, "rejected", "GITHUB_APP_KEY: "},
		"GitHub is away":  {good, ``, 503, "retry", "provider_away"},
		"GitHub is tired": {good, ``, 429, "retry", "rate_limited"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/app/installations" {
					t.Errorf("%s %s", r.Method, r.URL)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.installations)
			}))
			defer srv.Close()
			got := closing(t, srv.URL, c.key, time.Now)()
			if got.GetOutcome() != c.outcome || !strings.HasPrefix(got.GetReason(), c.reason) {
				t.Errorf("got %v, want %s %s", got, c.outcome, c.reason)
			}
			if strings.Contains(got.String(), "hunter2") {
				t.Errorf("the key is told: %v", got)
			}
		})
	}
}

// Only GitHub's refusal told that a token makes no check runs.
func TestATokenMakesNoCheckRun(t *testing.T) {
	asked := false
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer srv.Close()
	g := github.New(github.Options{APIURL: srv.URL, Token: func(context.Context) (string, error) { return "token", nil }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	input := &toolsv1.GithubCreateCheckRunInput{
		Target: "github:repo:acme/api", HeadSha: strings.Repeat("a", 40), Name: "n", Conclusion: "success", Title: "t", Summary: "s",
	}
	got, err := github.CreateCheckRun{GitHub: g}.Run(t.Context(), &executorv1.Command{Mode: "act", Target: "github:repo:acme/api"}, input)
	if err != nil || asked || got.GetOutcome() != "rejected" || !strings.Contains(got.GetReason(), "set GITHUB_APP_ID and GITHUB_APP_KEY_FILE in place of GITHUB_TOKEN") {
		t.Errorf("got %v, %v, asked %t", got, err, asked)
	}
	// What policy wants shown is shown all the same.
	if got, err = (github.CreateCheckRun{GitHub: g}).Run(t.Context(), &executorv1.Command{Mode: "dry_run", Target: "github:repo:acme/api"}, input); err != nil || asked || got.GetOutcome() != "dry_run" {
		t.Errorf("a dry run: got %v, %v, asked %t", got, err, asked)
	}
}
