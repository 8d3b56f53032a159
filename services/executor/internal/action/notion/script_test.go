package notion_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/notion"
)

// described is Notion's description, which is large: it is read once.
var described = struct {
	sync.Once
	check provider.Check
}{}

// script is a Notion that answers what it is told to, by "GET /v1/pages": for
// answers that no well-behaved one gives. What is sent to it has to pass Notion's
// description all the same.
type script struct {
	t       *testing.T
	answers map[string]scripted
	url     string
	*notion.Workspace

	mu     sync.Mutex
	bodies []string // of those that change something
}

type scripted struct {
	status int
	header http.Header
	body   string
	drop   bool // after the request was taken
}

func play(t *testing.T, answers map[string]scripted) *script {
	t.Helper()
	check(t)
	s := &script{t: t, answers: answers}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	s.url = srv.URL
	s.Workspace = notion.New(notion.Options{
		URL: srv.URL, Token: func(context.Context) (string, error) { return providertest.Token, nil },
		Transport: &http.Transport{DisableKeepAlives: true}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	return s
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("half a request: %v", err)
	}
	if described.check != nil {
		if err := described.check(r, body); err != nil {
			s.t.Errorf("%s %s: %v\n%s", r.Method, r.URL, err, body)
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+providertest.Token {
		s.t.Errorf("%s %s: other credentials", r.Method, r.URL)
	}
	at := r.Method + " " + r.URL.Path
	s.mu.Lock()
	if r.Method != http.MethodGet {
		s.bodies = append(s.bodies, string(body))
	}
	s.mu.Unlock()
	a, ok := s.answers[at]
	if !ok {
		s.t.Errorf("nobody expects %s", at)
	}
	if a.drop {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// written is what was sent to change something, a line each.
func (s *script) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.bodies, "\n")
}
