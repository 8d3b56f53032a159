package jira

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// Options make a Site.
type Options struct {
	// BaseURL is the site's root, such as https://acme.atlassian.net, or
	// https://api.atlassian.com/ex/jira/{cloudid} for tokens of OAuth and of
	// service accounts; "" if there is none, and then nothing acts.
	BaseURL string
	// Email makes Token an API token of that account; without it, it is a bearer token.
	Email string
	Token action.Token
	// DataCenter: API v2, plain text, users by name.
	DataCenter bool
	// GitHub is the web host that GitHub's objects are linked to; "" is https://github.com.
	GitHub string

	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
}

// Site is a Jira site and how it is reached, for all actions.
type Site struct {
	provider   *action.Provider
	base       string // without a slash at its end; "" for none
	dataCenter bool
	pages      pages
	token      action.Token
	self       self
}

// New makes a site.
func New(o Options) *Site {
	base := strings.TrimRight(o.BaseURL, "/")
	s := &Site{base: base, dataCenter: o.DataCenter, token: o.Token}
	s.pages = pages{github: cmp.Or(strings.TrimRight(o.GitHub, "/"), "https://github.com"), jira: base}
	if behindGateway(base) {
		s.pages.jira = ""
	}
	options := action.Options{
		Name: "Jira", Setting: "JIRA_BASE_URL", URL: base,
		Transport: o.Transport, Now: o.Now, Log: o.Log, Message: message,
	}
	if o.Token != nil && base != "" {
		options.Sign = signer(o.Email, o.Token)
	}
	s.provider = action.NewProvider(options)
	return s
}

// behindGateway tells whether a site is reached by its id instead of its own
// host, which then nobody knows: its issues have no address to show.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/
func behindGateway(base string) bool {
	u, err := url.Parse(base)
	return err == nil && strings.HasPrefix(u.Path, "/ex/jira/")
}

// signer puts the credentials on a request.
//
// Source: https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
func signer(email string, token action.Token) func(*http.Request) error {
	if email == "" {
		return action.Bearer(token)
	}
	return func(r *http.Request) error {
		value, err := token(r.Context())
		if err != nil {
			return err
		}
		if value == "" {
			return errors.New("the token is empty")
		}
		r.SetBasicAuth(email, value)
		return nil
	}
}

// api is the root of the REST API that a target is reached at. A site that is not
// known is shown as a placeholder that names the instance.
func (s *Site) api(instance string) string {
	base := s.base
	if instance != "" || base == "" {
		if instance == "" {
			instance = "site"
		}
		base = "https://{" + instance + "}.atlassian.net"
	}
	if s.dataCenter {
		return base + "/rest/api/2"
	}
	return base + "/rest/api/3"
}

// issue is the target of most actions.
type issue struct {
	ref, instance, key string
	url                string // its resource
	page               string // its address for people; "" where it is not known
}

func (s *Site) issue(target string) (issue, error) {
	ref, err := action.ParseRef(target)
	if err != nil {
		return issue{}, err
	}
	return issue{
		ref: target, instance: ref.Instance, key: ref.Name,
		url:  s.api(ref.Instance) + "/issue/" + url.PathEscape(ref.Name),
		page: s.pages.of(target),
	}, nil
}

// text is a comment or a description as the site's API wants it.
func (s *Site) text(text string) any {
	if s.dataCenter {
		return plain(text)
	}
	return document(text)
}

func header() map[string]string {
	return map[string]string{"Accept": "application/json", "Content-Type": "application/json"}
}

// send sends a request and reads its answer.
func send(ctx context.Context, client *http.Client, r action.Request, into any) error {
	r.Header = header()
	err := action.Do(ctx, client, r, into)
	if f, ok := errors.AsType[*action.Failure](err); ok && f.Outcome == action.Rejected && f.Status == http.StatusConflict {
		// Somebody else changed the issue at the same moment: nothing was done.
		return &action.Failure{Outcome: action.Retry, Reason: action.ReasonProviderAway, Status: f.Status}
	}
	return err
}

func get(ctx context.Context, client *http.Client, address string, into any) error {
	return send(ctx, client, action.Request{Method: http.MethodGet, URL: address}, into)
}
