package registry

import (
	"regexp"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Tools returns every tool that the catalog declares, sorted by name. The
// messages are the caller's own.
func Tools() []*toolsv1.Tool {
	messages := toolsv1.File_switchyard_tools_v1_catalog_proto.Messages()
	tools := make([]*toolsv1.Tool, 0, messages.Len())
	for i := range messages.Len() {
		if t := describe(messages.Get(i)); t != nil {
			tools = append(tools, t)
		}
	}
	slices.SortFunc(tools, func(a, b *toolsv1.Tool) int { return strings.Compare(a.GetName(), b.GetName()) })
	return tools
}

func describe(m protoreflect.MessageDescriptor) *toolsv1.Tool {
	opts, ok := proto.GetExtension(m.Options(), toolsv1.E_Tool).(*toolsv1.ToolOptions)
	if !ok || opts.GetName() == "" {
		return nil
	}
	t := &toolsv1.Tool{
		Name:        opts.GetName(),
		Class:       word(opts.GetClass().String(), "CLASS_"),
		Description: opts.GetDescription(),
		Input:       string(m.FullName()),
		Requests:    opts.GetRequests(),
		InputSchema: schemaOf(m),
	}
	fields := m.Fields()
	for i := range fields.Len() {
		t.Fields = append(t.Fields, describeField(fields.Get(i)))
	}
	return t
}

func describeField(f protoreflect.FieldDescriptor) *toolsv1.ToolField {
	out := &toolsv1.ToolField{Name: string(f.Name())}
	if origin, ok := proto.GetExtension(f.Options(), toolsv1.E_Origin).(toolsv1.Origin); ok {
		out.Origin = word(origin.String(), "ORIGIN_")
	}
	if prefix, ok := proto.GetExtension(f.Options(), toolsv1.E_TargetPrefix).(string); ok {
		out.TargetPrefix = prefix
	}
	rules, ok := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
	switch {
	case !ok:
	case f.IsList():
		s := rules.GetRepeated().GetItems().GetString()
		out.MaxLength = limit(s.GetMaxLen())
		out.Pattern = s.GetPattern()
		out.MaxItems = limit(rules.GetRepeated().GetMaxItems())
		out.Required = rules.GetRepeated().GetMinItems() > 0
	default:
		s := rules.GetString()
		out.MaxLength = limit(s.GetMaxLen())
		out.Pattern = s.GetPattern()
		out.Required = s.GetMinLen() > 0 || !matchesEmpty(s.GetPattern())
	}
	return out
}

func limit(n uint64) uint32 {
	return uint32(min(n, 1<<20)) //nolint:gosec // bounded by min
}

func matchesEmpty(pattern string) bool {
	ok, err := regexp.MatchString(pattern, "")
	return err == nil && ok
}

func word(enum, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(enum, prefix))
}
