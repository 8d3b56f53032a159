package instance_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

func environ(m map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func TestOneInstanceAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if _, running, err := instance.Running(dir); running || err != nil {
		t.Errorf("no folder: running %v, %v", running, err)
	}
	lock, err := instance.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, running, err := instance.Running(dir); running || err != nil {
		t.Errorf("not announced: running %v, %v", running, err)
	}
	want := instance.Addresses{PID: 17, Ingress: "http://127.0.0.1:1", Agent: "http://127.0.0.1:2"}
	if err := lock.Announce(want); err != nil {
		t.Fatal(err)
	}
	if got, running, err := instance.Running(dir); !running || err != nil || got != want {
		t.Errorf("got %+v, %v, %v", got, running, err)
	}
	_, err = instance.Acquire(dir)
	if err == nil || !strings.Contains(err.Error(), "process 17, http://127.0.0.1:1") || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a second instance: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, running, err := instance.Running(dir); running || err != nil {
		t.Errorf("released: running %v, %v", running, err)
	}
	again, err := instance.Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

// An instance that was killed leaves its file and no lock.
func TestAStaleFileIsNoInstance(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "instance.json"), []byte(`{"pid":1,"ingress":"http://127.0.0.1:1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, running, err := instance.Running(dir); running || err != nil {
		t.Errorf("running %v, %v", running, err)
	}
}

func TestSecretsAreMadeOnceAndOnlyIfUnset(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile(".env", []byte("JIRA_WEBHOOK_SECRET=from-dotenv\nSEAL_KEY=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := environ(map[string]string{"GITHUB_WEBHOOK_SECRET": "from-environment", "NOTION_WEBHOOK_SECRET_FILE": "/run/secret"})
	dir := t.TempDir()
	made, err := instance.MakeSecrets(dir, env, bytes.NewReader(make([]byte, 64)))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(made, " "); got != "SEAL_KEY" {
		t.Errorf("made %s", got)
	}
	info, err := os.Stat(filepath.Join(dir, "secrets.env"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	settings, err := instance.Settings(dir, env)
	if err != nil {
		t.Fatal(err)
	}
	zeroes := strings.Repeat("A", 43)
	for name, want := range map[string]string{
		"GITHUB_WEBHOOK_SECRET": "from-environment",
		"JIRA_WEBHOOK_SECRET":   "from-dotenv",
		"NOTION_WEBHOOK_SECRET": "",
		"SEAL_KEY":              zeroes,
	} {
		if got, _ := settings(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if made, err := instance.MakeSecrets(dir, env, bytes.NewReader(nil)); err != nil || len(made) > 0 {
		t.Errorf("a second time: %v, %v", made, err)
	}
	made, err = instance.MakeSecrets(dir, environ(nil), bytes.NewReader(make([]byte, 64)))
	if err != nil || strings.Join(made, " ") != "GITHUB_WEBHOOK_SECRET NOTION_WEBHOOK_SECRET" {
		t.Errorf("what was set before and is no more: %v, %v", made, err)
	}
}

// A file of made secrets may be left from a time before the setting was given as a file.
func TestAFileGoesBeforeAMadeSecret(t *testing.T) {
	lookup := instance.Under(environ(map[string]string{"SEAL_KEY_FILE": "/run/key"}), map[string]string{"SEAL_KEY": "made"})
	if v, ok := lookup("SEAL_KEY"); ok {
		t.Errorf("got %q", v)
	}
}

func TestNewSecretFailsWithoutRandomness(t *testing.T) {
	if _, err := instance.NewSecret(strings.NewReader("short")); err == nil {
		t.Error("a short read made a secret")
	}
}
