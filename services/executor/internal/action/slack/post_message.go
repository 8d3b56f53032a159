package slack

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/slack-go/slack"
	"google.golang.org/protobuf/proto"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

const (
	// eventType is that of our messages' metadata.
	eventType = "switchyard"
	pageSize  = 200
	pageLimit = 10
)

// PostMessage is slack.post_message. The effect_key is in the message's metadata,
// which people don't see; whether a message is there is looked up in the channel's
// history where the token may read that.
//
// Source: https://docs.slack.dev/reference/methods/chat.postMessage,
// https://docs.slack.dev/messaging/message-metadata
type PostMessage struct{ *Slack }

var _ action.Action = PostMessage{}

// Input returns an empty SlackPostMessageInput.
func (PostMessage) Input() proto.Message { return &toolsv1.SlackPostMessageInput{} }

// Run posts the message.
func (p PostMessage) Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error) {
	in, ok := input.(*toolsv1.SlackPostMessageInput)
	if !ok {
		return nil, fmt.Errorf("slack.post_message: input is %T", input)
	}
	var us bot
	result, err := p.provider.Perform(ctx, cmd, action.Effect{
		LookOnly: true, // the token may be allowed to post and not to read
		Prepare: func(ctx context.Context, client *http.Client) error {
			var err error
			us, err = p.who(ctx, p.api(client))
			return err
		},
		Look: func(ctx context.Context, client *http.Client) (*action.Found, error) {
			return find(ctx, p.api(client), us, in.GetChannel(), cmd.GetEffectKey())
		},
		Act: func(ctx context.Context, client *http.Client, _ *action.Found) (*action.Found, error) {
			channel, ts, err := p.api(client).PostMessageContext(ctx, in.GetChannel(), message(in.GetBody(), cmd.GetEffectKey())...)
			if err != nil {
				return nil, refusal(err, false)
			}
			return us.message(channel, ts), nil
		},
	})
	if err == nil && us.user != "" {
		result.Account = "slack:user:" + us.user
	}
	return result, err
}

// message is plain: nothing in the text is a mention or a named link, no link is
// unfolded and no name looked up.
func message(body, effectKey string) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(body, true),
		slack.MsgOptionParse(false),
		slack.MsgOptionLinkNames(false),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: eventType, EventPayload: map[string]any{"effect_key": effectKey}}),
	}
}

// find looks through the channel's history, the newest first. Only the end of the
// history proves that there is no such message.
//
// Source: https://docs.slack.dev/reference/methods/conversations.history
func find(ctx context.Context, api *slack.Client, us bot, channel, effectKey string) (*action.Found, error) {
	at := &slack.GetConversationHistoryParameters{ChannelID: channel, Limit: pageSize, IncludeAllMetadata: true}
	for range pageLimit {
		page, err := api.GetConversationHistoryContext(ctx, at)
		if err != nil {
			return nil, refusal(err, true)
		}
		for _, m := range page.Messages {
			// Any app can write our metadata: it is ours if our bot wrote it.
			if m.User == us.user && m.Metadata.EventType == eventType && m.Metadata.EventPayload["effect_key"] == effectKey {
				return us.message(channel, m.Timestamp), nil
			}
		}
		if at.Cursor = page.ResponseMetaData.NextCursor; !page.HasMore || at.Cursor == "" {
			return nil, nil //nolint:nilnil // the effect is not there
		}
	}
	return nil, action.Unsure("the message is not among the channel's last %d", pageSize*pageLimit)
}

// message names a message as the workspace's permalinks do.
func (b bot) message(channel, ts string) *action.Found {
	found := &action.Found{ID: ts, Ref: "slack:message:" + channel + "/" + ts}
	if b.workspace != "" {
		found.URL = b.workspace + "/archives/" + channel + "/p" + strings.Replace(ts, ".", "", 1)
	}
	return found
}
