package body

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
)

const deadline = 8 * time.Second

// read reads a body of n bytes, of which there are some more or some less.
func (b *Budget) read(t *testing.T, from io.Reader, n int64, client string) (body []byte, release func(), reason answer.Reason) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", from)
	r.ContentLength = n
	return b.Read(t.Context(), httptest.NewRecorder(), r, netip.MustParseAddr(client), Clock{Start: time.Now(), Deadline: deadline})
}

// none fails unless all of the budget is free.
func (b *Budget) none(t *testing.T) {
	t.Helper()
	for name, p := range map[string]struct {
		*pool
		size int64
	}{"small": {&b.small, smallBudget}, "large": {&b.large, largeBudget}} {
		if !p.all.TryAcquire(p.size) {
			t.Errorf("%s: something is still held", name)
		}
		for _, share := range p.shares {
			if !share.TryAcquire(p.size / 2) {
				t.Errorf("%s: something of a share is still held", name)
			}
		}
	}
}

func TestRead(t *testing.T) {
	const unsized = -1
	cut := errors.New("cut off")
	for _, tc := range []struct {
		name   string
		there  int
		then   error // io.EOF at the end of what is there
		length int64
		reason answer.Reason
	}{
		{"empty", 0, io.EOF, 0, ""},
		{"small", 1000, io.EOF, 1000, ""},
		{"largest of the small", small, io.EOF, small, ""},
		{"smallest of the large", small + 1, io.EOF, small + 1, ""},
		{"largest", Max, io.EOF, Max, ""},
		{"one more", Max + 1, io.EOF, Max + 1, answer.BodyTooLarge},
		{"less than it said", 999, io.ErrUnexpectedEOF, 1000, answer.InvalidPayload},
		{"nothing of it", 0, io.EOF, 1000, answer.InvalidPayload},
		{"slow", 10, os.ErrDeadlineExceeded, 1000, answer.BodyTimeout},
		{"gone", 10, cut, 1000, answer.InvalidPayload},
		{"unsized, empty", 0, io.EOF, unsized, ""},
		{"unsized", 1000, io.EOF, unsized, ""},
		{"unsized, largest of the small", small, io.EOF, unsized, ""},
		{"unsized, smallest of the large", small + 1, io.EOF, unsized, ""},
		{"unsized, largest", Max, io.EOF, unsized, ""},
		{"unsized, one more", Max + 1, io.EOF, unsized, answer.BodyTooLarge},
		{"unsized, cut in the small", 1000, io.ErrUnexpectedEOF, unsized, answer.InvalidPayload},
		{"unsized, cut in the large", small + 1000, io.ErrUnexpectedEOF, unsized, answer.InvalidPayload},
		{"unsized, slow in the large", small + 1000, os.ErrDeadlineExceeded, unsized, answer.BodyTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := NewBudget()
			want := bytes.Repeat([]byte("0123456789abcde\n"), tc.there/16+1)[:tc.there]
			got, release, reason := b.read(t, io.MultiReader(bytes.NewReader(want), iotest.ErrReader(tc.then)), tc.length, "192.0.2.1")
			if reason != tc.reason {
				t.Fatalf("%q, want %q", reason, tc.reason)
			}
			if reason == "" && !bytes.Equal(got, want) {
				t.Errorf("%d bytes, want %d", len(got), len(want))
			}
			release()
			b.none(t)
		})
	}
}

