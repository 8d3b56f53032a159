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

// AddComment is github.add_comment: one comment of ours on an issue or a pull
// request, found again by our account and the marker that ends it.
//
// Source: https://docs.github.com/en/rest/issues/comments (a pull request is an
// issue there, with the same number).
type AddComment struct{ *GitHub }

var _ action.Action = AddComment{}

// Input returns an empty GithubAddCommentInput.
func (AddComment) Input() proto.Message { return &toolsv1.GithubAddCommentInput{} }

// Run writes the comment, or changes ours.
func (a AddComment) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubAddCommentInput)
	if !ok {
		return nil, fmt.Errorf("github.add_comment: input is %T", input)
	}
	t, err := parse(in.GetTarget())
	if err != nil {
		return action.Reject(err), nil
	}
	body := marked(in.GetBody(), cmd.GetEffectKey())
	return a.perform(ctx, cmd, in.GetTarget(), effect{
		before: []action.Read{{URL: t.issue("/comments?per_page=100"), Why: "a comment of ours with this marker is updated instead"}},
		ours:   true,
		look: func(ctx context.Context, h hand) (*action.Found, error) {
			return findComment(ctx, h, cmd.GetEffectKey(), body)
		},
		act: func(ctx context.Context, h hand, found *action.Found) (*action.Found, error) {
			return writeComment(ctx, h, found, body)
		},
	})
}

func findComment(ctx context.Context, h hand, effectKey, body string) (*action.Found, error) {
	var found *action.Found
	err := pages(func(at github.ListOptions) (*github.Response, bool, error) {
		all, resp, err := h.Issues.ListComments(ctx, h.owner, h.repo, h.number, &github.IssueListCommentsOptions{ListOptions: at})
		for _, c := range all {
			// Anybody can paste a marker: it is ours if our account wrote it.
			if found == nil && h.wrote(c.GetUser()) && hasMarker(c.GetBody(), effectKey) {
				found = h.comment(c)
				found.Outdated = lines(c.GetBody()) != lines(body)
			}
		}
		return resp, found != nil, err
	})
	return found, err
}

func writeComment(ctx context.Context, h hand, found *action.Found, body string) (*action.Found, error) {
	if found == nil {
		c, _, err := h.Issues.CreateComment(ctx, h.owner, h.repo, h.number, &github.IssueComment{Body: &body})
		return h.comment(c), err
	}
	id, err := strconv.ParseInt(found.ID, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("comment %q: %w", found.ID, err)
	}
	c, _, err := h.Issues.EditComment(ctx, h.owner, h.repo, id, &github.IssueComment{Body: &body})
	return h.comment(c), err
}

func (h hand) comment(c *github.IssueComment) *action.Found {
	id := strconv.FormatInt(c.GetID(), 10)
	return &action.Found{ID: id, Ref: h.of("comment", id), URL: c.GetHTMLURL()}
}

// lines is a text however its lines end.
func lines(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
