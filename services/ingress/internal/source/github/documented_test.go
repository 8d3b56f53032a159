package github_test

import (
	"errors"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

const (
	common = `"repository":{"id":1,"full_name":"Acme/API","html_url":"https://github.com/Acme/API","private":true},"sender":{"id":5,"login":"dev-one","type":"User"}}`
	sha    = "4f2c1e0d9b8a7f6e5d4c3b2a1908f7e6d5c4b3a2"
)

// documented are bodies of the events and actions that no recorded body has, with
// the members that GitHub documents. They have "other" if kind is empty.
func documented() []struct{ event, body, kind, ref string } {
	return []struct{ event, body, kind, ref string }{
		{"pull_request", `{"action":"synchronize","number":3,"before":"` + sha + `","after":"` + sha + `","pull_request":{"id":3,"number":3},`, "change.updated", "github:pr:acme/api#3"},
		{"pull_request", `{"action":"auto_merge_enabled","number":3,"reason":"","pull_request":{"id":3,"number":3},`, "change.updated", "github:pr:acme/api#3"},
		{"pull_request_review", `{"action":"dismissed","review":{"id":9,"state":"dismissed"},"pull_request":{"id":3,"number":3},`, "change.reviewed", "github:pr:acme/api#3"},
		{"pull_request_review", `{"action":"edited","changes":{"body":{"from":"x"}},"review":{"id":9,"state":"commented","body":"y"},"pull_request":{"id":3,"number":3},`, "comment.updated", "github:pr:acme/api#3"},
		{"pull_request_review_thread", `{"action":"resolved","thread":{"node_id":"PRRT_1","comments":[]},"pull_request":{"id":3,"number":3},`, "comment.updated", "github:pr:acme/api#3"},
		{"sub_issues", `{"action":"sub_issue_added","parent_issue_id":7,"sub_issue_id":8,"parent_issue":{"id":7,"number":1},"sub_issue":{"id":8,"number":2},`, "issue.updated", "github:issue:acme/api#1"},
		{"sub_issues", `{"action":"parent_issue_removed","parent_issue_id":7,"sub_issue_id":8,"parent_issue":{"id":7,"number":1},"sub_issue":{"id":8,"number":2},`, "issue.updated", "github:issue:acme/api#2"},
		{"issue_dependencies", `{"action":"blocked_by_added","blocked_issue_id":7,"blocking_issue_id":8,"blocked_issue":{"id":7,"number":1},"blocking_issue":{"id":8,"number":2},`, "issue.updated", "github:issue:acme/api#1"},
		{"workflow_run", `{"action":"in_progress","workflow":null,"workflow_run":{"id":6,"head_sha":"` + sha + `"},`, "", "github:workflow_run:acme/api#6"},
		{"status", `{"id":6,"sha":"` + sha + `","state":"pending","context":"ci/build","branches":[],`, "", "github:commit:acme/api@" + sha},
		{"deployment_status", `{"action":"created","deployment":{"id":6,"sha":"` + sha + `"},"deployment_status":{"id":7,"state":"failure"},"workflow_run":{"id":8},`, "deployment.finished", "github:deployment:acme/api#6"},
		{"deployment_status", `{"deployment":{"id":6,"sha":"` + sha + `"},"deployment_status":{"id":7,"state":"inactive"},`, "", "github:deployment:acme/api#6"},
		{"deployment_review", `{"action":"approved","workflow_run":{"id":8},"since":"2026-02-01T00:00:00Z","comment":"fine","approver":{"login":"a"},`, "", "github:workflow_run:acme/api#8"},
		{"deployment_protection_rule", `{"action":"requested","environment":"prod","event":"push","deployment_callback_url":"https://api.github.com/x","deployment":{"id":6},`, "", "github:deployment:acme/api#6"},
		{"workflow_dispatch", `{"inputs":null,"ref":"refs/heads/main","workflow":".github/workflows/a.yml",`, "", "github:repo:acme/api"},
		{"fork", `{"forkee":{"id":12,"full_name":"other/api"},`, "", "github:repo:acme/api"},
		{"star", `{"action":"deleted","starred_at":null,`, "", "github:repo:acme/api"},
		{"deploy_key", `{"action":"created","key":{"id":12},`, "", "github:repo:acme/api"},
		{"repository_import", `{"status":"success",`, "", "github:repo:acme/api"},
		{"repository_ruleset", `{"action":"created","repository_ruleset":{"id":12},`, "", "github:repo:acme/api"},
		{"branch_protection_configuration", `{"action":"disabled",`, "", "github:repo:acme/api"},
		{"security_and_analysis", `{"changes":{"from":{}},`, "", "github:repo:acme/api"},
		{"secret_scanning_alert_location", `{"action":"created","alert":{"number":4},"location":{},`, "", "github:secret_scanning_alert:acme/api#4"},
		{"secret_scanning_scan", `{"action":"completed","type":"backfill","source":"git","started_at":"2026-02-01T00:00:00Z","completed_at":"2026-02-01T00:01:00Z",`, "", "github:repo:acme/api"},
		{"repository_advisory", `{"action":"published","repository_advisory":{"ghsa_id":"GHSA-1-2-3"},`, "", "github:advisory:GHSA-1-2-3"},
		{"custom_property", `{"action":"created","definition":{},`, "", "github:repo:acme/api"},
		{"custom_property_promoted_to_enterprise", `{"action":"promote_to_enterprise","definition":{},`, "", "github:repo:acme/api"},
		{"custom_property_values", `{"action":"updated","new_property_values":[],"old_property_values":[],`, "", "github:repo:acme/api"},
		{"personal_access_token_request", `{"action":"created","personal_access_token_request":{"id":1},`, "", "github:repo:acme/api"},
		{"projects_v2", `{"action":"created","projects_v2":{"id":31},`, "", "github:project:31"},
		{"projects_v2_status_update", `{"action":"created","projects_v2_status_update":{"id":32},`, "", "github:project_update:32"},
		{"installation_target", `{"action":"renamed","account":{"login":"a"},"changes":{},"target_type":"User","installation":{"id":33},`, "", "github:installation:33"},
		{"repository", `{"action":"archived",`, "", "github:repo:acme/api"},
		{"repository", `{"action":"an action that is new",`, "", "github:repo:acme/api"},
	}
}

func TestDocumented(t *testing.T) {
	names := []string{"pull_request", "issues", "issue_comment", "push", "workflow_run", "check_suite", "deployment", "release", "repository", "public", "label", "team", "member"}
	for _, c := range documented() {
		names = append(names, c.event)
	}
	cases := make([]sourcetest.Case, 0, len(documented()))
	for _, c := range documented() {
		cases = append(cases, sourcetest.Case{Name: c.event, Header: header(c.event), Body: c.body + common, Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if c.kind == "" {
				c.kind = "other"
			}
			if e.GetKind() != c.kind || e.GetRef() != c.ref || e.GetPlace() != "github:repo:acme/api" {
				t.Errorf("kind %s, ref %s in %s; want %s, %s", e.GetKind(), e.GetRef(), e.GetPlace(), c.kind, c.ref)
			}
			for _, name := range names {
				_, _, err := github.Normalizer{}.Normalize(header(name), []byte(c.body+common), source.Meta{ReceivedAt: sourcetest.Received()})
				if name != c.event && !errors.Is(err, source.EventMismatch) {
					t.Errorf("as %s: %v", name, err)
				}
			}
		}})
	}
	sourcetest.Run(t, github.Normalizer{}, cases)
}

