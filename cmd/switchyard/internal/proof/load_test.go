package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// answered is what came of one delivery under load.
type answered struct {
	n      int
	at     time.Time // when it was due
	took   time.Duration
	code   int // 0 where no answer came
	answer map[string]any
}

// load sends deliveries at a rate until it is stopped, whatever comes back.
type load struct {
	s      *system
	stop   context.CancelFunc
	mu     sync.Mutex
	all    []answered
	wg     sync.WaitGroup
	client *http.Client
}

// startLoad sends the deliveries from first on, rate a second.
func (s *system) startLoad(first, rate int) *load {
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	l := &load{s: s, stop: stop, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	l.wg.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for n := first; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				l.wg.Go(func() { l.send(n) })
			}
		}
	})
	return l
}

func (l *load) send(n int) {
	a := answered{n: n, at: time.Now()}
	a.code, a.answer = l.post(n)
	a.took = time.Since(a.at)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, a)
}

func (l *load) post(n int) (int, map[string]any) {
	payload := body(n)
	req, err := http.NewRequest(http.MethodPost, "http://"+l.s.addrs["ingress"]+"/webhooks/github", bytes.NewReader(payload))
	if err != nil {
		return 0, nil
	}
	req.Header = github.Headers([]byte(hookSecret), "pull_request", "", payload)
	resp, err := l.client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	answer := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, nil
	}
	return resp.StatusCode, answer
}

// end stops the load, waits for what is on its way and returns all of it.
func (l *load) end() []answered {
	l.stop()
	l.wg.Wait()
	l.client.CloseIdleConnections()
	return l.all
}

// during are those that were due in a time.
func during(all []answered, from, to time.Time) []answered {
	return slices.Collect(func(yield func(answered) bool) {
		for _, a := range all {
			if !a.at.Before(from) && a.at.Before(to) && !yield(a) {
				return
			}
		}
	})
}

// slowest is the time that the given share of answers was within.
func slowest(all []answered, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	times := make([]time.Duration, 0, len(all))
	for _, a := range all {
		times = append(times, a.took)
	}
	slices.Sort(times)
	return times[min(len(times)-1, int(share*float64(len(times))))]
}

func codes(all []answered) map[int]int {
	n := map[int]int{}
	for _, a := range all {
		n[a.code]++
	}
	return n
}
