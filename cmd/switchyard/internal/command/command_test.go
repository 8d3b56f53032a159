package command_test

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/command"
)

const secret = "a-secret-of-this-test"

// output is what a command printed and how it ended.
type output struct {
	stdout, stderr string
	code           int
}

// run runs a command in an empty folder of its own, with every source's secret set.
func run(t *testing.T, args ...string) output {
	t.Helper()
	return runWith(t, map[string]string{
		"GITHUB_WEBHOOK_SECRET": secret,
		"JIRA_WEBHOOK_SECRET":   secret + ",an-older-one",
		"NOTION_WEBHOOK_SECRET": secret,
		"SERVICE_TOKEN":         "token",
	}, args...)
}

func runWith(t *testing.T, environ map[string]string, args ...string) output {
	t.Helper()
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	code := command.Main(t.Context(), command.Env{
		Args:   args,
		Lookup: func(name string) (string, bool) { v, ok := environ[name]; return v, ok },
		Stdin:  strings.NewReader(`{"from":"stdin"}`),
		Stdout: &stdout,
		Stderr: &stderr,
		Now:    func() time.Time { return time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC) },
		Random: rand.Reader,
		Client: &http.Client{},
		Self:   "switchyard",
	})
	return output{stdout.String(), stderr.String(), code}
}

// write writes a file outside the folder that run makes, and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (o output) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	all := o.stdout + o.stderr
	if o.code != code {
		t.Errorf("exit code %d, want %d:\n%s", o.code, code, all)
	}
	for _, p := range parts {
		if !strings.Contains(all, p) {
			t.Errorf("the output lacks %q:\n%s", p, all)
		}
	}
}

func TestSecret(t *testing.T) {
	one, two := run(t, "secret"), run(t, "secret")
	if one.code != 0 || len(one.stdout) != 44 || one.stdout == two.stdout {
		t.Errorf("got %q and %q", one.stdout, two.stdout)
	}
}

func TestVersion(t *testing.T) {
	run(t, "version").want(t, 0, "switchyard ", "go1.")
}

func TestUnknownCommand(t *testing.T) {
	run(t, "sned").want(t, 1, "switchyard: ", "--help")
}
