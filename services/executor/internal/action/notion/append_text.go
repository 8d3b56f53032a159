package notion

import (
	"context"
	"net/http"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// AppendText is notion.append_text: paragraphs at the end of a page. A block has
// no place for a mark that people don't see, so that after an unknown outcome
// nobody can tell whose it is.
//
// Source: https://developers.notion.com/reference/patch-block-children
type AppendText struct{ *Workspace }

var _ action.Action = AppendText{}

// Input returns an empty NotionAppendTextInput.
func (AppendText) Input() proto.Message { return &toolsv1.NotionAppendTextInput{} }

// Run appends the text in one request. Text of white space is rejected.
func (a AppendText) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.NotionAppendTextInput)
	if !ok {
		return nil, foreign("notion.append_text", input)
	}
	t, err := a.target(in.GetTarget())
	if err != nil {
		return nil, err
	}
	blocks := paragraphs(in.GetBody())
	if len(blocks) == 0 {
		return &executorv1.Result{Outcome: action.Rejected, Reason: "there is no text to append"}, nil
	}
	patch := request(http.MethodPatch, a.base+"/v1/blocks/"+t.id+"/children", map[string]any{"children": blocks})
	return a.provider.Perform(ctx, cmd, action.Effect{
		Instance: t.instance,
		Request:  &patch,
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			var made struct {
				Results []struct {
					CreatedBy user `json:"created_by"`
				} `json:"results"`
			}
			if err := send(ctx, client, patch, &made); err != nil {
				return nil, err
			}
			by := user{}
			if len(made.Results) > 0 {
				by = made.Results[0].CreatedBy
			}
			return t.found(by), nil
		},
	})
}
