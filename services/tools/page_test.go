package tools_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Who is told a code finds it on the page.
func TestThePageHasEveryGap(t *testing.T) {
	page, err := os.ReadFile("../../docs/questions.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`Code: +"([a-z_]+)"`)
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range code.FindAllStringSubmatch(string(source), -1) {
			found++
			if !strings.Contains(string(page), "\n| `"+m[1]+"` |") {
				t.Errorf("%s: %s is not on the page", name, m[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d gaps were found in the code", found)
	}
}
