package command

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// none is an environment with nothing in it.
func none(string) (string, bool) { return "", false }

// help returns what `switchyard ARGS… --help` prints on a terminal of 80 columns.
func help(t *testing.T, path []string) string {
	t.Helper()
	t.Setenv("COLUMNS", "80")
	var out bytes.Buffer
	var c commands
	parser, err := newParser(t.Context(), &Env{Lookup: none, Stdout: &out, Stderr: &out}, &c)
	if err != nil {
		t.Fatal(err)
	}
	parser.Exit = func(int) {}
	// After help, kong goes on to parse what is not there.
	_, _ = parser.Parse(append(path, "--help"))
	return out.String()
}

// each calls f for every command that is shown, by the words that name it.
func each(t *testing.T, f func(path []string, n *kong.Node)) {
	t.Helper()
	var c commands
	parser, err := newParser(t.Context(), &Env{Lookup: none}, &c)
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *kong.Node, path []string)
	walk = func(n *kong.Node, path []string) {
		f(path, n)
		for _, child := range n.Children {
			if !child.Hidden {
				walk(child, append(slices.Clip(path), child.Name))
			}
		}
	}
	walk(parser.Model.Node, nil)
}

// Every command teaches by an example that can be copied, and fits a narrow terminal.
func TestHelp(t *testing.T) {
	each(t, func(path []string, n *kong.Node) {
		name := strings.Join(append([]string{"switchyard"}, path...), " ")
		t.Run(name, func(t *testing.T) {
			out := help(t, path)
			words := "    " + name
			if n.Parent != nil && n.Parent.DefaultCmd == n {
				words = strings.TrimSuffix(words, " "+n.Name)
			}
			if !strings.Contains(out, words) && !strings.Contains(out, "$("+name) && !strings.Contains(out, "<("+name) {
				t.Errorf("no example of %q:\n%s", name, out)
			}
			if regexp.MustCompile(`(?m)^switchyard `).MatchString(out) {
				t.Errorf("an example that is not set apart:\n%s", out)
			}
			for line := range strings.Lines(out) {
				if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
					t.Errorf("wider than 80: %s", line)
				}
			}
		})
	})
}

// What help says to type can be typed.
func TestHelpExamplesParse(t *testing.T) {
	each(t, func(path []string, n *kong.Node) {
		for line := range strings.Lines(n.Detail) {
			// Until what the shell would take, or a column of explanation.
			line, _, _ = strings.Cut(strings.TrimSpace(line), "   ")
			args := strings.Fields(regexp.MustCompile(`[|<>\\].*`).ReplaceAllString(line, ""))
			if len(args) == 0 || args[0] != "switchyard" {
				continue
			}
			for i := range args {
				args[i] = strings.Trim(args[i], `"`)
			}
			var c commands
			parser, err := newParser(t.Context(), &Env{Lookup: none}, &c)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(args[1:]); err != nil {
				t.Errorf("%s: %s: %v", strings.Join(path, " "), line, err)
			}
		}
	})
}

func TestCandidates(t *testing.T) {
	var c commands
	parser, err := newParser(t.Context(), &Env{Lookup: none}, &c)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ typed, want string }{
		{"se", "send secret"},
		{"send |", "github jira notion"},
		{"send n", "notion"},
		{"send jira |", "incident.closed incident.created issue.status_changed"},
		{"send --all jira |", "incident.closed incident.created issue.status_changed"},
		{"send --secret x jira |", "incident.closed incident.created issue.status_changed"},
		{"send --secret=x jira |", "incident.closed incident.created issue.status_changed"},
		{"send jira x |", ""},
		{"send --source |", "github jira notion"},
		{"send --source=j", "--source=jira"},
		{"send --source = j", "jira"},
		{"send --source =", "github jira notion"},
		{"send --nonsense=j", ""},
		{"send --fi", "--file"},
		{"send --file |", ""},
		{"ask ", "activity dora linked shipped timeline"},
		{"ask d", "dora"},
		{"ask dora --w", "--window"},
		{"runs s", "show"},
		{"runs --lim", "--limit"},
		{"runs list --state q", "queued"},
		{"completion |", "bash fish zsh"},
		{"__c", ""},
	} {
		words := strings.Split(strings.ReplaceAll(tc.typed, "|", ""), " ")
		if got := strings.Join(candidates(parser.Model.Node, words), " "); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.typed, got, tc.want)
		}
	}
	if got := candidates(parser.Model.Node, nil); len(got) < 5 {
		t.Errorf("no word at all: %q", got)
	}
}

func TestHang(t *testing.T) {
	text := "one " + strings.Repeat("word ", 20) + "and " + strings.Repeat("x", 90) + "\nsecond"
	got := hang("  ok ", text)
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) < 4 || !strings.HasPrefix(lines[0], "  ok one word") || lines[len(lines)-1] != "     second" {
		t.Errorf("%q", lines)
	}
	for _, line := range lines {
		if len(line) > lineWidth && !strings.Contains(line, "xxx") {
			t.Errorf("wider than %d: %q", lineWidth, line)
		}
	}
}

// A flag that an environment variable sets said so twice.
func TestTheHelpOfRunsNamesAVariableOnce(t *testing.T) {
	for _, name := range []string{"retry", "approve", "reject"} {
		out := help(t, []string{"runs", name})
		if n := strings.Count(out, "USER"); n != 1 || !strings.Contains(out, "($USER)") || !strings.Contains(out, "--why") {
			t.Errorf("%s names it %d times:\n%s", name, n, out)
		}
	}
}
