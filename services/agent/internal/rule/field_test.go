package rule

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/registry"
)

const normalizers = "../../../ingress/internal/source"

// A name that a normalizer gives and this package doesn't know would be taken
// for a misspelling of another.
func TestEventFieldsAreTheNormalizers(t *testing.T) {
	given := regexp.MustCompile(`(?:\bf|fields)\.(?:Text|Number|Bool|List|Time)\("([a-z_]+)"`)
	found := 0
	err := fs.WalkDir(os.DirFS(normalizers), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(normalizers, path))
		for _, m := range given.FindAllStringSubmatch(string(text), -1) {
			found++
			if !slices.Contains(eventFields(), m[1]) {
				t.Errorf("%s gives event.fields.%s: add it to eventFields", path, m[1])
			}
		}
		return err
	})
	if err != nil || found < 30 {
		t.Errorf("%d fields found, error %v", found, err)
	}
}

// Each name in the table of docs/rules.md is one that events of the kinds
// beside it have, as the normalizers' goldens show. An event that has it not
// leaves its rule out, and a name that is merely wrong would do so for ever.
func TestRulesPageNamesFieldsThatEventsHave(t *testing.T) {
	// No golden shows these: nobody recorded such a body.
	unseen := map[string]string{
		"github issue.* resolution":            "state_reason of an issue that was closed",
		"github deployment.finished url":       "environment_url, which is empty in the recorded ones",
		"notion database.* updated_properties": "of schema_updated; the recorded one is content_updated",
	}
	page, err := os.ReadFile("../../../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "Names under `event.fields`")
	table, _, _ = strings.Cut(table, "\n## ")
	seen, word := goldenFields(t), regexp.MustCompile("`([^`]+)`")
	rows := regexp.MustCompile(`(?m)^\| (GitHub|Jira|Notion) ([^|]+)\|([^|]+)\|$`).FindAllStringSubmatch(table, -1)
	if len(rows) < 5 {
		t.Fatalf("%d rows found", len(rows))
	}
	for _, row := range rows {
		for _, kinds := range word.FindAllStringSubmatch(row[2], -1) {
			of := strings.ToLower(row[1]) + " " + kinds[1]
			for _, name := range word.FindAllStringSubmatch(row[3], -1) {
				_, excused := unseen[of+" "+name[1]]
				delete(unseen, of+" "+name[1])
				if has := seen.has(of, name[1]); has == excused {
					t.Errorf("%s: %s in a golden: %t, listed as in none: %t", of, name[1], has, excused)
				}
			}
		}
	}
	if len(unseen) > 0 {
		t.Errorf("not in the table: %v", slices.Sorted(maps.Keys(unseen)))
	}
}

// fieldsOf are the names that were seen, by source and kind: "github ping".
type fieldsOf map[string]map[string]bool

// The table of tools in docs/rules.md has every one that rules may plan, with all its fields.
func TestRulesPageNamesEveryTool(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range registry.Tools() {
		if isQuestion(tool) {
			continue
		}
		_, row, found := strings.Cut(string(page), "\n| `"+tool.GetName()+"` |")
		row, _, _ = strings.Cut(row, "\n")
		for _, field := range tool.GetFields() {
			if !found || !strings.Contains(row, field.GetName()) {
				t.Errorf("%s: no row, or one without %s", tool.GetName(), field.GetName())
			}
		}
	}
}

// has takes a pattern such as "github change.*".
func (f fieldsOf) has(kinds, name string) bool {
	for of, names := range f {
		if ok, err := filepath.Match(kinds, of); err == nil && ok && names[name] {
			return true
		}
	}
	return false
}

func (f fieldsOf) add(source, kind string, names ...string) {
	if f[source+" "+kind] == nil {
		f[source+" "+kind] = make(map[string]bool)
	}
	for _, name := range names {
		f[source+" "+kind][name] = true
	}
}

func goldenFields(t *testing.T) fieldsOf {
	t.Helper()
	seen := make(fieldsOf)
	for _, file := range glob(t, "*/testdata/*.event.json") {
		var e struct {
			Source, Kind string
			Fields       map[string]any
		}
		if err := json.Unmarshal(file, &e); err != nil {
			t.Fatal(err)
		}
		seen.add(e.Source, e.Kind, slices.Collect(maps.Keys(e.Fields))...)
	}
	kind := regexp.MustCompile(`(?m)^source: "(.+)"\nkind: "(.+)"$`)
	// Few fields are JSON on one line; more are a line each.
	fields, name := regexp.MustCompile(`(?m)^fields:(.*\n(?:  .*\n)*)`), regexp.MustCompile(`(?m)(?:^  |[{,]")(\w+)"?:`)
	for _, file := range glob(t, "*/testdata/payloads/*.golden") {
		for block := range strings.SplitSeq(string(file), "\n== ") {
			of, all := kind.FindStringSubmatch(block), fields.FindStringSubmatch(block)
			if of == nil || all == nil {
				continue
			}
			for _, m := range name.FindAllStringSubmatch(all[1], -1) {
				seen.add(of[1], of[2], m[1])
			}
		}
	}
	if len(seen) < 30 {
		t.Fatalf("goldens of %d kinds found", len(seen))
	}
	return seen
}

// glob is the content of the normalizers' files that match.
func glob(t *testing.T, pattern string) (files [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(normalizers, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// What is said of a source's fields is what its normalizer gives.
func TestEachSourceGivesItsOwnFields(t *testing.T) {
	given := regexp.MustCompile(`(?:\bf|fields)\.(?:Text|Number|Bool|List|Time)\("([a-z_]+)"`)
	for _, source := range sources() {
		files, err := filepath.Glob(filepath.Join("../../../ingress/internal/source", source, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, error %v", source, len(files), err)
		}
		var found []string
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range given.FindAllStringSubmatch(string(text), -1) {
				found = append(found, m[1])
			}
		}
		for _, name := range append(eventFields(), found...) {
			if got, want := gives(source, name), slices.Contains(found, name); got != want {
				t.Errorf("%s gives event.fields.%s: %t here, %t in its normalizer", source, name, got, want)
			}
		}
	}
}
