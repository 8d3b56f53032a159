package dev

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// A misspelled name in .env was passed over without a word.
func TestSlipsInDotEnvAreTold(t *testing.T) {
	t.Chdir(t.TempDir())
	file := "GITHUB_SECRET=x\nTOOLS_URI=x\nGITHUB_WEBHOOK_SECRET_FILE=x\nLOG_LEVEL=info\nNODE_ENV=production\nJIRA_EU_WEBHOOK_SECRET=x\nGITHUB_TOKEN=x\n"
	if err := os.WriteFile(".env", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := func(name string) (string, bool) { return "jira@eu=eu.example.com", name == "WEBHOOK_INSTANCES" }
	var logged bytes.Buffer
	if err := warnOfSlips(t.Context(), settings, slog.New(slog.NewTextHandler(&logged, nil))); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "name=GITHUB_SECRET meant=GITHUB_WEBHOOK_SECRET") || !strings.Contains(lines[1], "name=TOOLS_URI meant=TOOLS_URL") {
		t.Errorf("logged %s", &logged)
	}
}
