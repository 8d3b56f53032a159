package rpc

import (
	"context"

	"connectrpc.com/connect"

	"github.com/switchyard-dev/switchyard/internal/fault"
)

// InFlight sheds unary calls beyond n at a time with fault.Overloaded, at once:
// waiting would only spend their deadlines. Streams are not counted.
func InFlight(n int) connect.Interceptor {
	slots := make(chan struct{}, n)
	return connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			select {
			case slots <- struct{}{}:
			default:
				err, _ := fault.ToConnect(fault.New(fault.Overloaded, "%d calls are in flight", n))
				return nil, err
			}
			defer func() { <-slots }()
			return next(ctx, req)
		}
	})
}
