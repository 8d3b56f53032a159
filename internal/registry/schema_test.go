package registry_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
)

// samples are values of which each pattern of the catalog takes one.
func samples() []string {
	return []string{
		"acme/api", "github:issue:acme/api#7", "github:pr:acme/api#42", "github:repo:acme/api", "jira:issue:ACME-7", "jira:project:ACME",
		"notion:page:0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef01234567",
		"completed", "success", "ACME", "dev-one", "C0123456789", "12w", "bug", "relates",
	}
}

// holder is one tool's input, judged both ways.
type holder struct {
	message protoreflect.MessageType
	schema  *jsonschema.Schema
}

func holderOf(t *testing.T, tool *toolsv1.Tool) holder {
	t.Helper()
	message, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(tool.GetInput()))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := protojson.Marshal(tool.GetInputSchema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("tool.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("tool.json")
	if err != nil {
		t.Fatalf("%s: %v\n%s", tool.GetName(), err, raw)
	}
	return holder{message, schema}
}

// judged says what the rules and the schema make of an input.
func (h holder) judged(t *testing.T, input map[string]any) (rules, schema error) {
	t.Helper()
	raw, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	m := h.message.New().Interface()
	if rules = protojson.Unmarshal(raw, m); rules == nil {
		rules = protovalidate.Validate(m)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return rules, h.schema.Validate(doc)
}

// What the rules of a tool's input take, its schema takes, and what they refuse, it refuses.
func TestSchemasSayWhatTheRulesSay(t *testing.T) {
	for _, tool := range registry.Tools() {
		t.Run(tool.GetName(), func(t *testing.T) {
			h := holderOf(t, tool)
			whole := map[string]any{}
			for _, f := range tool.GetFields() {
				whole[f.GetName()] = sample(t, h, f)
			}
			if rules, schema := h.judged(t, whole); rules != nil || schema != nil {
				t.Fatalf("%v: the rules say %v, the schema %v", whole, rules, schema)
			}
			refused := 0
			for _, input := range variants(tool, h, whole) {
				rules, schema := h.judged(t, input)
				if (rules == nil) != (schema == nil) {
					t.Errorf("%.300v: the rules say %v, the schema %v", input, rules, schema)
				}
				if rules != nil {
					refused++
				}
			}
			if refused == 0 {
				t.Error("nothing was refused")
			}
		})
	}
}

func sample(t *testing.T, h holder, f *toolsv1.ToolField) any {
	t.Helper()
	if kindOf(h, f) == protoreflect.Uint32Kind {
		return 7
	}
	i := slices.IndexFunc(samples(), regexp.MustCompile(f.GetPattern()).MatchString)
	if i < 0 {
		t.Fatalf("%s: no sample is like %s", f.GetName(), f.GetPattern())
	}
	if f.GetMaxItems() > 0 {
		return []any{samples()[i]}
	}
	return samples()[i]
}

func kindOf(h holder, f *toolsv1.ToolField) protoreflect.Kind {
	return h.message.Descriptor().Fields().ByName(protoreflect.Name(f.GetName())).Kind()
}

// variants change one thing each.
func variants(tool *toolsv1.Tool, h holder, whole map[string]any) []map[string]any {
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(whole)
		changed[name] = value
		return changed
	}
	all := []map[string]any{{}, with("unknown", "x")}
	for _, f := range tool.GetFields() {
		name := f.GetName()
		lacks := maps.Clone(whole)
		delete(lacks, name)
		all = append(all, lacks, with(name, map[string]any{}), with(name, true))
		if kindOf(h, f) == protoreflect.Uint32Kind {
			for _, n := range []any{0, 1, 1000, 1001, -1, 1.5, 1 << 32} {
				all = append(all, with(name, n))
			}
			continue
		}
		for _, s := range words(f) {
			if f.GetMaxItems() > 0 {
				all = append(all, with(name, []any{s}), with(name, s))
			} else {
				all = append(all, with(name, s), with(name, []any{s}))
			}
		}
		for n := range f.GetMaxItems() + 2 {
			if f.GetMaxItems() > 0 {
				all = append(all, with(name, many(n)), with(name, []any{"a0", "a0"}))
			}
		}
	}
	return all
}

// words are at the limits of a field's length and beyond, and of no form.
func words(f *toolsv1.ToolField) []string {
	most := int(f.GetMaxLength())
	return append([]string{
		"", " ", "\n", "a b", "é", "acme/api\n", strings.Repeat("a", most), strings.Repeat("a", most+1),
		strings.Repeat("é", most), strings.Repeat("é", most+1), "a/" + strings.Repeat("b", max(most-2, 0)), "a/" + strings.Repeat("b", most),
	}, samples()...)
}

// many are n that differ.
func many(n uint32) any {
	out := []any{}
	for i := range n {
		out = append(out, fmt.Sprint("a", i))
	}
	return out
}
