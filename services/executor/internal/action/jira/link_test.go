package jira

import "testing"

func TestPages(t *testing.T) {
	p := pages{github: "https://github.com", jira: "https://acme.atlassian.net"}
	for object, want := range map[string]string{
		"github:pr:acme/api#42":                    "https://github.com/acme/api/pull/42",
		"github:issue:acme/api#7":                  "https://github.com/acme/api/issues/7",
		"github:discussion:acme/api#7":             "https://github.com/acme/api/discussions/7",
		"github:commit:acme/api@0a1b":              "https://github.com/acme/api/commit/0a1b",
		"github:branch:acme/api@feat/ACME-7 x?":    "https://github.com/acme/api/tree/feat/ACME-7%20x%3F",
		"github:repo:acme/api":                     "https://github.com/acme/api",
		"github:user:octocat":                      "https://github.com/octocat",
		"github:workflow_run:acme/api#289782451":   "https://github.com/acme/api/actions/runs/289782451",
		"jira:issue:ACME-7":                        "https://acme.atlassian.net/browse/ACME-7",
		"notion:page:26cd8e4e98ab81d08983000b28d9": "https://www.notion.so/26cd8e4e98ab81d08983000b28d9",
		"github:release:acme/api#17372790":         "",
		"github@eu:pr:acme/api#42":                 "",
		"github:pr:acme/api":                       "",
		"github:pr:acme#42":                        "",
		"github:pr:acme/a/b#42":                    "",
		"jira:project:ACME":                        "",
		"notion:workspace:26cd":                    "",
		"slack:channel:C1":                         "",
		"nonsense":                                 "",
	} {
		if got := p.of(object); got != want {
			t.Errorf("%s: got %q, want %q", object, got, want)
		}
	}
	if got := (pages{}).of("jira:issue:ACME-7"); got != "" {
		t.Errorf("a site that is not known: got %q", got)
	}
}
