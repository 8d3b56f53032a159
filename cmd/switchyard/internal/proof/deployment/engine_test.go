package deployment

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// root is the checkout.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// engine skips, and says so, unless `make prove` runs this and an engine is there.
func engine(t *testing.T) {
	t.Helper()
	if os.Getenv("SWITCHYARD_PROVE") == "" {
		t.Skip("NOT TESTED: images and docker-compose.yml; `make prove` does, with a container engine")
	}
	for _, args := range [][]string{{"version"}, {"compose", "version"}, {"buildx", "version"}} {
		if out, err := exec.CommandContext(t.Context(), "docker", args...).CombinedOutput(); err != nil {
			t.Skipf("NOT TESTED: images and docker-compose.yml: docker %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// shell is where commands run, with what they are given of the environment.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

// try runs a command for at most ten minutes and returns all that it printed.
func (s shell) try(stdin string, args ...string) (string, error) {
	// A cleanup's commands run when the test's context is done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = s.dir, append(os.Environ(), s.env...), strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	return out.String(), err
}

func (s shell) run(args ...string) string {
	s.t.Helper()
	out, err := s.try("", args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// freePort is one of this machine's, on all its addresses.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
}

// await asks until ok, and fails the test after the time.
func await(t *testing.T, limit time.Duration, what string, ok func() error) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-late:
			t.Fatalf("waited %v for %s in vain: %v", limit, what, err)
		case <-tick.C:
		}
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
