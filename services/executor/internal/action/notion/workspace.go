package notion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// version is the API's that requests and answers are of.
//
// Source: https://developers.notion.com/reference/versioning
const version = "2026-03-11"

// Options make a Workspace.
type Options struct {
	// URL is the API's root; "" is https://api.notion.com.
	URL string
	// Token is the integration's; nil if there is none, and then nothing acts.
	Token action.Token

	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger
}

// Workspace is Notion as one integration sees it, for all actions.
type Workspace struct {
	provider *action.Provider
	base     string // without a slash at its end
}

// New makes a workspace.
func New(o Options) *Workspace {
	base := cmp.Or(strings.TrimRight(o.URL, "/"), "https://api.notion.com")
	return &Workspace{base: base, provider: action.NewProvider(action.Options{
		Name: "Notion", Setting: "NOTION_API_URL", URL: base,
		Transport: o.Transport, Now: o.Now, Log: o.Log,
		Sign: action.Bearer(o.Token), Message: message,
	})}
}

// target is the page that most actions are about.
type target struct {
	ref, instance, id string
	url               string // its resource
}

func (w *Workspace) target(ref string) (target, error) {
	parsed, err := action.ParseRef(ref)
	if err != nil {
		return target{}, err
	}
	return target{
		ref: ref, instance: parsed.Instance, id: dashed(parsed.Name),
		url: w.base + "/v1/pages/" + dashed(parsed.Name),
	}, nil
}

// found is the page as a result names it. by is who acted.
func (t target) found(by user) *action.Found {
	return &action.Found{Ref: t.ref, URL: pageURL(t.id), Account: by.account()}
}

// account is the integration's bot as events name it, "" if it is not known.
func (u user) account() string {
	if u.ID == "" {
		return ""
	}
	return "notion:user:" + u.ID
}

// header is what each request has. A request without a body says nothing of one.
func header(method string) map[string]string {
	h := map[string]string{"Accept": "application/json", "Notion-Version": version}
	if method != http.MethodGet {
		h["Content-Type"] = "application/json"
	}
	return h
}

// request is one that changes something.
func request(method, address string, body map[string]any) action.Request {
	return action.Request{Method: method, URL: address, Header: header(method), Body: body}
}

// send sends a request and reads its answer.
func send(ctx context.Context, client *http.Client, r action.Request, into any) error {
	err := action.Do(ctx, client, r, into)
	if f, ok := errors.AsType[*action.Failure](err); ok && f.Outcome == action.Rejected && f.Status == http.StatusConflict {
		// Notion: the transaction could not be completed, try again. Nothing was done.
		// Source: https://developers.notion.com/reference/status-codes
		return &action.Failure{Outcome: action.Retry, Reason: action.ReasonProviderAway, Status: f.Status}
	}
	return err
}

func get(ctx context.Context, client *http.Client, address string, into any) error {
	return send(ctx, client, action.Request{Method: http.MethodGet, URL: address, Header: header(http.MethodGet)}, into)
}

// read reads a page. An answer without one is no answer: what a page lacks may
// only be told of a page that was seen.
func (w *Workspace) read(ctx context.Context, client *http.Client, t target) (page, error) {
	var p page
	if err := get(ctx, client, t.url, &p); err != nil {
		return page{}, err
	}
	if bare(p.ID) != bare(t.id) {
		return page{}, action.Unsure("Notion answered with another page than %s", t.ref)
	}
	if p.Properties == nil {
		return page{}, action.Refuse("the integration may not read the content of %s", t.ref)
	}
	return p, nil
}

// foreign is the error for an input of another tool.
func foreign(tool string, input any) error { return fmt.Errorf("%s: input is %T", tool, input) }
