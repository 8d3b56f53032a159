package notion

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// CreatePage is notion.create_page: a new page in a data source. A page has no
// place for a mark that people don't see, so that after an unknown outcome nobody
// can tell whose it is.
//
// Source: https://developers.notion.com/reference/post-page
type CreatePage struct{ *Workspace }

var _ action.Action = CreatePage{}

// Input returns an empty NotionCreatePageInput.
func (CreatePage) Input() proto.Message { return &toolsv1.NotionCreatePageInput{} }

// Run creates the page with its text in one request.
func (c CreatePage) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.NotionCreatePageInput)
	if !ok {
		return nil, foreign("notion.create_page", input)
	}
	shown, title := c.request(in, "{its property of type title}"), ""
	return c.provider.Perform(ctx, cmd, action.Effect{
		Before: []action.Read{{
			URL: c.base + "/v1/data_sources/" + dashed(in.GetDatabase()),
			Why: "the name of the property that holds the title",
		}},
		Request: &shown,
		Prepare: func(ctx context.Context, client *http.Client) (err error) {
			title, err = c.title(ctx, client, in.GetDatabase())
			return err
		},
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			return c.create(ctx, client, c.request(in, title))
		},
	})
}

func (c CreatePage) request(in *toolsv1.NotionCreatePageInput, title string) action.Request {
	body := map[string]any{
		"parent": map[string]any{"type": "data_source_id", "data_source_id": dashed(in.GetDatabase())},
		"properties": map[string]any{
			title: map[string]any{"title": richText(strings.Join(strings.Fields(in.GetTitle()), " "))},
		},
	}
	if blocks := paragraphs(in.GetBody()); len(blocks) > 0 {
		body["children"] = blocks
	}
	return request(http.MethodPost, c.base+"/v1/pages", body)
}

// title is the name of the property that holds a title.
func (c CreatePage) title(ctx context.Context, client *http.Client, id string) (string, error) {
	source, err := c.dataSource(ctx, client, id)
	if err != nil {
		return "", err
	}
	title, err := source.title()
	if err != nil {
		return "", action.Refuse("%v", err)
	}
	return title, nil
}

func (CreatePage) create(ctx context.Context, client *http.Client, post action.Request) (*action.Found, error) {
	var made page
	if err := send(ctx, client, post, &made); err != nil {
		return nil, err
	}
	if made.ID == "" {
		return nil, action.Unsure("Notion doesn't say which page it made")
	}
	return &action.Found{Ref: "notion:page:" + bare(made.ID), URL: pageURL(made.ID), Account: made.CreatedBy.account()}, nil
}
