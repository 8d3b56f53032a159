package rpc

import (
	"context"

	"connectrpc.com/connect"

	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/reach"
)

// Peer makes a client name the setting whose service can't be reached, where
// the caller would only read "connection refused", or whose service does not
// take this one's token: that is no fault of who called this one. The fault is
// unavailable.
func Peer(setting, baseURL string) connect.ClientOption {
	return connect.WithInterceptors(peer{setting, baseURL})
}

type peer struct{ setting, url string }

func (p peer) explain(err error) error {
	reason := fault.ReasonOf(err)
	switch {
	case err == nil || !connect.IsWireError(err) && connect.CodeOf(err) != connect.CodeUnavailable:
		return err
	case !connect.IsWireError(err):
		return fault.New(fault.Unavailable, "%s", reach.Explain(p.setting, p.url, err))
	case reason == fault.TokenMissing || reason == fault.Scope:
		return fault.New(fault.Unavailable, "%s=%s does not take this service's token: %s: %s", p.setting, reach.Shown(p.url), reason, fault.Detail(err))
	}
	return err
}

func (p peer) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		resp, err := next(ctx, req)
		return resp, p.explain(err)
	}
}

func (p peer) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		return peerStream{next(ctx, spec), p}
	}
}

func (p peer) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

type peerStream struct {
	connect.StreamingClientConn
	peer peer
}

func (s peerStream) Receive(message any) error {
	return s.peer.explain(s.StreamingClientConn.Receive(message))
}
