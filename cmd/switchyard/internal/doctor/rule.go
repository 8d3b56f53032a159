package doctor

import (
	"log/slog"
	"strings"

	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// rules has the services read the rules and the policy as they do at their start.
func (e *exam) rules() {
	if file := e.agent.RulesFile; file == "" {
		e.found("rules", OK, "RULES_FILE", "RULES_FILE is not set: the built-in rules hold", "")
	} else {
		_, err := agent.New(agent.Config{ToolsURL: "http://127.0.0.1", MaxInFlight: 1, RulesFile: file}, slog.New(slog.DiscardHandler))
		e.judge("RULES_FILE", file, "the rules in it are good", err)
	}
	if file := e.tools.PolicyFile; file == "" {
		e.found("rules", OK, "POLICY_FILE", "POLICY_FILE is not set: no two places are paired (`switchyard dev` pairs those of the examples)", "")
	} else {
		e.judge("POLICY_FILE", file, "the policy in it is good", tools.CheckPolicy(tools.Config{PolicyFile: file}))
	}
}

func (e *exam) judge(setting, file, good string, err error) {
	if err == nil {
		e.found("rules", OK, setting, setting+"="+file+": "+good, "")
		return
	}
	message := strings.TrimPrefix(err.Error(), "agent: ")
	if !strings.Contains(message, file) {
		message = setting + "=" + file + ": " + message
	}
	e.found("rules", Problem, setting, message, "mend the file; a service that runs keeps the last good rules, and does not start with these")
}
