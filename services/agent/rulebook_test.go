package agent

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/registry"
)

func observe(name string) string {
	return "rules: [{name: " + name + ", on: {}, do: [{step: s, tool: facts.observe, with: {target: event.ref, name: event.kind, value: event.occurrence}}]}]"
}

func write(t *testing.T, file, data string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRulebookKeepsTheLastGoodRules(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, observe("first"))
	var logged bytes.Buffer
	b, err := openRulebook(file, registry.Tools(), slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	first := b.current().Hash()

	b.reload()
	if b.current().Hash() != first || logged.Len() > 0 {
		t.Errorf("the same file was loaded again: %s", &logged)
	}

	write(t, file, observe("Second"))
	b.reload()
	b.reload()
	if b.current().Hash() != first {
		t.Error("bad rules were taken")
	}
	if n := strings.Count(logged.String(), "rules not loaded"); n != 1 {
		t.Errorf("said %d times: %s", n, &logged)
	}
	if d := b.state(); d.State != "ok" || !strings.Contains(d.Detail, first) || !strings.Contains(d.Detail, `the name "Second"`) {
		t.Errorf("state %+v", d)
	}

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	b.reload()
	if b.current().Hash() != first || !strings.Contains(b.state().Detail, "no such file") {
		t.Errorf("state %+v", b.state())
	}

	// Back to what was good: nothing is wrong any more.
	write(t, file, observe("first"))
	b.reload()
	if d := b.state(); strings.Contains(d.Detail, "not loaded") || b.current().Hash() != first {
		t.Errorf("state %+v", d)
	}

	write(t, file, observe("second"))
	b.reload()
	if b.current().Hash() == first || !strings.Contains(logged.String(), "rules loaded") {
		t.Errorf("good rules were not taken: %s", &logged)
	}
}

func TestRulebookFollowsItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, observe("first"))
	synctest.Test(t, func(t *testing.T) {
		b, err := openRulebook(file, registry.Tools(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		first := b.current().Hash()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go b.follow(ctx)
		write(t, file, observe("second"))
		<-time.After(1900 * time.Millisecond)
		synctest.Wait()
		if b.current().Hash() != first {
			t.Error("loaded before its time")
		}
		<-time.After(200 * time.Millisecond)
		synctest.Wait()
		if b.current().Hash() == first {
			t.Error("not loaded after 2 s")
		}
	})
}

func TestRulebookRefusesABadFileAtStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, "rules: [{}]")
	_, err := openRulebook(file, registry.Tools(), slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "RULES_FILE="+file) || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("error %v", err)
	}
}
