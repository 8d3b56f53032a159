package github

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/google/go-github/v88/github"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// person is the account of a token.
type person struct {
	token action.Token

	mu    sync.Mutex
	of    string // the token whose account is
	known identity
}

// identity is an account. Logins change, and ids don't.
type identity struct {
	login string // "" where nobody can tell
	id    int64  // 0 where nobody told it
}

// wrote tells whether a user of GitHub's is the account.
func (i identity) wrote(user *github.User) bool {
	if i.id != 0 && user.GetID() != 0 {
		return i.id == user.GetID()
	}
	return strings.EqualFold(user.GetLogin(), i.login)
}

func (p *person) sign(r *http.Request) error { return action.Bearer(p.token)(r) }

// refused: there is no other token.
func (*person) refused(*http.Request, int) bool { return false }

// who asks GitHub once for each token. An account that was renamed since is known by its id.
// Source: https://docs.github.com/en/rest/users/users#get-the-authenticated-user
func (p *person) who(ctx context.Context, client *github.Client, _ string) (identity, error) {
	token, err := p.token(ctx)
	if err != nil {
		return identity{}, err
	}
	p.mu.Lock()
	of, known := p.of, p.known
	p.mu.Unlock()
	if of == token {
		return known, nil
	}
	user, _, err := client.Users.Get(ctx, "")
	if err != nil {
		return identity{}, err
	}
	if user.GetLogin() == "" {
		return identity{}, action.Refuse("GitHub does not say whose GITHUB_TOKEN it is")
	}
	known = identity{user.GetLogin(), user.GetID()}
	p.mu.Lock()
	p.of, p.known = token, known
	p.mu.Unlock()
	return known, nil
}
