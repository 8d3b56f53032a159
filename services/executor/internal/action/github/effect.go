package github

import (
	"context"
	"net/http"

	"github.com/google/go-github/v88/github"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// pageLimit bounds the pages of a list, a hundred each. An issue has at most
// 2,500 comments and a hundred labels.
const pageLimit = 30

// hand is GitHub's client for one command, where it acts, and as whom.
type hand struct {
	*github.Client
	target
	identity
}

// effect is an action's, in terms of GitHub.
type effect struct {
	// before are the reads of look below the API's URL, and why.
	before   []action.Read
	look     func(context.Context, hand) (*action.Found, error)
	lookOnly bool
	act      func(context.Context, hand, *action.Found) (*action.Found, error)
	// ours: the effect is found by its author, so that who acts must be known.
	ours bool
}

// perform runs a command at a target.
func (g *GitHub) perform(ctx context.Context, cmd *executorv1.Command, at string, e effect) (*executorv1.Result, error) {
	t, err := parse(at)
	if err != nil {
		return action.Reject(err), nil
	}
	base := g.where(t)
	before := make([]action.Read, len(e.before))
	for i, read := range e.before {
		before[i] = action.Read{URL: base + read.URL, Why: read.Why}
	}
	var us identity
	result, err := g.provider.Perform(ctx, cmd, action.Effect{
		Instance: t.ref.Instance, Before: before, LookOnly: e.lookOnly,
		Prepare: func(ctx context.Context, client *http.Client) error {
			c, err := api(client, base)
			if err == nil {
				us, err = g.who(ctx, c, t, e.ours && (!e.lookOnly || cmd.GetMode() == action.Look))
			}
			return err
		},
		Look: func(ctx context.Context, client *http.Client) (*action.Found, error) {
			c, err := api(client, base)
			if err != nil {
				return nil, err
			}
			return e.look(ctx, hand{c, t, us})
		},
		Act: func(ctx context.Context, client *http.Client, found *action.Found) (*action.Found, error) {
			c, err := api(client, base)
			if err != nil {
				return nil, err
			}
			return e.act(ctx, hand{c, t, us}, found)
		},
	})
	if err == nil && result.GetOutcome() != action.DryRun {
		result.Account = account(us.login)
	}
	return result, err
}

// who is the account that acts. Where nothing hangs on it, not to know it is no
// trouble: some tokens may not ask.
func (g *GitHub) who(ctx context.Context, c *github.Client, t target, needed bool) (identity, error) {
	us, err := g.accounts.who(ctx, c, t.owner)
	if status := action.Status(err); err != nil && !needed && (status == http.StatusForbidden || status == http.StatusNotFound) {
		return identity{}, nil
	}
	return us, err
}

// pages reads a list until it ends or one says that it has seen enough.
func pages(read func(github.ListOptions) (*github.Response, bool, error)) error {
	at := github.ListOptions{PerPage: 100}
	for range pageLimit {
		resp, enough, err := read(at)
		if err != nil || enough || resp.NextPage == 0 {
			return err
		}
		at.Page = resp.NextPage
	}
	return action.Refuse("the list at GitHub has more than %d entries: what is ours can't be found in it", pageLimit*at.PerPage)
}
