package dev

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// diary notes what happened in its order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) part(name string, ends error) part {
	return part{name: name, run: func(ctx context.Context, _ net.Listener) error {
		if ends == nil {
			<-ctx.Done()
		}
		d.note(name + " ended")
		return ends
	}}
}

func TestPartsEndBeforeThoseTheyNeed(t *testing.T) {
	var d diary
	s := stack{parts: []part{d.part("ingress", nil), d.part("agent", nil), d.part("tools", nil)}}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.run(ctx, func() error {
		d.note("started")
		cancel()
		return nil
	})
	want := []string{"started", "ingress ended", "agent ended", "tools ended"}
	if err != nil || !slices.Equal(d.lines, want) {
		t.Errorf("got %v, %v", d.lines, err)
	}
}

func TestOneThatFailsEndsAll(t *testing.T) {
	var d diary
	broken := errors.New("broken")
	s := stack{parts: []part{d.part("ingress", nil), d.part("agent", broken), d.part("tools", nil)}}
	err := s.run(t.Context(), func() error { return nil })
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "agent: ") {
		t.Errorf("got %v", err)
	}
	want := []string{"agent ended", "ingress ended", "tools ended"}
	if !slices.Equal(d.lines, want) {
		t.Errorf("got %v", d.lines)
	}
}

func TestWhatCantBeAnnouncedEnds(t *testing.T) {
	var d diary
	broken := errors.New("broken pipe")
	s := stack{parts: []part{d.part("ingress", nil)}}
	if err := s.run(t.Context(), func() error { return broken }); !errors.Is(err, broken) || len(d.lines) != 1 {
		t.Errorf("got %v, %v", err, d.lines)
	}
}

func TestBaseURL(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8000": "http://127.0.0.1:8000",
		"0.0.0.0:8000":   "http://127.0.0.1:8000",
		"[::]:8000":      "http://127.0.0.1:8000",
		"[::1]:8000":     "http://[::1]:8000",
		"10.1.2.3:8000":  "http://10.1.2.3:8000",
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := baseURL(a); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
