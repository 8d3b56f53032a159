package registry_test

import (
	"slices"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/registry"
)

// A tool without a class, or a field without an origin, would have no policy.
func TestEveryToolIsDeclaredWhole(t *testing.T) {
	classes := []string{"set", "upsert", "create", "memory", "read"}
	origins := []string{"target", "field", "choice", "text"}
	tools := registry.Tools()
	if len(tools) == 0 {
		t.Fatal("the catalog declares no tool")
	}
	for _, tool := range tools {
		if !slices.Contains(classes, tool.GetClass()) || tool.GetDescription() == "" {
			t.Errorf("%s: class %q, description %q", tool.GetName(), tool.GetClass(), tool.GetDescription())
		}
		for _, f := range tool.GetFields() {
			if !slices.Contains(origins, f.GetOrigin()) {
				t.Errorf("%s.%s: origin %q", tool.GetName(), f.GetName(), f.GetOrigin())
			}
		}
	}
}

func TestTransition(t *testing.T) {
	for _, tool := range registry.Tools() {
		if tool.GetName() != "jira.transition" {
			continue
		}
		status := tool.GetFields()[1]
		if tool.GetClass() != "set" || status.GetName() != "status" || status.GetOrigin() != "choice" || status.GetMaxLength() != 100 || !status.GetRequired() {
			t.Fatalf("jira.transition is %v", tool)
		}
		return
	}
	t.Fatal("jira.transition is not in the catalog")
}
