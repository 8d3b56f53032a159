package rule

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A name that a normalizer gives and this package doesn't know would be taken
// for a misspelling of another.
func TestEventFieldsAreTheNormalizers(t *testing.T) {
	given := regexp.MustCompile(`(?:\bf|fields)\.(?:Text|Number|Bool|List|Time)\("([a-z_]+)"`)
	found := 0
	err := fs.WalkDir(os.DirFS("../../../ingress/internal/source"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join("../../../ingress/internal/source", path))
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
