package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit"
)

// The test's own binary runs as the command, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_EXECUTOR") != "" {
		main()
		return
	}
	code := m.Run()
	if file, err := bootstrap(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

func process(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), append(env, "RUN_AS_EXECUTOR=1")...)
	return cmd
}

// served starts a local executor without tokens and returns its URL.
func served(t *testing.T) string {
	t.Helper()
	cmd := process(t, "EXECUTOR_LISTEN=127.0.0.1:0")
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
	return "http://" + line.Address
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
