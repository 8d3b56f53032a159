package command

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// ContextKey is the effect_key's name among the custom values of a client context.
const ContextKey = "effect_key"

// Caller is what comes with an invocation beside its payload.
type Caller struct {
	// RequestID is AWS's for the invocation; "" outside of AWS.
	RequestID string
	// EffectKey is that of the client context, for logs that see no payload; ""
	// where the caller gave none.
	EffectKey string
}

type callerKey struct{}

// From adds the caller to an invocation's context.
func From(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// EffectKeyOf reads a client context as the header X-Amz-Client-Context has it:
// base64 of JSON, with values of the caller's under custom. "" is none.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func EffectKeyOf(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(header)
	if err != nil {
		return "", fmt.Errorf("client context: %w", err)
	}
	var client struct {
		Custom map[string]string `json:"custom"`
	}
	if err := json.Unmarshal(raw, &client); err != nil {
		return "", fmt.Errorf("client context: %w", err)
	}
	return client.Custom[ContextKey], nil
}
