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
	b, err := openRulebook(file, slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	first := b.current().Hash()

	b.file.Look()
	if b.current().Hash() != first || logged.Len() > 0 {
		t.Errorf("the same file was loaded again: %s", &logged)
	}

	write(t, file, observe("Second"))
	b.file.Look()
	b.file.Look()
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
	b.file.Look()
	if b.current().Hash() != first || !strings.Contains(b.state().Detail, "no such file") {
		t.Errorf("state %+v", b.state())
	}

	// Back to what was good: nothing is wrong any more.
	write(t, file, observe("first"))
	b.file.Look()
	b.file.Look()
	if d := b.state(); strings.Contains(d.Detail, "not loaded") || b.current().Hash() != first {
		t.Errorf("state %+v", d)
	}
	if again := "level=WARN msg=\"rules loaded again\" file=" + file + " rules=1 hash=" + first; !strings.Contains(logged.String(), again) {
		t.Errorf("the end of the trouble was not said: %s", &logged)
	}

	write(t, file, observe("second"))
	b.file.Look()
	b.file.Look()
	if b.current().Hash() == first || !strings.Contains(logged.String(), `level=INFO msg="rules loaded"`) {
		t.Errorf("good rules were not taken: %s", &logged)
	}
}

func TestRulebookFollowsItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, observe("first"))
	synctest.Test(t, func(t *testing.T) {
		b, err := openRulebook(file, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		first := b.current().Hash()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go b.follow(ctx)
		write(t, file, observe("second"))
		<-time.After(3900 * time.Millisecond)
		synctest.Wait()
		if b.current().Hash() != first {
			t.Error("loaded before its time")
		}
		<-time.After(200 * time.Millisecond)
		synctest.Wait()
		if b.current().Hash() == first {
			t.Error("not loaded after two looks")
		}
	})
}

func TestRulebookRefusesABadFileAtStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, "rules: [{}]")
	_, err := openRulebook(file, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "RULES_FILE="+file) || !strings.Contains(err.Error(), "line 1") || !strings.Contains(err.Error(), "switchyard rules check "+file) {
		t.Errorf("error %v", err)
	}
	missing := file + ".not"
	_, err = openRulebook(missing, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "RULES_FILE="+missing) || !strings.Contains(err.Error(), "unset it") {
		t.Errorf("error %v", err)
	}
}

// Kubernetes swaps the folder that a mounted file's link leads through.
func TestRulebookFollowsASwappedMount(t *testing.T) {
	mount := t.TempDir()
	for _, version := range []string{"first", "second"} {
		folder := filepath.Join(mount, version)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, "rules.yaml"), observe(version))
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(mount, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("first", "..data")
	link(filepath.Join("..data", "rules.yaml"), "rules.yaml")
	b, err := openRulebook(filepath.Join(mount, "rules.yaml"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	first := b.current().Hash()
	link("second", "..data_tmp")
	if err := os.Rename(filepath.Join(mount, "..data_tmp"), filepath.Join(mount, "..data")); err != nil {
		t.Fatal(err)
	}
	b.file.Look()
	b.file.Look()
	if b.current().Hash() == first || strings.Contains(b.state().Detail, "not loaded") {
		t.Errorf("the swapped file was not taken: %+v", b.state())
	}
}

func TestRulebookIncludesTheBuiltInRules(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, "include: default\n"+observe("own"))
	b, err := openRulebook(file, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := b.current().Len(), b.builtIn.Len()+1; got != want || want < 2 {
		t.Errorf("%d rules, want %d", got, want)
	}
}

func TestRulebookSaysWhatIsOdd(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, strings.Replace(observe("a"), "on: {}", "on: {}, when: 'true'", 1))
	var logged bytes.Buffer
	if _, err := openRulebook(file, slog.New(slog.NewTextHandler(&logged, nil))); err != nil || strings.Count(logged.String(), "leave it out") != 1 {
		t.Errorf("error %v, logged %s", err, &logged)
	}
}
