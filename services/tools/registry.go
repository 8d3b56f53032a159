package tools

import (
	"context"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
)

// registryServer implements ToolService.
type registryServer struct {
	tools []*toolsv1.Tool
	asker *asker
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
		ask, isRead := s.asker.questions()[tool.GetName()]
		if !isRead {
			return nil, fault.New(fault.EffectsOnlyInRuns, "%s is of class %s: only a run's plan can call it; send an event, or `switchyard send`", tool.GetName(), tool.GetClass())
		}
		ctx, missing := gap.Collect(ctx)
		answer, err := ask(ctx, req.GetInput(), missing)
		if err != nil {
			return nil, err
		}
		return answer.response(missing), nil
	}
	return nil, fault.New(fault.PlanInvalid, "no tool is named %q: ListTools has them", req.GetTool())
}

// question answers one read tool; what the answer misses goes to missing.
type question func(ctx context.Context, input *structpb.Struct, missing *gap.Collector) (*answer, error)

// questions are the read tools: a test holds them to the catalog.
func (a *asker) questions() map[string]question {
	return map[string]question{
		"timeline": typed(a.timeline),
		"linked":   typed(a.linked),
		"activity": typed(a.activity),
		"shipped":  typed(a.shipped),
		"dora":     typed(a.dora),
	}
}

// typed reads a tool's input and holds it to the rules of its message.
func typed[M any, In interface {
	*M
	proto.Message
}](ask func(context.Context, In, *gap.Collector) (*answer, error)) question {
	return func(ctx context.Context, input *structpb.Struct, missing *gap.Collector) (*answer, error) {
		in := In(new(M))
		b, err := protojson.Marshal(input)
		if err == nil {
			err = protojson.Unmarshal(b, in)
		}
		if err == nil {
			err = protovalidate.Validate(in)
		}
		if err != nil {
			return nil, fault.New(fault.PlanInvalid, "input: %v", err)
		}
		return ask(ctx, in, missing)
	}
}

// requests are those that each tool counts.
func requests(tools []*toolsv1.Tool) map[string]uint32 {
	counted := make(map[string]uint32)
	for _, tool := range tools {
		if n := tool.GetRequests(); n > 0 {
			counted[tool.GetName()] = n
		}
	}
	return counted
}
