package notion

import (
	"context"
	"net/http"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// ReadPage is notion.read_page: it reads what Notion's events only name.
//
// Source: https://developers.notion.com/reference/retrieve-a-page
type ReadPage struct{ *Workspace }

var _ action.Action = ReadPage{}

// Input returns an empty NotionReadPageInput.
func (ReadPage) Input() proto.Message { return &toolsv1.NotionReadPageInput{} }

// Run reads the page's ids, times and names of options. It reads no title and no
// text, which other people wrote.
func (r ReadPage) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.NotionReadPageInput)
	if !ok {
		return nil, foreign("notion.read_page", input)
	}
	t, err := r.target(in.GetTarget())
	if err != nil {
		return nil, err
	}
	get := action.Request{Method: http.MethodGet, URL: t.url, Header: header(http.MethodGet)}
	see := func(ctx context.Context, client *http.Client) (*action.Found, error) {
		p, err := r.read(ctx, client, t)
		if err != nil {
			return nil, err
		}
		found := t.found(user{})
		found.Observed = p.observed()
		return found, nil
	}
	return r.provider.Perform(ctx, cmd, action.Effect{
		Instance: t.instance,
		Request:  &get,
		LookOnly: true,
		Look:     see,
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			return see(ctx, client)
		},
	})
}
