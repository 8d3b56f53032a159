package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"connectrpc.com/validate"

	"github.com/switchyard-dev/switchyard/internal/fault"
)

const (
	// MaxMessageBytes fits a 25 MiB body, compressed or not, with its event.
	MaxMessageBytes = 64 << 20

	// A call without a deadline gets this one.
	defaultDeadline = 30 * time.Second
	// What a server keeps of its caller's deadline to send its answer in.
	giveBack = 20 * time.Millisecond
	// Less than this left, and a call is refused before it starts.
	leastTime = 30 * time.Millisecond
)

// HandlerOptions are the options of every Connect handler.
func HandlerOptions(log *slog.Logger) ([]connect.HandlerOption, error) {
	otel, err := otelconnect.NewInterceptor(otelconnect.WithTrustRemote())
	if err != nil {
		return nil, fmt.Errorf("rpc: telemetry: %w", err)
	}
	opts := []connect.HandlerOption{
		connect.WithInterceptors(otel, &server{log: log}, validate.NewInterceptor()),
		connect.WithReadMaxBytes(MaxMessageBytes),
		connect.WithRecover(func(ctx context.Context, spec connect.Spec, _ http.Header, p any) error {
			log.ErrorContext(ctx, "panic in a handler", "procedure", spec.Procedure, "panic", p, "stack", string(debug.Stack()))
			return connect.NewError(connect.CodeInternal, fmt.Errorf("internal error: the service's log has the cause"))
		}),
	}
	for _, name := range jsonNames() {
		opts = append(opts, connect.WithCodec(jsonCodec{name: name}))
	}
	return opts, nil
}

// server bounds each call and maps what it fails with.
type server struct{ log *slog.Logger }

func (s *server) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		ctx, cancel, err := bound(ctx)
		if err != nil {
			return nil, s.mapped(ctx, req.Spec(), err)
		}
		defer cancel()
		resp, err := next(ctx, req)
		if err != nil {
			return nil, s.mapped(ctx, req.Spec(), err)
		}
		return resp, nil
	}
}

func (s *server) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		if err := next(ctx, conn); err != nil {
			return s.mapped(ctx, conn.Spec(), err)
		}
		return nil
	}
}

func (s *server) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// mapped returns the error that the caller sees.
func (s *server) mapped(ctx context.Context, spec connect.Spec, err error) error {
	ce, internal := fault.ToConnect(err)
	if internal {
		s.log.ErrorContext(ctx, "call failed", "procedure", spec.Procedure, "error", err)
	} else {
		s.log.DebugContext(ctx, "call refused", "procedure", spec.Procedure, "error", err)
	}
	return ce
}

func bound(ctx context.Context) (context.Context, context.CancelFunc, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		ctx, cancel := context.WithTimeout(ctx, defaultDeadline)
		return ctx, cancel, nil
	}
	if left := time.Until(deadline); left < leastTime {
		return ctx, nil, fault.New(fault.Deadline, "%v left: too little to start", left.Round(time.Millisecond))
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-giveBack))
	return ctx, cancel, nil
}
