package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

type deliveriesCommand struct {
	List listDeliveriesCommand `cmd:"" default:"withargs" help:"List deliveries with their answers, newest first."`
	Show showDeliveryCommand   `cmd:"" help:"Explain a delivery: what was checked, and why it was refused."`
}

// Help teaches by example.
func (deliveriesCommand) Help() string {
	return `What came in, with its answer, and why it was refused:
  switchyard deliveries
  switchyard deliveries show 3f9a1c20`
}

type listDeliveriesCommand struct {
	agentFlags
	Source string `placeholder:"NAME" enum:",github,jira,notion" default:"" help:"Only those of this provider."`
	Answer string `placeholder:"WORD" help:"Only those with this status (rejected, success, …), reason (signature_mismatch, …) or code (401, …)."`
	Limit  uint32 `placeholder:"N" default:"20" help:"At most so many, up to 500 (20)."`
}

// Help teaches by example.
func (listDeliveriesCommand) Help() string {
	return `Each request under /webhooks/ is listed a second after its answer, refused ones too.
  switchyard deliveries
  switchyard deliveries --answer rejected
  switchyard deliveries --source github --answer 401
  switchyard deliveries --json | jq -r '.deliveries[].reason'`
}

// Run lists deliveries.
func (c listDeliveriesCommand) Run(ctx context.Context, env *Env) error {
	if err := listed(c.Limit); err != nil {
		return err
	}
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	resp, err := agent.client.ListDeliveries(ctx, &agentv1.ListDeliveriesRequest{PageSize: c.Limit, Source: c.Source, Answer: c.Answer})
	if err != nil {
		return agent.explain(err)
	}
	if c.JSON {
		return printJSON(env.Stdout, resp)
	}
	return printText(env.Stdout, c.table(env, resp))
}

func (c listDeliveriesCommand) table(env *Env, resp *agentv1.ListDeliveriesResponse) string {
	if len(resp.GetDeliveries()) == 0 {
		return fmt.Sprintf("No deliveries. One is listed a second after its answer. Make one: %s send github pull_request.merged\n", env.Self) + dropped(resp.GetDropped())
	}
	t := newTable("", "DELIVERY", "RECEIVED", "SOURCE", "TYPE", "ANSWER", "FROM", "RUN")
	for _, d := range resp.GetDeliveries() {
		t.row(shortID(d), clock(d.GetReceivedAt()), sourceOf(d), d.GetType(), answered(d), d.GetAddress(), d.GetRunId())
	}
	out := t.String()
	if resp.GetNextPageToken() != "" {
		out += fmt.Sprintf("There are more: --limit shows up to 500, not %d.\n", c.Limit)
	}
	return out + dropped(resp.GetDropped())
}

// shortID is enough to tell deliveries apart that are listed together.
func shortID(d *toolsv1.DeliveryRecord) string { return d.GetId()[:min(8, len(d.GetId()))] }

func sourceOf(d *toolsv1.DeliveryRecord) string {
	return cmp.Or(d.GetSource(), "unknown") + prefixed("@", d.GetInstance())
}

func answered(d *toolsv1.DeliveryRecord) string {
	return fmt.Sprintf("%d %s", d.GetCode(), cmp.Or(d.GetReason(), d.GetStatus()))
}

