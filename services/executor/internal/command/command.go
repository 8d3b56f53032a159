package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// reasonLimit is what Result.reason holds, in characters.
const reasonLimit = 400

// Runner runs commands. It holds no state between them.
type Runner struct {
	// Actions by their tool's name.
	Actions map[string]action.Action
	Log     *slog.Logger
	Now     func() time.Time
}

// Invoke takes a Command as protobuf JSON and returns a Result as protobuf
// JSON with proto field names and unset fields.
//
// A Result says what is known, also that a command was rejected before
// anything was sent. An error means that nobody knows what happened.
func (r *Runner) Invoke(ctx context.Context, payload []byte) (_ []byte, err error) {
	cmd := new(executorv1.Command)
	log := r.Log
	if c := callerOf(ctx); c.RequestID != "" {
		log = log.With("request_id", c.RequestID)
	}
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "panic in an action", "tool", cmd.GetTool(), "call_id", cmd.GetCallId(), "effect_key", cmd.GetEffectKey(),
				"panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s: the action broke: the executor's log has the cause", cmd.GetTool())
		}
	}()
	result, err := r.run(ctx, payload, cmd)
	if err != nil {
		log.ErrorContext(ctx, "action failed", "tool", cmd.GetTool(), "call_id", cmd.GetCallId(), "effect_key", cmd.GetEffectKey(), "error", err)
		return nil, err
	}
	log.DebugContext(ctx, "command", "tool", cmd.GetTool(), "call_id", cmd.GetCallId(), "effect_key", cmd.GetEffectKey(), "mode", cmd.GetMode(),
		"outcome", result.GetOutcome(), "reason", result.GetReason())
	return encode(result)
}

func (r *Runner) run(ctx context.Context, payload []byte, cmd *executorv1.Command) (*executorv1.Result, error) {
	if err := protojson.Unmarshal(payload, cmd); err != nil {
		return rejected("command: %v", err), nil
	}
	if err := protovalidate.Validate(cmd); err != nil {
		return rejected("command: %v", err), nil
	}
	if key := callerOf(ctx).EffectKey; key != "" && key != cmd.GetEffectKey() {
		return rejected("command: its effect_key is not the client context's"), nil
	}
	act, ok := r.Actions[cmd.GetTool()]
	if !ok {
		return rejected("tool %q: this executor has no such action", cmd.GetTool()), nil
	}
	input := act.Input()
	if err := action.Decode(cmd, input); err != nil {
		return rejected("%v", err), nil
	}
	notAfter := cmd.GetNotAfter().AsTime()
	if cmd.GetMode() == action.Act && !r.Now().Before(notAfter) {
		// Nothing was started, so that it is safe to try again under a new not_after.
		return &executorv1.Result{Outcome: action.Retry, Reason: "deadline"}, nil
	}
	ctx, cancel := r.until(ctx, cmd.GetMode(), notAfter)
	defer cancel()
	return act.Run(ctx, cmd, input)
}

// until bounds an effect: its last request starts before not_after and has its own
// time. The context's own deadline, which is the function's, holds for all modes.
func (r *Runner) until(ctx context.Context, mode string, notAfter time.Time) (context.Context, context.CancelFunc) {
	if mode != action.Act {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, notAfter.Add(action.RequestTimeout).Sub(r.Now()))
}

func rejected(format string, args ...any) *executorv1.Result {
	return &executorv1.Result{Outcome: action.Rejected, Reason: cut(fmt.Sprintf(format, args...), reasonLimit)}
}

func cut(s string, characters int) string {
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return string([]rune(s)[:characters-1]) + "…"
}

// encode compacts what protojson writes: its white space is random.
func encode(result *executorv1.Result) ([]byte, error) {
	raw, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	return out.Bytes(), nil
}
