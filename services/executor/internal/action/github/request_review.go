package github

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/go-github/v88/github"
	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// RequestReview is github.request_review, of accounts and of teams of the
// repository's organization.
//
// Source: https://docs.github.com/en/rest/pulls/review-requests
type RequestReview struct{ *GitHub }

var _ action.Action = RequestReview{}

// Input returns an empty GithubRequestReviewInput.
func (RequestReview) Input() proto.Message { return &toolsv1.GithubRequestReviewInput{} }

// Run asks for the reviews.
func (a RequestReview) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubRequestReviewInput)
	if !ok {
		return nil, fmt.Errorf("github.request_review: input is %T", input)
	}
	t, err := parse(in.GetTarget())
	if err != nil {
		return action.Reject(err), nil
	}
	people, teams, foreign := reviewers(t.owner, in.GetReviewers())
	if len(foreign) > 0 {
		return &executorv1.Result{Outcome: action.Rejected, Reason: "teams of another organization can't review here: " + list(foreign)}, nil
	}
	without := func(pr *github.PullRequest) []string {
		return append(missing(people, logins(pr.RequestedReviewers)), missing(teams, names(pr.RequestedTeams, (*github.Team).GetSlug))...)
	}
	return a.perform(ctx, cmd, in.GetTarget(), effect{
		before: []action.Read{{URL: t.path("/pulls/" + strconv.Itoa(t.number)), Why: "all of them asked already is done"}},
		look: func(ctx context.Context, h hand) (*action.Found, error) {
			pr, _, err := h.PullRequests.Get(ctx, h.owner, h.repo, h.number)
			if err != nil || len(without(pr)) > 0 {
				return nil, err
			}
			return h.itself(pr.GetHTMLURL()), nil
		},
		act: func(ctx context.Context, h hand, _ *action.Found) (*action.Found, error) {
			pr, _, err := h.PullRequests.RequestReviewers(ctx, h.owner, h.repo, h.number, github.ReviewersRequest{Reviewers: people, TeamReviewers: teams})
			if err != nil {
				return nil, err
			}
			return h.partly(pr.GetHTMLURL(), in.GetReviewers(), without(pr), "GitHub did not ask %s for a review")
		},
	})
}

// reviewers tells accounts and teams apart. Teams are named by their slug alone,
// in the organization that owns the repository.
func reviewers(owner string, all []string) (people, teams, foreign []string) {
	for _, one := range all {
		org, team, ok := strings.Cut(one, "/")
		switch {
		case !ok:
			people = append(people, one)
		case strings.EqualFold(org, owner):
			teams = append(teams, team)
		default:
			foreign = append(foreign, one)
		}
	}
	return people, teams, foreign
}
