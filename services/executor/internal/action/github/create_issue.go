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

// CreateIssue is github.create_issue: a new issue, found again by our account and
// the marker that ends its body in the repository's list of issues, which is read
// from the database, unlike search.
//
// Source: https://docs.github.com/en/rest/issues/issues
type CreateIssue struct{ *GitHub }

var _ action.Action = CreateIssue{}

// Input returns an empty GithubCreateIssueInput.
func (CreateIssue) Input() proto.Message { return &toolsv1.GithubCreateIssueInput{} }

// Run opens the issue.
func (a CreateIssue) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubCreateIssueInput)
	if !ok {
		return nil, fmt.Errorf("github.create_issue: input is %T", input)
	}
	body := marked(in.GetBody(), cmd.GetEffectKey())
	return a.perform(ctx, cmd, "github:repo:"+in.GetRepository(), effect{
		ours: true,
		look: func(ctx context.Context, h hand) (*action.Found, error) {
			return findIssue(ctx, h, cmd.GetEffectKey())
		},
		lookOnly: true,
		act: func(ctx context.Context, h hand, _ *action.Found) (*action.Found, error) {
			issue, _, err := h.Issues.Create(ctx, h.owner, h.repo, &github.IssueRequest{Title: &in.Title, Body: &body})
			return h.opened(issue), err
		},
	})
}

// findIssue looks through the issues that our account opened, the newest first.
func findIssue(ctx context.Context, h hand, effectKey string) (*action.Found, error) {
	var found *action.Found
	read := func(creator string) func(github.ListOptions) (*github.Response, bool, error) {
		return func(at github.ListOptions) (*github.Response, bool, error) {
			all, resp, err := h.Issues.ListByRepo(ctx, h.owner, h.repo, &github.IssueListByRepoOptions{
				State: "all", Creator: creator, Sort: "created", Direction: "desc", ListOptions: at,
			})
			for _, issue := range all {
				if found == nil && h.wrote(issue.GetUser()) && hasMarker(issue.GetBody(), effectKey) {
					found = h.opened(issue)
				}
			}
			return resp, found != nil, err
		}
	}
	if err := pages(read(h.login)); err != nil || found != nil || !strings.HasSuffix(h.login, "[bot]") {
		return found, err
	}
	// That an App's account is a creator to filter by is not documented: the newest
	// issues of everybody are looked at too.
	_, _, err := read("")(github.ListOptions{PerPage: 100})
	return found, err
}

func (h hand) opened(issue *github.Issue) *action.Found {
	number := strconv.Itoa(issue.GetNumber())
	return &action.Found{ID: number, Ref: h.of("issue", number), URL: issue.GetHTMLURL()}
}
