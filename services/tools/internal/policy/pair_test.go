package policy_test

import (
	"slices"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

func TestPaired(t *testing.T) {
	p, err := policy.Parse([]byte(`pairs:
  - [github:Acme/web, jira:ACME]
  - [jira:ACME, github:acme/api]
  - [github:acme/api, notion:`+"0123456789abcdef0123456789abcdef"+`]
`), registry.Tools())
	if err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string][]string{
		"jira:project:ACME":                                 {"github:repo:acme/api", "github:repo:acme/web"},
		"github:repo:acme/api":                              {"jira:project:ACME", "notion:workspace:0123456789abcdef0123456789abcdef"},
		"notion:workspace:0123456789abcdef0123456789abcdef": {"github:repo:acme/api"},
		"github:repo:acme/none":                             nil,
		"":                                                  nil,
	} {
		if got := p.Paired(place); !slices.Equal(got, want) {
			t.Errorf("%s is paired with %q, want %q", place, got, want)
		}
	}
}
