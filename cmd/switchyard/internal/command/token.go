package command

import (
	"fmt"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/scope"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

type tokenCommand struct {
	dataFlag
	Role string `arg:"" optional:"" enum:",ingress,agent,tools,reader,operator,service" default:"" help:"Role whose token is printed: ingress, agent, tools, reader, operator or service."`
}

// Help teaches by example.
func (tokenCommand) Help() string {
	return `  switchyard token
  switchyard token operator
  buf curl -H "Authorization: Bearer $(switchyard token operator)" ...

Without a role it lists the roles, what each may do and whether its token is
set, and tells no token. With one it prints the newest token of that role, else
SERVICE_TOKEN, which stands for every role. They are read from the settings, or
from the file that NAME_FILE names. docs/security.md has the whole table.`
}

// tokens are the settings of all roles.
type tokens struct {
	Ingress  config.Setting `name:"ingress-token" env:"INGRESS_TOKEN"`
	Agent    config.Setting `name:"agent-token" env:"AGENT_TOKEN"`
	Tools    config.Setting `name:"tools-token" env:"TOOLS_TOKEN"`
	Reader   config.Setting `name:"reader-token" env:"READER_TOKEN"`
	Operator config.Setting `name:"operator-token" env:"OPERATOR_TOKEN"`
	Service  config.Setting `name:"service-token" env:"SERVICE_TOKEN"`
}

func (t tokens) of(r scope.Role) config.Setting {
	return map[scope.Role]config.Setting{
		scope.Ingress: t.Ingress, scope.Agent: t.Agent, scope.Tools: t.Tools,
		scope.Reader: t.Reader, scope.Operator: t.Operator, scope.Service: t.Service,
	}[r]
}

// Run prints a token, or lists the roles.
func (c tokenCommand) Run(env *Env) error {
	lookup, err := instance.Settings(c.Data, env.Lookup)
	if err != nil {
		return err
	}
	var t tokens
	if err := config.Parse(&t, "settings", "", nil, lookup); err != nil {
		return err
	}
	if c.Role == "" {
		return printText(env.Stdout, t.list())
	}
	token, err := t.print(scope.Role(c.Role))
	if err != nil {
		return err
	}
	return printText(env.Stdout, token+"\n")
}

// print is the newest token that proves a role.
func (t tokens) print(r scope.Role) (string, error) {
	for _, s := range []config.Setting{t.of(r), t.Service} {
		if !s.IsSet() {
			continue
		}
		if err := s.Check(); err != nil {
			return "", err
		}
		if all := s.Values(); len(all) > 0 {
			return all[0], nil
		}
	}
	names := []string{r.Setting()}
	if r != scope.Service {
		names = append(names, scope.Service.Setting())
	}
	return "", fmt.Errorf("%s is not set: services on loopback need none; `switchyard secret` prints a good one", strings.Join(names, " or "))
}

func (t tokens) list() string {
	out := newTable("", "ROLE", "SETTING", "SET", "MAY")
	for _, r := range scope.Roles() {
		out.row(string(r), r.Setting(), t.state(r), r.Duty())
	}
	return out.String()
}

// state says whether a role's token is set, and never more of it.
func (t tokens) state(r scope.Role) string {
	s := t.of(r)
	switch {
	case s.Check() != nil:
		return "no: the file is missing or empty"
	case s.File != "":
		return fmt.Sprintf("%d in a file", len(s.Values()))
	case s.IsSet():
		return fmt.Sprint(len(s.Values()))
	case t.Service.IsSet():
		return "no: SERVICE_TOKEN does"
	}
	return "no"
}
