package notion

import (
	"context"
	"net/http"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// AddComment is notion.add_comment: a comment on a page. Notion lists the open
// comments only, and they have no place for a mark that people don't see, so that
// after an unknown outcome nobody can tell whose it is.
//
// Source: https://developers.notion.com/reference/create-a-comment
type AddComment struct{ *Workspace }

var _ action.Action = AddComment{}

// Input returns an empty NotionAddCommentInput.
func (AddComment) Input() proto.Message { return &toolsv1.NotionAddCommentInput{} }

// Run comments on the page.
func (a AddComment) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.NotionAddCommentInput)
	if !ok {
		return nil, foreign("notion.add_comment", input)
	}
	t, err := a.target(in.GetTarget())
	if err != nil {
		return nil, err
	}
	post := request(http.MethodPost, a.base+"/v1/comments", map[string]any{
		"parent":    map[string]any{"page_id": t.id},
		"rich_text": richText(in.GetBody()),
	})
	return a.provider.Perform(ctx, cmd, action.Effect{
		Instance: t.instance,
		Request:  &post,
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			var made struct {
				CreatedBy user `json:"created_by"`
			}
			if err := send(ctx, client, post, &made); err != nil {
				return nil, err
			}
			return t.found(made.CreatedBy), nil
		},
	})
}
