package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// ending of the names of test files, before .yaml: rules.yaml has its tests in
// rules_test.yaml.
const ending = "_test"

// Table is a file with tests of rules.
type Table struct {
	file string
	// Rules and Policy are files beside this one. Rules may be left out where
	// the name says it; "default" are the built-in ones.
	Rules  string  `yaml:"rules"`
	Policy string  `yaml:"policy"`
	Tests  []*Test `yaml:"tests"`
}

// Test is one event with what it should lead to.
type Test struct {
	Name  string         `yaml:"name"`
	Event map[string]any `yaml:"event"`
	Want  Want           `yaml:"want"`
}

// Result is what came of a test: passed without differences and error.
type Result struct {
	Name string
	// Lines of what was wanted, after "- ", and of what came, after "+ ".
	Diff []string
	// The test could not be run.
	Err error
}

// Failed says whether the test did not pass.
func (r Result) Failed() bool { return r.Err != nil || len(r.Diff) > 0 }

// Find returns the test files of a folder, of a rules file, or the file itself.
func Find(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		extension := filepath.Ext(path)
		if base := strings.TrimSuffix(path, extension); !strings.HasSuffix(base, ending) {
			path = base + ending + extension
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("no tests: %w", err)
		}
		return []string{path}, nil
	}
	var files []string
	for _, extension := range []string{".yaml", ".yml"} {
		found, err := filepath.Glob(filepath.Join(path, "*"+ending+extension))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no *%s.yaml: name a file, or write one (`switchyard rules test --help` shows how)", path, ending)
	}
	return files, nil
}

// Read reads a test file. Unknown keys are errors, with their line.
func Read(file string) (*Table, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := &Table{file: file}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(t); err != nil {
		return nil, fmt.Errorf("%s: %w", file, plain(err))
	}
	if len(t.Tests) == 0 {
		return nil, fmt.Errorf("%s: no tests", file)
	}
	for i, test := range t.Tests {
		if test == nil || test.Name == "" || len(test.Event) == 0 || !test.Want.any() {
			return nil, fmt.Errorf("%s: test %d: want a name, an event and something under want", file, i+1)
		}
	}
	return t, nil
}

// Run runs every test of the file on a stage of its own. The options' rules are
// not used; its policy is where the file names none.
func (t *Table) Run(ctx context.Context, o Options) (results []Result, err error) {
	o.RulesFile = t.rulesFile()
	if t.Policy != "" {
		o.PolicyFile, o.PolicyBy = t.beside(t.Policy), "policy:"
	}
	stage, err := Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.file, err)
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	for _, test := range t.Tests {
		results = append(results, t.run(ctx, stage, test, o.Now()))
	}
	return results, nil
}

func (t *Table) run(ctx context.Context, stage *Stage, test *Test, now time.Time) Result {
	r := Result{Name: test.Name}
	in, err := t.input(test.Event, now)
	if err != nil {
		r.Err = err
		return r
	}
	resp, err := stage.Plan(ctx, in)
	if err != nil {
		r.Err = err
		return r
	}
	r.Diff = test.Want.diff(resp)
	return r
}

// input reads a test's event: an example, a body in a file, or an event's fields.
func (t *Table) input(event map[string]any, now time.Time) (Input, error) {
	text := func(key string) string { s, _ := event[key].(string); return s }
	switch {
	case event["example"] != nil:
		if len(event) > 1 {
			return Input{}, errors.New("event: an example goes with nothing else")
		}
		return FromExample(text("example"), now)
	case event["body"] != nil:
		for key := range event {
			if !slices.Contains([]string{"body", "source", "event"}, key) {
				return Input{}, fmt.Errorf("event: a body goes with source and event, not with %s", key)
			}
		}
		body, err := os.ReadFile(t.beside(text("body")))
		if err != nil {
			return Input{}, fmt.Errorf("event: %w", err)
		}
		return FromBody(text("source"), text("event"), body, now)
	}
	return fromFields(event, now)
}

func (t *Table) rulesFile() string {
	switch t.Rules {
	case "default":
		return ""
	case "":
		extension := filepath.Ext(t.file)
		return strings.TrimSuffix(strings.TrimSuffix(t.file, extension), ending) + extension
	}
	return t.beside(t.Rules)
}

func (t *Table) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(t.file), name)
}
