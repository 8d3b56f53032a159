package action

import (
	"context"
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Action makes the effect of one tool, looks whether it is there, or renders
// the request that would make it, as the command's mode says.
//
// A Result says what is known. An error or a panic means that nobody knows:
// the caller must take the outcome for unknown.
type Action interface {
	// Input returns an empty message of the tool's input.
	Input() proto.Message
	// Run takes a command whose not_after has not passed and its input, both valid.
	Run(ctx context.Context, cmd *executorv1.Command, input proto.Message) (*executorv1.Result, error)
}

// Outcomes of a Result.
const (
	Done     = "done"
	Already  = "already"
	DryRun   = "dry_run"
	Rejected = "rejected"
	Retry    = "retry"
	Unknown  = "unknown"
)

// Modes of a Command.
const (
	Act        = "act"
	Look       = "look"
	ModeDryRun = "dry_run"
)

// Reasons of a Result that callers branch on; others are for people.
const (
	// The executor has no token of the provider.
	ReasonNoToken = "no_token"
	// not_after had passed before anything was sent.
	ReasonDeadline = "deadline"
	// The provider asks to be left alone for retry_after.
	ReasonRateLimited = "rate_limited"
	// The provider could not be reached, or failed before anything was done.
	ReasonProviderAway = "provider_away"
	// Look: the effect is certainly not there.
	ReasonNotFound = "not_found"
)

// Decode reads a command's payload and target into an input message and holds
// it to the message's rules. Unknown fields are errors.
func Decode(cmd *executorv1.Command, into proto.Message) error {
	raw, err := protojson.Marshal(cmd.GetPayload())
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	if cmd.GetPayload() == nil {
		raw = []byte("{}")
	}
	if err := protojson.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	m := into.ProtoReflect()
	if target := m.Descriptor().Fields().ByName("target"); target != nil {
		m.Set(target, protoreflect.ValueOfString(cmd.GetTarget()))
	}
	if err := chosen(cmd, m); err != nil {
		return err
	}
	if err := protovalidate.Validate(into); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	return nil
}

// chosen holds a choice that is the call's target to the command's, which is the
// one that policy has seen.
func chosen(cmd *executorv1.Command, m protoreflect.Message) error {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		prefix, _ := proto.GetExtension(fields.Get(i).Options(), toolsv1.E_TargetPrefix).(string)
		if prefix != "" && !sameTarget(prefix+m.Get(fields.Get(i)).String(), cmd.GetTarget()) {
			return fmt.Errorf("payload: %s: the command's target is another: %q", fields.Get(i).Name(), cmd.GetTarget())
		}
	}
	return nil
}

// sameTarget ignores the case of GitHub's names, as GitHub does: policy's refs
// of them are in lower case, while a choice is spelled as it is listed.
func sameTarget(choice, target string) bool {
	return choice == target || strings.HasPrefix(choice, "github:") && strings.EqualFold(choice, target)
}
