package github

import (
	"context"
	"net/http"
	"sync"

	"github.com/google/go-github/v88/github"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// person is the account of a token.
type person struct {
	token action.Token

	mu    sync.Mutex
	of    string // the token whose account name is
	known string
}

func (p *person) sign(r *http.Request) error { return action.Bearer(p.token)(r) }

// refused: there is no other token.
func (*person) refused(*http.Request, int) bool { return false }

// login asks GitHub once for each token.
// Source: https://docs.github.com/en/rest/users/users#get-the-authenticated-user
func (p *person) login(ctx context.Context, client *github.Client, _ string) (string, error) {
	token, err := p.token(ctx)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	of, known := p.of, p.known
	p.mu.Unlock()
	if of == token {
		return known, nil
	}
	user, _, err := client.Users.Get(ctx, "")
	if err != nil {
		return "", err
	}
	if user.GetLogin() == "" {
		return "", action.Refuse("GitHub does not say whose GITHUB_TOKEN it is")
	}
	p.mu.Lock()
	p.of, p.known = token, user.GetLogin()
	p.mu.Unlock()
	return user.GetLogin(), nil
}
