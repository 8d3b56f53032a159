package ingress_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	settings "github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

// via is the header of a request that the proxy on this machine passes on.
func via(h http.Header, client string) http.Header { return set(h, "X-Forwarded-For", client) }

// unread is a body that nobody asks for: with Expect: 100-continue the client
// waits for a second until it sends it unasked.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestAllowedAddresses(t *testing.T) {
	cfg := config(startAgent(t).url)
	cfg.GitHubAllowed, cfg.TrustedProxies = "192.0.2.0/24, 2001:db8::/32", "127.0.0.1"
	url := start(t, cfg)
	good := signed("ping", ping)
	for _, tc := range []struct {
		name   string
		method string
		path   string
		header http.Header
		body   io.Reader
		code   int
		reason string
	}{
		{"allowed", "POST", "/webhooks/github", via(good, "192.0.2.7"), strings.NewReader(ping), 200, ""},
		{"allowed, IPv4 in IPv6", "POST", "/webhooks/github", via(good, "::ffff:192.0.2.7"), strings.NewReader(ping), 200, ""},
		{"allowed, IPv6", "POST", "/webhooks/github", via(good, "2001:db8::1"), strings.NewReader(ping), 200, ""},
		{"another", "POST", "/webhooks/github", via(good, "198.51.100.1"), strings.NewReader(ping), 403, "address_not_allowed"},
		{"the proxy itself", "POST", "/webhooks/github", good, strings.NewReader(ping), 403, "address_not_allowed"},
		{"written by the client", "POST", "/webhooks/github", via(good, "192.0.2.7, 198.51.100.1"), strings.NewReader(ping), 403, "address_not_allowed"},
		{"address before content type", "POST", "/webhooks/github", via(http.Header{}, "198.51.100.1"), strings.NewReader("x"), 403, "address_not_allowed"},
		{"address before the body", "POST", "/webhooks/github", set(via(good, "198.51.100.1"), "Expect", "100-continue"), unread{t}, 403, "address_not_allowed"},
		{"method before address", "GET", "/webhooks/github", via(good, "198.51.100.1"), nil, 405, "method_not_allowed"},
		{"source before address", "POST", "/webhooks/notion", via(good, "198.51.100.1"), strings.NewReader("{}"), 503, "source_not_configured"},
		{"another source's list", "POST", "/webhooks/jira", via(good, "198.51.100.1"), strings.NewReader(ping), 401, "signature_missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := send(t, tc.method, url+tc.path, tc.header, tc.body)
			if got.code != tc.code || tc.reason != "" && got.reason() != tc.reason {
				t.Errorf("%d %s, want %d %s", got.code, got.body, tc.code, tc.reason)
			}
		})
	}
}

// Without TRUSTED_PROXIES nobody's header is believed.
func TestNoProxyIsTrusted(t *testing.T) {
	cfg := config(startAgent(t).url)
	cfg.GitHubAllowed = "192.0.2.0/24"
	got := send(t, "POST", start(t, cfg)+"/webhooks/github", via(signed("ping", ping), "192.0.2.7"), strings.NewReader(ping))
	if got.code != 403 {
		t.Errorf("%d %s", got.code, got.body)
	}
}

// stopped is a server behind a proxy on this machine, and its clock stands
// still: nothing comes back to a bucket.
func stopped(t *testing.T) (url string) {
	t.Helper()
	return stoppedAs(t, config(startAgent(t).url)) + "/webhooks/github"
}

