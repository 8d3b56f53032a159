package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/executor/internal/lambda"
)

// The test's own binary runs as a function that fails, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_FUNCTION") != "" {
		lambda.Serve(context.Background(), fails{})
		return
	}
	os.Exit(m.Run())
}

type fails struct{}

func (fails) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	if string(payload) == `"fine"` {
		return payload, nil
	}
	return nil, errors.New("the action broke")
}

// A failure is AWS's function error, and the function goes on.
func TestAFailureIsAFunctionError(t *testing.T) {
	payloads, answers := make(chan string, 2), make(chan [3]string, 2)
	payloads <- `"bad"`
	payloads <- `"fine"`
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case p := <-payloads:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "request")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", "32503680000000")
			_, _ = io.WriteString(w, p)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/request/{kind}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		answers <- [3]string{r.PathValue("kind"), string(body), r.Header.Get("Lambda-Runtime-Function-Error-Type")}
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "RUN_AS_FUNCTION=1", "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(srv.URL, "http://"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for _, want := range []string{"error", "response"} {
		select {
		case got := <-answers:
			if got[0] != want {
				t.Errorf("got %v, want %s", got, want)
			}
			var failure struct{ ErrorMessage, ErrorType string }
			if err := json.Unmarshal([]byte(got[1]), &failure); want == "error" && (err != nil || failure.ErrorMessage != "the action broke" || failure.ErrorType == "") {
				t.Errorf("the error's body is %s", got[1])
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the function did not answer")
		}
	}
}
