package command_test

import "testing"

const waitingRun = `{"answer": {"run_id": "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f"}, "run": {
	"run_id": "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f",
	"plan": {"calls": [
		{"rule": "r", "step": "create", "tool": "jira.create_issue"},
		{"rule": "r", "step": "note", "tool": "slack.post_message", "arguments": {"channel": {"choice": {"values": ["C1"]}}, "body": {"text": "Made \"it\""}, "link": {"path": "$create.url"}}},
		{"rule": "r", "step": "comment", "tool": "jira.add_comment"}
	]},
	"calls": [
		{"rule": "r", "step": "create", "tool": "jira.create_issue", "state": "held", "reason": "tier"},
		{"rule": "r", "step": "note", "tool": "slack.post_message", "state": "held", "reason": "dependency"},
		{"rule": "r", "step": "comment", "tool": "jira.add_comment", "state": "refused", "reason": "rejected", "evidence": [{"kind": "decision", "detail": "refused by ana, 2026-03-01 12:00:00Z: internal"}]}
	]
}}`

// A step that waits didn't say for what.
func TestRunsNameWhatACallWaitsFor(t *testing.T) {
	url := serve(t, &agent{whole: waitingRun})
	run(t, "runs", "show", runID, "--url", url).want(t, 0, "  slack.post_message: held, dependency\n    by rule r, step note, call 00000000-0000-4000-8000-000000000001\n"+
		"    waits for step create (jira.create_issue: held, tier)\n    planned with body \"Made \\\"it\\\"\"\n    planned with channel C1\n    planned with link $create.url\n")
	run(t, "runs", "approve", runID, "note", "--by", "late", "--url", url).want(t, 1, "the call is not held; it waits for step create (jira.create_issue: held, tier)")
}

// Only policy was said to refuse, and that a retry is for what it refused.
func TestRunsSayThatACallWasRejected(t *testing.T) {
	url := serve(t, &agent{whole: waitingRun})
	for _, verb := range []string{"retry", "approve"} {
		run(t, "runs", verb, runID, "comment", "--by", "late", "--url", url).
			want(t, 1, "it was rejected, and that is for good: refused by ana, 2026-03-01 12:00:00Z: internal")
	}
}
