package action

import (
	"context"
	"fmt"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
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
	Act  = "act"
	Look = "look"
)

// ReasonNoToken says that the executor has no token of the provider.
const ReasonNoToken = "no_token"

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
	if err := protovalidate.Validate(into); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	return nil
}

// WithoutToken answers a command to a provider whose token is not there:
// nothing is sent, and nobody can look.
func WithoutToken(cmd *executorv1.Command, request Request) (*executorv1.Result, error) {
	if cmd.GetMode() == Look {
		return &executorv1.Result{Outcome: Unknown, Reason: ReasonNoToken}, nil
	}
	rendered, err := request.render()
	if err != nil {
		return nil, err
	}
	return &executorv1.Result{Outcome: DryRun, Reason: ReasonNoToken, Request: rendered}, nil
}

// Request is an HTTP request to a provider as it is shown to people. It has no
// credentials: they are added when it is sent.
type Request struct {
	Method string
	URL    string
	Header map[string]string
	// Body is anything that encoding/json writes as an object; nil for none.
	Body map[string]any
	// Before lists the reads that come first and decide how, or whether, the
	// request is sent.
	Before []Read
}

// Read is a GET that comes before the request.
type Read struct {
	URL string
	// Why says in a few words what it decides.
	Why string
}

func (r Request) render() (*structpb.Struct, error) {
	out := map[string]any{"method": r.Method, "url": r.URL}
	header := make(map[string]any, len(r.Header))
	for k, v := range r.Header {
		header[k] = v
	}
	out["headers"] = header
	if r.Body != nil {
		out["body"] = r.Body
	}
	before := make([]any, len(r.Before))
	for i, read := range r.Before {
		before[i] = map[string]any{"method": "GET", "url": read.URL, "why": read.Why}
	}
	if len(before) > 0 {
		out["before"] = before
	}
	s, err := structpb.NewStruct(out)
	if err != nil {
		return nil, fmt.Errorf("render %s %s: %w", r.Method, r.URL, err)
	}
	return s, nil
}
