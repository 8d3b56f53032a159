package registry_test

import (
	"slices"
	"strings"
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
		targets := 0
		for _, f := range tool.GetFields() {
			if f.GetOrigin() == "target" || f.GetTargetPrefix() != "" {
				targets++
			}
			if f.GetTargetPrefix() != "" && (f.GetOrigin() != "choice" || f.GetMaxItems() != 0 || !f.GetRequired()) {
				t.Errorf("%s.%s: a target that is a choice is one, and always given", tool.GetName(), f.GetName())
			}
			if !slices.Contains(origins, f.GetOrigin()) {
				t.Errorf("%s.%s: origin %q", tool.GetName(), f.GetName(), f.GetOrigin())
			}
		}
		if want := 1; targets != want && tool.GetClass() != "read" || targets > want {
			t.Errorf("%s acts on %d targets", tool.GetName(), targets)
		}
	}
}

// Notion's pace is kept by requests; what sends some that nobody counts would break it.
func TestNotionsRequestsAreCounted(t *testing.T) {
	counted := 0
	for _, tool := range registry.Tools() {
		if strings.HasPrefix(tool.GetName(), "notion.") {
			if counted++; tool.GetRequests() == 0 {
				t.Errorf("%s: no requests", tool.GetName())
			}
		}
	}
	if counted < 6 {
		t.Errorf("%d tools of Notion", counted)
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
