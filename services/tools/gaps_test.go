package tools_test

import (
	"slices"
	"strings"
	"testing"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// Each is a setup with one thing wrong, told from its events to the answer, which
// names what is wrong with what mends it. The control has nothing wrong.
func TestEveryMisconfigurationIsNamed(t *testing.T) {
	dora := []string{"dora", "repository", repository, "window", "10d"}
	month := func(s *story) { s.month() }
	right := tell(t, "05-31 00:00", nil)
	right.month()
	without := func(kinds ...string) func(*story) {
		return func(s *story) {
			for _, k := range kinds {
				s.silent[k] = true
			}
			s.month()
		}
	}
	for name, test := range map[string]struct {
		set    func(*tools.Config)
		happen func(*story)
		ask    []string
		// A gap's code and setting, and a word of its detail.
		code, setting, detail string
	}{
		"no deployment events":               {nil, without("deployment.created", "deployment.finished"), dora, "no_deployments", "GitHub webhook: Deployment statuses", "acme/api"},
		"deployments without their statuses": {nil, without("deployment.finished"), dora, "deployment_status_not_seen", "GitHub webhook: Deployment statuses", "began"},
		"environments that are not mapped":   {func(c *tools.Config) { c.ProductionEnvironments = "prd" }, month, dora, "environment_unmapped", "PRODUCTION_ENVIRONMENTS", "production, staging"},
		"pushes not subscribed":              {nil, without("commit.pushed"), dora, "push_not_seen", "GitHub webhook: Pushes", "acme/api"},
		"deployments of commits that no branch had": {nil, func(s *story) {
			s.month()
			s.deployed(6, "production", "q", "success", "05-30 08:00")
		}, dora, "commit_not_seen", "GitHub webhook: Pushes", "1 deployments"},
		"pull requests not subscribed":         {nil, without("change.opened", "change.merged"), dora, "change_not_seen", "GitHub webhook: Pull requests", "lead times"},
		"Jira not subscribed":                  {nil, without("issue.created", "issue.transitioned"), dora, "issue_not_seen", "Jira webhook: Issue created, updated and deleted", "jira:project:ACME"},
		"no pair":                              {func(c *tools.Config) { c.Policy = []byte("max_calls: 5") }, month, dora, "pair_missing", "POLICY_FILE", "acme/api"},
		"incidents of another type":            {func(c *tools.Config) { c.IncidentTypes = "Outage" }, month, dora, "no_incident_source", "INCIDENT_TYPES, INCIDENT_LABELS", "Bug, Incident"},
		"incidents that nobody closes":         {nil, without("issue.transitioned"), dora, "incident_open", "Jira webhook: Issue created, updated and deleted", "none of 3"},
		"an incident window that is too short": {func(c *tools.Config) { c.IncidentWindow = 1 }, month, dora, "incident_uncharged", "INCIDENT_WINDOW", "2 incidents"},
		"a window before the memory":           {nil, nil, []string{"dora", "repository", repository, "window", "90d"}, "window_before_memory", "--window", "2026-05-20"},
		"a window that is too short":           {nil, nil, []string{"dora", "repository", repository, "window", "24h"}, "none_in_window", "--window", "2026-05-26"},
		"a window long after": {nil, func(s *story) {
			s.t.Helper()
			s.merged(1, "01-02 10:00", "01-03 10:00", "y", "a", "x")
			s.deployed(1, "production", "a", "success", "01-03 12:00")
		}, dora, "none_in_window", "--window", "as early as 2026-01-03"},
		"no time of opening": {nil, func(s *story) {
			s.month()
			s.event("change.merged", s.pr(7), s.repo, "05-27 10:00", map[string]any{"base": "main", "merge_commit_sha": commit("e")}, nil)
			s.pushed("main", "05-27 10:00", "d", "e")
			s.deployed(7, "production", "e", "success", "05-27 11:00")
		}, dora, "times_missing", "GitHub webhook: Pull requests", "1 deployed"},
		"events that only a token vouches for": {nil, func(s *story) { s.authn = "token"; s.month() }, dora, "unvouched", "GITHUB_WEBHOOK_SECRET", "token"},
		"Jira's as well":                       {nil, func(s *story) { s.authn = "token"; s.month() }, dora, "unvouched", "JIRA_WEBHOOK_SECRET", "jira"},
		"more than is read":                    {func(c *tools.Config) { c.QuestionRows = 10 }, month, dora, "truncated", "--window", "10 rows"},
		"more links of incidents than are read": {func(c *tools.Config) { c.QuestionRows = 10 }, func(s *story) {
			s.issue("ACME-9", "Incident", "05-24 21:00", "05-24 23:00", "it is slow")
			for n := range 12 {
				s.event("change.opened", s.pr(n), s.repo, "05-25 10:00", map[string]any{"number": n, "state": "open"}, s.title("ACME-9 try again"))
			}
		}, dora, "truncated", "--window", "the newest links"},
		"incidents of GitHub without a time": {nil, func(s *story) {
			s.month()
			s.event("issue.updated", "github:issue:acme/api#70", s.repo, "05-27 10:00", map[string]any{"labels": []any{"incident"}}, nil)
		}, dora, "times_missing", "GitHub webhook: Issues", "1 incidents"},
		"a slip of the case": {nil, nil, []string{"dora", "repository", "github:repo:Acme/API"}, "unknown_ref", repository, "is it " + repository},
		"a ref that is none": {nil, nil, []string{"dora", "repository", "acme/api"}, "unknown_ref", repository, "is it " + repository},
		"a repository under its old name": {nil, func(s *story) {
			s.month()
			s.event("other", repository, repository, "05-21 08:00", nil, renamed("github:repo:acme/old", repository))
		}, []string{"dora", "repository", "github:repo:acme/old"}, "renamed", repository, "another name"},

		"an issue that nothing tells of":        {nil, without("issue.created", "issue.transitioned"), []string{"shipped", "issue", "jira:issue:ACME-1"}, "not_seen", "Jira webhook: Issue created, updated and deleted", "named by others"},
		"an issue that no change names":         {nil, nil, []string{"shipped", "issue", "jira:issue:ACME-12"}, "no_changes", "GitHub webhook: Pull requests", "ACME-12"},
		"an issue's key without its source":     {nil, nil, []string{"shipped", "issue", "acme-12"}, "unknown_ref", "jira:issue:ACME-12", "ACME-12"},
		"a shipped change of another project":   {func(c *tools.Config) { c.Policy = []byte("max_calls: 5") }, month, []string{"shipped", "issue", "jira:issue:ACME-1"}, "pair_missing", "POLICY_FILE", "acme/api"},
		"shipped to where nobody calls it live": {func(c *tools.Config) { c.ProductionEnvironments = "prd" }, month, []string{"shipped", "issue", "jira:issue:ACME-1"}, "environment_unmapped", "PRODUCTION_ENVIRONMENTS", "production, staging"},
		"more deliveries of it than are read":   {func(c *tools.Config) { c.QuestionRows = 10 }, month, []string{"shipped", "issue", "jira:issue:ACME-1"}, "truncated", "", "10 rows"},
		"more links of it than are read":        {func(c *tools.Config) { c.QuestionRows = 1 }, month, []string{"shipped", "issue", "jira:issue:ACME-1"}, "truncated", "", "the newest links"},
		"shipped by pushes that don't come": {nil, func(s *story) {
			s.silent["commit.pushed"] = true
			s.merged(8, "05-27 10:00", "05-28 10:00", "d", "h", "ACME-8 and then more")
			s.pushed("main", "05-28 11:00", "h", "i")
			s.deployed(8, "production", "i", "success", "05-28 12:00")
		}, []string{"shipped", "issue", "jira:issue:ACME-8"}, "push_not_seen", "GitHub webhook: Pushes", "acme/api"},
		"a deployment that never had it": {nil, func(s *story) {
			s.month()
			s.merged(8, "05-27 10:00", "05-28 10:00", "d", "h", "ACME-8 not yet")
		}, []string{"shipped", "issue", "jira:issue:ACME-8"}, "not_deployed", "", "merge's commit"},

		"a person who did nothing of late": {nil, nil, []string{"activity", "ref", "github:user:ana", "window", "1h"}, "none_in_window", "--window", "ana"},
		"a person of another name":         {nil, nil, []string{"activity", "ref", "ana"}, "unknown_ref", "github:user:ana", "ana"},
		"a project that never sent":        {nil, nil, []string{"activity", "ref", "jira:project:NONE"}, "unknown_ref", "Jira webhook: Issue created, updated and deleted", "NONE"},
		"a person's own timeline":          {nil, nil, []string{"timeline", "ref", "github:user:ana"}, "no_data", "activity github:user:ana", "done by it"},
		"a repository's own timeline":      {nil, nil, []string{"timeline", "ref", repository}, "no_data", "activity " + repository, "in it"},
		"more than was asked for":          {nil, nil, []string{"linked", "ref", "github:pr:acme/api#1", "limit", "1"}, "truncated", "--limit", "the newest"},
		"nothing links it":                 {nil, nil, []string{"linked", "ref", "jira:issue:ACME-12"}, "no_links", "", "ACME-12"},
	} {
		t.Run(name, func(t *testing.T) {
			s := right // Only the question is wrong.
			if test.happen != nil {
				s = tell(t, "05-31 00:00", test.set)
				test.happen(s)
			}
			s.t = t
			resp := s.ask(test.ask[0], test.ask[1:]...)
			found := slices.ContainsFunc(resp.GetGaps(), func(g *toolsv1.Gap) bool {
				return g.GetCode() == test.code && g.GetSetting() == test.setting && strings.Contains(g.GetDetail(), test.detail)
			})
			if !found {
				t.Errorf("no gap %s (%s) with %q in\n%v\n%v", test.code, test.setting, test.detail, resp.GetGaps(), resp.GetOutput())
			}
		})
	}
}

// A right setup has no gap but that of the incident that nothing explains.
func TestARightSetupHasNoGaps(t *testing.T) {
	s := tell(t, "05-31 00:00", func(c *tools.Config) { c.IncidentWindow = 1 << 60 })
	s.month()
	for _, ask := range [][]string{
		{"dora", "repository", repository, "window", "10d"},
		{"shipped", "issue", "jira:issue:ACME-9"},
		{"activity", "ref", repository, "window", "10d"},
		{"timeline", "ref", "jira:issue:ACME-9"},
		{"linked", "ref", "github:pr:acme/api#1"},
	} {
		resp := s.ask(ask[0], ask[1:]...)
		if want := map[string]string{"shipped": "no_changes GitHub webhook: Pull requests"}[ask[0]]; gaps(resp) != want {
			t.Errorf("%v: gaps %q, want %q", ask, gaps(resp), want)
		}
	}
}

// An empty answer without a reason is a defect, whichever tool gives it.
func TestNoAnswerIsEmptyWithoutAReason(t *testing.T) {
	s := tell(t, "05-31 00:00", nil)
	inputs := map[string][]string{
		"timeline": {"ref", "jira:issue:ACME-7"}, "linked": {"ref", "github:pr:acme/api#42"},
		"shipped": {"issue", "jira:issue:ACME-7"}, "activity": {"ref", "github:user:ana"}, "dora": {},
	}
	for _, tool := range registry.Tools() {
		if tool.GetClass() != "read" || readsOutside(tool) {
			continue
		}
		input, ok := inputs[tool.GetName()]
		if !ok {
			t.Errorf("%s is asked nothing here", tool.GetName())
			continue
		}
		resp := s.ask(tool.GetName(), input...)
		if resp.GetN() != 0 || len(resp.GetGaps()) == 0 || resp.GetOutput() == nil {
			t.Errorf("%s of nothing: %v", tool.GetName(), resp)
		}
		for _, g := range resp.GetGaps() {
			if g.GetCode() == "" || g.GetDetail() == "" {
				t.Errorf("%s: gap %v", tool.GetName(), g)
			}
		}
	}
}

// readsOutside tells of a tool that reads at a provider: a plan calls it.
func readsOutside(tool *toolsv1.Tool) bool {
	return slices.ContainsFunc(tool.GetFields(), func(f *toolsv1.ToolField) bool { return f.GetOrigin() == "target" })
}
