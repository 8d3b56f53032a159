package github

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v88/github"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// tokenMargin is how long before its end an installation's token is replaced.
const tokenMargin = time.Minute

// app is a GitHub App. It acts by tokens of its installations, one an owner of
// repositories, each good for an hour.
// Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
type app struct {
	base   string
	client *http.Client // signs as the App itself
	now    func() time.Time

	mu    sync.Mutex
	known map[string]*installation // by the owner, in lower case
}

// installation is the App's at one owner. It is asked for by one at a time.
type installation struct {
	asking  chan struct{}
	login   string // of the App's account
	token   string
	expires time.Time
}

func newApp(o Options, base string, p *action.Provider) *app {
	a := &app{base: base, now: o.Now, known: map[string]*installation{}}
	a.client = p.Client(func(r *http.Request) error {
		key, err := o.AppKey(r.Context())
		if err != nil {
			return err
		}
		token, err := signedToken(o.AppID, []byte(key), o.Now())
		if err != nil {
			return action.Refuse("GITHUB_APP_KEY: %v", err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	})
	return a
}

// sign takes the installation at the owner of the repository that the request is about.
func (a *app) sign(r *http.Request) error {
	owner, ok := ownerOf(r)
	if !ok {
		return errors.New("a GitHub App acts in repositories only")
	}
	i, err := a.at(r.Context(), owner)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+i.token)
	return nil
}

// ownerOf is whose repository a request is about.
func ownerOf(r *http.Request) (string, bool) {
	_, rest, ok := strings.Cut(r.URL.Path, "/repos/")
	owner, _, named := strings.Cut(rest, "/")
	return owner, ok && named
}

// refused forgets the token that was refused: after the App was installed anew it is no
// longer good, and one that was made before the App was given a permission never has it.
// With 401 another one may do at once; 403 is mostly for what the App may not.
func (a *app) refused(r *http.Request, status int) bool {
	owner, _ := ownerOf(r)
	i, done, err := a.hold(r.Context(), owner)
	if err != nil {
		return false
	}
	defer done()
	if r.Header.Get("Authorization") == "Bearer "+i.token { // Nobody replaced it meanwhile.
		i.token, i.expires = "", time.Time{}
	}
	return status == http.StatusUnauthorized
}

func (a *app) who(ctx context.Context, _ *github.Client, owner string) (identity, error) {
	i, err := a.at(ctx, owner)
	return identity{login: i.login}, err
}

// at is a copy of the installation with a token that is good for a while.
func (a *app) at(ctx context.Context, owner string) (installation, error) {
	i, done, err := a.hold(ctx, owner)
	if err != nil {
		return installation{}, err
	}
	defer done()
	if a.now().Before(i.expires.Add(-tokenMargin)) {
		return *i, nil
	}
	if err := a.renew(ctx, owner, i); err != nil {
		return installation{}, err
	}
	return *i, nil
}

// hold gives the installation at an owner to one at a time, until done.
func (a *app) hold(ctx context.Context, owner string) (i *installation, done func(), err error) {
	a.mu.Lock()
	i = a.known[strings.ToLower(owner)]
	if i == nil {
		i = &installation{asking: make(chan struct{}, 1)}
		a.known[strings.ToLower(owner)] = i
	}
	a.mu.Unlock()
	select {
	case i.asking <- struct{}{}:
		return i, func() { <-i.asking }, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

func (a *app) renew(ctx context.Context, owner string, i *installation) error {
	c, err := api(a.client, a.base)
	if err != nil {
		return err
	}
	at, err := find(ctx, c, owner)
	if err != nil {
		return err
	}
	// Without options the client would send null, which GitHub does not describe.
	token, _, err := c.Apps.CreateInstallationToken(ctx, at.GetID(), &github.InstallationTokenOptions{})
	if err != nil {
		return err
	}
	i.login, i.token, i.expires = at.GetAppSlug()+"[bot]", token.GetToken(), token.GetExpiresAt().Time
	return nil
}

// find looks through the App's installations.
func find(ctx context.Context, c *github.Client, owner string) (*github.Installation, error) {
	var found *github.Installation
	err := pages(func(at github.ListOptions) (*github.Response, bool, error) {
		all, resp, err := c.Apps.ListInstallations(ctx, &at)
		for _, one := range all {
			if strings.EqualFold(one.GetAccount().GetLogin(), owner) {
				found = one
			}
		}
		return resp, found != nil, err
	})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, action.Refuse("the GitHub App is not installed at %s", owner)
	case found.SuspendedAt != nil:
		return nil, action.Refuse("the GitHub App's installation at %s is suspended", owner)
	}
	return found, nil
}
