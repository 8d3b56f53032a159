package policy_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

func TestParseErrors(t *testing.T) {
	tests := map[string]struct{ source, want string }{
		"broken":               {"pairs: [", "line 1"},
		"no mapping":           {"- pairs", "line 1: the policy must be a mapping"},
		"unknown key":          {"pairs: []\npair: []", `line 2: unknown key "pair"`},
		"a key twice":          {"pairs: []\npairs: []", "line 2"},
		"a deep key twice":     {"places:\n  jira:ACME: private\n  jira:ACME: public", `line 3: the key "jira:ACME" stands here twice`},
		"one place, two cases": {"places:\n  github:a/b: private\n  github:A/B: public", "line 3: the place github:a/b stands here twice"},
		"one end":              {"pairs:\n  - [jira:ACME]", "line 2: a pair is two different places, as in [github:owner/name, jira:KEY]: here stands 1"},
		"three ends":           {"pairs:\n  - [jira:A, jira:B, jira:C]", "jira:KEY]: here stands 3"},
		"a pair of one":        {"pairs:\n  - [github:a/b, github:A/B]", "line 2: a pair is two different places: here stands github:a/b twice"},
		"a pair twice":         {"pairs:\n  - [jira:A, jira:B]\n  - [jira:B, jira:A]", "line 3: the pair stands here twice"},
		"a ref as a place":     {"pairs:\n  - [github:repo:a/b, jira:A]", `line 2: "github:repo:a/b" is no place`},
		"a pattern in a pair":  {"pairs:\n  - ['github:a/*', jira:A]", `line 2: "github:a/*" is no place`},
		"visibility":           {"places:\n  jira:ACME: secret", `line 2: "secret" must be one of private, public`},
		"account":              {"trusted:\n  - octo", `line 2: "octo" is no account`},
		"account of slack":     {"trusted:\n  - slack:user:octo", "line 2"},
		"unknown tool":         {"choices:\n  jira.close: {}", `line 2: unknown tool "jira.close"`},
		"no choice":            {"choices:\n  jira.transition:\n    jira:A: {target: [x]}", `line 3: jira.transition has no choice "target"`},
		"a choice too long":    {"choices:\n  jira.transition:\n    jira:A: {status: [" + strings.Repeat("x", 101) + "]}", "line 3: status can't be"},
		"a choice that's none": {"choices:\n  records.set:\n    '*': {name: [Stage]}", `line 3: name can't be "Stage"`},
		"scalar choices":       {"choices:\n  jira.transition:\n    jira:A: {status: Done}", "line 3: status must be a list"},
		"pattern":              {"targets:\n  jira.transition: ['*A']", `line 2: "*A" is no place`},
		"a site's origin":      {"sites: {github: github.com}", `line 1: "github" is no site`},
		"a site's address":     {"sites: {jira: https://x.example/}", "line 1: \"https://x.example/\" is no host"},
		"max_calls":            {"max_calls: 0", "line 1: max_calls must be 1 to 100"},
		"authn level":          {"authn:\n  signature: hold", `line 2: "hold" must be one of`},
		"authn word":           {"authn:\n  rumour: auto", `line 2: unknown key "rumour" in authn`},
		"tier":                 {"tiers:\n  untrusted: memory", `line 2: "memory" must be one of`},
		"an alias":             {"pairs: &p []\ntrusted: *p", "line 2: trusted must be a list"},
		"a second document":    {"pairs: []\n---\ntrusted: [github:user:octo]", "line 2: a policy is one document"},
		"all of them":          {"a: 1\nb: 2", `line 2: unknown key "b"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse([]byte(test.source), registry.Tools())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// A slip was told without what was probably meant.
func TestParseSaysWhatWasMeant(t *testing.T) {
	for source, want := range map[string]string{
		"pair: []":                          "did you mean pairs?",
		"nothing: []":                       "want authn, budgets, choices",
		"choices:\n  jira.trnsition: {}":    "did you mean jira.transition?",
		"targets:\n  github.add_coment: []": "did you mean github.add_comment?",
		"choices:\n  jira.transition:\n    jira:A: {statsu: [x]}":   "has no choice \"statsu\": want status (did you mean status?)",
		"choices:\n  jira.add_comment:\n    jira:A: {status: [x]}":  "has no choice \"status\": it has none",
		"tiers: {untrsted: hold}":                                   "did you mean untrusted?",
		"tiers: {tool: {}}":                                         "did you mean tools?",
		"tiers: {tools: {jira.assign: {trustd: off}}}":              "did you mean trusted?",
		"tiers: {trusted: hld}":                                     "did you mean hold?",
		"authn: {signture: auto}":                                   "did you mean signature?",
		"authn: {token: memroy}":                                    "did you mean memory?",
		"budgets: {plce: 1/h}":                                      "did you mean place?",
		"places: {jira:acme: private}":                              "did you mean jira:ACME?",
		"places: {github:repo:acme/api: private}":                   "did you mean github:acme/api?",
		"places: {jira:ACME: prvate}":                               "did you mean private?",
		"targets: {jira.transition: [jira:acme]}":                   "did you mean jira:ACME?",
		"targets: {jira.transition: [slack:channel:C0123]}":         "did you mean slack:C0123?",
		"pairs:\n  - [github:a/b, jira:A]\n - [github:c/d, jira:C]": "line 3: yaml: ",
	} {
		_, err := policy.Parse([]byte(source), registry.Tools())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", source, err, want)
		}
	}
}

func TestParseEmptyIsDefault(t *testing.T) {
	for _, source := range []string{"", "# nothing yet\n", "---\n", "{}"} {
		if p := parse(t, source); !reflect.DeepEqual(p, policy.Default()) {
			t.Errorf("%q: %+v", source, p)
		}
	}
}

// The file of the package's documentation is one that loads.
func TestDocumentedFile(t *testing.T) {
	parse(t, `
pairs:
  - [github:acme/api, jira:ACME]
places:
  jira:ACME: private
sites: {jira: acme.atlassian.net}
trusted:
  - github:user:octocat
  - jira:user:5b10a2844c20165700ede21g
choices:
  jira.transition:
    jira:ACME: {status: [Done]}
  records.set:
    "*": {name: [stage]}
targets:
  github.add_comment: ["github:acme/*"]
max_calls: 20
authn: {signature: auto, token: memory, address: memory, operator: dry_run}
tiers: {trusted: auto, untrusted: auto}
`)
}
