package providertest

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

const (
	comments = "/repos/acme/api/issues/42/comments"
	anywhere = "/repos/*/*/issues/*/comments"
	body     = `{"body":"x"}`
)

func TestFaults(t *testing.T) {
	reset := time.Date(2026, 1, 15, 13, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		fault    provider.Fault
		status   int // 0 is a dropped connection
		header   string
		value    string
		comments int
	}{
		"none":                 {provider.Fault{Match: provider.On("PATCH", anywhere), Status: 500}, 201, "", "", 1},
		"slow":                 {provider.Fault{Delay: 20 * time.Millisecond}, 201, "", "", 1},
		"500":                  {provider.Answering(500), 500, "", "", 0},
		"502":                  {provider.Answering(502), 502, "", "", 0},
		"502 after acting":     {provider.Fault{Status: 502, Act: true}, 502, "", "", 1},
		"429":                  {provider.TooMany(1500 * time.Millisecond), 429, "Retry-After", "2", 0},
		"primary limit":        {provider.PrimaryLimit(reset), 403, "X-Ratelimit-Reset", "1768482000", 0},
		"secondary limit":      {provider.SecondaryLimit(time.Minute), 403, "Retry-After", "60", 0},
		"dropped before":       {provider.Fault{DropBefore: true}, 0, "", "", 0},
		"dropped after":        {provider.Fault{DropAfter: true}, 0, "", "", 1},
		"dropped after a wait": {provider.Fault{DropAfter: true, DelayAfter: 5 * time.Millisecond}, 0, "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGitHub(t, provider.Options{})
			if tc.fault.Match == nil {
				tc.fault.Match = provider.On("POST", anywhere)
			}
			p := g.Plant(tc.fault)
			c := githubClient(t, g.URL, Token)
			c.check = nil
			a := c.do("POST", comments, body)
			if (a.err != nil) != (tc.status == 0) || a.status != tc.status || tc.header != "" && a.header.Get(tc.header) != tc.value {
				t.Errorf("got %d %v %v", a.status, a.err, a.header)
			}
			if got := len(g.Comments("acme/api", 42, "")); got != tc.comments {
				t.Errorf("%d comments, want %d", got, tc.comments)
			}
			met := 1
			if name == "none" {
				met = 0
			}
			requests := g.Requests()
			if p.Met() != met || len(requests) != 1 || requests[0].Status != tc.status || (requests[0].Fault != "") != (met == 1) {
				t.Errorf("met %d, requests %+v", p.Met(), requests)
			}
			// It is used up: the next one acts.
			c.do("POST", comments, body).want(t, 201, "")
		})
	}
}

func TestRecordedAnswers(t *testing.T) {
	g := NewGitHub(t, provider.Options{})
	g.Plant(Example(t, "github/create-comment-201"))
	c := githubClient(t, g.URL, Token)
	c.do("POST", comments, body).want(t, 201, "Me too")
	if n := len(g.Comments("acme/api", 42, "")); n != 0 {
		t.Errorf("%d comments", n)
	}
}

// A caller that gave up does not keep the provider from acting.
func TestWhoeverGivesUpIsActedFor(t *testing.T) {
	g := NewGitHub(t, provider.Options{})
	p := g.Plant(provider.Fault{Delay: time.Minute})
	header := githubClient(t, "", Token).header
	header.Set("Content-Type", "application/json")
	ctx, giveUp := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+comments, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	gone := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		gone <- err
	}()
	within(t, func() bool { return p.Met() == 1 })
	giveUp()
	if err := <-gone; err == nil {
		t.Error("answered")
	}
	within(t, func() bool { return len(g.Comments("acme/api", 42, "")) == 1 })
}

// within waits for what a server does in its own time.
func within(t *testing.T, done func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	for !done() {
		select {
		case <-late:
			t.Fatal("not within 10 s")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	g := NewGitHub(t, provider.Options{})
	p := g.Plant(provider.Fault{Match: provider.Writes, Times: 5, Status: 500})
	c := githubClient(t, g.URL, Token)
	c.check = nil
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				c.do("POST", comments, body)
				c.do("GET", comments, "")
				g.Objects()
			}
		})
	}
	all.Wait()
	if n := len(g.Comments("acme/api", 42, "")); n != 75 || p.Met() != 5 {
		t.Errorf("%d comments, %d faults", n, p.Met())
	}
}
