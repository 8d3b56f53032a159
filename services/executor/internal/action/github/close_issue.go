package github

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/go-github/v88/github"
	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// CloseIssue is github.close_issue. An issue that is closed stays as it is, for
// whatever reason it was.
//
// Source: https://docs.github.com/en/rest/issues/issues#update-an-issue
type CloseIssue struct{ *GitHub }

var _ action.Action = CloseIssue{}

// Input returns an empty GithubCloseIssueInput.
func (CloseIssue) Input() proto.Message { return &toolsv1.GithubCloseIssueInput{} }

// Run closes the issue.
func (a CloseIssue) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubCloseIssueInput)
	if !ok {
		return nil, fmt.Errorf("github.close_issue: input is %T", input)
	}
	t, err := parse(in.GetTarget())
	if err != nil {
		return action.Reject(err), nil
	}
	return a.perform(ctx, cmd, in.GetTarget(), effect{
		before: []action.Read{{URL: t.issue(""), Why: "a closed issue is done"}},
		look: func(ctx context.Context, h hand) (*action.Found, error) {
			issue, _, err := h.Issues.Get(ctx, h.owner, h.repo, h.number)
			if err != nil || issue.GetState() != "closed" {
				return nil, err
			}
			return h.itself(issue.GetHTMLURL()), nil
		},
		act: func(ctx context.Context, h hand, _ *action.Found) (*action.Found, error) {
			issue, _, err := h.Issues.Edit(ctx, h.owner, h.repo, h.number, &github.IssueRequest{
				State: new("closed"), StateReason: new(cmp.Or(in.GetReason(), "completed")),
			})
			return h.itself(issue.GetHTMLURL()), err
		},
	})
}

// itself is an effect that shows at the target.
func (h hand) itself(url string) *action.Found {
	return &action.Found{Ref: h.String(), URL: url}
}
