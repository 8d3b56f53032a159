package github

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Options say where GitHub is and who acts there.
type Options struct {
	// APIURL is https://api.github.com, or an Enterprise Server's https://HOST/api/v3.
	APIURL string
	// Token of an account; nil for none.
	Token action.Token
	// AppID and AppKey are a GitHub App's, which acts where there is no Token. The
	// key is in PEM.
	AppID  string
	AppKey action.Token

	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
}

// GitHub is the provider with the account that acts there.
type GitHub struct {
	provider *action.Provider
	base     string // with a slash at its end
	accounts accounts
}

// accounts tells who acts in a repository.
type accounts interface {
	// who is the acting account. client sends what it may take to ask.
	who(ctx context.Context, client *github.Client, owner string) (identity, error)
	sign(r *http.Request) error
	// refused is action.Options.Refused.
	refused(r *http.Request, status int) bool
}

// New makes the provider. Without token and App its actions are dry runs.
func New(o Options) *GitHub {
	o.APIURL = cmp.Or(o.APIURL, "https://api.github.com")
	g := &GitHub{base: strings.TrimSuffix(o.APIURL, "/") + "/"}
	options := action.Options{
		Name: "GitHub", Setting: "GITHUB_API_URL", URL: o.APIURL,
		Transport: o.Transport, Now: o.Now, Log: o.Log, Message: message,
	}
	switch {
	case o.Token != nil:
		g.accounts = &person{token: o.Token}
	case o.AppID != "" && o.AppKey != nil:
		g.accounts = newApp(o, g.base, action.NewProvider(options))
	}
	if g.accounts != nil {
		options.Sign, options.Refused = g.accounts.sign, g.accounts.refused
	}
	g.provider = action.NewProvider(options)
	return g
}

// message is what GitHub says in a refusal, with the fields that it is about.
// Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
func message(body []byte) string {
	var said struct {
		Message string `json:"message"`
		Errors  []struct {
			Resource, Field, Code, Message string
		} `json:"errors"`
	}
	// Errors that are no objects leave the message.
	_ = json.Unmarshal(body, &said)
	for _, e := range said.Errors {
		said.Message += fmt.Sprintf("; %s", strings.Join(strings.Fields(e.Resource+" "+e.Field+" "+e.Code+" "+e.Message), " "))
	}
	return said.Message
}

// api is GitHub's client over a command's transport. It keeps no rate limits:
// tools does, for all executors.
func api(client *http.Client, base string) (*github.Client, error) {
	c, err := github.NewClient(
		github.WithHTTPClient(&http.Client{Transport: plain{client.Transport}}),
		github.WithURLs(&base, nil),
		github.WithUserAgent("switchyard"),
		github.WithDisableRateLimitCheck(),
	)
	if err != nil {
		return nil, fmt.Errorf("github: %w", err)
	}
	return c, nil
}

// plain asks for GitHub's own media type, where the client asks for previews
// that ended.
// Source: https://docs.github.com/en/rest/about-the-rest-api/breaking-changes
type plain struct{ http.RoundTripper }

func (p plain) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/vnd.github+json")
	return p.RoundTripper.RoundTrip(r)
}

// marker is invisible where GitHub renders a text, and stays in its source.
func marker(effectKey string) string { return "<!-- switchyard:" + effectKey + " -->" }

// marked is a text with its marker at the end.
func marked(text, effectKey string) string {
	if text == "" {
		return marker(effectKey)
	}
	return text + "\n\n" + marker(effectKey)
}

// hasMarker tells whether a text ends with the marker, as ours do.
func hasMarker(text, effectKey string) bool {
	return strings.HasSuffix(strings.TrimSpace(text), marker(effectKey))
}

// account is a Result's.
func account(login string) string {
	if login == "" {
		return ""
	}
	return "github:user:" + strings.ToLower(login)
}
