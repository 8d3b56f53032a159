package keyring_test

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchyard-dev/switchyard/internal/config"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/keyring"
)

func from(m map[string]string) config.Lookup {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func mustMake(t *testing.T, dir string, given map[string]string) keyring.Report {
	t.Helper()
	r, err := keyring.Make(dir, from(given), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// files are those below dir with their contents, by holder/NAME.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ".lock" {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEachHolderHasItsOwn(t *testing.T) {
	dir := t.TempDir()
	r := mustMake(t, dir, nil)
	got := files(t, dir)
	want := []string{
		"agent/AGENT_TOKEN", "agent/INGRESS_TOKEN", "agent/OPERATOR_TOKEN", "agent/READER_TOKEN",
		"clickhouse/CLICKHOUSE_PASSWORD",
		"executor/TOOLS_TOKEN",
		"ingress/GITHUB_WEBHOOK_SECRET", "ingress/INGRESS_TOKEN", "ingress/JIRA_WEBHOOK_SECRET", "ingress/NOTION_WEBHOOK_SECRET", "ingress/SEAL_KEY",
		"neo4j/NEO4J_AUTH", "neo4j/NEO4J_PASSWORD",
		"postgres/POSTGRES_PASSWORD",
		"tools/AGENT_TOKEN", "tools/NEO4J_PASSWORD", "tools/OPERATOR_TOKEN", "tools/READER_TOKEN", "tools/SEAL_KEY", "tools/TOOLS_TOKEN",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if got["ingress/SEAL_KEY"] != got["tools/SEAL_KEY"] {
		t.Error("ingress and tools have different seal keys")
	}
	seen := map[string]string{}
	for name, value := range got {
		if len(strings.TrimSpace(value)) < 43 {
			t.Errorf("%s has %d characters", name, len(value))
		}
		base := filepath.Base(name)
		if other, ok := seen[value]; ok && other != base {
			t.Errorf("%s and %s are the same", base, other)
		}
		seen[value] = base
		if strings.Contains(strings.Join(slices.Concat(r.Made, r.Taken, r.Kept), " "), strings.TrimSpace(value)) {
			t.Errorf("the report tells %s", name)
		}
	}
	if !strings.HasPrefix(got["neo4j/NEO4J_AUTH"], "neo4j/n") {
		t.Error("Neo4j's is not user/password")
	}
}

func TestModes(t *testing.T) {
	dir := t.TempDir()
	mustMake(t, dir, nil)
	for path, want := range map[string]fs.FileMode{
		"ingress": 0o700, "ingress/SEAL_KEY": 0o400, "tools": 0o700, "tools/SEAL_KEY": 0o400,
		"agent": 0o700, "executor": 0o700,
		// Their images run as users of their own.
		"postgres": 0o755, "postgres/POSTGRES_PASSWORD": 0o444, "neo4j": 0o755, "neo4j/NEO4J_AUTH": 0o444,
		"clickhouse": 0o755, "clickhouse/CLICKHOUSE_PASSWORD": 0o444,
	} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestAgainChangesNothing(t *testing.T) {
	dir := t.TempDir()
	first := mustMake(t, dir, nil)
	before := files(t, dir)
	again := mustMake(t, dir, nil)
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("changed:\n%s", diff)
	}
	if len(again.Made)+len(again.Taken) > 0 || !slices.Equal(again.Kept, first.Made) {
		t.Errorf("report %+v", again)
	}
}

// stopping is a source of randomness that ends after some secrets.
type stopping struct{ secrets int }

func (s *stopping) Read(p []byte) (int, error) {
	if s.secrets--; s.secrets < 0 {
		return 0, errors.New("stopped")
	}
	return rand.Read(p)
}

// Whatever was there when it ended early is there afterwards, and every holder
// of a secret has the same.
func TestKilledHalfWay(t *testing.T) {
	whole := t.TempDir()
	all := mustMake(t, whole, nil).Made
	names := slices.Sorted(maps.Keys(files(t, whole)))
	for n := range all {
		dir := t.TempDir()
		if _, err := keyring.Make(dir, from(nil), &stopping{n}); err == nil {
			t.Fatalf("%d secrets were enough", n)
		}
		complete(t, dir, names)
	}
	// Between two holders of one secret, and in the middle of a file.
	for _, gone := range names {
		dir := t.TempDir()
		mustMake(t, dir, nil)
		path := filepath.Join(dir, gone)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		left := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
		if err := os.WriteFile(left, []byte("hal"), 0o400); err != nil {
			t.Fatal(err)
		}
		complete(t, dir, names)
	}
}

func complete(t *testing.T, dir string, names []string) {
	t.Helper()
	before := files(t, dir)
	mustMake(t, dir, nil)
	after := files(t, dir)
	if got := slices.Sorted(maps.Keys(after)); !slices.Equal(got, names) {
		t.Errorf("files %v, want %v", got, names)
	}
	for name, value := range before {
		if strings.HasSuffix(name, ".new") {
			continue
		}
		if after[name] != value {
			t.Errorf("%s was changed", name)
		}
	}
	values := map[string]string{}
	for file, value := range after {
		name := filepath.Base(file)
		if other, ok := values[name]; ok && other != value {
			t.Errorf("not all holders of %s have the same", name)
		}
		values[name] = value
	}
}

func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	made := make([]int, 8)
	for i := range made {
		wg.Go(func() {
			r, err := keyring.Make(dir, from(nil), rand.Reader)
			if err != nil {
				t.Error(err)
			}
			made[i] = len(r.Made)
		})
	}
	wg.Wait()
	slices.Sort(made)
	if made[6] != 0 || made[7] == 0 {
		t.Errorf("made by each: %v, want all of them by one", made)
	}
}

// What an operator gave holds, for every holder; what is written by hand stays.
func TestGiven(t *testing.T) {
	dir := t.TempDir()
	r := mustMake(t, dir, map[string]string{"GITHUB_WEBHOOK_SECRET": "the team's own secret", "SEAL_KEY": "", "JIRA_WEBHOOK_SECRET": ""})
	if !slices.Equal(r.Taken, []string{"GITHUB_WEBHOOK_SECRET"}) || slices.Contains(r.Made, "GITHUB_WEBHOOK_SECRET") {
		t.Errorf("report %+v", r)
	}
	old := files(t, dir)
	if old["ingress/GITHUB_WEBHOOK_SECRET"] != "the team's own secret\n" || old["ingress/JIRA_WEBHOOK_SECRET"] == "\n" {
		t.Errorf("files %v", old)
	}
	r = mustMake(t, dir, map[string]string{"AGENT_TOKEN": "another, chosen by hand"})
	got := files(t, dir)
	for _, holder := range []string{"agent", "tools"} {
		if got[holder+"/AGENT_TOKEN"] != "another, chosen by hand\n" {
			t.Errorf("%s has not the token that was given", holder)
		}
	}
	if got["ingress/GITHUB_WEBHOOK_SECRET"] != old["ingress/GITHUB_WEBHOOK_SECRET"] || !slices.Equal(r.Taken, []string{"AGENT_TOKEN"}) {
		t.Errorf("report %+v", r)
	}
	rotating := filepath.Join(dir, "ingress/GITHUB_WEBHOOK_SECRET")
	if err := errors.Join(os.Chmod(rotating, 0o600), os.WriteFile(rotating, []byte("old,new\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	mustMake(t, dir, nil)
	if got := files(t, dir)["ingress/GITHUB_WEBHOOK_SECRET"]; got != "old,new\n" {
		t.Errorf("a file that somebody wrote became %q", got)
	}
}

func TestAddresses(t *testing.T) {
	dir := t.TempDir()
	mustMake(t, dir, map[string]string{
		"DATABASE_URL":   "postgres://switchyard@postgres:5432/switchyard?sslmode=disable",
		"CLICKHOUSE_URL": "http://reader:own@ch.example.com:8123/facts",
	})
	got := files(t, dir)
	password := strings.TrimSpace(got["postgres/POSTGRES_PASSWORD"])
	for name, want := range map[string]string{
		"tools/DATABASE_URL":   "postgres://switchyard:" + password + "@postgres:5432/switchyard?sslmode=disable\n",
		"tools/CLICKHOUSE_URL": "http://reader:own@ch.example.com:8123/facts\n",
		"neo4j/NEO4J_AUTH":     "neo4j/" + got["tools/NEO4J_PASSWORD"],
	} {
		if got[name] != want {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	// A store that moved is found, with the same password.
	mustMake(t, dir, map[string]string{"DATABASE_URL": "postgres://switchyard@elsewhere/switchyard"})
	if moved, want := files(t, dir)["tools/DATABASE_URL"], "postgres://switchyard:"+password+"@elsewhere/switchyard\n"; moved != want {
		t.Errorf("after the move %q", moved)
	}
	_, err := keyring.Make(dir, from(map[string]string{"DATABASE_URL": "postgres://u:secret%zz@h/d"}), rand.Reader)
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("a broken address gave %v", err)
	}
}

func TestFolderThatCanNotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Make(file, from(nil), rand.Reader); err == nil || !strings.Contains(err.Error(), "--secrets "+file) {
		t.Errorf("error %v", err)
	}
}

// A secret that .env has was written over the one that had replaced it, at the next up, and
// the deliveries that were signed with the new one were refused.
func TestAFileThatWasReplacedIsNotPutBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ingress/GITHUB_WEBHOOK_SECRET")
	env := map[string]string{"GITHUB_WEBHOOK_SECRET": "the first secret"}
	mustMake(t, dir, env)
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("the second secret\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	r := mustMake(t, dir, env)
	if got := files(t, dir); got["ingress/GITHUB_WEBHOOK_SECRET"] != "the second secret\n" || slices.Contains(r.Taken, "GITHUB_WEBHOOK_SECRET") {
		t.Errorf("%q, report %+v", got["ingress/GITHUB_WEBHOOK_SECRET"], r)
	}
	for name, content := range files(t, dir) {
		if strings.HasPrefix(name, "taken/") && strings.Contains(content, "secret") {
			t.Errorf("%s has the secret", name)
		}
	}
	for what, change := range map[string]func() error{
		"another one in the environment": func() error { env["GITHUB_WEBHOOK_SECRET"] = "the third secret"; return nil },
		"no file":                        func() error { return os.Remove(path) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		r = mustMake(t, dir, env)
		if got := files(t, dir)["ingress/GITHUB_WEBHOOK_SECRET"]; got != env["GITHUB_WEBHOOK_SECRET"]+"\n" || !slices.Contains(r.Taken, "GITHUB_WEBHOOK_SECRET") {
			t.Errorf("%s: %q, report %+v", what, got, r)
		}
	}
}
