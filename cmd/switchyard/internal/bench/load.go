package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many requests are in flight at saturation.
const connections = 64

// load sends signed requests, each with a body of its own.
type load struct {
	client  *http.Client
	url     string
	request func(n int) (http.Header, []byte)
	next    atomic.Int64
}

func newLoad(url string, request func(n int) (http.Header, []byte)) *load {
	l := &load{
		client: &http.Client{Transport: &http.Transport{
			MaxIdleConnsPerHost: 1024,
			DisableCompression:  true,
		}},
		url:     url,
		request: request,
	}
	// Several measurements share a database: each has events of its own, of numbers
	// that an issue's key may have.
	l.next.Store(time.Now().Unix() % 90 * 100_000)
	return l
}

// figures are what a load measured.
type figures struct {
	Requests int
	Refused  int
	Rate     float64 // answered with 200, a second
	P50      time.Duration
	P95      time.Duration
	P99      time.Duration
}

func (f figures) String() string {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%7.0f/s   p50 %6.1f ms   p95 %6.1f ms   p99 %6.1f ms   %d requests, %d not answered with 200",
		f.Rate, ms(f.P50), ms(f.P95), ms(f.P99), f.Requests, f.Refused)
}

// sample collects latencies from many goroutines.
type sample struct {
	mu      sync.Mutex
	ok      []time.Duration
	refused int
}

func (s *sample) add(d time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok {
		s.ok = append(s.ok, d)
	} else {
		s.refused++
	}
}

func (s *sample) figures(took time.Duration) figures {
	slices.Sort(s.ok)
	at := func(q float64) time.Duration {
		if len(s.ok) == 0 {
			return 0
		}
		return s.ok[min(len(s.ok)-1, int(q*float64(len(s.ok))))]
	}
	return figures{
		Requests: len(s.ok) + s.refused, Refused: s.refused, Rate: float64(len(s.ok)) / took.Seconds(),
		P50: at(0.50), P95: at(0.95), P99: at(0.99),
	}
}

// send fails with what was answered instead of 200.
func (l *load) send(ctx context.Context) error {
	header, body := l.request(int(l.next.Add(1)))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	req.Header = header
	resp, err := l.client.Do(req)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("bench: %s %s", resp.Status, answer)
	}
	return err
}

// saturate keeps all connections busy for a time.
func (l *load) saturate(ctx context.Context, d time.Duration) figures {
	var s sample
	start := time.Now()
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for time.Since(start) < d && ctx.Err() == nil {
				t := time.Now()
				err := l.send(ctx)
				s.add(time.Since(t), err == nil)
			}
		})
	}
	wg.Wait()
	return s.figures(time.Since(start))
}

// at sends at a fixed rate whatever the answers do. A latency counts from when
// its request was due, so that a stall is felt by all that were due in it.
func (l *load) at(ctx context.Context, rate float64, d time.Duration) figures {
	var s sample
	var wg sync.WaitGroup
	start := time.Now()
	for i := 0; ; i++ {
		due := start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if due.Sub(start) >= d || ctx.Err() != nil {
			break
		}
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		wg.Go(func() {
			err := l.send(ctx)
			s.add(time.Since(due), err == nil)
		})
	}
	wg.Wait()
	return s.figures(time.Since(start))
}
