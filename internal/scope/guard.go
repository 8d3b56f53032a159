package scope

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"connectrpc.com/authn"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

// Tokens are the settings of the tokens that a service accepts, by the role
// that each proves. Those that nobody set are in it too.
type Tokens map[Role]config.Setting

// Set tells whether any is set, be it to a file that is not there yet.
func (t Tokens) Set() bool {
	for _, s := range t {
		if s.IsSet() {
			return true
		}
	}
	return false
}

// Settings are the names of all, set or not, joined for a sentence by its last
// word: "INGRESS_TOKEN, OPERATOR_TOKEN or SERVICE_TOKEN".
func (t Tokens) Settings(last string) string { return settings(t.roles(), last) }

func (t Tokens) roles() []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { _, ok := t[r]; return !ok })
}

// Guard lets callers in by their tokens. Without any it is open, for a service
// that only this machine reaches; a nil one lets nobody in.
type Guard struct {
	tokens Tokens
	held   []held
	table  map[string][]Role
}

type held struct {
	role Role
	set  *credential.Set
}

// NewGuard makes a service's guard. It fails if a token's file is missing,
// empty or holds an example: what should be guarded would be open.
func NewGuard(tokens Tokens, now func() time.Time, log *slog.Logger) (*Guard, error) {
	g := &Guard{tokens: tokens, table: map[string][]Role{}}
	for _, row := range Table() {
		g.table[row.Procedure] = row.Roles
	}
	for _, role := range tokens.roles() {
		setting := tokens[role]
		setting.Name = cmp.Or(setting.Name, role.Setting())
		set, err := open(setting, now, log)
		if err != nil {
			return nil, err
		}
		if set != nil {
			g.held = append(g.held, held{role, set})
		}
	}
	return g, nil
}

// open makes the set of a setting; nil for one that nobody set.
func open(setting config.Setting, now func() time.Time, log *slog.Logger) (*credential.Set, error) {
	if !setting.IsSet() {
		return nil, nil //nolint:nilnil // nobody set it
	}
	if err := setting.Check(); err != nil {
		return nil, err
	}
	set := credential.New(setting, now, log)
	if !set.Any() {
		return nil, fmt.Errorf("%s holds no token: `switchyard secret` prints a good one", setting.Name)
	}
	if slices.ContainsFunc(setting.Values(), credential.Example) {
		return nil, fmt.Errorf("%s is the example of a guide: anybody can show it: `switchyard secret` prints a good one", setting.Name)
	}
	return set, nil
}

// Open tells whether no token is set, so that everybody is let in.
func (g *Guard) Open() bool { return g != nil && len(g.held) == 0 }

// Secrets are the tokens, to be read again while the service runs.
func (g *Guard) Secrets() []*credential.Set {
	sets := make([]*credential.Set, len(g.held))
	for i, h := range g.held {
		sets[i] = h.set
	}
	return sets
}

// Wrap lets through to h whoever may call the procedure, and with "" for it
// whoever may call the one that the request's path is.
func (g *Guard) Wrap(procedure string, h http.Handler) http.Handler {
	if g.Open() {
		return h
	}
	auth := func(_ context.Context, r *http.Request) (any, error) {
		// The path as a whole, as the handlers compare it: nothing else may be
		// taken for the procedure.
		if err := g.admit(r, cmp.Or(procedure, r.URL.Path)); err != nil {
			refused, _ := fault.ToConnect(err)
			return nil, refused
		}
		return nil, nil //nolint:nilnil // authn's word for a caller without a name
	}
	return authn.NewMiddleware(auth).Wrap(h)
}

func (g *Guard) admit(r *http.Request, procedure string) error {
	if g == nil {
		return fault.New(fault.TokenMissing, "this service has no tokens to compare with")
	}
	token, ok := authn.BearerToken(r)
	if !ok {
		return fault.New(fault.TokenMissing, "send `Authorization: Bearer …` with %s", g.tokens.Settings("or"))
	}
	roles := g.rolesOf(token)
	if len(roles) == 0 {
		return fault.New(fault.TokenMissing, "the bearer token is not this service's %s: set both sides to the same", g.tokens.Settings("or"))
	}
	for _, role := range roles {
		if role == Service || slices.Contains(g.table[procedure], role) {
			return nil
		}
	}
	return fault.New(fault.Scope, "%s may not call %s: that takes %s", settings(roles, "and"), Short(procedure), settings(Allowed(procedure), "or"))
}

// rolesOf are those that a token proves. All are compared, so that the time it
// takes says nothing; only if none is right are the files looked at.
func (g *Guard) rolesOf(token string) []Role {
	roles := g.matching(func(s *credential.Set) bool { return credential.Equal(s.Secrets(), token) })
	if len(roles) > 0 {
		return roles
	}
	return g.matching(func(s *credential.Set) bool {
		return s.Match(func(secrets [][]byte) bool { return credential.Equal(secrets, token) })
	})
}

func (g *Guard) matching(right func(*credential.Set) bool) []Role {
	var roles []Role
	for _, h := range g.held {
		if right(h.set) {
			roles = append(roles, h.role)
		}
	}
	return roles
}

// Short is a procedure without its package: AgentService.GetRun.
func Short(procedure string) string {
	service, method, ok := strings.Cut(strings.TrimPrefix(procedure, "/"), "/")
	switch {
	case procedure == Invocation:
		return "the executor"
	case procedure == Reflection:
		return "reflection"
	case !ok:
		return "this path"
	}
	return service[strings.LastIndex(service, ".")+1:] + "." + method
}
