package github

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// AddComment is github.add_comment: one comment of ours on an issue or a pull
// request, found again by the marker that ends it.
//
// Source: https://docs.github.com/en/rest/issues/comments (a pull request is an
// issue there, with the same number).
type AddComment struct{}

var _ action.Action = AddComment{}

// Input returns an empty GithubAddCommentInput.
func (AddComment) Input() proto.Message { return &toolsv1.GithubAddCommentInput{} }

// Run answers dry_run with the request: this executor has no GitHub token.
func (AddComment) Run(_ context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.GithubAddCommentInput)
	if !ok {
		return nil, fmt.Errorf("github.add_comment: input is %T", input)
	}
	comments, err := commentsURL(in.GetTarget())
	if err != nil {
		return nil, err
	}
	return action.WithoutToken(cmd, action.Request{
		Method: "POST",
		URL:    comments,
		Header: header(),
		Body:   map[string]any{"body": in.GetBody() + "\n\n" + marker(cmd.GetEffectKey())},
		Before: []action.Read{{
			URL: comments + "?per_page=100",
			Why: "a comment of ours with this marker is updated instead",
		}},
	})
}

// marker is invisible where GitHub renders the comment, and stays in its source.
func marker(effectKey string) string { return "<!-- switchyard:" + effectKey + " -->" }

func commentsURL(target string) (string, error) {
	ref, err := action.ParseRef(target)
	if err != nil {
		return "", err
	}
	repo, number, ok := strings.Cut(ref.Name, "#")
	if !ok {
		return "", fmt.Errorf("ref %q: want owner/repo#number", target)
	}
	return baseURL(ref.Instance) + "/repos/" + repo + "/issues/" + number + "/comments", nil
}

// baseURL is github.com's API; a named instance is an Enterprise Server, whose
// host is not known here and is shown as a placeholder.
func baseURL(instance string) string {
	if instance == "" {
		return "https://api.github.com"
	}
	return "https://{" + instance + "}/api/v3"
}

func header() map[string]string {
	return map[string]string{
		"Accept":               "application/vnd.github+json",
		"Content-Type":         "application/json",
		"X-GitHub-Api-Version": "2022-11-28",
	}
}
