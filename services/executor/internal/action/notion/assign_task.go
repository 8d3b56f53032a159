package notion

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// AssignTask is notion.assign_task: it makes somebody the one person of a
// property of type people.
//
// Source: https://developers.notion.com/reference/patch-page
type AssignTask struct{ *Workspace }

var _ action.Action = AssignTask{}

// Input returns an empty NotionAssignTaskInput.
func (AssignTask) Input() proto.Message { return &toolsv1.NotionAssignTaskInput{} }

// Run assigns the page. Whoever was assigned before is not any more.
func (a AssignTask) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.NotionAssignTaskInput)
	if !ok {
		return nil, foreign("notion.assign_task", input)
	}
	t, err := a.target(in.GetTarget())
	if err != nil {
		return nil, err
	}
	name, who := cmp.Or(in.GetProperty(), assigneeName), bare(in.GetAssignee())
	patch := request(http.MethodPatch, t.url, map[string]any{"properties": map[string]any{
		name: map[string]any{"people": []any{map[string]any{"object": "user", "id": dashed(who)}}},
	}})
	return a.provider.Perform(ctx, cmd, action.Effect{
		Instance: t.instance,
		Before:   []action.Read{{URL: t.url, Why: fmt.Sprintf("%s of only this user already is done", name)}},
		Request:  &patch,
		Look: func(ctx context.Context, client *http.Client) (*action.Found, error) {
			seen, err := a.read(ctx, client, t)
			if err != nil {
				return nil, err
			}
			p, err := seen.named(name, "people")
			if err != nil {
				return nil, action.Refuse("%v", err)
			}
			if len(p.People) != 1 || bare(p.People[0].ID) != who {
				return nil, nil
			}
			return t.found(user{}), nil
		},
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			var now page
			if err := send(ctx, client, patch, &now); err != nil {
				return nil, err
			}
			return t.found(now.LastEditedBy), nil
		},
	})
}
