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

// Duty is what the role may do, in a few words for a person.
func (r Role) Duty() string {
	switch r {
	case Ingress:
		return "hand events and deliveries to the agent, look up a run"
	case Agent:
		return "open and execute runs at tools, list and call tools"
	case Tools:
		return "invoke the executor"
	case Reader:
		return "look at runs, deliveries, plans and the memory's state, ask"
	case Operator:
		return "all of the agent's API, look after the memory, ask"
	case Service:
		return "everything: it stands for every role"
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
