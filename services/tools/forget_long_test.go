package tools

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// longKeeper forgets until its context ends, or it is told to be done.
type longKeeper struct {
	ledger.Keeper
	begun chan bool // whether it has a deadline
	done  chan struct{}
	ended chan error
}

func (k *longKeeper) Forget(ctx context.Context, _ string, _ bool, tell func(ledger.Pass)) (ledger.Forgotten, error) {
	tell(ledger.Pass{Reading: "events", Done: 1, Total: 2})
	_, bound := ctx.Deadline()
	k.begun <- bound
	select {
	case <-ctx.Done():
	case <-k.done:
	}
	tell(ledger.Pass{Reading: "links", Done: 1})
	k.ended <- ctx.Err()
	return ledger.Forgotten{}, ctx.Err()
}

// A call without a deadline gets 30 s, in which a ledger of some 90,000 events is not
// even counted. Counting ends when its caller leaves, and removing does not.
func TestForgettingTakesWhatItTakes(t *testing.T) {
	for _, dry := range []bool{true, false} {
		k := &longKeeper{begun: make(chan bool, 1), done: make(chan struct{}), ended: make(chan error, 1)}
		opts, err := rpc.HandlerOptions(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		_, handler := toolsv1connect.NewMemoryServiceHandler(&memoryServer{forgetServer: forgetServer{keeper: k}}, opts...)
		server := httptest.NewServer(handler)
		ctx, leave := context.WithCancel(t.Context())
		stream, err := toolsv1connect.NewMemoryServiceClient(server.Client(), server.URL).Forget(ctx, &toolsv1.ForgetRequest{Ref: "github:user:ana", DryRun: dry})
		if err != nil {
			t.Fatal(err)
		}
		if !stream.Receive() || stream.Msg().GetTotal() != 2 {
			t.Fatalf("told %v, %v", stream.Msg(), stream.Err())
		}
		if <-k.begun {
			t.Errorf("dry %v: it has a deadline that nobody gave it", dry)
		}
		leave()
		_ = stream.Close()
		if !dry {
			select {
			case err := <-k.ended:
				t.Errorf("removing ended with its caller: %v", err)
			case <-time.After(200 * time.Millisecond):
			}
			close(k.done)
		}
		if err := <-k.ended; dry != (err != nil) {
			t.Errorf("dry %v: it ended with %v", dry, err)
		}
		server.Close()
	}
}
