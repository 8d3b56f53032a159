package tools

import (
	"context"
	"fmt"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
)

// defaultRows is how many rows a read tool returns where the caller does not say.
const defaultRows = 100

// registryServer implements ToolService.
type registryServer struct {
	tools []*toolsv1.Tool
	facts fact.Facts
	graph graph.Graph
}

// ListTools implements ToolService.
func (s *registryServer) ListTools(context.Context, *toolsv1.ListToolsRequest) (*toolsv1.ListToolsResponse, error) {
	return &toolsv1.ListToolsResponse{Tools: s.tools}, nil
}

// CallTool implements ToolService.
func (s *registryServer) CallTool(ctx context.Context, req *toolsv1.CallToolRequest) (*toolsv1.CallToolResponse, error) {
	for _, tool := range s.tools {
		if tool.GetName() != req.GetTool() {
			continue
		}
		if tool.GetClass() != "read" {
			return nil, fault.New(fault.EffectsOnlyInRuns, "%s is of class %s: only a run's plan can call it; send an event, or `switchyard send`", tool.GetName(), tool.GetClass())
		}
		return s.read(ctx, tool.GetName(), req.GetInput())
	}
	return nil, fault.New(fault.PlanInvalid, "no tool is named %q: ListTools has them", req.GetTool())
}

func (s *registryServer) read(ctx context.Context, tool string, input *structpb.Struct) (*toolsv1.CallToolResponse, error) {
	switch tool {
	case "timeline":
		in := &toolsv1.TimelineInput{}
		if err := decode(input, in); err != nil {
			return nil, err
		}
		return s.timeline(ctx, in)
	case "linked":
		in := &toolsv1.LinkedInput{}
		if err := decode(input, in); err != nil {
			return nil, err
		}
		return s.linked(ctx, in)
	}
	return nil, fmt.Errorf("tools: read tool %q is declared and not built", tool)
}

// decode reads a tool's input and holds it to the rules of its message.
func decode(input *structpb.Struct, into proto.Message) error {
	b, err := protojson.Marshal(input)
	if err == nil {
		err = protojson.Unmarshal(b, into)
	}
	if err == nil {
		err = protovalidate.Validate(into)
	}
	if err != nil {
		return fault.New(fault.PlanInvalid, "input: %v", err)
	}
	return nil
}

func (s *registryServer) timeline(ctx context.Context, in *toolsv1.TimelineInput) (*toolsv1.CallToolResponse, error) {
	seen, err := s.facts.Timeline(ctx, in.GetRef(), rows(in.GetLimit()))
	if err != nil {
		return nil, unavailable(err)
	}
	table := newTable(in.GetRef(), "observed")
	for _, o := range seen {
		table.add(o.EventID, map[string]any{
			"at": stamp(o.At), "name": o.Name, "sub_key": o.SubKey, "value": o.Value, "actor": o.Actor, "event_id": o.EventID,
		})
	}
	return table.response()
}

func (s *registryServer) linked(ctx context.Context, in *toolsv1.LinkedInput) (*toolsv1.CallToolResponse, error) {
	links, err := s.graph.Linked(ctx, []string{in.GetRef()}, rows(in.GetLimit()))
	if err != nil {
		return nil, unavailable(err)
	}
	table := newTable(in.GetRef(), "linked")
	for _, l := range links {
		table.add(l.EventID, map[string]any{
			"from": l.From, "to": l.To, "kind": l.Kind, "rule": l.Rule, "confidence": l.Confidence, "where": l.Where,
			"first": stamp(l.First), "last": stamp(l.Last), "gone": l.Gone, "event_id": l.EventID, "authn": l.Authn,
		})
	}
	return table.response()
}

func rows(limit uint32) int {
	if limit == 0 {
		return defaultRows
	}
	return int(limit)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// table collects rows and the events that they rest on.
type table struct {
	ref, verb string
	rows      []any
	evidence  []*toolsv1.Evidence
	events    map[string]bool
}

func newTable(ref, verb string) *table {
	return &table{ref: ref, verb: verb, rows: []any{}, events: map[string]bool{}}
}

func (t *table) add(eventID string, row map[string]any) {
	t.rows = append(t.rows, row)
	if !t.events[eventID] {
		t.events[eventID] = true
		t.evidence = append(t.evidence, &toolsv1.Evidence{Kind: "event", Ref: eventID})
	}
}

// response never is an empty answer without a reason.
func (t *table) response() (*toolsv1.CallToolResponse, error) {
	out, err := structpb.NewStruct(map[string]any{"ref": t.ref, "rows": t.rows})
	if err != nil {
		return nil, fmt.Errorf("tools: output: %w", err)
	}
	resp := &toolsv1.CallToolResponse{Output: out, N: uint32(len(t.rows)), Evidence: t.evidence} //nolint:gosec // at most 1000 rows
	if len(t.rows) == 0 {
		resp.Gaps = []*toolsv1.Gap{{Code: "no_data", Detail: fmt.Sprintf("no event has %s %s: is the webhook that would report it set up, and the ref spelled as in `switchyard runs`?", t.verb, t.ref)}}
	}
	return resp, nil
}
