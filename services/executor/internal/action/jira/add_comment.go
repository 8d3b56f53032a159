package jira

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// AddComment is jira.add_comment: one comment of ours on an issue, found again
// by a property of the comment, which people don't see.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/
type AddComment struct{}

var _ action.Action = AddComment{}

// Input returns an empty JiraAddCommentInput.
func (AddComment) Input() proto.Message { return &toolsv1.JiraAddCommentInput{} }

// Run answers dry_run with the request: this executor has no Jira token.
func (AddComment) Run(_ context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.JiraAddCommentInput)
	if !ok {
		return nil, fmt.Errorf("jira.add_comment: input is %T", input)
	}
	issue, _, err := issueURL(in.GetTarget())
	if err != nil {
		return nil, err
	}
	return action.WithoutToken(cmd, action.Request{
		Method: "POST",
		URL:    issue + "/comment",
		Header: header(),
		Body: map[string]any{
			"body": document(in.GetBody()),
			"properties": []any{map[string]any{
				"key":   "switchyard",
				"value": map[string]any{"effect_key": cmd.GetEffectKey()},
			}},
		},
		Before: []action.Read{{
			URL: issue + "/comment?maxResults=100",
			Why: "a comment of ours that has this property is updated instead",
		}},
	})
}
