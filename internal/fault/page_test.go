package fault_test

import (
	"os"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	errorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/error/v1"
)

// docs/errors.md explains each fault, and each reason of a call.
func TestErrorsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []struct {
		message proto.Message
		name    string
	}{{&errorv1.Fault{}, "reason"}, {&errorv1.CallReason{}, "value"}} {
		declared := field.message.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(field.name))
		rules, ok := proto.GetExtension(declared.Options(), validate.E_Field).(*validate.FieldRules)
		words := rules.GetString().GetIn()
		if !ok || len(words) == 0 {
			t.Fatalf("%T.%s has no list of words", field.message, field.name)
		}
		for _, word := range words {
			if word != "" && !strings.Contains(string(page), "`"+word+"`") {
				t.Errorf("docs/errors.md does not explain %s", word)
			}
		}
	}
}
