package jira

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// person is an account as issues and comments have it: by accountId on Cloud, by
// key and name on Data Center.
type person struct {
	AccountID string `json:"accountId"`
	Key       string `json:"key"`
	Name      string `json:"name"`
}

// id is what never changes of a person, as events have it.
func (p *person) id() string {
	switch {
	case p == nil:
		return ""
	case p.AccountID != "":
		return p.AccountID
	case p.Key != "":
		return p.Key
	}
	return p.Name
}

// self is the account that the token belongs to, asked for once a token.
type self struct {
	mu    sync.Mutex
	token string
	id    string
}

// who acts: the id of the token's account.
func (s *Site) who(ctx context.Context, client *http.Client) (string, error) {
	token, err := s.token(ctx)
	if err != nil {
		return "", &action.Failure{Outcome: action.Retry, Reason: action.ReasonProviderAway}
	}
	if id, ok := s.self.known(token); ok {
		return id, nil
	}
	var me person
	if err := get(ctx, client, s.api("")+"/myself", &me); err != nil {
		return "", err
	}
	if me.id() == "" {
		return "", action.Unsure("Jira doesn't say whose token this is")
	}
	s.self.keep(token, me.id())
	return me.id(), nil
}

// account names who acts, "" if this token may not ask: an effect needs no name.
func (s *Site) account(ctx context.Context, client *http.Client) (string, error) {
	id, err := s.who(ctx, client)
	if f, ok := errors.AsType[*action.Failure](err); ok && f.Outcome == action.Rejected {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return accountRef(id), nil
}

// whoActs is the read that tells, for people.
func (s *Site) whoActs(instance string) action.Read {
	return action.Read{URL: s.api(instance) + "/myself", Why: "whose account acts; asked once a token"}
}

func accountRef(id string) string { return "jira:user:" + id }

func (s *self) known(token string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id, s.id != "" && s.token == token
}

func (s *self) keep(token, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.id = token, id
}
