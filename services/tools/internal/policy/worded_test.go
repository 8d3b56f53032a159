package policy_test

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// What a call sets is known again in the event that ingress makes of it: the
// events are those that ingress's own tests hold its normalizers to.
func TestChangesAreWordedAsIngressWordsThem(t *testing.T) {
	sources := filepath.Join("..", "..", "..", "ingress", "internal", "source")
	for file, c := range map[string]struct {
		tool    string
		payload map[string]any
		account string
	}{
		"github/testdata/issues.closed.event.json":      {"github.close_issue", nil, "github:user:dev-one"},
		"github/testdata/issues.labeled.event.json":     {"github.add_labels", map[string]any{"labels": []any{"bug", "ui"}}, "github:user:dev-one"},
		"github/testdata/issues.assigned.event.json":    {"github.assign", map[string]any{"assignees": []any{"Dev-One"}}, "github:user:dev-one"},
		"jira/testdata/issue_updated.status.event.json": {"jira.transition", map[string]any{"status": "In Progress"}, ""},
	} {
		t.Run(c.tool, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(sources, filepath.FromSlash(file)))
			if err != nil {
				t.Fatal(err)
			}
			var e eventv1.WebhookEvent
			if err := protojson.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			if c.account == "" {
				c.account = "jira:user:" + e.GetActor().GetId()
			}
			if got := policy.OwnEvent(&e, policy.Ours{Accounts: []string{c.account}, Changes: policy.Changes(c.tool, c.payload)}); got == "" {
				t.Errorf("not known again: account %s, actor %v, changes %v", c.account, e.GetActor(), e.GetChanges())
			}
		})
	}
}
