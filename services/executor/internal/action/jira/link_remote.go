package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// LinkRemote is jira.link_remote: one link of ours on an issue, known by its
// globalId, which Jira keeps once an issue: what is sent under it again updates it.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-remote-links/
type LinkRemote struct{ *Site }

var _ action.Action = LinkRemote{}

// Input returns an empty JiraLinkRemoteInput.
func (LinkRemote) Input() proto.Message { return &toolsv1.JiraLinkRemoteInput{} }

// Run links the object. One that has no page in the web is rejected.
func (l LinkRemote) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.JiraLinkRemoteInput)
	if !ok {
		return nil, fmt.Errorf("jira.link_remote: input is %T", input)
	}
	is, err := l.issue(in.GetTarget())
	if err != nil {
		return nil, err
	}
	object := remoteObject{URL: l.pages.of(in.GetObject()), Title: line(in.GetTitle())}
	if object.URL == "" {
		no := action.Refuse("%s has no page in the web that a link could lead to", in.GetObject())
		return &executorv1.Result{Outcome: no.Outcome, Reason: no.Reason}, nil
	}
	globalID := "switchyard:" + cmd.GetEffectKey()
	links := is.url + "/remotelink"
	post := action.Request{
		Method: http.MethodPost,
		URL:    links,
		Header: header(),
		Body: map[string]any{
			"globalId": globalID,
			"object":   map[string]any{"url": object.URL, "title": object.Title},
		},
	}
	ours := links + "?globalId=" + url.QueryEscape(globalID)
	return l.provider.Perform(ctx, cmd, action.Effect{
		Instance: is.instance,
		Before:   []action.Read{{URL: ours, Why: "a link of ours with this globalId is updated instead"}, l.whoActs(is.instance)},
		Request:  &post,
		Look: func(ctx context.Context, client *http.Client) (*action.Found, error) {
			return l.linked(ctx, client, is, ours, object)
		},
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			account, err := l.account(ctx, client)
			if err != nil {
				return nil, err
			}
			if err := send(ctx, client, post, nil); err != nil {
				return nil, err
			}
			return &action.Found{Ref: is.ref, URL: is.page, Account: account}, nil
		},
	})
}

// line is text in one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

type remoteObject struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

// linked finds our link. Jira answers 404 for an issue that isn't there, too:
// the request that makes the link then gets the same answer.
func (LinkRemote) linked(ctx context.Context, client *http.Client, is issue, ours string, want remoteObject) (*action.Found, error) {
	var link struct {
		ID     int64        `json:"id"`
		Object remoteObject `json:"object"`
	}
	err := get(ctx, client, ours, &link)
	switch {
	case action.Status(err) == http.StatusNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case link.ID == 0:
		return nil, action.Unsure("Jira doesn't say which link it found on %s", is.key)
	}
	return &action.Found{Ref: is.ref, URL: is.page, Outdated: link.Object != want}, nil
}
