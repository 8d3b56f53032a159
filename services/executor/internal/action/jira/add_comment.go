package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// AddComment is jira.add_comment: one comment of ours on an issue, found again
// by a property of the comment, which people don't see. A document has no place
// for a mark that isn't shown; a property is written by the same request as the
// comment, on Cloud and on Data Center.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/
type AddComment struct{ *Site }

var _ action.Action = AddComment{}

// Input returns an empty JiraAddCommentInput.
func (AddComment) Input() proto.Message { return &toolsv1.JiraAddCommentInput{} }

// Run writes the comment, or updates it where it says something else.
func (a AddComment) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.JiraAddCommentInput)
	if !ok {
		return nil, fmt.Errorf("jira.add_comment: input is %T", input)
	}
	is, err := a.issue(in.GetTarget())
	if err != nil {
		return nil, err
	}
	body := a.text(in.GetBody())
	post := action.Request{
		Method: http.MethodPost,
		URL:    is.url + "/comment",
		Header: header(),
		Body:   map[string]any{"body": body, "properties": []any{property(cmd.GetEffectKey())}},
	}
	me := ""
	return a.provider.Perform(ctx, cmd, action.Effect{
		Instance: is.instance,
		Before: []action.Read{
			a.whoActs(is.instance),
			{URL: is.url + "/comment?expand=properties&maxResults=100&orderBy=-created&startAt=0", Why: "a comment by this account that has the property is updated instead"},
		},
		Request: &post,
		Prepare: func(ctx context.Context, client *http.Client) (err error) {
			me, err = a.who(ctx, client)
			return err
		},
		Look: func(ctx context.Context, client *http.Client) (*action.Found, error) {
			return a.find(ctx, client, is, me, cmd.GetEffectKey(), body)
		},
		Act: func(ctx context.Context, client *http.Client, found *action.Found) (*action.Found, error) {
			return a.write(ctx, client, is, me, found, post)
		},
	})
}

func (a AddComment) find(ctx context.Context, client *http.Client, is issue, me, effectKey string, body any) (*action.Found, error) {
	c, err := a.ours(ctx, client, is, me, effectKey)
	if c == nil || err != nil {
		return nil, err
	}
	found := is.comment(c.ID)
	found.Account, found.Outdated = accountRef(me), !c.says(body)
	return found, nil
}

// write makes the comment, or updates what was found.
func (a AddComment) write(ctx context.Context, client *http.Client, is issue, me string, found *action.Found, request action.Request) (*action.Found, error) {
	if found != nil {
		request.Method = http.MethodPut
		request.URL += "/" + url.PathEscape(found.ID)
	}
	var made comment
	if err := send(ctx, client, request, &made); err != nil {
		return nil, err
	}
	if made.ID == "" {
		return nil, action.Unsure("Jira doesn't say which comment it wrote on %s", is.key)
	}
	wrote := is.comment(made.ID)
	wrote.Account = accountRef(me)
	return wrote, nil
}

// comment is a comment of the issue as a result names it: the issue, and the
// comment's own address.
func (is issue) comment(id string) *action.Found {
	found := &action.Found{Ref: is.ref, URL: is.page, ID: id}
	if found.URL != "" {
		found.URL += "?focusedCommentId=" + url.QueryEscape(id)
	}
	return found
}
