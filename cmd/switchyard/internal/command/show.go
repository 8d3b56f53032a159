package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectrpc.com/connect"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
)

type showRunCommand struct {
	agentFlags
	ID string `arg:"" name:"id" help:"The run's id, as send and runs print it, or how it begins; or the whole id of one of its calls."`
}

// Help teaches by example.
func (showRunCommand) Help() string {
	return `  switchyard runs show 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f
  switchyard runs show 0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f --json |
    jq '.run.calls[].request'`
}

// Run explains a run.
func (c showRunCommand) Run(ctx context.Context, env *Env) error {
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	id, err := agent.run(ctx, env, c.ID)
	if err != nil {
		return err
	}
	resp, err := agent.client.GetRun(ctx, &agentv1.GetRunRequest{RunId: id})
	if fault.ReasonOf(err) == fault.RunUnknown {
		resp, err = agent.ofCall(ctx, id, err)
	}
	if err != nil {
		return agent.about(id, err)
	}
	if c.JSON {
		return printJSON(env.Stdout, resp)
	}
	return printText(env.Stdout, explainRun(resp.GetAnswer(), resp.GetRun(), c.showHint(env)))
}

// about explains an error that is about a run, or a call of one, with its id:
// the service's words have none.
func (a asked) about(id string, err error) error {
	switch {
	case fault.ReasonOf(err) == fault.RunUnknown:
		return fmt.Errorf("no run, and no call of a run, has the id %s", id)
	case connect.CodeOf(err) == connect.CodeFailedPrecondition:
		return fmt.Errorf("run %s: %w", id, a.explain(err))
	}
	return a.explain(err)
}

// ofCall gets the run that has the call with this id; unknown is the error
// where there is none.
func (a asked) ofCall(ctx context.Context, id string, unknown error) (*agentv1.GetRunResponse, error) {
	found, err := a.client.ListRuns(ctx, &agentv1.ListRunsRequest{PageSize: 1, CallId: id})
	if err != nil {
		return nil, err
	}
	if len(found.GetRuns()) == 0 {
		return nil, unknown
	}
	return a.client.GetRun(ctx, &agentv1.GetRunRequest{RunId: found.GetRuns()[0].GetRunId()})
}

// lookBack is among how many of the newest runs a beginning of an id is looked for.
const lookBack = 500

