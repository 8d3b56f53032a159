package bucket_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/bucket"
)

// pass lets time go by in a bubble of synctest.
func pass(d time.Duration) { <-time.After(d) }

func drain(t *testing.T, table *bucket.Table, addr netip.Addr) {
	t.Helper()
	for i := range bucket.Burst {
		if table.Empty(addr) || !table.Take(addr) {
			t.Fatalf("empty after %d", i)
		}
	}
	if !table.Empty(addr) || table.Take(addr) {
		t.Fatal("the bucket has no bottom")
	}
}

func TestBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := bucket.New(time.Now)
		one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		drain(t, table, one)
		if table.Empty(other) || !table.Take(other) {
			t.Error("another address is held up too")
		}
		pass(999 * time.Millisecond)
		if !table.Empty(one) {
			t.Error("it fills up too fast")
		}
		pass(time.Millisecond)
		if table.Empty(one) || !table.Take(one) || table.Take(one) {
			t.Error("one comes back each second")
		}
		pass(time.Hour)
		drain(t, table, one)
	})
}

func TestTableIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := bucket.New(time.Now)
		first, second := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		drain(t, table, first)
		drain(t, table, second)
		addr := netip.MustParseAddr("10.0.0.0")
		for range bucket.Most - 2 {
			addr = addr.Next()
			table.Take(addr)
		}
		table.Take(first) // it is not the one that was idle the longest any more
		if !table.Empty(first) || !table.Empty(second) {
			t.Fatal("forgotten before the table was full")
		}
		table.Take(addr.Next())
		if !table.Empty(first) || table.Empty(second) {
			t.Error("not the one was forgotten that was idle the longest")
		}
	})
}
