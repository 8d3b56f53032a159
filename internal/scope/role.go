package scope

import (
	"slices"
	"strings"
)

// Role is what a caller is to the service that it calls. Its token proves it.
type Role string

// The roles.
const (
	// Ingress hands events to the agent.
	Ingress Role = "ingress"
	// Agent keeps its runs at tools.
	Agent Role = "agent"
	// Tools invokes the executor.
	Tools Role = "tools"
	// Reader is a person or a program that only looks.
	Reader Role = "reader"
	// Operator is a person who decides: he looks after runs and memory.
	Operator Role = "operator"
	// Service is whoever holds SERVICE_TOKEN, which stands for every role.
	Service Role = "service"
)

// Roles are all roles, in the order in which they are shown.
func Roles() []Role { return []Role{Ingress, Agent, Tools, Reader, Operator, Service} }

// Setting is the name of the setting that holds the role's token: INGRESS_TOKEN.
func (r Role) Setting() string { return strings.ToUpper(string(r)) + "_TOKEN" }

// Duty is what the role is for, in a few words for a person.
func (r Role) Duty() string {
	switch r {
	case Ingress:
		return "ingress shows it to the agent: hands events and deliveries on, looks up a run"
	case Agent:
		return "the agent shows it to tools: opens and executes runs, lists and calls tools"
	case Tools:
		return "tools shows it to the executor: makes effects"
	case Reader:
		return "a person or a program that only looks: runs, deliveries, plans, questions"
	case Operator:
		return "a person who looks after it: all of the agent's API, memory, questions; effects only through the agent"
	case Service:
		return "stands for every role, in a small deployment"
	}
	return ""
}

// Of returns the role of a name.
func Of(name string) (Role, bool) {
	r := Role(name)
	return r, slices.Contains(Roles(), r)
}

// settings are the names of the roles' settings, as a sentence has them.
func settings(roles []Role, last string) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Setting()
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}
