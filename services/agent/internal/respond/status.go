package respond

import toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"

// Status is what a run has come to: processing, ignored, failed,
// partial_success or success, over the plan's calls without those that are
// held or skipped. The automatic memory writes don't count. A plan with gaps
// is not what the rules asked for: it never comes to ignored or success.
func Status(run *toolsv1.Run) string {
	if run.GetPlan() == nil {
		return "processing"
	}
	n := count(run.GetCalls())
	gaps := len(run.GetPlan().GetGaps()) > 0
	switch {
	case n["queued"]+n["running"] > 0:
		return "processing"
	case len(run.GetPlan().GetCalls()) == 0 && gaps:
		return "failed"
	case len(run.GetPlan().GetCalls()) == 0:
		return "ignored"
	case n.left() > 0 && n["failed"]+n["unknown"] == n.left():
		return "failed"
	case gaps || n["failed"]+n["unknown"]+n["refused"] > 0:
		return "partial_success"
	default:
		return "success"
	}
}

// counts is how many calls are in each state.
type counts map[string]uint32

func count(calls []*toolsv1.Call) counts {
	n := counts{}
	for _, c := range calls {
		n[c.GetState()]++
	}
	return n
}

// left is how many calls count for the status.
func (n counts) left() uint32 {
	var sum uint32
	for state, k := range n {
		if state != "held" && state != "skipped" {
			sum += k
		}
	}
	return sum
}
