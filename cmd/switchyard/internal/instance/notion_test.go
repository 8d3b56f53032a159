package instance_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(b)
}

func TestHandshake(t *testing.T) {
	t.Chdir(t.TempDir())
	dir := t.TempDir()
	env := environ(map[string]string{"GITHUB_WEBHOOK_SECRET": "x", "JIRA_WEBHOOK_SECRET": "x", "SEAL_KEY": "x"})
	made, err := instance.MakeSecrets(dir, env, bytes.NewReader(make([]byte, 32)))
	if err != nil || strings.Join(made, " ") != "NOTION_WEBHOOK_SECRET" {
		t.Fatalf("made %v, %v", made, err)
	}
	secret, until := filepath.Join(dir, "notion.secret"), filepath.Join(dir, "notion.until")
	zeroes := strings.Repeat("A", 43) + "\n"
	if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 || read(t, secret) != zeroes {
		t.Fatalf("%q, %v, %v", read(t, secret), info, err)
	}
	open := func(replace bool) *instance.Handshake {
		t.Helper()
		h, err := instance.OpenHandshake(dir, env, time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600)), replace)
		if err != nil {
			t.Fatal(err)
		}
		// Nothing is put aside: whatever ends this program, the secret is there.
		if read(t, until) != "2026-03-01T11:00:00Z replace\n" || read(t, secret) == "" {
			t.Errorf("until %q, secret %q", read(t, until), read(t, secret))
		}
		return h
	}
	ends := func(h *instance.Handshake, token, kept string) {
		t.Helper()
		if got, err := h.Close(); err != nil || got != token || read(t, secret) != kept || read(t, until) != "" {
			t.Errorf("token %q, %v; secret %q, until %q", got, err, read(t, secret), read(t, until))
		}
	}
	arrive := func(token string) {
		if err := os.WriteFile(secret, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ends(open(false), "", zeroes)
	h := open(false)
	arrive("secret_one\n")
	if got, err := h.Token(); err != nil || got != "secret_one" {
		t.Errorf("Token %q, %v", got, err)
	}
	ends(h, "secret_one", "secret_one\n")
	if _, err := instance.OpenHandshake(dir, env, time.Now(), false); err == nil || !strings.Contains(err.Error(), "--replace") || read(t, until) != "" {
		t.Errorf("over a token: %v", err)
	}
	ends(open(true), "", "secret_one\n")
	h = open(true)
	arrive("secret_two")
	ends(h, "secret_two", "secret_two")
	// What `dev` makes meanwhile is no token that came.
	h = open(true)
	arrive("made by a start of dev")
	ends(h, "", "made by a start of dev")
}

func TestNoHandshakeOverTheEnvironment(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, value := range map[string]string{"NOTION_WEBHOOK_SECRET": "x", "NOTION_HANDSHAKE_UNTIL": "2026-03-01T12:00:00Z"} {
		if _, err := instance.OpenHandshake(t.TempDir(), environ(map[string]string{name: value}), time.Now(), true); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A file of one's own holds nothing that was made here.
	file := filepath.Join(t.TempDir(), "own")
	if err := os.WriteFile(file, []byte("whatever"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := instance.OpenHandshake(t.TempDir(), environ(map[string]string{"NOTION_WEBHOOK_SECRET_FILE": file}), time.Now(), false); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("over a file of one's own: %v", err)
	}
}
