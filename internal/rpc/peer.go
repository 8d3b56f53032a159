package rpc

import (
	"context"
	"errors"
	"net/url"

	"connectrpc.com/connect"

	"github.com/switchyard-dev/switchyard/internal/fault"
)

// Peer makes a client name the setting whose service can't be reached, where
// the caller would only read "connection refused". The fault is unavailable.
func Peer(setting, baseURL string) connect.ClientOption {
	return connect.WithInterceptors(connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			resp, err := next(ctx, req)
			if connect.CodeOf(err) == connect.CodeUnavailable && !connect.IsWireError(err) {
				return nil, fault.New(fault.Unavailable, "%s=%s can't be reached: %s", setting, shown(baseURL), cause(err))
			}
			return resp, err
		}
	}))
}

// cause is what lies at the bottom of a client's error, without the URL around it.
func cause(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

// shown is a URL as logs may have it.
func shown(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil {
		return "(no URL)"
	}
	return u.Redacted()
}
