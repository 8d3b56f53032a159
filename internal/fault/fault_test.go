package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"connectrpc.com/connect"

	"github.com/switchyard-dev/switchyard/internal/fault"
)

func TestToConnect(t *testing.T) {
	for _, tc := range []struct {
		name     string
		err      error
		code     connect.Code
		reason   fault.Reason
		internal bool
	}{
		{"fault", fault.New(fault.RunUnknown, "no run %q", "x"), connect.CodeNotFound, fault.RunUnknown, false},
		{"wrapped fault", fmt.Errorf("open: %w", fault.New(fault.SealInvalid, "mac")), connect.CodePermissionDenied, fault.SealInvalid, false},
		{"deadline", fmt.Errorf("query: %w", context.DeadlineExceeded), connect.CodeDeadlineExceeded, fault.Deadline, false},
		{"own connect error", connect.NewError(connect.CodeInvalidArgument, errors.New("field")), connect.CodeInvalidArgument, "", false},
		{"any other", errors.New("disk full at /secret/path"), connect.CodeInternal, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ce, internal := fault.ToConnect(tc.err)
			if ce.Code() != tc.code || internal != tc.internal || fault.ReasonOf(ce) != tc.reason {
				t.Fatalf("got %v internal=%v reason=%q, want %v %v %q", ce.Code(), internal, fault.ReasonOf(ce), tc.code, tc.internal, tc.reason)
			}
			if internal && ce.Message() == tc.err.Error() {
				t.Fatalf("the cause left the service: %q", ce.Message())
			}
		})
	}
}

func TestFromPeer(t *testing.T) {
	away := connect.NewError(connect.CodeUnavailable, errors.New("connection refused"))
	if got := fault.ReasonOf(fault.FromPeer(away)); got != fault.Unavailable {
		t.Fatalf("reason %q, want unavailable", got)
	}
	bug := connect.NewError(connect.CodeInternal, errors.New("x"))
	if got := fault.FromPeer(bug); got != error(bug) {
		t.Fatalf("an internal error became %v", got)
	}
}
