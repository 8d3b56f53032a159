package tools

import (
	"context"
	"errors"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
)

// noExecutor stands where none is configured: calls wait until one is.
type noExecutor struct{}

func (noExecutor) Invoke(context.Context, *executorv1.Command) (*executorv1.Result, error) {
	return nil, &call.InvokeError{NotSent: true, Err: errors.New("no executor: set EXECUTOR_ENDPOINT or EXECUTOR_FUNCTION")}
}
