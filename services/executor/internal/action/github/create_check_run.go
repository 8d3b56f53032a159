package github

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-github/v88/github"
	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// CreateCheckRun is github.create_check_run: a completed check run on a commit,
// found again by its external_id. Only a GitHub App may make one.
//
// Source: https://docs.github.com/en/rest/checks/runs
type CreateCheckRun struct{ *GitHub }

var _ action.Action = CreateCheckRun{}

// Input returns an empty GithubCreateCheckRunInput.
func (CreateCheckRun) Input() proto.Message { return &toolsv1.GithubCreateCheckRunInput{} }

// Run makes the check run.
func (a CreateCheckRun) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubCreateCheckRunInput)
	if !ok {
		return nil, fmt.Errorf("github.create_check_run: input is %T", input)
	}
	t, err := parse(in.GetTarget())
	if err != nil {
		return action.Reject(err), nil
	}
	if _, token := a.accounts.(*person); token && cmd.GetMode() != "dry_run" {
		no := action.Refuse("GitHub takes check runs of a GitHub App only: set GITHUB_APP_ID and GITHUB_APP_KEY_FILE in place of GITHUB_TOKEN")
		return &executorv1.Result{Outcome: no.Outcome, Reason: no.Reason}, nil
	}
	check := github.CreateCheckRunOptions{
		Name: in.GetName(), HeadSHA: in.GetHeadSha(), ExternalID: new(cmd.GetEffectKey()),
		Status: new("completed"), Conclusion: &in.Conclusion,
		Output: &github.CheckRunOutput{Title: &in.Title, Summary: &in.Summary},
	}
	return a.perform(ctx, cmd, in.GetTarget(), effect{
		before: []action.Read{{
			URL: t.path("/commits/" + in.GetHeadSha() + "/check-runs?check_name=" + url.QueryEscape(in.GetName()) + "&filter=all&per_page=100"),
			Why: "one of ours with this external_id is done",
		}},
		ours: true,
		look: func(ctx context.Context, h hand) (*action.Found, error) {
			return findCheck(ctx, h, check)
		},
		act: func(ctx context.Context, h hand, _ *action.Found) (*action.Found, error) {
			run, _, err := h.Checks.CreateCheckRun(ctx, h.owner, h.repo, check)
			return h.check(run), err
		},
	})
}

func findCheck(ctx context.Context, h hand, check github.CreateCheckRunOptions) (*action.Found, error) {
	var found *action.Found
	err := pages(func(at github.ListOptions) (*github.Response, bool, error) {
		all, resp, err := h.Checks.ListCheckRunsForRef(ctx, h.owner, h.repo, check.HeadSHA, &github.ListCheckRunsOptions{
			CheckName: &check.Name, Filter: new("all"), ListOptions: at,
		})
		if err != nil {
			return resp, false, err
		}
		for _, run := range all.CheckRuns {
			// Another App may give its runs any external_id.
			if run.GetExternalID() == *check.ExternalID && strings.EqualFold(run.GetApp().GetSlug()+"[bot]", h.login) {
				found = h.check(run)
			}
		}
		return resp, found != nil, nil
	})
	return found, err
}

func (h hand) check(run *github.CheckRun) *action.Found {
	id := strconv.FormatInt(run.GetID(), 10)
	return &action.Found{ID: id, Ref: h.of("check_run", id), URL: run.GetHTMLURL()}
}
