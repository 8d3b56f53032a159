package ingress_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
)

// padded is a ping of n bytes.
func padded(n int) []byte {
	head, tail := strings.TrimSuffix(ping, "}")+`,"pad":"`, `"}`
	return []byte(head + strings.Repeat("x", n-len(head)-len(tail)) + tail)
}

// chunked hides how long a body is: it is sent without a length.
func chunked(b []byte) io.Reader { return struct{ io.Reader }{bytes.NewReader(b)} }

// A body holds its room until it is answered, verified or not, and no longer:
// the event that was made of it lives as long. Two of the largest are what one
// client may have in flight.
func TestRoomIsHeldUntilTheAnswer(t *testing.T) {
	a := startAgent(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	a.do(func(context.Context) (*agentv1.Answer, error) {
		entered <- struct{}{}
		<-leave
		return &agentv1.Answer{Status: "success"}, nil
	})
	cfg := config(a.url)
	cfg.Deadline = time.Minute // the race detector takes seconds for such a body
	url := start(t, cfg) + "/webhooks/github"
	largest, header := padded(maxBody), signed("ping", string(padded(maxBody)))
	// Without a length there is no waiting for room: the refusal comes at once.
	next := padded(1<<20 + 1)
	codes := make(chan int)
	for range 2 {
		go func() { codes <- send(t, "POST", url, header, bytes.NewReader(largest)).code }()
		<-entered
	}
	a.answer(&agentv1.Answer{Status: "success"})
	if got := send(t, "POST", url, signed("ping", string(next)), chunked(next)); got.code != 503 || got.reason() != "overloaded" {
		t.Errorf("a third: %d %s", got.code, got.body)
	}
	close(leave)
	for range 2 {
		if code := <-codes; code != 200 {
			t.Errorf("in flight: %d", code)
		}
	}
	if got := send(t, "POST", url, signed("ping", string(next)), chunked(next)); got.code != 200 {
		t.Errorf("after the answers: %d %s", got.code, got.body)
	}
}
