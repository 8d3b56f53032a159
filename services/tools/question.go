package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

const (
	// defaultRows is how many rows a read tool returns where the caller does not say.
	defaultRows = 100
	// maxRows is from how many rows one selection answers where the settings do not
	// say: some 25 MB.
	maxRows = 100_000
	// maxEvidence is how many events an answer names.
	maxEvidence = 100
	// lookBack is how much earlier than the window a question looks for what ended in it.
	lookBack = 90 * 24 * time.Hour
)

// asker answers the read tools from facts and graph.
type asker struct {
	facts  fact.Facts
	graph  graph.Graph
	policy func() *policy.Policy
	now    func() time.Time

	production []string
	signs      fact.IncidentSigns
	window     time.Duration // after a deployment
	rows       int
}

func newAsker(cfg Config, facts fact.Facts, related graph.Graph, pol func() *policy.Policy, now func() time.Time) *asker {
	a := &asker{
		facts: facts, graph: related, policy: pol, now: now,
		production: words(cfg.ProductionEnvironments),
		signs:      fact.IncidentSigns{Types: words(cfg.IncidentTypes), Labels: words(cfg.IncidentLabels)},
		window:     cfg.IncidentWindow,
		rows:       cfg.QuestionRows,
	}
	if a.rows == 0 {
		a.rows = maxRows
	}
	return a
}

// words splits a setting at its commas.
func words(setting string) []string {
	var list []string
	for word := range strings.SplitSeq(setting, ",") {
		if word = strings.TrimSpace(word); word != "" {
			list = append(list, word)
		}
	}
	return list
}

// isProduction compares without regard to case.
func (a *asker) isProduction(environment string) bool {
	for _, p := range a.production {
		if strings.EqualFold(p, environment) {
			return true
		}
	}
	return false
}

// answer is what a question found.
type answer struct {
	output *structpb.Struct
	n      int
	events []string
	seen   map[string]bool
}

// rest names events that the answer rests on, each once.
func (a *answer) rest(events ...string) {
	if a.seen == nil {
		a.seen = make(map[string]bool)
	}
	for _, id := range events {
		if id != "" && !a.seen[id] {
			a.seen[id] = true
			a.events = append(a.events, id)
		}
	}
}

// is makes a message the output, with the names of its fields and all of them.
func (a *answer) is(message proto.Message) (*answer, error) {
	b, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(message)
	if err == nil {
		a.output = &structpb.Struct{}
		err = protojson.Unmarshal(b, a.output)
	}
	if err != nil {
		return nil, fmt.Errorf("tools: output: %w", err)
	}
	return a, nil
}

// response never is an empty answer without a reason.
func (a *answer) response(missing *gap.Collector) *toolsv1.CallToolResponse {
	resp := &toolsv1.CallToolResponse{Output: a.output, N: count(a.n), Gaps: missing.Gaps()}
	for i, id := range a.events {
		if i == maxEvidence {
			resp.Evidence = append(resp.Evidence, &toolsv1.Evidence{Kind: "more", Detail: fmt.Sprintf("%d more events", len(a.events)-i)})
			break
		}
		resp.Evidence = append(resp.Evidence, &toolsv1.Evidence{Kind: "event", Ref: id})
	}
	if a.n == 0 && len(resp.GetGaps()) == 0 {
		resp.Gaps = []*toolsv1.Gap{{Code: "no_data", Detail: "no event tells of it: is the webhook that would report it set up?"}}
	}
	return resp
}

// tableOf is the output of a question that has nothing but rows.
func tableOf(ref string, rows []any) (*structpb.Struct, error) {
	out, err := structpb.NewStruct(map[string]any{"ref": ref, "rows": rows})
	if err != nil {
		return nil, fmt.Errorf("tools: output: %w", err)
	}
	return out, nil
}

// choose is Select with the asker's bound on rows: beyond it the oldest answer,
// and the gap says until when, and what makes them fewer; "" where nothing does.
func (a *asker) choose(ctx context.Context, q fact.Query, fewer string, missing *gap.Collector) ([]fact.Observed, error) {
	q.Limit = a.rows
	rows, err := a.facts.Select(ctx, q)
	if err != nil {
		return nil, unavailable(err)
	}
	if len(rows) == a.rows {
		missing.Add(truncated(a.rows, "those until "+day(rows[len(rows)-1].At)+" answer", fewer))
	}
	missing.Add(unvouched(rows)...)
	return rows, nil
}

// chooseLinks is Linked with the same bound: beyond it the newest answer.
func (a *asker) chooseLinks(ctx context.Context, refs []string, fewer string, missing *gap.Collector) ([]graph.Related, error) {
	links, err := a.graph.Linked(ctx, refs, a.rows)
	if err != nil {
		return nil, unavailable(err)
	}
	if len(links) == a.rows {
		missing.Add(truncated(a.rows, "the newest links answer", fewer))
	}
	return links, nil
}

// first is the oldest observation that a query finds; nil where there is none.
func (a *asker) first(ctx context.Context, q fact.Query) (*fact.Observed, error) {
	q.Limit = 1
	rows, err := a.facts.Select(ctx, q)
	if err != nil || len(rows) == 0 {
		return nil, unavailable(err)
	}
	return &rows[0], nil
}

// span reads a window, such as 30d, and returns its first moment and the first after it.
func (a *asker) span(window, otherwise string) (from, to time.Time, err error) {
	if window == "" {
		window = otherwise
	}
	var n int
	var unit byte
	if _, err := fmt.Sscanf(window, "%d%c", &n, &unit); err != nil || n == 0 {
		return from, to, fault.New(fault.PlanInvalid, "input: window %q is no time: write 24h, 7d or 12w", window)
	}
	hours := map[byte]int{'h': 1, 'd': 24, 'w': 7 * 24}[unit]
	to = a.now().UTC()
	return to.Add(-time.Duration(n*hours) * time.Hour), to, nil
}

func rows(limit uint32) int {
	if limit == 0 {
		return defaultRows
	}
	return int(limit)
}

func count(n int) uint32 { return uint32(min(n, 1<<31)) } //nolint:gosec // bounded by min

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// when is nil for a time that isn't known.
func when(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// took is nil where there is no duration.
func took(durations []time.Duration, percent float64) *durationpb.Duration {
	d, ok := fact.Percentile(durations, percent)
	if !ok {
		return nil
	}
	return durationpb.New(d)
}
