package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/slack"
)

func world(t *testing.T) actiontest.World {
	t.Helper()
	s := providertest.NewSlack(t, provider.Options{Now: actiontest.Noon})
	return actiontest.World{Fake: s, URL: s.URL, Secrets: []string{providertest.Token}, New: func(r actiontest.Reach) action.Action {
		o := slack.Options{APIURL: r.URL, Transport: r.Transport, Now: r.Now, Log: r.Log}
		if r.Authorized {
			o.Token = func(context.Context) (string, error) { return providertest.Token, nil }
		}
		return slack.PostMessage{Slack: slack.New(o)}
	}}
}

func message() actiontest.Case {
	return actiontest.Case{
		Tool: "slack.post_message", Target: "slack:channel:" + provider.SlackDeploys,
		Payload: map[string]any{"channel": provider.SlackDeploys, "body": "<!channel> *Done* & <https://evil.example|here>"},
		Request: `{
			"method": "POST",
			"url": "{url}/chat.postMessage",
			"headers": {"Content-Type": "application/x-www-form-urlencoded"},
			"body": {
				"channel": "` + provider.SlackDeploys + `",
				"text": "&lt;!channel&gt; *Done* &amp; &lt;https://evil.example|here&gt;",
				"parse": "none", "link_names": "false", "unfurl_links": "false", "unfurl_media": "false",
				"metadata": "{\"event_type\":\"switchyard\",\"event_payload\":{\"effect_key\":\"` + actiontest.EffectKey + `\"}}"
			}
		}`,
		Invalid: map[string]map[string]any{
			"no text":         {"channel": provider.SlackDeploys},
			"a name":          {"channel": "#deploys", "body": "x"},
			"another channel": {"channel": provider.SlackGeneral, "body": "x"},
		},
		OtherTarget: "slack:channel:" + provider.SlackGeneral,
		Open:        world,
	}
}

func TestPostMessage(t *testing.T) { actiontest.Run(t, message()) }

func run(t *testing.T, w actiontest.World, mode string) *executorv1.Result {
	t.Helper()
	a := w.New(actiontest.Plain(w.URL))
	cmd := actiontest.Command(t, message(), mode)
	input := a.Input()
	if err := action.Decode(cmd, input); err != nil {
		t.Fatal(err)
	}
	got, err := a.Run(t.Context(), cmd, input)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Slack answers 200 to what it refuses.
func TestWhatSlackSays(t *testing.T) {
	for said, want := range map[string]string{
		"channel_not_found":   "rejected/Slack says channel_not_found",
		"is_archived":         "rejected/Slack says is_archived",
		"invalid_auth":        "rejected/Slack says invalid_auth",
		"ratelimited":         "retry/rate_limited",
		"service_unavailable": "retry/provider_away",
		"internal_error":      "unknown/Slack says internal_error and may have acted",
	} {
		w := world(t)
		w.Plant(provider.Fault{
			Match: provider.On(http.MethodPost, "/api/chat.postMessage"), Status: 200, Body: fmt.Appendf(nil, `{"ok":false,"error":%q}`, said),
		})
		got := run(t, w, "act")
		if told := got.GetOutcome() + "/" + got.GetReason(); told != want || (got.GetRetryAfter().AsDuration() == time.Minute) != (said == "ratelimited") {
			t.Errorf("%s: got %v, want %s", said, got, want)
		}
	}
}

// Without the scope that reads, a message can be posted and not be looked for.
func TestALookThatMayNotReadIsUnknown(t *testing.T) {
	w := world(t)
	w.Plant(provider.Fault{
		Match: provider.On("", "/api/conversations.history"), Status: 200, Body: []byte(`{"ok":false,"error":"missing_scope","needed":"channels:history"}`),
	})
	if got := run(t, w, "look"); got.GetOutcome() != action.Unknown || !strings.Contains(got.GetReason(), "channels:history") {
		t.Errorf("got %v", got)
	}
}

func TestMetadataOfOthersProvesNothing(t *testing.T) {
	w := world(t)
	fake, ok := w.Fake.(*providertest.Slack)
	if !ok {
		t.Fatalf("the fake is %T", w.Fake)
	}
	fake.AddMessage(provider.SlackDeploys, "U0000000001", "mine now",
		json.RawMessage(`{"event_type":"switchyard","event_payload":{"effect_key":"`+actiontest.EffectKey+`"}}`))
	if got := run(t, w, "look"); got.GetReason() != action.ReasonNotFound {
		t.Errorf("got %v", got)
	}
}

// Of a channel that is longer than what is read, nobody knows all.
func TestALongChannelIsUnknown(t *testing.T) {
	w := world(t)
	fake, ok := w.Fake.(*providertest.Slack)
	if !ok {
		t.Fatalf("the fake is %T", w.Fake)
	}
	for i := range 2001 {
		fake.AddMessage(provider.SlackDeploys, "U0000000001", fmt.Sprint(i), nil)
	}
	if got := run(t, w, "look"); got.GetOutcome() != action.Unknown {
		t.Errorf("got %v", got)
	}
	run(t, w, "act")
	if got := run(t, w, "look"); got.GetOutcome() != action.Already || !strings.HasPrefix(got.GetUrl(), "https://acme.slack.com/archives/"+provider.SlackDeploys+"/p") {
		t.Errorf("got %v", got)
	}
}
