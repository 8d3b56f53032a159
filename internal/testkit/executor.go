package testkit

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
)

// Executor stands in for the executor: it keeps every command and, until it is
// told otherwise, answers dry_run where that is asked for, and else done.
type Executor struct {
	*httptest.Server

	mu       sync.Mutex
	commands []*executorv1.Command
	answer   func(*executorv1.Command) *executorv1.Result
}

// NewExecutor serves until the test ends whoever shows the token; others are
// answered 401.
func NewExecutor(t *testing.T, token string) *Executor {
	t.Helper()
	e := &Executor{answer: obey}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, `{"message":"token"}`, http.StatusUnauthorized)
			return
		}
		// A caller that is killed meanwhile sends half a command, or none.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		cmd := &executorv1.Command{}
		if err := protojson.Unmarshal(body, cmd); err != nil {
			t.Errorf("command: %v in %s", err, body)
		}
		out, err := protojson.Marshal(e.take(cmd)(cmd))
		if err != nil {
			t.Errorf("result: %v", err)
		}
		_, _ = w.Write(out)
	}))
	t.Cleanup(e.Close)
	return e
}

func obey(cmd *executorv1.Command) *executorv1.Result {
	if cmd.GetMode() == "dry_run" {
		return &executorv1.Result{Outcome: "dry_run"}
	}
	return &executorv1.Result{Outcome: "done"}
}

func (e *Executor) take(cmd *executorv1.Command) func(*executorv1.Command) *executorv1.Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.commands = append(e.commands, cmd)
	return e.answer
}

// Answer tells it what to answer from now on.
func (e *Executor) Answer(answer func(*executorv1.Command) *executorv1.Result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

// Acts counts the act commands of each effect, by its key.
func (e *Executor) Acts() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := map[string]int{}
	for _, c := range e.commands {
		if c.GetMode() == "act" {
			n[c.GetEffectKey()]++
		}
	}
	return n
}
