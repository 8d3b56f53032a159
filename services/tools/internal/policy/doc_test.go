package policy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// Whoever copies a policy from the page gets one that parses.
func TestPageParses(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("no YAML on the page")
	}
	for _, block := range blocks {
		source, _, _ := strings.Cut(block, "```")
		if _, err := policy.Parse([]byte(source), registry.Tools()); err != nil {
			t.Errorf("%v in\n%s", err, source)
		}
	}
}
