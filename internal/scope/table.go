package scope

import (
	"slices"

	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
)

const (
	// Invocation stands for an invocation of the executor, which is no RPC: its
	// path is AWS Lambda's.
	Invocation = "/executor/Invoke"
	// Reflection stands for asking a service what it serves.
	Reflection = "/grpc.reflection/ServerReflectionInfo"
)

// Row says who may call a procedure, beside Service, which may call each.
type Row struct {
	Procedure string
	Roles     []Role
}

// Table has a row for each procedure there is. One that has none is nobody's
// but Service's. docs/security.md shows it; a test compares the two.
func Table() []Row {
	anyone := []Role{Ingress, Agent, Tools, Reader, Operator}
	reads := []Role{Reader, Operator}
	return []Row{
		{agentv1connect.AgentServiceHandleEventProcedure, []Role{Ingress, Operator}},
		{agentv1connect.AgentServiceReportDeliveriesProcedure, []Role{Ingress, Operator}},
		{agentv1connect.AgentServiceGetRunProcedure, []Role{Ingress, Reader, Operator}},
		{agentv1connect.AgentServiceListRunsProcedure, reads},
		{agentv1connect.AgentServiceWatchRunsProcedure, reads},
		{agentv1connect.AgentServicePlanEventProcedure, reads},
		{agentv1connect.AgentServiceGetDeliveryProcedure, reads},
		{agentv1connect.AgentServiceListDeliveriesProcedure, reads},
		{agentv1connect.AgentServiceDecideCallProcedure, []Role{Operator}},
		{agentv1connect.AgentServiceRetryCallProcedure, []Role{Operator}},

		// Effects begin here: whoever may call these acts in the agent's name.
		{toolsv1connect.RunServiceOpenRunProcedure, []Role{Agent}},
		{toolsv1connect.RunServiceExecuteRunProcedure, []Role{Agent}},
		{toolsv1connect.RunServicePreviewRunProcedure, []Role{Agent}},
		{toolsv1connect.RunServiceRecordModelAnswerProcedure, []Role{Agent}},
		{toolsv1connect.RunServiceClaimRunsProcedure, []Role{Agent}},
		{toolsv1connect.RunServiceDecideCallProcedure, []Role{Agent}},
		{toolsv1connect.RunServiceRetryCallProcedure, []Role{Agent}},
		{toolsv1connect.RunServiceRecordDeliveriesProcedure, []Role{Agent}},
		{toolsv1connect.RunServiceGetRunProcedure, []Role{Agent, Reader, Operator}},
		{toolsv1connect.RunServiceListRunsProcedure, []Role{Agent, Reader, Operator}},
		{toolsv1connect.RunServiceWatchRunsProcedure, []Role{Agent, Reader, Operator}},
		{toolsv1connect.RunServiceGetDeliveryProcedure, []Role{Agent, Reader, Operator}},
		{toolsv1connect.RunServiceListDeliveriesProcedure, []Role{Agent, Reader, Operator}},

		// Tools that can be called only read: effects exist only in runs.
		{toolsv1connect.ToolServiceListToolsProcedure, []Role{Agent, Reader, Operator}},
		{toolsv1connect.ToolServiceCallToolProcedure, []Role{Agent, Reader, Operator}},

		{toolsv1connect.MemoryServiceStatusProcedure, reads},
		// Check repairs where it is asked to, so it is no read.
		{toolsv1connect.MemoryServiceCheckProcedure, []Role{Operator}},
		{toolsv1connect.MemoryServiceRebuildProcedure, []Role{Operator}},
		{toolsv1connect.MemoryServiceForgetProcedure, []Role{Operator}},

		{Invocation, []Role{Tools}},
		{Reflection, anyone},
	}
}

// Allowed returns the roles that may call a procedure, Service the last of them.
func Allowed(procedure string) []Role {
	for _, row := range Table() {
		if row.Procedure == procedure {
			return append(slices.Clone(row.Roles), Service)
		}
	}
	return []Role{Service}
}
