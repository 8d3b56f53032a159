package record

import (
	"slices"

	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// doubt says on a call that is about to be started again that it may have acted before.
// Whatever this time comes to, that stays possible.
func (c *Call) doubt() {
	before := *c
	before.Shown = proto.CloneOf(c.Shown)
	c.before = &before
	if !c.doubted() {
		c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{Kind: ledger.EvidenceDoubt, Detail: "an attempt before it was started again had no answer and may have acted"})
	}
}

// doubted: an attempt before the call was started again may have acted.
func (c *Call) doubted() bool {
	return slices.ContainsFunc(c.Shown.GetEvidence(), func(e *toolsv1.Evidence) bool { return e.GetKind() == ledger.EvidenceDoubt })
}

// stay leaves a call that may have acted, and that this commit would start again, as it was
// but for what is said of it, and tells whose budgets it still counts against. It is false where that is not so.
func (c *Call) stay() bool {
	if c.before == nil {
		return false
	}
	evidence, budgets := c.Shown.GetEvidence(), c.Budgets
	*c = *c.before
	c.Shown.Evidence, c.Budgets = evidence, budgets
	return true
}

// orUnknown is what the call ends as: one that may have acted keeps its key, and nothing
// starts it again by itself.
func (c *Call) orUnknown(state, reason string) (string, string) {
	switch state {
	case "failed", "refused", "dry_run", "held":
	default:
		return state, reason
	}
	if !c.doubted() {
		return state, reason
	}
	c.Shown.Evidence = append(c.Shown.Evidence, &toolsv1.Evidence{
		Kind: ledger.EvidenceAttempt, Detail: "it came to " + state + ", " + reason + ", and an attempt before it was started again may have acted",
	})
	if state == "failed" && reason != "expired" {
		return "unknown", reason
	}
	return "unknown", ""
}
