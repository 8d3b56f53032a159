package registry

import (
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// dialect is the JSON Schema that schemas are written in.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// schemaOf is the JSON Schema of an input message. What has no word here panics: a schema
// that left a rule out would promise too much. A test makes every tool's.
func schemaOf(m protoreflect.MessageDescriptor) *structpb.Struct {
	properties, required := map[string]any{}, []any{}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		rules := rulesOf(f)
		property := fieldSchema(f, rules)
		if said := explain(f); said != "" {
			property["description"] = said
		}
		properties[string(f.Name())] = property
		if isRequired(f, rules) {
			required = append(required, string(f.Name()))
		}
	}
	s, err := structpb.NewStruct(map[string]any{
		"$schema": dialect, "title": string(m.Name()), "type": "object",
		"properties": properties, "required": required, "additionalProperties": false,
	})
	if err != nil {
		panic(fmt.Sprintf("registry: schema of %s: %v", m.FullName(), err)) // Of this package's own making.
	}
	return s
}

func rulesOf(f protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

// isRequired: a field that is left out is "", 0 or an empty list, and its rules say
// whether that will do.
func isRequired(f protoreflect.FieldDescriptor, rules *validate.FieldRules) bool {
	switch s := rules.GetString(); {
	case f.IsList():
		return rules.GetRepeated().GetMinItems() > 0
	case s != nil:
		return s.GetMinLen() > 0 || !matchesEmpty(s.GetPattern())
	}
	return rules.GetUint32().GetGte() > 0
}

func fieldSchema(f protoreflect.FieldDescriptor, rules *validate.FieldRules) map[string]any {
	if !f.IsList() {
		return valueSchema(f, rules)
	}
	known(f, rules, "repeated")
	list := rules.GetRepeated()
	known(f, list, "min_items", "max_items", "unique", "items")
	out := map[string]any{"type": "array", "items": valueSchema(f, list.GetItems())}
	if list.HasMinItems() {
		out["minItems"] = list.GetMinItems()
	}
	if list.HasMaxItems() {
		out["maxItems"] = list.GetMaxItems()
	}
	if list.GetUnique() {
		out["uniqueItems"] = true
	}
	return out
}

func valueSchema(f protoreflect.FieldDescriptor, rules *validate.FieldRules) map[string]any {
	switch f.Kind() {
	case protoreflect.StringKind:
		known(f, rules, "string")
		return stringSchema(f, rules.GetString())
	case protoreflect.Uint32Kind:
		known(f, rules, "uint32")
		number := rules.GetUint32()
		known(f, number, "gte", "lte")
		out := map[string]any{"type": "integer", "minimum": number.GetGte(), "maximum": uint32(1<<32 - 1)}
		if number.HasLte() {
			out["maximum"] = number.GetLte()
		}
		return out
	default:
		panic(fmt.Sprintf("registry: %s: no schema of a %s", f.FullName(), f.Kind()))
	}
}

// stringSchema: both count characters, and patterns are of the syntax that RE2 and
// ECMA-262 share.
func stringSchema(f protoreflect.FieldDescriptor, rules *validate.StringRules) map[string]any {
	known(f, rules, "min_len", "max_len", "pattern")
	out := map[string]any{"type": "string"}
	if rules.HasMinLen() {
		out["minLength"] = rules.GetMinLen()
	}
	if rules.HasMaxLen() {
		out["maxLength"] = rules.GetMaxLen()
	}
	if rules.HasPattern() {
		out["pattern"] = rules.GetPattern()
	}
	return out
}

// known panics at a rule that the schema has no word for.
func known(f protoreflect.FieldDescriptor, rules proto.Message, names ...protoreflect.Name) {
	rules.ProtoReflect().Range(func(rule protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		for _, name := range names {
			if rule.Name() == name {
				return true
			}
		}
		panic(fmt.Sprintf("registry: %s: the schema has no word for the rule %s", f.FullName(), rule.Name()))
	})
}

// explain says where a field's value comes from.
func explain(f protoreflect.FieldDescriptor) string {
	switch origin, _ := proto.GetExtension(f.Options(), toolsv1.E_Origin).(toolsv1.Origin); origin {
	case toolsv1.Origin_ORIGIN_TARGET:
		return "What the call is about. In a rule it is a path, such as event.ref."
	case toolsv1.Origin_ORIGIN_FIELD:
		return "A verified value or an identifier. In a rule it is a path, such as event.ref."
	case toolsv1.Origin_ORIGIN_CHOICE:
		return "What the policy lists for this tool and place."
	case toolsv1.Origin_ORIGIN_TEXT:
		return "Text. What may do harm is taken out of it, and it is cut to its limit."
	default:
		return ""
	}
}
