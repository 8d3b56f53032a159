package main

import (
	"os"
	"strings"
	"testing"
)

const folder = "../../internal/classify/lexicon/"

// The table in the tree is what the words in the tree say.
func TestTableIsFresh(t *testing.T) {
	words, err := os.ReadFile(folder + "words.txt")
	if err != nil {
		t.Fatal(err)
	}
	want, err := build(words)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(folder + "table.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("table.go is not what words.txt says: run `make generate` and commit the result")
	}
}

func TestBuild(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"alternatives, one of them missing", "bug 2 a|b x|", `{"a", "bug", 2, false},{"a x", "bug", 2, false},{"b", "bug", 2, false},{"b x", "bug", 2, false},`},
		{"the stronger of two lines", "bug -1 x\nbug -3 X", `{"x", "bug", -3, false},`},
		{"two classes, and code", "feature 1 x\n# comment\n\nbug !3 x", `{"x", "bug", 3, true},{"x", "feature", 1, false},`},
		{"as a text is read", "bug 2 don’t Stop-it", `{"dont stop it", "bug", 2, false},`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := build([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(string(out), "return []entry{\n")
			got, _, _ = strings.Cut(got, "\t}\n")
			if got = strings.NewReplacer("\n", "", "\t", "").Replace(got); got != tt.want {
				t.Errorf("built %s, want %s", got, tt.want)
			}
		})
	}
}

func TestBuildRefuses(t *testing.T) {
	tests := map[string]string{
		"bug 3":                        "1: want class, strength and words",
		"# first\nbug many x":          "2: strength many: want a whole number from -5 to 5",
		"bug 0 x":                      "1: strength 0",
		"bug 6 x":                      "1: strength 6",
		"bug 1 a b c d e f g h i":      `1: "a b c d e f g h i": want 1 to 8 words`,
		"bug 1 |":                      `1: "": want 1 to 8 words`,
		"bug 1 x\nbug -1 x":            `2: "x" speaks for bug and against it`,
		"alias bug x\nalias feature x": "2: x is an alias of bug already",
		"bug 1 a|b|c|d|e|f|g|h a|b|c|d|e|f|g|h a|b|c|d|e|f|g|h": "1: 512 entries in a line: at most 500",
	}
	for in, want := range tests {
		if _, err := build([]byte(in)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("build(%q): %v, want %s", in, err, want)
		}
	}
}
