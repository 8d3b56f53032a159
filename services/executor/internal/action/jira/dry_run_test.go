package jira_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// A dry run with a token shows what an act then sends.
func TestADryRunShowsWhatIsSent(t *testing.T) {
	each(t, func(t *testing.T, f fake, act action.Action, s subject) {
		dry := run(t, act, s.c, "dry_run")
		want(t, dry, "dry_run", "")
		if len(f.Requests()) != 0 {
			t.Fatal("a dry run sends something")
		}
		want(t, run(t, act, s.c, "act"), "done", "")
		shown := dry.GetRequest().AsMap()
		var sent provider.Request
		var before []string
		for _, r := range f.Requests() {
			if provider.Writes(r) {
				sent = r
				break
			}
			if u := r.Path; !strings.HasSuffix(u, "/myself") || s.c.Tool == "jira.add_comment" {
				if len(r.Query) > 0 {
					u += "?" + r.Query.Encode()
				}
				before = append(before, f.root+u)
			}
		}
		if shown["method"] != sent.Method || shown["url"] != f.root+sent.Path {
			t.Errorf("shown %v %v, sent %s %s", shown["method"], shown["url"], sent.Method, sent.Path)
		}
		var body map[string]any
		if err := json.Unmarshal(sent.Body, &body); err != nil {
			t.Fatal(err)
		}
		if s.c.Tool == "jira.transition" {
			body["transition"] = map[string]any{"id": "{id of the transition to Done}"}
		}
		showed, _ := json.Marshal(shown["body"])
		sentBody, _ := json.Marshal(body)
		if string(showed) != string(sentBody) {
			t.Errorf("shown %s\nsent  %s", showed, sentBody)
		}
		var reads []string
		if list, ok := shown["before"].([]any); ok {
			for _, r := range list {
				reads = append(reads, r.(map[string]any)["url"].(string))
			}
		}
		if !slices.Equal(reads, before) {
			t.Errorf("reads shown %v\nmade %v", reads, before)
		}
	})
}
