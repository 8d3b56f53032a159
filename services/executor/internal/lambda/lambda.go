package lambda

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

// Function takes an invocation's payload and returns its answer.
type Function interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Serve serves the invocations that the runtime API, which
// AWS_LAMBDA_RUNTIME_API names, hands out. It never returns.
func Serve(f Function) {
	lambda.Start(f)
}