// One client takes half of a pool; the next is served meanwhile, and small
// bodies are whatever the large ones do.
func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget()
		// Two addresses may fall into one group: these don't.
		one, other := "192.0.2.1", netip.MustParseAddr("192.0.2.2")
		for b.share(other) == b.share(netip.MustParseAddr(one)) {
			other = other.Next()
		}
		var held []func()
		take := func(n int64, client string, want answer.Reason) {
			t.Helper()
			_, release, reason := b.read(t, bytes.NewReader(make([]byte, n)), n, client)
			if reason != want {
				t.Fatalf("%d bytes of %s: %q, want %q", n, client, reason, want)
			}
			held = append(held, release)
		}
		take(Max, one, "")
		take(Max, one, "")
		start := time.Now()
		take(Max, one, answer.Overloaded)
		if took := time.Since(start); took != deadline/2 {
			t.Errorf("waited %v of %v", took, deadline)
		}
		take(Max, other.String(), "")
		take(Max, other.String(), "")
		take(Max, other.String(), answer.Overloaded)
		for range 31 {
			take(small, one, "")
		}
		// It needs room beside the 64 KiB that came already.
		take(small, one, answer.Overloaded)
		take(small, other.String(), "")
		for _, release := range held {
			release()
		}
		b.none(t)
	})
}

// 64 connections from two addresses that announced 1 MiB each, and sent nothing,
// took all of the room of small bodies.
func TestAnnouncedIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget()
		var held sync.WaitGroup
		nothing, end := io.Pipe()
		for i := range 2000 {
			client, length := fmt.Sprintf("192.0.2.%d", i%2+1), int64([]int{small, Max}[i/2%2])
			held.Go(func() {
				if _, release, reason := b.read(t, nothing, length, client); reason != answer.InvalidPayload {
					t.Errorf("%q", reason)
					release()
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		for _, n := range []int64{1000, small, Max} {
			_, release, reason := b.read(t, bytes.NewReader(make([]byte, n)), n, "192.0.2.3")
			release()
			if took := time.Since(start); reason != "" || took != 0 {
				t.Errorf("%d bytes after %v: %q", n, took, reason)
			}
		}
		if err := end.Close(); err != nil {
			t.Error(err)
		}
		held.Wait()
		b.none(t)
	})
}

// Room was waited for, and then the body came too slowly: that is our fault too.
func TestSlowAfterWaiting(t *testing.T) {
	b := NewBudget()
	if !b.small.all.TryAcquire(smallBudget) {
		t.Fatal("a new budget is not free")
	}
	time.AfterFunc(10*time.Millisecond, func() { b.small.all.Release(smallBudget) })
	_, release, reason := b.read(t, iotest.ErrReader(os.ErrDeadlineExceeded), 1000, "192.0.2.1")
	if release(); reason != answer.Overloaded {
		t.Errorf("%q", reason)
	}
	b.none(t)
}

// Who waits gets the room of the one who leaves.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget()
		_, first, _ := b.read(t, bytes.NewReader(make([]byte, Max)), Max, "2001:db8::1")
		_, second, _ := b.read(t, bytes.NewReader(make([]byte, Max)), Max, "2001:db8::2")
		got := make(chan answer.Reason)
		var third func()
		go func() {
			var reason answer.Reason
			_, third, reason = b.read(t, bytes.NewReader(make([]byte, Max)), Max, "2001:db8::ffff:3")
			got <- reason
		}()
		synctest.Wait()
		select {
		case reason := <-got:
			t.Fatalf("three of one network at a time: %q", reason)
		default:
		}
		// Nobody can wait for room without a length: it would keep small ones out.
		if _, _, reason := b.read(t, bytes.NewReader(make([]byte, Max)), -1, "2001:db8::4"); reason != answer.Overloaded {
			t.Errorf("without a length: %q", reason)
		}
		first()
		if reason := <-got; reason != "" {
			t.Errorf("%q", reason)
		}
		second()
		third()
		b.none(t)
	})
}

// A request that is given up gives nothing back that it never had.
func TestGivenUp(t *testing.T) {
	b := NewBudget()
	if !b.large.all.TryAcquire(largeBudget) {
		t.Fatal("a new budget is not free")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(make([]byte, Max)))
	_, release, reason := b.Read(ctx, httptest.NewRecorder(), r, netip.Addr{}, Clock{Start: time.Now(), Deadline: deadline})
	if release(); reason != answer.Overloaded {
		t.Errorf("%q", reason)
	}
	b.large.all.Release(largeBudget)
	b.none(t)
}
