package rpc

import (
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// jsonNames are the content types that Connect knows JSON under.
func jsonNames() []string { return []string{"json", "json; charset=utf-8"} }

// jsonCodec speaks JSON as the webhooks' answers do: with the names of the
// protos, and with every field, so that a script finds what it looks for.
type jsonCodec struct{ name string }

var _ connect.Codec = jsonCodec{}

// Name implements connect.Codec.
func (c jsonCodec) Name() string { return c.name }

// Marshal implements connect.Codec.
func (jsonCodec) Marshal(message any) ([]byte, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("rpc: %T is no protobuf message", message)
	}
	return protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(m)
}

// Unmarshal implements connect.Codec. Unknown fields are left aside: a newer
// caller's, as in the binary format.
func (jsonCodec) Unmarshal(data []byte, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return fmt.Errorf("rpc: %T is no protobuf message", message)
	}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, m)
}
