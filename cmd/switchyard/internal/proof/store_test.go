package proof

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a real store of a test's own, which can be killed and started again
// on the same data.
type server struct {
	t         *testing.T
	kind, url string
	dir       string
	script    []string // the environment of its script
	killed    *exec.Cmd
}

// startServer starts postgres, clickhouse or neo4j by the scripts that
// SWITCHYARD_STORES names, or skips the test, loudly.
func startServer(t *testing.T, kind string) *server {
	t.Helper()
	scripts := os.Getenv("SWITCHYARD_STORES")
	if scripts == "" {
		t.Skipf("NOT TESTED: %s killed under load: SWITCHYARD_STORES names no folder of scripts that start one", kind)
	}
	parent, err := os.MkdirTemp("", "switchyard-proof-"+kind) //nolint:usetesting // PostgreSQL runs as a user of its own, who can't reach a test's folder
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o755); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(freeAddress(t), ":")
	s := &server{t: t, kind: kind, dir: filepath.Join(parent, "data"), script: []string{}}
	for name, value := range map[string]string{
		"PGT_DIR": s.dir, "PGT_PORT": port, "PGT_FSYNC": "on", "PGT_KEEP": "1",
		"CHT_DIR": s.dir, "CHT_HTTP_PORT": port, "N4T_DIR": s.dir, "N4T_PORT": port, "N4T_PASSWORD": "test-password",
	} {
		s.script = append(s.script, name+"="+value)
	}
	s.url = s.run("start")
	t.Cleanup(func() {
		if kind == "postgres" {
			s.run("stop")
		} else if pid := s.pid(); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		_ = os.RemoveAll(parent)
	})
	return s
}

func (s *server) run(verb string) string {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(os.Getenv("SWITCHYARD_STORES"), s.kind+".sh"), verb)
	cmd.Env = append(os.Environ(), s.script...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", s.kind, verb, err, log.String())
	}
	return strings.TrimSpace(string(out))
}

// pid is the process's that the script or restart started; 0 for none.
func (s *server) pid() int {
	if s.killed != nil && s.killed.Process != nil {
		return s.killed.Process.Pid
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "pid"))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return pid
}

// kill ends the store in the middle of what it does; its files stay.
func (s *server) kill() {
	s.t.Helper()
	if s.kind == "postgres" {
		s.run("stop") // In immediate mode: it recovers at its next start.
		return
	}
	pid := s.pid()
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		s.t.Fatal(err)
	}
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		s.t.Fatal(err)
	}
	words := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
	s.killed = exec.Command(words[0], words[1:]...)
	s.killed.Env = strings.Split(strings.TrimRight(string(environment), "\x00"), "\x00")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
}

// restart starts it again as it was started before, and returns when it can be
// asked: Neo4j takes a quarter of a minute to recover.
func (s *server) restart() {
	s.t.Helper()
	if s.kind == "postgres" {
		s.run("start")
		return
	}
	log, err := os.Create(filepath.Join(s.dir, "restarted"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.killed.Stdout, s.killed.Stderr = log, log
	if err := s.killed.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func(cmd *exec.Cmd) { _ = cmd.Wait(); _ = log.Close() }(s.killed)
	deadline := time.After(2 * time.Minute)
	for !s.ready() {
		select {
		case <-deadline:
			told, _ := os.ReadFile(log.Name())
			s.t.Fatalf("%s was not ready again: %s", s.kind, told)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *server) ready() bool {
	if s.kind == "neo4j" {
		told, err := os.ReadFile(filepath.Join(s.dir, "restarted"))
		return err == nil && bytes.Contains(told, []byte("neo4j ready"))
	}
	u, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// setting is the environment of tools that has it use the store.
func (s *server) setting() []string {
	switch s.kind {
	case "postgres":
		return []string{"DATABASE_URL=" + s.url}
	case "clickhouse":
		return []string{"CLICKHOUSE_URL=" + s.url}
	default:
		return []string{"NEO4J_URI=" + s.url, "NEO4J_USER=neo4j", "NEO4J_PASSWORD=test-password"}
	}
}

// long skips what takes minutes, but for `make prove`.
func long(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("SWITCHYARD_PROVE") == "" {
		t.Skipf("NOT TESTED: %s: `make prove` does", what)
	}
}

// outage is how long a store is away: a minute in `make prove`, else seconds.
func outage() time.Duration {
	if os.Getenv("SWITCHYARD_PROVE") != "" {
		return time.Minute
	}
	return 6 * time.Second
}
