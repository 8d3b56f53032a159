package executor

import (
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/jira"
)

// actions lists every action by the name of its tool in catalog.proto.
func actions() map[string]action.Action {
	return map[string]action.Action{
		"github.add_comment": github.AddComment{},
		"jira.add_comment":   jira.AddComment{},
		"jira.transition":    jira.Transition{},
	}
}
