package github_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// renewing is a GitHub that refuses the App's tokens up to the n-th.
type renewing struct {
	status int
	header http.Header
	upTo   int
	// How many tokens were made, and how often the issue was closed.
	made, closed int
}

func (g *renewing) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /app/installations", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"id":2,"account":{"login":"acme"},"app_slug":"yard"}]`)
	})
	mux.HandleFunc("POST /app/installations/2/access_tokens", func(w http.ResponseWriter, _ *http.Request) {
		g.made++
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"token":"token-%d","expires_at":%q}`, g.made, time.Now().Add(time.Hour).Format(time.RFC3339))
	})
	mux.HandleFunc("/repos/acme/api/issues/7", func(w http.ResponseWriter, r *http.Request) {
		var token int
		_, _ = fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d", &token)
		change := map[string]string{}
		if r.Method == http.MethodPatch {
			_ = json.NewDecoder(r.Body).Decode(&change)
		}
		// Reading takes no permission that the tokens lack.
		if token <= g.upTo && (r.Method == http.MethodPatch || g.status == http.StatusUnauthorized) {
			for name := range g.header {
				w.Header().Set(name, g.header.Get(name))
			}
			w.WriteHeader(g.status)
			_, _ = io.WriteString(w, `{"message":"Refused"}`)
			return
		}
		state := "open"
		if change["state"] == "closed" {
			state = "closed"
			g.closed++
		}
		_, _ = io.WriteString(w, `{"number":7,"state":"`+state+`"}`)
	})
	return mux
}

// The App was installed anew, or given a permission: its token from before was kept until its
// end, and for up to 59 minutes whoever tried the call again was refused again.
func TestAnAppsTokenThatIsRefusedIsReplaced(t *testing.T) {
	type outcome struct {
		outcome      string
		made, closed int
	}
	for name, c := range map[string]struct {
		github renewing
		want   []outcome // of one run after the other
	}{
		"revoked":                  {renewing{status: 401, upTo: 1}, []outcome{{action.Done, 2, 1}, {action.Done, 2, 2}}},
		"revoked again and again":  {renewing{status: 401, upTo: 9}, []outcome{{action.Rejected, 2, 0}, {action.Rejected, 4, 0}}},
		"without a permission":     {renewing{status: 403, upTo: 1}, []outcome{{action.Rejected, 1, 0}, {action.Done, 2, 1}}},
		"at a limit, which is 403": {renewing{status: 403, upTo: 1, header: http.Header{"Retry-After": {"9"}}}, []outcome{{action.Retry, 1, 0}, {action.Retry, 1, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := c.github
			srv := httptest.NewServer(g.handler())
			defer srv.Close()
			run := closing(t, srv.URL, appKey(t), time.Now)
			for i, want := range c.want {
				result := run()
				if got := (outcome{result.GetOutcome(), g.made, g.closed}); got != want {
					t.Errorf("run %d: got %+v, want %+v: %v", i, got, want, result)
				}
			}
		})
	}
}

// Revoked between what is read and what acts: the request that acts is sent again, whole.
func TestATokenThatIsRevokedMeanwhileIsReplaced(t *testing.T) {
	g := &renewing{status: http.StatusForbidden, upTo: 1}
	handler := g.handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			g.status = http.StatusUnauthorized
		}
		handler.ServeHTTP(w, r)
	}))
	defer srv.Close()
	if got := closing(t, srv.URL, appKey(t), time.Now)(); got.GetOutcome() != action.Done || g.made != 2 || g.closed != 1 {
		t.Errorf("got %v with %d tokens, closed %d times", got, g.made, g.closed)
	}
}