func TestChanges(t *testing.T) {
	changed := func(field, from, to string) func(*testing.T, *eventv1.WebhookEvent, *eventv1.Delivery) {
		return func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			t.Helper()
			if c := e.GetChanges(); len(c) != 1 || c[0].GetField() != field || c[0].GetFrom() != from || c[0].GetTo() != to {
				t.Errorf("changes %v", c)
			}
		}
	}
	sourcetest.Run(t, github.Normalizer{}, []sourcetest.Case{
		{Name: "renamed", Header: header("repository"), Body: `{"action":"renamed","changes":{"repository":{"name":{"from":"Old"}}},` + common, Want: changed("ref", "github:repo:acme/old", "github:repo:acme/api")},
		{Name: "renamed to another case", Header: header("repository"), Body: `{"action":"renamed","changes":{"repository":{"name":{"from":"api"}}},` + common, Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if len(e.GetChanges()) != 0 {
				t.Errorf("changes %v", e.GetChanges())
			}
		}},
		{Name: "transferred by an organization", Header: header("repository"), Body: `{"action":"transferred","changes":{"owner":{"from":{"organization":{"login":"Was"}}}},` + common, Want: changed("ref", "github:repo:was/api", "github:repo:acme/api")},
		{Name: "organization renamed", Header: header("organization"), Body: `{"action":"renamed","changes":{"login":{"from":"Was"}},"organization":{"id":4,"login":"Is"}}`, Want: changed("ref", "github:org:was", "github:org:is")},
		{Name: "moved to a repository of another shape", Header: header("issues"), Body: `{"action":"transferred","issue":{"id":7,"number":1},"changes":{"new_issue":{"number":2},"new_repository":{"full_name":"a b/x"}},` + common, Want: func(t *testing.T, e *eventv1.WebhookEvent, _ *eventv1.Delivery) {
			if len(e.GetChanges()) != 0 {
				t.Errorf("changes %v", e.GetChanges())
			}
		}},
		{Name: "moved", Header: header("issues"), Body: `{"action":"transferred","issue":{"id":7,"number":1},"changes":{"new_issue":{"number":2},"new_repository":{"full_name":"Acme/Web"}},` + common, Want: changed("ref", "github:issue:acme/api#1", "github:issue:acme/web#2")},
		{Name: "synchronized", Header: header("pull_request"), Body: strings.Replace(documented()[0].body, sha, strings.Repeat("0", 40), 1) + common, Want: changed("head_sha", strings.Repeat("0", 40), sha)},
		{Name: "team asked for a review", Header: header("pull_request"), Body: `{"action":"review_requested","number":3,"requested_team":{"id":8,"slug":"backend"},"pull_request":{"id":3,"number":3},` + common, Want: changed("reviewer", "", "backend")},
		{Name: "permission", Header: header("member"), Body: `{"action":"edited","member":{"id":8,"login":"x"},"changes":{"permission":{"from":"read","to":"admin"}},` + common, Want: changed("permission", "read", "admin")},
		{Name: "label renamed", Header: header("label"), Body: `{"action":"edited","label":{"id":8,"name":"bug"},"changes":{"name":{"from":"defect"}},` + common, Want: changed("name", "defect", "bug")},
		{Name: "sub-issue", Header: header("sub_issues"), Body: documented()[5].body + common, Want: changed("sub_issue", "", "8")},
		{Name: "no parent any more", Header: header("sub_issues"), Body: documented()[6].body + common, Want: changed("parent", "7", "")},
	})
}

