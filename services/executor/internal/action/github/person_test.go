package github_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
)

// The account was renamed since its name was asked for: its comment was taken for somebody
// else's, and a second one written.
func TestACommentIsOursByTheAccountsId(t *testing.T) {
	for name, c := range map[string]struct {
		author  string
		written string // how the comment is, afterwards
	}{
		"renamed":              {`{"id":5,"login":"switchyard"}`, http.MethodPatch},
		"as it was":            {`{"id":5,"login":"Switchyard-Bot"}`, http.MethodPatch},
		"who has the name now": {`{"id":6,"login":"switchyard-bot"}`, http.MethodPost},
	} {
		t.Run(name, func(t *testing.T) {
			var written string
			mux := http.NewServeMux()
			mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"id":5,"login":"switchyard-bot"}`)
			})
			mux.HandleFunc("GET /repos/acme/api/issues/7/comments", func(w http.ResponseWriter, _ *http.Request) {
				marked, _ := json.Marshal("Opened.\n\n<!-- switchyard:5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10 -->")
				_, _ = io.WriteString(w, `[{"id":9,"user":`+c.author+`,"body":`+string(marked)+`}]`)
			})
			write := func(w http.ResponseWriter, r *http.Request) {
				written += r.Method
				_, _ = io.WriteString(w, `{"id":9}`)
			}
			mux.HandleFunc("POST /repos/acme/api/issues/7/comments", write)
			mux.HandleFunc("PATCH /repos/acme/api/issues/comments/9", write)
			srv := httptest.NewServer(mux)
			defer srv.Close()
			hub := github.New(github.Options{
				APIURL: srv.URL, Token: func(context.Context) (string, error) { return "token", nil },
				Transport: action.Transport(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
			})
			got, err := github.AddComment{GitHub: hub}.Run(t.Context(), &executorv1.Command{
				EffectKey: "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10", Mode: "act", Class: "upsert", Target: "github:issue:acme/api#7",
				NotAfter: timestamppb.New(time.Now().Add(time.Minute)),
			}, &toolsv1.GithubAddCommentInput{Target: "github:issue:acme/api#7", Body: "Merged."})
			if err != nil || got.GetOutcome() != action.Done || written != c.written {
				t.Errorf("got %v, %v, written by %s, want %s", got, err, written, c.written)
			}
		})
	}
}
