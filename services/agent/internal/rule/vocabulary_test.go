package rule

import (
	"slices"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// The words of `on` are the contract's.
func TestVocabularyIsTheContracts(t *testing.T) {
	fields := (&eventv1.WebhookEvent{}).ProtoReflect().Descriptor().Fields()
	for name, got := range map[string][]string{"source": sources(), "kind": kinds()} {
		options := fields.ByName(protoreflect.Name(name)).Options()
		rules, ok := proto.GetExtension(options, validate.E_Field).(*validate.FieldRules)
		if !ok || !slices.Equal(got, rules.GetString().GetIn()) {
			t.Errorf("%s: %v, the contract has %v", name, got, rules.GetString().GetIn())
		}
	}
}

func TestEveryVariableHasAValue(t *testing.T) {
	env := &environment{event: &eventv1.WebhookEvent{}}
	for _, name := range Variables() {
		if v, ok := env.ResolveName(name); !ok || v == nil {
			t.Errorf("%s has no value", name)
		}
	}
	if _, ok := env.ResolveName("event.text"); ok {
		t.Error("event.text has a value")
	}
}
