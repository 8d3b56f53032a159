package lambda

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/switchyard-dev/switchyard/services/executor/internal/command"
)

// answerTime is left to an invocation that ended, for its answer to be handed in.
const answerTime = 200 * time.Millisecond

// Function takes an invocation's payload and returns its answer.
type Function interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Serve serves the invocations that the runtime API, which
// AWS_LAMBDA_RUNTIME_API names, hands out, until ctx is done and those in flight
// have ended. Where the runtime API is gone it ends the process, as AWS wants it.
func Serve(ctx context.Context, f Function) {
	s := &serving{f: f}
	go lambda.Start(s)
	<-ctx.Done()
	s.ending.Lock() // until those in flight have ended; later ones wait for the process's end
	if s.any {
		<-time.After(answerTime)
	}
}

// serving is the function as aws-lambda-go calls it.
type serving struct {
	f      Function
	ending sync.RWMutex
	mu     sync.Mutex
	any    bool
}

var _ lambda.Handler = (*serving)(nil)

// Invoke implements lambda.Handler. The context ends when the invocation's time does.
func (s *serving) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	s.ending.RLock()
	defer s.ending.RUnlock()
	s.mu.Lock()
	s.any = true
	s.mu.Unlock()
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		ctx = command.From(ctx, command.Caller{RequestID: lc.AwsRequestID, EffectKey: lc.ClientContext.Custom[command.ContextKey]})
	}
	return s.f.Invoke(ctx, payload)
}
