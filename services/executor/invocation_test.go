package executor

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

type broken struct{}

var _ action.Action = broken{}

func (broken) Input() proto.Message { return &toolsv1.JiraTransitionInput{} }

func (broken) Run(context.Context, *executorv1.Command, proto.Message) (*executorv1.Result, error) {
	panic("broken")
}

// As on Lambda, a function's failure is HTTP 200: the header alone tells.
func TestAPanicIsAFunctionError(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	svc, err := New(Config{MaxInFlight: 1}, slog.New(slog.DiscardHandler), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	svc.runner.Actions["jira.transition"] = broken{}
	w := httptest.NewRecorder()
	svc.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/2015-03-31/functions/f/invocations", strings.NewReader(`{
		"call_id": "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11", "effect_key": "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10",
		"mode": "act", "class": "set", "tool": "jira.transition", "target": "jira:issue:ACME-7",
		"payload": {"status": "Done"}, "not_after": "2026-01-02T12:00:05Z"}`)))
	if w.Code != http.StatusOK || w.Header().Get("X-Amz-Function-Error") != "Unhandled" || !strings.Contains(w.Body.String(), `"errorMessage"`) {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}
