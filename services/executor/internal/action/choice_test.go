package action_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// A repository is spelled as the policy lists it, and its ref is in lower case.
func TestAChoiceWithCapitalsIsItsTarget(t *testing.T) {
	for _, c := range []struct {
		repository, target string
		same               bool
	}{
		{"acme/api", "github:repo:acme/api", true},
		{"Acme/API", "github:repo:acme/api", true},
		{"Acme/API", "github:repo:Acme/API", true},
		{"acme/ops", "github:repo:acme/api", false},
	} {
		payload, err := structpb.NewStruct(map[string]any{"repository": c.repository, "title": "x"})
		if err != nil {
			t.Fatal(err)
		}
		input := new(toolsv1.GithubCreateIssueInput)
		err = action.Decode(&executorv1.Command{Target: c.target, Payload: payload}, input)
		if (err == nil) != c.same || c.same && input.GetRepository() != c.repository {
			t.Errorf("%s at %s: %v", c.repository, c.target, err)
		}
	}
}