func stoppedAs(t *testing.T, cfg ingress.Config) (url string) {
	t.Helper()
	cfg.TrustedProxies, cfg.Deadline = "127.0.0.1", time.Minute
	now := time.Now()
	srv, err := ingress.New(cfg, ingress.Options{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(srv.Handler())
	t.Cleanup(server.Close)
	return server.URL
}

// Notion's handshake comes once, unsigned: behind an address that was wrong too
// often it was lost.
func TestHandshakeBehindALoudAddress(t *testing.T) {
	cfg := config(startAgent(t).url)
	cfg.NotionHandshakeUntil = is(time.Now().Add(time.Hour).Format(time.RFC3339))
	cfg.NotionSecret = settings.Setting{File: filepath.Join(t.TempDir(), "token")}
	url := stoppedAs(t, cfg)
	h := http.Header{"Content-Type": {"application/json"}}
	for range 60 {
		send(t, "POST", url+"/webhooks/github", h.Clone(), strings.NewReader(ping))
	}
	if got := send(t, "POST", url+"/webhooks/notion", h.Clone(), strings.NewReader(`{"verification_token":"secret_ofThisTest0123456789"}`)); got.code != 200 {
		t.Errorf("the handshake: %d %s", got.code, got.body)
	}
	if got := send(t, "POST", url+"/webhooks/notion", h.Clone(), strings.NewReader(`{}`)); got.code != 429 {
		t.Errorf("what is none, after it: %d %s", got.code, got.body)
	}
}

// Who was wrong too often is told so, and costs nothing any more; whoever is
// right behind the same address is never refused.
func TestRateLimit(t *testing.T) {
	url := stopped(t)
	good := signed("ping", ping)
	missing, wrong := without(good, github.HeaderSignature), github.Headers([]byte("wrong"), "ping", "g", []byte(ping))
	const loud, quiet = "192.0.2.1", "192.0.2.2"
	for i := range 60 {
		h := []http.Header{missing, wrong, without(good, "Content-Type")}[i%3]
		if got := send(t, "POST", url, via(h, loud), strings.NewReader(ping)); got.code != 401 && got.code != 415 {
			t.Fatalf("%d: %d %s", i, got.code, got.body)
		}
		if got := send(t, "POST", url, via(good, loud), strings.NewReader(ping)); got.code != 200 {
			t.Fatalf("right: %d %s", got.code, got.body)
		}
	}
	unasked := func(h http.Header) http.Header { return set(via(h, loud), "Expect", "100-continue") }
	for _, tc := range []struct {
		name   string
		header http.Header
		body   io.Reader
		code   int
		reason string
	}{
		{"right", via(good, loud), strings.NewReader(ping), 200, ""},
		{"wrong", via(wrong, loud), strings.NewReader(ping), 429, "rate_limited"},
		{"nothing, and the body is not read", unasked(missing), unread{t}, 429, "rate_limited"},
		{"malformed, and the body is not read", unasked(set(good, github.HeaderSignature, "sha1=0")), unread{t}, 429, "rate_limited"},
		{"too many before content type", via(without(missing, "Content-Type"), loud), strings.NewReader(ping), 429, "rate_limited"},
		{"content type of what may be right", via(without(good, "Content-Type"), loud), strings.NewReader(ping), 415, "content_type"},
		{"right, and no event", via(set(good, github.HeaderEvent, ""), loud), strings.NewReader(ping), 400, "event_missing"},
		{"another address", via(missing, quiet), strings.NewReader(ping), 401, "signature_missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := send(t, "POST", url, tc.header, tc.body)
			if got.code != tc.code || tc.reason != "" && got.reason() != tc.reason {
				t.Errorf("%d %s, want %d %s", got.code, got.body, tc.code, tc.reason)
			}
			if retry := got.header.Get("Retry-After"); (tc.code == 429) != (retry != "") {
				t.Errorf("Retry-After %q", retry)
			}
		})
	}
}

// All addresses of a /64 are one stranger's.
func TestRateLimitOfIPv6(t *testing.T) {
	url := stopped(t)
	missing := without(signed("ping", ping), github.HeaderSignature)
	for i := range 60 {
		if got := send(t, "POST", url, via(missing, fmt.Sprintf("2001:db8::%x", i+1)), strings.NewReader(ping)); got.code != 401 {
			t.Fatalf("%d: %d", i, got.code)
		}
	}
	for client, want := range map[string]int{"2001:db8::ffff:1": 429, "2001:db8:0:1::1": 401} {
		if got := send(t, "POST", url, via(missing, client), strings.NewReader(ping)); got.code != want {
			t.Errorf("%s: %d, want %d", client, got.code, want)
		}
	}
}
