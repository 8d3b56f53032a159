package run

import (
	"errors"

	"connectrpc.com/connect"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

// refused says whether tools would refuse this plan again, however often it is
// asked: it breaks the contract, or the declarations of the tools.
func refused(err error) bool {
	switch fault.ReasonOf(err) {
	case fault.PlanInvalid:
		return true
	case "":
		return connect.CodeOf(err) == connect.CodeInvalidArgument
	}
	return false
}

// without is what is fixed in place of a refused plan: its class, no call, and
// why. A run left without any plan would be claimed, and refused, for ever.
func without(plan *toolsv1.Plan, err error) *toolsv1.Plan {
	detail := fault.Detail(err)
	if ce, ok := errors.AsType[*connect.Error](err); ok && detail == "" {
		detail = ce.Message()
	}
	return &toolsv1.Plan{
		RulesHash:  plan.GetRulesHash(),
		Class:      plan.GetClass(),
		DecidedBy:  plan.GetDecidedBy(),
		Confidence: plan.GetConfidence(),
		ClassWords: plan.GetClassWords(),
		Degraded:   plan.GetDegraded(),
		Gaps:       append([]*toolsv1.Gap{{Code: "plan_invalid", Detail: detail}}, plan.GetGaps()...),
	}
}
