package actiontest

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

func makesOnce(t *testing.T, s *stage) {
	t.Helper()
	first := s.run(t, "act")
	want(t, first, action.Done, "")
	if !ok(first.GetHttpStatus()) || first.GetRef() == "" {
		t.Errorf("no ref or status in %s", render(t, first))
	}
	switch s.class {
	case "read":
		s.made(t, 0)
		if len(first.GetObserved()) == 0 {
			t.Error("nothing was observed")
		}
		return
	case "create":
		s.made(t, 1)
		return // a second act is for whoever means a second one
	}
	s.made(t, 1)
	again := s.run(t, "act")
	want(t, again, action.Already, "")
	if again.GetRef() != first.GetRef() {
		t.Errorf("first %s, then %s", first.GetRef(), again.GetRef())
	}
	s.made(t, 1)
}

// countsRequests: a provider's pace is kept by the number that the catalog has.
func countsRequests(t *testing.T, s *stage) {
	t.Helper()
	counted := cataloged(t, s.Tool).GetRequests()
	if counted == 0 {
		t.Skip("nobody counts this provider's requests")
	}
	for _, mode := range []string{"act", "act", "look", "dry_run"} {
		before := len(s.Requests())
		s.run(t, mode)
		if n := len(s.Requests()) - before; n > int(counted) {
			t.Errorf("%s sends %d requests, the catalog says %d", mode, n, counted)
		}
	}
}

func updates(t *testing.T, s *stage) {
	t.Helper()
	if s.class != "upsert" {
		t.Skip("only an upsert changes what it made")
	}
	first := s.run(t, "act")
	s.Payload = s.Later
	second := s.run(t, "act")
	want(t, second, action.Done, "")
	if second.GetRef() != first.GetRef() {
		t.Errorf("first %s, then %s", first.GetRef(), second.GetRef())
	}
	s.made(t, 2)
	want(t, s.run(t, "act"), action.Already, "")
	s.made(t, 2)
}

// updateLost: what was there before an update is not the update.
func updateLost(t *testing.T, s *stage) {
	t.Helper()
	if s.class != "upsert" {
		t.Skip("only an upsert changes what it made")
	}
	want(t, s.run(t, "act"), action.Done, "")
	s.Payload = s.Later
	s.plant(t, provider.Fault{Name: "an update dropped", DropBefore: true})
	s.uncertain(t)
	want(t, s.run(t, "look"), action.Rejected, action.ReasonNotFound)
	want(t, s.run(t, "act"), action.Done, "")
	want(t, s.run(t, "look"), action.Already, "")
	s.made(t, 2)
}

func looks(t *testing.T, s *stage) {
	t.Helper()
	if s.class == "read" {
		t.Skip("a read has no effect to look for")
	}
	s.looksAway(t)
	made := s.run(t, "act")
	s.looksThere(t, made.GetRef())
	s.made(t, 1)
}

// looksAway demands that look tells that the effect is not there.
func (s *stage) looksAway(t *testing.T) {
	t.Helper()
	if s.Blind != "" || s.Behind != "" {
		want(t, s.run(t, "look"), action.Unknown, "")
		return
	}
	want(t, s.run(t, "look"), action.Rejected, action.ReasonNotFound)
}

// looksThere demands that look finds the effect.
func (s *stage) looksThere(t *testing.T, ref string) {
	t.Helper()
	got := s.run(t, "look")
	if s.Blind != "" {
		want(t, got, action.Unknown, "")
		return
	}
	want(t, got, action.Already, "")
	if got.GetRef() == "" || ref != "" && got.GetRef() != ref {
		t.Errorf("look finds %q, want %q", got.GetRef(), ref)
	}
}

func refused(t *testing.T, s *stage) {
	t.Helper()
	for _, status := range []int{400, 401, 403, 404, 410, 422} {
		fault := provider.Answering(status)
		if s.Renews && status == http.StatusUnauthorized {
			fault.Times = 2
		}
		s.plant(t, fault)
		got := s.run(t, "act")
		want(t, got, action.Rejected, "")
		if got.GetHttpStatus() != uint32(status) || got.GetReason() == "" { //nolint:gosec // three digits
			t.Errorf("status %d: got %s", status, render(t, got))
		}
	}
	s.made(t, 0)
}

func limited(t *testing.T, s *stage) {
	t.Helper()
	s.plant(t, provider.TooMany(17*time.Second))
	got := s.run(t, "act")
	want(t, got, action.Retry, action.ReasonRateLimited)
	if got.GetRetryAfter().AsDuration() != 17*time.Second {
		t.Errorf("retry_after %v", got.GetRetryAfter())
	}
	s.made(t, 0)
}

// uncertain is the outcome of a request that may have acted.
func (s *stage) uncertain(t *testing.T) {
	t.Helper()
	got := s.run(t, "act")
	if s.class == "read" {
		want(t, got, action.Retry, action.ReasonProviderAway)
		return
	}
	want(t, got, action.Unknown, "")
}

func droppedBefore(t *testing.T, s *stage) {
	t.Helper()
	s.plant(t, provider.Fault{Name: "dropped before acting", DropBefore: true, Times: s.times()})
	s.uncertain(t)
	s.made(t, 0)
	if s.class == "read" {
		return
	}
	s.looksAway(t)
	want(t, s.run(t, "act"), action.Done, "")
	s.made(t, 1)
}

// times: a read that is dropped on an old connection is sent again by net/http.
func (s *stage) times() int {
	if s.class == "read" {
		return 10
	}
	return 1
}

func droppedAfter(t *testing.T, s *stage) {
	t.Helper()
	s.plant(t, provider.Fault{Name: "dropped after acting", DropAfter: true, Times: s.times()})
	s.onceAfterAll(t)
}

func failedAfter(t *testing.T, s *stage) {
	t.Helper()
	s.plant(t, provider.Fault{Name: "502 after acting", Status: http.StatusBadGateway, Act: true})
	s.onceAfterAll(t)
}

func (s *stage) onceAfterAll(t *testing.T) {
	t.Helper()
	s.uncertain(t)
	if s.class == "read" {
		return
	}
	s.made(t, 1)
	s.looksThere(t, "")
	if s.class != "create" {
		want(t, s.run(t, "act"), action.Already, "")
	}
	s.made(t, 1)
}

func readFails(t *testing.T, s *stage) {
	t.Helper()
	planted := s.Plant(provider.Fault{Status: http.StatusServiceUnavailable, Match: func(r provider.Request) bool { return !s.acts(r) }})
	got := s.run(t, "act")
	if planted.Met() == 0 {
		t.Skip("act reads nothing")
	}
	want(t, got, action.Retry, action.ReasonProviderAway)
	s.made(t, 0)
}

func nobodyThere(t *testing.T, s *stage) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	got := s.runBy(t, s.reach(base, true), "act")
	want(t, got, action.Retry, action.ReasonProviderAway)
	if !strings.Contains(got.GetDetail(), "refused") {
		t.Errorf("the run does not say why: %q", got.GetDetail())
	}
	if !strings.Contains(s.log.String(), base) {
		t.Errorf("the log does not say where nobody is: %s", s.log.String())
	}
}

func tooLate(t *testing.T, s *stage) {
	t.Helper()
	if s.class == "read" {
		t.Skip("a read has no effect that may come too late")
	}
	late := Noon().Add(5 * time.Second)
	s.now.Store(&late)
	want(t, s.run(t, "act"), action.Retry, action.ReasonDeadline)
	if sent := s.acting(); len(sent) != 0 {
		t.Errorf("%d requests were sent", len(sent))
	}
	s.made(t, 0)
}