// dropped says what the list lacks.
func dropped(bySource map[string]uint64) string {
	var words []string
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		if n := bySource[source]; n > 0 {
			words = append(words, fmt.Sprintf("%s %d", cmp.Or(source, "unknown"), n))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "Too many at a time, counted and not kept: " + strings.Join(words, ", ") + "\n"
}

type showDeliveryCommand struct {
	agentFlags
	ID string `arg:"" name:"id" help:"The delivery's id, or its beginning, as deliveries prints it; or the whole id that the provider, or send, gave it."`
}

// Help teaches by example.
func (showDeliveryCommand) Help() string {
	return `  switchyard deliveries show 3f9a1c20
  switchyard deliveries show 3f9a1c20 --json | jq '.delivery.checks'`
}

// Run explains a delivery.
func (c showDeliveryCommand) Run(ctx context.Context, env *Env) error {
	agent, err := c.agent(env)
	if err != nil {
		return err
	}
	id := strings.ToLower(c.ID)
	if !regexp.MustCompile(`^[0-9a-f][0-9a-f-]{3,35}$`).MatchString(id) {
		if id, err = agent.called(ctx, c.ID); err != nil {
			return err
		}
		if id == "" {
			return fmt.Errorf("%q is no id of a delivery: give at least 4 characters of what `%s deliveries` prints", c.ID, env.Self)
		}
	}
	resp, err := agent.client.GetDelivery(ctx, &agentv1.GetDeliveryRequest{Id: id})
	if connect.CodeOf(err) == connect.CodeNotFound {
		other, lost := agent.called(ctx, c.ID)
		switch {
		case lost != nil:
			return lost
		case other != "":
			resp, err = agent.client.GetDelivery(ctx, &agentv1.GetDeliveryRequest{Id: other})
		}
	}
	var ce *connect.Error
	switch {
	case connect.CodeOf(err) == connect.CodeNotFound:
		return fmt.Errorf("no delivery has an id that begins with %s: `%s deliveries` lists them", id, env.Self)
	case connect.CodeOf(err) == connect.CodeInvalidArgument && errors.As(err, &ce):
		return fmt.Errorf("%s: %s", id, ce.Message())
	case err != nil:
		return agent.explain(err)
	case c.JSON:
		return printJSON(env.Stdout, resp)
	}
	return printText(env.Stdout, explainDelivery(resp.GetDelivery(), c.showHint(env)))
}

// called is the id of the newest of the last deliveries whose request calls itself so:
// send and the providers know no other. "" where none does.
func (a asked) called(ctx context.Context, name string) (string, error) {
	resp, err := a.client.ListDeliveries(ctx, &agentv1.ListDeliveriesRequest{PageSize: lookBack})
	if err != nil {
		return "", a.explain(err)
	}
	for _, d := range resp.GetDeliveries() {
		if d.GetDelivery().GetDeliveryId() == name {
			return d.GetId(), nil
		}
	}
	return "", nil
}

func explainDelivery(d *toolsv1.DeliveryRecord, hint string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "delivery  %s\n", d.GetId())
	fmt.Fprintf(&b, "answer    %d %s%s\n", d.GetCode(), d.GetStatus(), prefixed(": ", d.GetReason()))
	fmt.Fprintf(&b, "source    %s%s\n", sourceOf(d), prefixed(", ", d.GetType()))
	fmt.Fprintf(&b, "          %d bytes from %s, %s\n", d.GetBodyBytes(), cmp.Or(d.GetAddress(), "an unknown address"), proved(d))
	fmt.Fprintf(&b, "          received %s, answered after %v\n", clock(d.GetReceivedAt()), d.GetTook().AsDuration().Round(100*time.Microsecond))
	if sent := sentAs(d); sent != "" {
		fmt.Fprintf(&b, "          %s\n", sent)
	}
	if d.GetRunId() != "" {
		replayed := ""
		if d.GetReplayed() {
			replayed = " (replayed)"
		}
		fmt.Fprintf(&b, "run       %s%s\n          %s %s\n", d.GetRunId(), replayed, hint, d.GetRunId())
	}
	b.WriteString("\nchecks\n")
	for _, c := range d.GetChecks() {
		fmt.Fprintf(&b, "  %-6s  %s: %s\n", c.GetOutcome(), c.GetName(), c.GetDetail())
	}
	for _, c := range d.GetChecks() {
		if c.GetRemedy() != "" {
			fmt.Fprintf(&b, "\nwhat to do\n  %s\n", c.GetRemedy())
		}
	}
	return b.String()
}

func proved(d *toolsv1.DeliveryRecord) string {
	if d.GetAuthn() == "" {
		return "not proved"
	}
	return "proved by " + d.GetAuthn()
}

// sentAs is what the request says of itself, unsigned.
func sentAs(d *toolsv1.DeliveryRecord) string {
	var words []string
	if id := d.GetDelivery().GetDeliveryId(); id != "" {
		words = append(words, "delivery id "+id)
	}
	if id := d.GetDelivery().GetHookId(); id != "" {
		words = append(words, "hook "+id)
	}
	if n := d.GetDelivery().GetRetry(); n > 0 {
		words = append(words, fmt.Sprintf("retry %d", n))
	}
	if len(words) == 0 {
		return ""
	}
	return "calls itself " + strings.Join(words, ", ")
}
