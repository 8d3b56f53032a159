package action_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

func TestParseRef(t *testing.T) {
	for in, want := range map[string]action.Ref{
		"github:pr:acme/api#42": {Source: "github", Kind: "pr", Name: "acme/api#42"},
		"jira@eu:issue:ACME-7":  {Source: "jira", Instance: "eu", Kind: "issue", Name: "ACME-7"},
		"x:y:a:b":               {Source: "x", Kind: "y", Name: "a:b"},
	} {
		if got, err := action.ParseRef(in); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "github", "github:pr", "github:pr:", ":pr:x", "github::x"} {
		if _, err := action.ParseRef(in); err == nil {
			t.Errorf("%q is taken", in)
		}
	}
}
