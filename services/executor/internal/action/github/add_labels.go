package github

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/go-github/v88/github"
	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// AddLabels is github.add_labels. GitHub makes a label that the repository lacks.
//
// Source: https://docs.github.com/en/rest/issues/labels#add-labels-to-an-issue
type AddLabels struct{ *GitHub }

var _ action.Action = AddLabels{}

// Input returns an empty GithubAddLabelsInput.
func (AddLabels) Input() proto.Message { return &toolsv1.GithubAddLabelsInput{} }

// Run adds the labels.
func (a AddLabels) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubAddLabelsInput)
	if !ok {
		return nil, fmt.Errorf("github.add_labels: input is %T", input)
	}
	t, err := parse(in.GetTarget())
	if err != nil {
		return action.Reject(err), nil
	}
	return a.perform(ctx, cmd, in.GetTarget(), effect{
		before: []action.Read{{URL: t.issue("/labels?per_page=100"), Why: "all of them there already is done"}},
		look: func(ctx context.Context, h hand) (*action.Found, error) {
			there, _, err := h.Issues.ListLabelsByIssue(ctx, h.owner, h.repo, h.number, &github.ListOptions{PerPage: 100})
			if err != nil || len(missing(in.GetLabels(), labels(there))) > 0 {
				return nil, err
			}
			return h.itself(""), nil
		},
		act: func(ctx context.Context, h hand, _ *action.Found) (*action.Found, error) {
			there, err := addLabels(ctx, h, in.GetLabels())
			if err != nil {
				return nil, err
			}
			return h.partly("", in.GetLabels(), missing(in.GetLabels(), labels(there)), "GitHub did not add %s")
		},
	})
}

func labels(all []*github.Label) []string { return names(all, (*github.Label).GetName) }

// addLabels sends an object, as GitHub describes it, where the client would send a list.
func addLabels(ctx context.Context, h hand, labels []string) ([]*github.Label, error) {
	req, err := h.NewRequest(ctx, http.MethodPost, h.issue("/labels"), map[string]any{"labels": labels})
	if err != nil {
		return nil, err
	}
	var there []*github.Label
	_, err = h.Do(req, &there)
	return there, err
}
