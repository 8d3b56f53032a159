package tools_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

func TestActivity(t *testing.T) {
	s := tell(t, "05-25 00:00", nil)
	s.month() // What comes after the 25th lies in the future.
	for name, test := range map[string]struct {
		ref  string
		n    uint32
		want []string
	}{
		"in a repository": {repository, 14, []string{
			"2026-05-24 change.merged 2 2", "2026-05-24 change.opened 1 1", "2026-05-24 commit.pushed 2 1", "2026-05-24 deployment.created 1 1", "2026-05-24 deployment.finished 1 1",
			"2026-05-23 change.merged 1 1", "2026-05-23 change.opened 1 1", "2026-05-23 commit.pushed 1 1", "2026-05-23 deployment.created 2 2", "2026-05-23 deployment.finished 2 2",
		}},
		"in a project": {"jira:project:ACME", 2, []string{"2026-05-24 issue.created 1 1", "2026-05-24 issue.transitioned 1 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			resp := s.ask("activity", "ref", test.ref, "window", "2d")
			var got []string
			for _, row := range resp.GetOutput().AsMap()["rows"].([]any) {
				got = append(got, rowsOf(row.(map[string]any), "day", "kind", "events", "subjects"))
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if resp.GetN() != test.n || len(resp.GetEvidence()) != int(resp.GetN()) || resp.GetOutput().AsMap()["events"] != float64(resp.GetN()) {
				t.Errorf("n %d of %d events, output %v", resp.GetN(), len(resp.GetEvidence()), resp.GetOutput())
			}
		})
	}
	if resp := s.ask("activity", "ref", "github:user:ana", "window", "30d"); resp.GetN() == 0 {
		t.Errorf("a person did nothing: %v", resp)
	}
}

// A question that can't be meant so is the caller's to mend, and says how.
func TestQuestionsThatCanNotBeAsked(t *testing.T) {
	s := tell(t, "05-25 00:00", nil)
	for _, ask := range [][]string{
		{"activity", "ref", "jira:issue:ACME-7", "ask timeline"},
		{"activity", "ref", repository, "window", "0d", "write 24h"},
		{"activity", "ref", repository, "window", "1 month", "window"},
		{"shipped", "issue", repository, "asked of an issue"},
		{"dora", "repository", "jira:project:ACME", "asked of a repository"},
	} {
		fields := make(map[string]any)
		for i := 1; i+1 < len(ask)-1; i += 2 {
			fields[ask[i]] = ask[i+1]
		}
		in, err := structpb.NewStruct(fields)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.c.tool.CallTool(t.Context(), &toolsv1.CallToolRequest{Tool: ask[0], Input: in})
		if fault.ReasonOf(err) != fault.PlanInvalid || !strings.Contains(err.Error(), ask[len(ask)-1]) {
			t.Errorf("%v: %v", ask, err)
		}
	}
}
