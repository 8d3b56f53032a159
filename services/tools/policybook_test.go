package tools

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/registry"
)

func TestPolicyIsReadAgainAndTheLastGoodKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("pairs: [[github:acme/api, jira:ACME]]")
	var logged bytes.Buffer
	b, err := openPolicybook(Config{PolicyFile: file}, registry.Tools(), slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	pairs := func() int { return len(b.current().Paired("github:repo:acme/api")) }
	if d := b.state(); pairs() != 1 || d.State != "ok" || d.Detail != "1 pair, 0 places, 0 trusted, 0 choices" {
		t.Errorf("at first: %d, %+v", pairs(), d)
	}

	write("max_calls: 5\npears: []")
	b.file.Look()
	b.file.Look()
	if d := b.state(); pairs() != 1 || d.State != "ok" || !strings.Contains(d.Detail, "the file is not loaded: POLICY_FILE="+file) || !strings.Contains(d.Detail, `line 2: unknown key "pears"`) {
		t.Errorf("a bad file: %d, %+v", pairs(), d)
	}
	if n := strings.Count(logged.String(), "policy not loaded: the last good one is kept"); n != 1 || !strings.Contains(logged.String(), "line 2") {
		t.Errorf("said %d times: %s", n, &logged)
	}

	write("kill_switch: on")
	b.file.Look()
	b.file.Look()
	if d := b.state(); pairs() != 0 || !b.current().Killed() || !strings.HasSuffix(d.Detail, "kill_switch on") {
		t.Errorf("a good file: %d, %+v", pairs(), d)
	}
	if !strings.Contains(logged.String(), `level=WARN msg="policy loaded"`) || !strings.Contains(logged.String(), "odd in the policy") {
		t.Errorf("the end of the trouble was not said: %s", &logged)
	}
}

// What an editor that truncates leaves for a moment loosens nothing.
func TestAnEmptyOrHalfWrittenPolicyIsNotTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	const half = "pairs: [[github:acme/api, jira:ACME]]\ntiers: {trusted: auto, untrusted: off}\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(half + "kill_switch: on\n")
	b, err := openPolicybook(Config{PolicyFile: file}, registry.Tools(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", half, half + "kill_switch: on\n"} {
		write(text)
		b.file.Look()
		if !b.current().Killed() {
			t.Errorf("%q is taken at its first sight", text)
		}
	}
	write("")
	b.file.Look()
	b.file.Look()
	if d := b.state(); !b.current().Killed() || !strings.Contains(d.Detail, "the file is empty") {
		t.Errorf("empty: %+v", d)
	}
}

func TestABadPolicyIsRefusedAtTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := CheckPolicy(Config{PolicyFile: file}); err == nil || !strings.Contains(err.Error(), "POLICY_FILE="+file) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(file, []byte("\npairs: x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckPolicy(Config{PolicyFile: file}); err == nil || !strings.Contains(err.Error(), "line 2: pairs must be a list") || !strings.Contains(err.Error(), "switchyard policy check "+file) {
		t.Errorf("bad: %v", err)
	}
	if err := CheckPolicy(Config{Policy: []byte("pairs: x")}); err == nil {
		t.Error("a bad policy of the program's own is taken")
	}
}
