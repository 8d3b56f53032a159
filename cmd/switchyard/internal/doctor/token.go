package doctor

import (
	"fmt"
	"slices"

	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
)

// tokens examines the tokens between the services: each by itself, and whether
// a service that listens beyond this machine has one at all.
func (e *exam) tokens(holders map[string]string) {
	set := false
	for _, r := range scope.Roles() {
		if values := e.values(r.Setting()); len(values) > 0 {
			set = true
			e.examine(r.Setting(), "token", values, holders)
		}
	}
	bare := false
	for _, l := range []struct {
		setting, addr string
		tokens        scope.Tokens
	}{
		{"AGENT_LISTEN", e.agent.Listen, e.agent.Tokens()},
		{"TOOLS_LISTEN", e.tools.Listen, e.tools.Tokens()},
		{"EXECUTOR_LISTEN", e.executor.Listen, e.executor.Tokens()},
	} {
		if l.addr == "" || service.Loopback(hostOf("http://"+l.addr)) || e.tokenFor(l.tokens) {
			continue
		}
		bare = true
		e.found("secrets", Problem, scope.Service.Setting(), fmt.Sprintf("no token is set that %s=%s beyond loopback takes (%s): the service does not start", l.setting, l.addr, l.tokens.Settings("or")), "set one of them, here and at its other end, or listen on 127.0.0.1; "+newSecret)
	}
	if !set && !bare {
		e.found("secrets", OK, scope.Service.Setting(), "no token is set: the services' own APIs are open on this machine, and only there", "")
	}
}

// tokenFor tells whether a service has one of its tokens, or would if its file
// could be read, which is reported with the settings.
func (e *exam) tokenFor(tokens scope.Tokens) bool {
	for role := range tokens {
		if len(e.values(role.Setting())) > 0 || slices.Contains(e.unusable, role.Setting()) {
			return true
		}
	}
	return false
}
