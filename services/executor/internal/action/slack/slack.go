package slack

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Options say where Slack is and who posts there.
type Options struct {
	// APIURL is https://slack.com/api/.
	APIURL string
	// Token is a bot's; nil for none.
	Token action.Token

	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
}

// Slack is the provider with the bot that posts there.
type Slack struct {
	provider *action.Provider
	base     string // with a slash at its end
	token    action.Token

	mu    sync.Mutex
	of    string // the token whose bot is known
	known bot
}

// bot is who posts, and the workspace's address.
type bot struct{ user, workspace string }

// New makes the provider. Without a token its actions are dry runs.
func New(o Options) *Slack {
	o.APIURL = cmp.Or(o.APIURL, "https://slack.com/api/")
	return &Slack{
		base: strings.TrimSuffix(o.APIURL, "/") + "/", token: o.Token,
		provider: action.NewProvider(action.Options{
			Name: "Slack", Setting: "SLACK_API_URL", URL: o.APIURL,
			Transport: o.Transport, Now: o.Now, Log: o.Log, Sign: action.Bearer(o.Token),
			// The client posts its reads, too.
			Reads: func(r *http.Request) bool {
				return strings.HasSuffix(r.URL.Path, "/conversations.history") || strings.HasSuffix(r.URL.Path, "/auth.test")
			},
		}),
	}
}

// api is Slack's client over a command's transport.
func (s *Slack) api(client *http.Client) *slack.Client {
	return slack.New("", slack.OptionAPIURL(s.base), slack.OptionHTTPClient(&http.Client{Transport: tokenless{client.Transport}}))
}

// tokenless leaves the field out of forms that would have the token: it is in
// the header, where Slack prefers it, and never in what is shown.
// Source: https://docs.slack.dev/authentication/tokens
type tokenless struct{ http.RoundTripper }

func (t tokenless) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err
	}
	form.Del("token")
	body := []byte(form.Encode())
	r = r.Clone(r.Context())
	r.ContentLength = int64(len(body))
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return t.RoundTripper.RoundTrip(r)
}

// who asks Slack once for each token.
// Source: https://docs.slack.dev/reference/methods/auth.test
func (s *Slack) who(ctx context.Context, api *slack.Client) (bot, error) {
	token, err := s.token(ctx)
	if err != nil {
		return bot{}, err
	}
	s.mu.Lock()
	of, known := s.of, s.known
	s.mu.Unlock()
	if of == token {
		return known, nil
	}
	answer, err := api.AuthTestContext(ctx)
	if err != nil {
		return bot{}, refusal(err, true)
	}
	known = bot{user: answer.UserID, workspace: strings.TrimSuffix(answer.URL, "/")}
	s.mu.Lock()
	s.of, s.known = token, known
	s.mu.Unlock()
	return known, nil
}

// refusalWait is for limits that name no time.
const refusalWait = time.Minute

// refusal is what Slack says with 200 and ok: false.
// Source: https://docs.slack.dev/reference/methods/chat.postMessage#errors
func refusal(err error, reads bool) error {
	said, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return err
	}
	switch said.Err {
	case "ratelimited", "rate_limited":
		return action.ConcludeRetry(action.ReasonRateLimited, refusalWait)
	case "service_unavailable", "team_added_to_org", "request_timeout":
		return action.ConcludeRetry(action.ReasonProviderAway, 0)
	case "internal_error", "fatal_error":
		// Slack: some aspect of the operation may have succeeded.
		if reads {
			return action.ConcludeRetry(action.ReasonProviderAway, 0)
		}
		return action.Unsure("Slack says %s and may have acted", said.Err)
	case "missing_scope":
		return action.Conclude("Slack says missing_scope: SLACK_BOT_TOKEN needs %s", cmp.Or(said.Needed, "another one"))
	}
	return action.Conclude("Slack says %s", said.Err)
}
