package command

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

// answer is what a webhook was answered with: an Answer, or a refusal.
type answer struct {
	*agentv1.Answer
	refusal struct{ Status, Reason, Detail string }
	// other is a body that is neither.
	other string
}

func parseAnswer(code int, body []byte) answer {
	var a answer
	if code >= 200 && code < 300 {
		a.Answer = new(agentv1.Answer)
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, a.Answer); err == nil {
			return a
		}
		a.Answer = nil
	}
	if err := json.Unmarshal(body, &a.refusal); err != nil || a.refusal.Reason == "" {
		a.other = string(body)
	}
	return a
}

func (a answer) success() bool { return a.GetStatus() == "success" }

// asExpected is success, or of an example that no built-in rule acts on ignored.
func (a answer) asExpected(w example.Example) bool {
	return a.success() || w.Remembered && a.GetStatus() == "ignored"
}

// render shows an answer; base is the URL that was asked, hint the command
// that explains a run, "" for none.
func (a answer) render(base *url.URL, hint string) string {
	switch {
	case a.Answer != nil:
		return renderAnswer(a.Answer, base, hint)
	case a.other != "":
		return "The answer is not Switchyard's:\n" + a.other + "\n"
	}
	return fmt.Sprintf("%s: %s%s\n", a.refusal.Status, a.refusal.Reason, prefixed(": ", a.refusal.Detail))
}

func renderAnswer(a *agentv1.Answer, base *url.URL, hint string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "status:  %s%s\n", a.GetStatus(), flags(a))
	fmt.Fprintf(&b, "summary: %s\n", a.GetSummary())
	if a.GetClass() != "" {
		fmt.Fprintf(&b, "class:   %s%s\n", a.GetClass(), prefixed(", decided by ", a.GetDecidedBy()))
	}
	b.WriteString("actions taken:\n")
	b.WriteString(actions(a))
	for _, u := range a.GetNotActedOn() {
		fmt.Fprintf(&b, "not acted on: %s in the %s: %s\n", u.GetRef(), u.GetWhere(), u.GetReason())
	}
	for _, g := range a.GetGaps() {
		fmt.Fprintf(&b, "missing: %s%s%s\n", g.GetCode(), prefixed(": ", g.GetDetail()), prefixed("; see ", g.GetSetting()))
	}
	if link, err := base.Parse(a.GetUrl()); err == nil && a.GetUrl() != "" {
		fmt.Fprintf(&b, "run:     %s\n", link)
		if hint != "" {
			fmt.Fprintf(&b, "         %s %s\n", hint, a.GetRunId())
		}
	}
	return b.String()
}

func flags(a *agentv1.Answer) string {
	var words []string
	if a.GetReplayed() {
		words = append(words, "replayed")
	}
	if a.GetDegraded() {
		words = append(words, "degraded")
	}
	if n := a.GetPending(); n > 0 {
		words = append(words, fmt.Sprintf("%d pending", n))
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// actions is the table of an answer's memory writes and calls.
func actions(a *agentv1.Answer) string {
	t := newTable("  ", "TOOL", "STEP", "STORE OR TARGET", "STATE", "REASON")
	for _, act := range a.GetActionsTaken() {
		t.row(act.GetTool(), act.GetStep(), cmp.Or(act.GetTarget(), act.GetStore()), act.GetState(), act.GetReason())
	}
	return t.String()
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}