// run is the id of the run that is meant.
func (a asked) run(ctx context.Context, env *Env, id string) (string, error) {
	id = strings.ToLower(id)
	if _, err := uuid.Parse(id); err == nil {
		return id, nil
	}
	if len(id) < 4 || strings.Trim(id, "0123456789abcdef-") != "" {
		return "", fmt.Errorf("%q is no id of a run: give at least 4 characters of what `%s runs` prints", id, env.Self)
	}
	resp, err := a.client.ListRuns(ctx, &agentv1.ListRunsRequest{PageSize: lookBack})
	if err != nil {
		return "", a.explain(err)
	}
	var found []string
	for _, r := range resp.GetRuns() {
		if strings.HasPrefix(r.GetRunId(), id) {
			found = append(found, r.GetRunId())
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("none of the newest %d runs has an id that begins with %s: `%s runs` lists them; of a call's id give all of it to runs show, or its beginning behind the run's to the others", lookBack, id, env.Self)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%d runs have an id that begins with %s: give more of it", len(found), id)
}

// explainRun explains; hint is the command that explains another run, without the id.
func explainRun(a *agentv1.Answer, r *toolsv1.Run, hint string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run     %s\nstatus  %s%s\n        %s\n\n", r.GetRunId(), a.GetStatus(), flags(a), a.GetSummary())
	explainEvent(&b, r)
	explainPlan(&b, r.GetPlan())
	fmt.Fprintf(&b, "\ncalls\n")
	for _, c := range r.GetCalls() {
		explainCall(&b, c, hint)
		explainWait(&b, r, c)
	}
	if len(r.GetCalls()) == 0 {
		b.WriteString("  none\n")
	}
	explainWrites(&b, r.GetWrites())
	explainLinks(&b, a, r.GetLinks())
	for _, g := range a.GetGaps() {
		fmt.Fprintf(&b, "\nmissing %s%s%s\n", g.GetCode(), prefixed(": ", g.GetDetail()), prefixed("; see ", g.GetSetting()))
	}
	return b.String()
}

func explainEvent(b *strings.Builder, r *toolsv1.Run) {
	e := r.GetEvent()
	fmt.Fprintf(b, "event   %s %s (%s%s)\n", e.GetSource(), e.GetKind(), e.GetType(), prefixed(" ", e.GetAction()))
	fmt.Fprintf(b, "        about %s%s, %s\n", e.GetRef(), prefixed(" in ", e.GetPlace()), visibility(e.GetVisibility()))
	fmt.Fprintf(b, "        by %s, proved by %s, delivered %s\n", account(e.GetActor()), r.GetAuthn(), times(r.GetDeliveries()))
	fmt.Fprintf(b, "        occurred %s, received %s\n", cmp.Or(clock(e.GetOccurredAt()), "at an unknown time"), clock(e.GetReceivedAt()))
	if id := r.GetEventId(); id != "" {
		fmt.Fprintf(b, "        its id is %s\n", id)
	}
}

func visibility(v string) string {
	if v == "unknown" || v == "" {
		return "visibility unknown"
	}
	return v
}

func account(a *eventv1.Account) string {
	name := cmp.Or(a.GetLogin(), a.GetId(), "nobody named")
	return name + prefixed(" ", a.GetType()) + prefixed(" ", a.GetAssociation())
}

func times(n uint32) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func explainPlan(b *strings.Builder, p *toolsv1.Plan) {
	if p == nil {
		b.WriteString("class   not decided yet\n")
		return
	}
	fmt.Fprintf(b, "class   %s, decided by %s", p.GetClass(), p.GetDecidedBy())
	if words := p.GetClassWords(); len(words) > 0 {
		fmt.Fprintf(b, " (%d %% sure) by the words %s", p.GetConfidence(), strings.Join(words, ", "))
	}
	if hash := p.GetRulesHash(); len(hash) >= 12 {
		fmt.Fprintf(b, " (rules %s)", hash[:12])
	}
	b.WriteString("\n")
}

func explainCall(b *strings.Builder, c *toolsv1.Call, hint string) {
	fmt.Fprintf(b, "  %s%s: %s%s\n", c.GetTool(), prefixed(" ", c.GetTarget()), c.GetState(), prefixed(", ", c.GetReason()))
	fmt.Fprintf(b, "    by rule %s, step %s%s\n", c.GetRule(), c.GetStep(), prefixed(", call ", c.GetCallId()))
	for _, e := range c.GetEvidence() {
		fmt.Fprintf(b, "    because of %s: %s\n", e.GetKind(), evidenceOf(e))
	}
	if c.GetSameAs() != "" {
		fmt.Fprintf(b, "    the same effect as another run's call: %s %s\n", hint, c.GetSameAs())
	}
	if result := cmp.Or(c.GetUrl(), c.GetResultRef()); result != "" {
		fmt.Fprintf(b, "    made %s\n", result)
	}
	if c.GetNextAt() != nil {
		fmt.Fprintf(b, "    tried %s, next at %s\n", times(c.GetAttempts()), clock(c.GetNextAt()))
	}
	explainRequest(b, c.GetRequest())
	if digest := c.GetDigest(); digest != "" {
		fmt.Fprintf(b, "    digest %.12s\n", digest)
	}
}

// evidenceOf is what is said, with what it refers to apart from the sentence.
func evidenceOf(e *toolsv1.Evidence) string {
	if e.GetDetail() == "" || e.GetRef() == "" {
		return e.GetDetail() + e.GetRef()
	}
	return e.GetDetail() + " (" + e.GetRef() + ")"
}

// explainRequest shows the request that would act, with what is read before it.
// Of a held call there is no request yet: who decides sees every argument.
func explainRequest(b *strings.Builder, request *structpb.Struct) {
	if request == nil {
		return
	}
	fields := request.GetFields()
	if fields["method"].GetStringValue() == "" {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			fmt.Fprintf(b, "    with %s %s\n", name, compact(fields[name]))
		}
		return
	}
	for _, read := range fields["before"].GetListValue().GetValues() {
		f := read.GetStructValue().GetFields()
		fmt.Fprintf(b, "    would read %s%s\n", f["url"].GetStringValue(), prefixed(": ", f["why"].GetStringValue()))
	}
	fmt.Fprintf(b, "    would send %s %s\n", fields["method"].GetStringValue(), fields["url"].GetStringValue())
	if body, ok := fields["body"]; ok {
		fmt.Fprintf(b, "      %s\n", compact(body))
	}
}

func compact(v *structpb.Value) string {
	raw, err := protojson.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return err.Error()
	}
	return out.String()
}

func explainWrites(b *strings.Builder, writes []*toolsv1.MemoryWrite) {
	if len(writes) == 0 {
		return
	}
	b.WriteString("\nmemory\n")
	t := newTable("  ", "WRITE", "STORE", "STATE", "ROWS", "REASON")
	for _, w := range writes {
		t.row(w.GetTool(), w.GetStore(), w.GetState(), fmt.Sprint(w.GetRows()), w.GetReason())
	}
	b.WriteString(t.String())
}

func explainLinks(b *strings.Builder, a *agentv1.Answer, links []*toolsv1.Link) {
	if len(links) == 0 {
		return
	}
	type seen struct{ ref, where string }
	unused := map[seen]string{}
	for _, u := range a.GetNotActedOn() {
		unused[seen{u.GetRef(), u.GetWhere()}] = u.GetReason()
	}
	b.WriteString("\nlinks\n")
	t := newTable("  ", "LINK", "REF", "FOUND", "WRITTEN BY", "ACTED ON")
	for _, l := range links {
		found := fmt.Sprintf("%s by %s, %s", l.GetWhere(), l.GetRule(), l.GetConfidence())
		acted := "yes"
		if reason := cmp.Or(l.GetReason(), unused[seen{l.GetRef(), l.GetWhere()}]); reason != "" {
			acted = "no: " + reason
		}
		t.row(fmt.Sprintf("%s[%d]", l.GetKind(), l.GetIndex()), l.GetRef(), found, account(l.GetAuthor()), acted)
	}
	b.WriteString(t.String())
}
