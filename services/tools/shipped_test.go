package tools_test

import (
	"fmt"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// rowsOf renders some columns of an answer's rows.
func rowsOf(row map[string]any, columns ...string) string {
	var cells []string
	for _, c := range columns {
		cells = append(cells, fmt.Sprint(row[c]))
	}
	return strings.Join(cells, " ")
}

func TestShipped(t *testing.T) {
	columns := []string{"change", "state", "environment", "deployed_at", "certainty"}
	const first = "github:pr:acme/api#1 merged"
	month := tell(t, "05-31 00:00", nil)
	month.month()
	for name, test := range map[string]struct {
		happen func(*story)
		issue  string
		state  string
		at     string
		rows   []string
	}{
		"by the merge's own commit": {nil, "ACME-1", "shipped", "2026-05-23T12:00:00Z", []string{
			first + " production 2026-05-23T12:00:00Z certain", first + " staging 2026-05-23T11:00:00Z certain",
		}},
		"by a later commit of the branch": {nil, "ACME-2", "shipped", "2026-05-24T20:00:00Z", []string{
			"github:pr:acme/api#2 merged production 2026-05-24T20:00:00Z likely",
		}},
		"not, where the branch lost it": {func(s *story) {
			s.merged(1, "05-22 10:00", "05-23 10:00", "y", "a", "ACME-1")
			s.event("commit.pushed", "github:branch:acme/api@main", s.repo, "05-23 11:00", map[string]any{"before": commit("a"), "after": commit("b"), "forced": true}, nil)
			s.deployed(2, "production", "b", "success", "05-23 12:00")
		}, "ACME-1", "merged", "<nil>", []string{first + "  <nil> "}},
		"not, by another branch": {func(s *story) {
			s.merged(1, "05-22 10:00", "05-23 10:00", "y", "a", "ACME-1")
			s.pushed("next", "05-23 11:00", "y", "b")
			s.deployed(2, "production", "b", "success", "05-23 12:00")
		}, "ACME-1", "merged", "<nil>", []string{first + "  <nil> "}},
		"not, by a deployment that failed": {func(s *story) {
			s.merged(1, "05-22 10:00", "05-23 10:00", "y", "a", "ACME-1")
			s.deployed(2, "production", "a", "failure", "05-23 12:00")
		}, "ACME-1", "merged", "<nil>", []string{first + "  <nil> "}},
		"not, while another change is open": {func(s *story) {
			s.month()
			s.event("change.opened", s.pr(9), s.repo, "05-27 10:00", map[string]any{"state": "open", "created_at": "2026-05-27T10:00:00Z"}, s.title("ACME-1 more"))
		}, "ACME-1", "open", "<nil>", []string{
			first + " production 2026-05-23T12:00:00Z certain", first + " staging 2026-05-23T11:00:00Z certain", "github:pr:acme/api#9 open  <nil> ",
		}},
		"though another change was given up": {func(s *story) {
			s.month()
			s.event("change.closed", s.pr(9), s.repo, "05-27 10:00", map[string]any{"state": "closed", "merged": false}, s.title("ACME-1 more"))
		}, "ACME-1", "shipped", "2026-05-23T12:00:00Z", []string{
			first + " production 2026-05-23T12:00:00Z certain", first + " staging 2026-05-23T11:00:00Z certain", "github:pr:acme/api#9 closed  <nil> ",
		}},
		"not by what reverts it": {func(s *story) {
			s.issue("ACME-1", "Bug", "05-22 09:00", "", "it")
			s.merged(9, "05-27 10:00", "05-28 10:00", "y", "a", `Revert "ACME-1 a first thing"`)
		}, "ACME-1", "unknown", "<nil>", nil},
		"in the same second": {func(s *story) {
			s.merged(1, "05-22 10:00", "05-23 10:00", "y", "b", "ACME-1")
			s.pushed("main", "05-23 10:00", "b", "a")
			s.deployed(2, "production", "a", "success", "05-23 12:00")
		}, "ACME-1", "shipped", "2026-05-23T12:00:00Z", []string{first + " production 2026-05-23T12:00:00Z likely"}},
		"by a title that no longer names it": {func(s *story) {
			s.merged(1, "05-22 10:00", "05-23 10:00", "y", "a", "ACME-1")
			s.event("change.updated", s.pr(1), s.repo, "05-23 11:00", map[string]any{"state": "closed"}, func(e *eventv1.WebhookEvent) {
				s.title("ACME-2")(e)
			})
		}, "ACME-1", "unknown", "<nil>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := month
			if test.happen != nil {
				s = tell(t, "05-31 00:00", nil)
				test.happen(s)
			}
			s.t = t
			resp := s.ask("shipped", "issue", "jira:issue:"+test.issue)
			out := resp.GetOutput().AsMap()
			var got []string
			for _, row := range out["rows"].([]any) {
				got = append(got, rowsOf(row.(map[string]any), columns...))
			}
			if strings.Join(got, "\n") != strings.Join(test.rows, "\n") {
				t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.rows, "\n"))
			}
			if state, at := out["state"], fmt.Sprint(out["shipped_at"]); state != test.state || at != test.at {
				t.Errorf("%s at %s, want %s at %s", state, at, test.state, test.at)
			}
			if test.state != "shipped" && len(resp.GetGaps()) == 0 {
				t.Error("no gap says why it is not shipped")
			}
		})
	}
}