// A branch that is set to B, back to A and to B moved three times, and each
// tells itself apart from the one before; so do tags and deletions.
func TestPushOccurrence(t *testing.T) {
	a, b, none := strings.Repeat("a", 40), strings.Repeat("b", 40), strings.Repeat("0", 40)
	seen := make(map[string]string)
	for _, c := range [][3]string{
		{"refs/heads/main", a, b}, {"refs/heads/main", b, a}, {"refs/heads/main", a, none}, {"refs/heads/main", none, a}, {"refs/heads/main", none, b},
		{"refs/tags/main", none, a}, {"refs/tags/main", a, none}, {"refs/heads/é", a, b}, {"refs/heads/ü", a, b},
	} {
		body := `{"ref":"` + c[0] + `","before":"` + c[1] + `","after":"` + c[2] + `","commits":[],"pusher":{"name":"dev-one"},` + common
		for _, hook := range []string{"", `"installation":{"id":3},`} {
			sent := strings.Replace(body, `"commits"`, hook+`"commits"`, 1)
			e, _, err := github.Normalizer{}.Normalize(header("push"), []byte(sent), source.Meta{ReceivedAt: sourcetest.Received()})
			if err != nil {
				t.Fatal(err)
			}
			key := e.GetRef() + " " + e.GetOccurrence()
			if was, ok := seen[key]; ok && was != c[0]+c[1]+c[2] {
				t.Errorf("%v has the occurrence of %s", c, was)
			}
			seen[key] = c[0] + c[1] + c[2]
		}
	}
	if len(seen) != 9 {
		t.Errorf("%d occurrences of 9 pushes, each through two hooks", len(seen))
	}
}

// One build is counted once, whichever of its events arrive.
func TestOneBuild(t *testing.T) {
	run := `{"id":6,"head_sha":"` + sha + `","app":{"slug":"APP"}}`
	finished := func(events map[string]string, app string) (n int) {
		for event, body := range events {
			e, _, err := github.Normalizer{}.Normalize(header(event), []byte(strings.ReplaceAll(body, "APP", app)+common), source.Meta{ReceivedAt: sourcetest.Received()})
			if err != nil {
				t.Errorf("%s: %v", event, err)
			}
			if e.GetKind() == "build.finished" {
				n++
			}
		}
		return n
	}
	checks := map[string]string{
		"check_run":   `{"action":"completed","check_run":` + run + `,`,
		"check_suite": `{"action":"completed","check_suite":` + run + `,`,
	}
	if n := finished(checks, "circleci"); n != 1 {
		t.Errorf("an app's build counts %d times", n)
	}
	checks["workflow_run"] = `{"action":"completed","workflow":{},"workflow_run":` + run + `,`
	checks["workflow_job"] = `{"action":"completed","workflow_job":` + run + `,`
	if n := finished(checks, "github-actions"); n != 1 {
		t.Errorf("a workflow's build counts %d times", n)
	}
}
