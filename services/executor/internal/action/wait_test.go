package action_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// The wait that a provider asks for is kept where it asks behind a request that acted.
func TestAWaitBehindTheActIsKept(t *testing.T) {
	b := newBench(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			return
		}
		answers(http.StatusTooManyRequests, map[string]string{"Retry-After": "90"}, ``)(w, r)
	}, nil)
	got, err := b.Perform(t.Context(), &executorv1.Command{Mode: "act", NotAfter: timestamppb.New(b.Now().Add(time.Second))}, action.Effect{
		Act: func(ctx context.Context, c *http.Client, _ *action.Found) (*action.Found, error) {
			if err := action.Do(ctx, c, action.Request{Method: "POST", URL: b.url}, nil); err != nil {
				return nil, err
			}
			return nil, action.Do(ctx, c, action.Request{Method: "GET", URL: b.url}, nil)
		},
	})
	if err != nil || got.GetOutcome() != action.Unknown || got.GetRetryAfter().AsDuration() != 90*time.Second {
		t.Errorf("got %v, %v, want unknown and a wait of 90 s", got, err)
	}
}
