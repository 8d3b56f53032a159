package notion

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// UpdateStatus is notion.update_status: it sets a property of type status or
// select of a page.
//
// Source: https://developers.notion.com/reference/patch-page
type UpdateStatus struct{ *Workspace }

var _ action.Action = UpdateStatus{}

// Input returns an empty NotionUpdateStatusInput.
func (UpdateStatus) Input() proto.Message { return &toolsv1.NotionUpdateStatusInput{} }

// Run sets the status. An option that the property doesn't have is rejected:
// Notion refuses it for a status, and would add it to a select.
func (u UpdateStatus) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.NotionUpdateStatusInput)
	if !ok {
		return nil, foreign("notion.update_status", input)
	}
	t, err := u.target(in.GetTarget())
	if err != nil {
		return nil, err
	}
	name := cmp.Or(in.GetProperty(), statusName)
	patch := choose(t, name, "status", in.GetStatus())
	var seen page
	return u.provider.Perform(ctx, cmd, action.Effect{
		Instance: t.instance,
		Before: []action.Read{
			{URL: t.url, Why: fmt.Sprintf("%s already %s is done; a property of type select is set as such", name, in.GetStatus())},
			{URL: u.base + "/v1/data_sources/{the page's data source}", Why: "of a select only: the option has to be there"},
		},
		Request: &patch,
		Prepare: func(ctx context.Context, client *http.Client) (err error) {
			seen, err = u.read(ctx, client, t)
			return err
		},
		Look: func(context.Context, *http.Client) (*action.Found, error) {
			return chosen(t, seen, name, in.GetStatus())
		},
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			return u.set(ctx, client, t, seen, name, in.GetStatus())
		},
	})
}

// choose is the request that sets a property of type status or select.
func choose(t target, name, kind, option string) action.Request {
	return request(http.MethodPatch, t.url, map[string]any{"properties": map[string]any{
		name: map[string]any{kind: map[string]any{"name": option}},
	}})
}

// chosen finds the page if the property has the option.
func chosen(t target, seen page, name, option string) (*action.Found, error) {
	p, err := seen.named(name, "status", "select")
	if err != nil {
		return nil, action.Refuse("%v", err)
	}
	if p.chosen() != option {
		return nil, nil
	}
	return t.found(user{}), nil
}

func (u UpdateStatus) set(ctx context.Context, client *http.Client, t target, seen page, name, option string) (*action.Found, error) {
	kind := seen.Properties[name].Type
	if kind == "select" {
		if err := u.offered(ctx, client, seen, name, option); err != nil {
			return nil, err
		}
	}
	var now page
	if err := send(ctx, client, choose(t, name, kind, option), &now); err != nil {
		return nil, err
	}
	return t.found(now.LastEditedBy), nil
}

// offered refuses an option that a select doesn't have yet.
func (u UpdateStatus) offered(ctx context.Context, client *http.Client, seen page, name, option string) error {
	source, err := u.dataSource(ctx, client, seen.Parent.DataSourceID)
	if err != nil {
		return err
	}
	var names []string
	for _, o := range source.Properties[name].Select.Options {
		if o.Name == option {
			return nil
		}
		names = append(names, o.Name)
	}
	return action.Refuse("%q has no option %q; it has %s", name, option, cmp.Or(strings.Join(names, ", "), "none"))
}

func (w *Workspace) dataSource(ctx context.Context, client *http.Client, id string) (dataSource, error) {
	var d dataSource
	if id == "" {
		return d, action.Refuse("the page is of no data source")
	}
	err := get(ctx, client, w.base+"/v1/data_sources/"+dashed(bare(id)), &d)
	return d, err
}
