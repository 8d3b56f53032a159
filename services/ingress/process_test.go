package ingress_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// prove says that `make prove` runs: what takes long is run at length.
func prove() bool { return os.Getenv("SWITCHYARD_PROVE") != "" }

// TestSlowClients again, on the clock on the wall and a socket of the system's.
func TestSlowClientsOfAProcess(t *testing.T) {
	if !prove() {
		t.Skip("10 s of waiting: `make prove` runs it")
	}
	p := startProcess(t)
	var all sync.WaitGroup
	for _, tc := range []struct {
		name, send string
		drip       bool
	}{
		{"nothing", "", false},
		{"half a header", "POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-", true},
		{"no body", uploadHeader, false},
		{"body a byte a second", uploadHeader, true},
		{"no body to no path", strings.Replace(uploadHeader, "github", "x", 1), false},
	} {
		all.Go(func() {
			start := time.Now()
			conn, err := net.Dial("tcp", p.addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			go trickle(conn, tc.send, tc.drip)
			_, _ = io.Copy(io.Discard, conn)
			if took := time.Since(start); took > 10*time.Second+500*time.Millisecond {
				t.Errorf("%s: gone after %v", tc.name, took)
			} else {
				t.Logf("%s: gone after %v", tc.name, took.Round(time.Millisecond))
			}
		})
	}
	all.Wait()
}

// process is ingress as it ships.
type process struct {
	addr string
	pid  int
}

func startProcess(t *testing.T, env ...string) process {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ingress")
	// Without the race detector, whatever this test runs with: it is its memory
	// that would be measured.
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/ingress")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append([]string{
		"WEBHOOK_SERVER_HOST=127.0.0.1", "WEBHOOK_SERVER_PORT=0", "AGENT_URL=" + startAgent(t).url,
		"SERVICE_TOKEN=" + token, "SEAL_KEY=" + key, "GITHUB_WEBHOOK_SECRET=" + secret,
	}, env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), `"address":"`); ok {
			addr, _, _ := strings.Cut(after, `"`)
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return process{addr, cmd.Process.Pid}
		}
	}
	t.Fatal("ingress did not start")
	return process{}
}

// peak is the most memory that the process ever had resident, in bytes.
// Source: proc_pid_status(5), VmHWM.
func (p process) peak(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		t.Skipf("no /proc to measure with: %v", err)
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kib int64
	if _, err := fmt.Sscan(string(after), &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
