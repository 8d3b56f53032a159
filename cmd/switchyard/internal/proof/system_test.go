package proof

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit"
)

const (
	serviceToken = "test-service-token-0123456789"
	sealKey      = "test-seal-key-0123456789"
	hookSecret   = "test-hook-secret-0123456789"
)

// binaries builds the services once, with the steps at which they can be killed.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "switchyard-proof")
	if err != nil {
		return "", err
	}
	const module = "github.com/switchyard-dev/switchyard/services/"
	cmd := exec.Command("go", "build", "-tags", "faultpoints", "-o", dir+"/",
		module+"ingress/cmd/ingress", module+"agent/cmd/agent", module+"tools/cmd/tools", module+"executor/cmd/executor")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	// What waits for leases to run out needs no core of its own.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	code := m.Run()
	if dir, err := binaries(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// system is ingress, agent and tools as separate processes on one ledger.
type system struct {
	t        *testing.T
	dir      string
	executor *testkit.Executor
	addrs    map[string]string
	told     string // what was told last of the state of a store
	// Settings besides, or instead.
	extra []string
	mu    sync.Mutex
	procs map[string]*process
}

// process is one start of a service.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	log    *bytes.Buffer
}

func newSystem(t *testing.T) *system { return newFleet(t, "ingress", "agent", "tools") }

// newFleet is a system of these processes: agent, agent2.
func newFleet(t *testing.T, names ...string) *system {
	t.Helper()
	s := &system{t: t, dir: t.TempDir(), executor: testkit.NewExecutor(t, serviceToken), addrs: map[string]string{}, procs: map[string]*process{}}
	for _, name := range names {
		s.addrs[name] = freeAddress(t)
	}
	policy := filepath.Join(s.dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte(policyYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

const policyYAML = `
pairs:
  - [github:acme/api, jira:ACME]
places:
  github:acme/api: private
  jira:ACME: private
choices:
  jira.transition:
    jira:ACME:
      status: [Done]
`

// Ports that services of these tests are given: below those that a system gives
// to whoever asks for any, a client's side of a connection too. One of those
// would go to another while its service is being started or lies killed.
const firstPort, lastPort = 12000, 31999

// nextPort begins elsewhere in each process: two may run these tests at a time.
var nextPort atomic.Int32

func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		n := os.Getpid()*100 + int(nextPort.Add(1))
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+n%(lastPort-firstPort+1)))
		if ln, err := net.Listen("tcp", addr); err == nil {
			_ = ln.Close()
			return addr
		}
	}
	t.Fatalf("no port between %d and %d is free", firstPort, lastPort)
	return ""
}

func (s *system) environment(name, faultpoint string) []string {
	_, port, _ := net.SplitHostPort(s.addrs["ingress"])
	environment := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + s.dir,
		"WEBHOOK_SERVER_HOST=127.0.0.1", "WEBHOOK_SERVER_PORT=" + port,
		"AGENT_URL=http://" + s.addrs["agent"], "TOOLS_URL=http://" + s.addrs["tools"],
		"EXECUTOR_ENDPOINT=" + s.executor.URL,
		"DATABASE_URL=sqlite:" + filepath.Join(s.dir, "ledger.db"),
		"POLICY_FILE=" + filepath.Join(s.dir, "policy.yaml"),
		"SERVICE_TOKEN=" + serviceToken, "SEAL_KEY=" + sealKey, "GITHUB_WEBHOOK_SECRET=" + hookSecret,
		"FAULTPOINT=" + faultpoint,
	}
	if kind := kindOf(name); kind != "ingress" {
		environment = append(environment, strings.ToUpper(kind)+"_LISTEN="+s.addrs[name])
	}
	return append(environment, s.extra...)
}

// kindOf is the service that a process is of.
func kindOf(name string) string { return strings.TrimRight(name, "0123456789") }

// kill ends a process in the middle of what it does.
func (s *system) kill(name string) {
	s.t.Helper()
	s.mu.Lock()
	p := s.procs[name]
	s.mu.Unlock()
	if err := p.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-p.exited
}

// start starts a service and waits until it answers. With a fault point it may
// die at once; then there is nothing to wait for.
func (s *system) start(name, faultpoint string) *process {
	s.t.Helper()
	dir, err := binaries()
	if err != nil {
		s.t.Fatal(err)
	}
	p := &process{cmd: exec.Command(filepath.Join(dir, kindOf(name))), exited: make(chan struct{}), log: &bytes.Buffer{}}
	p.cmd.Env = s.environment(name, faultpoint)
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	s.mu.Lock()
	s.procs[name] = p
	s.mu.Unlock()
	s.await(30*time.Second, name+" to answer", func(ctx context.Context) bool {
		select {
		case <-p.exited:
			s.t.Fatalf("%s ended at start: %s", name, p.log)
		default:
		}
		return get(ctx, "http://"+s.addrs[name]+"/livez") == nil
	})
	return p
}

func get(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// await asks several times a second until ok, and fails the test after the time.
func (s *system) await(limit time.Duration, what string, ok func(context.Context) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok(ctx) {
		select {
		case <-ctx.Done():
			s.t.Fatalf("waited %v for %s in vain\n%s", limit, what, s.logs())
		case <-tick.C:
		}
	}
}

func (s *system) logs() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "told last: %s\n", s.told)
	for name, p := range s.procs {
		select {
		case <-p.exited: // else the buffer is still being written
			fmt.Fprintf(&b, "== %s\n%s\n", name, tail(p.log.String(), 2000))
		default:
		}
	}
	return b.String()
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[len(s)-n:]
}

func (s *system) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.procs {
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}
