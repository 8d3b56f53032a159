package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
)

// The test's own binary runs as the command, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_EXECUTOR") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func process(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), append(env, "RUN_AS_EXECUTOR=1")...)
	return cmd
}

// runtimeAPI is the side of AWS Lambda that a function talks to: it hands out
// one invocation and takes its answer.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func runtimeAPI(t *testing.T, payload string) (addr string, answers <-chan string) {
	t.Helper()
	next, got := make(chan string, 1), make(chan string, 1)
	next <- payload
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case p := <-next:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "request-1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", "32503680000000")
			_, _ = io.WriteString(w, p)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/request-1/{what}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.PathValue("what") + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://"), got
}

func TestRunsAsALambdaFunction(t *testing.T) {
	addr, answers := runtimeAPI(t, `{
		"call_id": "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11",
		"effect_key": "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10",
		"mode": "dry_run", "class": "upsert", "tool": "github.add_comment", "target": "github:pr:acme/api#42",
		"payload": {"body": "hello"}, "not_after": "2026-01-02T12:00:05Z"}`)
	cmd := process(t, "AWS_LAMBDA_RUNTIME_API="+addr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	select {
	case answer := <-answers:
		kind, body, _ := strings.Cut(answer, " ")
		var result struct{ Outcome, Reason string }
		if err := json.Unmarshal([]byte(body), &result); err != nil || kind != "response" || result.Outcome != "dry_run" {
			t.Errorf("got %s, %v", answer, err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the function did not answer")
	}
}

func TestRunsAsALocalServer(t *testing.T) {
	cmd := process(t, "EXECUTOR_LISTEN=127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var line struct{ Address string }
	if err := json.NewDecoder(bufio.NewReader(stderr)).Decode(&line); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + line.Address + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/readyz: %s", resp.Status)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

// The probe of a container asks a server that speaks TLS, whatever its certificate is for.
func TestHealthOverTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := testkit.Certificate(t, 1)
	files := []string{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	for i, content := range [][]byte{cert, key} {
		if err := os.WriteFile(files[i], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"SERVICE_TLS_CERT_FILE=" + files[0], "SERVICE_TLS_KEY_FILE=" + files[1], "TOOLS_TOKEN=a-token-of-this-test"}
	cmd := process(t, append(env, "EXECUTOR_LISTEN=127.0.0.1:0")...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var line struct{ Address string }
	if err := json.NewDecoder(bufio.NewReader(stderr)).Decode(&line); err != nil {
		t.Fatal(err)
	}
	probe := func(env ...string) error {
		p := process(t, append(env, "EXECUTOR_LISTEN="+line.Address)...)
		p.Args = append(p.Args, "health")
		return p.Run()
	}
	if err := probe(env...); err != nil {
		t.Errorf("a healthy service: %v", err)
	}
	if err := probe(); err == nil {
		t.Error("a probe without TLS passed")
	}
}

func TestRefusesToListenBeyondLoopbackWithoutAToken(t *testing.T) {
	out, err := process(t, "EXECUTOR_LISTEN=0.0.0.0:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "EXECUTOR_LISTEN") || !strings.Contains(string(out), "set TOOLS_TOKEN or SERVICE_TOKEN") {
		t.Errorf("got %v, %s", err, out)
	}
}
