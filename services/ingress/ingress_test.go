package ingress_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	settings "github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

const (
	secret    = "GitHub's secret"
	oldSecret = "GitHub's secret before"
	ping      = `{"hook_id":31,"hook":{"id":31,"events":["push"]},"repository":{"id":500,"full_name":"acme/api","private":true}}`
	maxBody   = 26_214_400
)

func config(agentURL string) ingress.Config {
	return ingress.Config{
		Host: "127.0.0.1", Port: 0, AgentURL: agentURL, ServiceToken: settings.Setting{Value: token}, SealKey: key,
		GitHubSecret: is(secret + "," + oldSecret), JiraSecret: is("Jira's secret"),
		Deadline: 5 * time.Second, MaxInFlight: 8,
	}
}

// is a setting that was given itself, not in a file.
func is(value string) settings.Setting { return settings.Setting{Value: value} }

func start(t testing.TB, cfg ingress.Config) string {
	t.Helper()
	srv, err := ingress.New(cfg, ingress.Options{Log: slog.New(slog.DiscardHandler), Now: time.Now, Version: "v0.0.0-test"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(srv.Handler())
	t.Cleanup(server.Close)
	return server.URL
}

// serve runs ingress as its program does, until stop is called, which returns
// once the last deliveries were reported, or the test ends.
func serve(t testing.TB, cfg ingress.Config) (addr string, stop func()) {
	t.Helper()
	return serveLogged(t, cfg, slog.DiscardHandler)
}

func serveLogged(t testing.TB, cfg ingress.Config, log slog.Handler) (addr string, stop func()) {
	t.Helper()
	srv, err := ingress.New(cfg, ingress.Options{Log: slog.New(log), Now: time.Now, Version: "v0.0.0-test"})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx, ln) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return ln.Addr().String(), stop
}

type response struct {
	code   int
	header http.Header
	body   string
	closed bool // the server keeps the connection no longer
}

func (r response) reason() string {
	var v struct{ Status, Reason, Detail string }
	if json.Unmarshal([]byte(r.body), &v) != nil || v.Status != "rejected" || v.Detail == "" {
		return "not a refusal: " + r.body
	}
	return v.Reason
}

func send(t testing.TB, method, url string, header http.Header, body io.Reader) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{resp.StatusCode, resp.Header, string(b), resp.Close}
}

func signed(event, body string) http.Header {
	return github.Headers([]byte(secret), event, "guid-1", []byte(body))
}

func set(h http.Header, name, value string) http.Header {
	h = h.Clone()
	h.Set(name, value)
	return h
}

func without(h http.Header, name string) http.Header {
	h = h.Clone()
	h.Del(name)
	return h
}

// Each row of the table, and the order of the checks: a request that fails
// several is refused for the first.
func TestRefusals(t *testing.T) {
	url := start(t, config(startAgent(t).url))
	good := signed("ping", ping)
	garbage := http.Header{"Content-Type": {"text/plain"}}
	broken := `{"hook_id":`
	for _, tc := range []struct {
		name, method, path string
		header             http.Header
		body               string
		code               int
		reason             string
	}{
		{"unknown path", "POST", "/hooks", good, ping, 404, "not_found"},
		{"unknown source before all else", "PUT", "/webhooks/gitlab", garbage, "x", 404, "not_found"},
		{"below a source", "POST", "/webhooks/github/x/y", good, ping, 404, "not_found"},
		{"a path that is not clean", "POST", "//webhooks/github", good, ping, 404, "not_found"},
		{"a path with dots", "POST", "/webhooks/./github", good, ping, 404, "not_found"},
		{"a slash behind a source", "POST", "/webhooks/github/", good, ping, 404, "not_found"},
		{"unknown instance before content type", "POST", "/webhooks/github/x", garbage, ping, 403, "instance_not_configured"},
		{"unknown instance of no source", "POST", "/webhooks/gitlab/x", garbage, ping, 404, "not_found"},
		{"method before instance", "GET", "/webhooks/jira/x", nil, "", 405, "method_not_allowed"},
		{"method before source", "GET", "/webhooks/notion", nil, "", 405, "method_not_allowed"},
		{"method of the index", "POST", "/", nil, "", 405, "method_not_allowed"},
		{"method of a run", "DELETE", "/runs/" + runID, nil, "", 405, "method_not_allowed"},
		{"source without a secret before content type", "POST", "/webhooks/notion", garbage, "x", 503, "source_not_configured"},
		{"content type before signature", "POST", "/webhooks/github", garbage, "x", 415, "content_type"},
		{"no content type", "POST", "/webhooks/github", without(good, "Content-Type"), ping, 415, "content_type"},
		{"form for Jira", "POST", "/webhooks/jira", set(good, "Content-Type", "application/x-www-form-urlencoded"), ping, 415, "content_type"},
		{"no signature before JSON", "POST", "/webhooks/github", without(good, github.HeaderSignature), broken, 401, "signature_missing"},
		{"malformed signature", "POST", "/webhooks/github", set(good, github.HeaderSignature, "sha1=00"), broken, 401, "signature_malformed"},
		{"two signatures", "POST", "/webhooks/github", http.Header{"Content-Type": good["Content-Type"], "X-Hub-Signature-256": {good.Get(github.HeaderSignature), "sha256=00"}}, ping, 401, "signature_malformed"},
		{"wrong signature", "POST", "/webhooks/github", good, broken, 401, "signature_mismatch"},
		{"another source's secret", "POST", "/webhooks/jira", jira.Headers([]byte(secret), "", []byte(ping)), ping, 401, "signature_mismatch"},
		{"a token where none is asked for", "POST", "/webhooks/jira?token=x", http.Header{"Content-Type": {"application/json"}}, ping, 401, "signature_missing"},
		{"broken JSON before event", "POST", "/webhooks/github", without(signed("", broken), github.HeaderEvent), broken, 400, "invalid_payload"},
		{"no object", "POST", "/webhooks/github", signed("ping", "[1]"), "[1]", 400, "invalid_payload"},
		{"no event", "POST", "/webhooks/github", without(good, github.HeaderEvent), ping, 400, "event_missing"},
		{"another event", "POST", "/webhooks/github", signed("push", ping), ping, 400, "event_mismatch"},
		{"no such run", "GET", "/runs/6b0c6f5e-0d0f-4f3e-9d43-000000000000", nil, "", 404, "not_found"},
		{"no run id", "GET", "/runs/1", nil, "", 404, "not_found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := send(t, tc.method, url+tc.path, tc.header, strings.NewReader(tc.body))
			if got.code != tc.code || got.reason() != tc.reason {
				t.Errorf("%d %s, want %d %s", got.code, got.reason(), tc.code, tc.reason)
			}
			if (tc.method == "GET" && strings.HasPrefix(tc.path, "/runs/")) != strings.Contains(got.body, "no run has this id") {
				t.Errorf("it says %s", got.body)
			}
			if allow := got.header.Get("Allow"); (tc.code == 405) != (allow != "") {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	a := startAgent(t)
	cfg := config(a.url)
	cfg.NotionSecret = is("Notion's token")
	url := start(t, cfg)
	form := "payload=" + strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22").Replace(ping)
	issue := `{"webhookEvent":"jira:issue_created","timestamp":1772271003123,"issue":{"id":"1","key":"ACME-7","fields":{}}}`
	page := `{"id":"x","type":"page.properties_updated","timestamp":"2026-02-28T09:30:03Z","entity":{"id":"153104cd477e809d8dc4ff2d96ae3090","type":"page"}}`
	for _, tc := range []struct {
		name, path string
		header     http.Header
		body       string
		kind       string
	}{
		{"GitHub", "github", signed("ping", ping), ping, "ping"},
		{"GitHub by the secret before", "github", github.Headers([]byte(oldSecret), "ping", "g", []byte(ping)), ping, "ping"},
		{"GitHub as a form", "github", set(signed("ping", form), "Content-Type", "application/x-www-form-urlencoded"), form, "ping"},
		{"Jira", "jira", jira.Headers([]byte("Jira's secret"), "id", []byte(issue)), issue, "issue.created"},
		{"Notion", "notion", notion.Headers([]byte("Notion's token"), []byte(page)), page, "page.updated"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(a.deliveries())
			got := send(t, "POST", url+"/webhooks/"+tc.path, tc.header, strings.NewReader(tc.body))
			if got.code != 200 {
				t.Fatalf("%d %s", got.code, got.body)
			}
			seen := a.deliveries()
			if len(seen) != before+1 {
				t.Fatalf("%d deliveries, want one more than %d", len(seen), before)
			}
			d := seen[before]
			if d.event.GetKind() != tc.kind || d.event.GetSource() != tc.path || string(d.body) != tc.body {
				t.Errorf("kind %s of %s, body %q", d.event.GetKind(), d.event.GetSource(), d.body)
			}
		})
	}
}

// The same bytes under any delivery id are the same event; another byte is another.
func TestIdentity(t *testing.T) {
	a := startAgent(t)
	url := start(t, config(a.url)) + "/webhooks/github"
	for _, h := range []http.Header{signed("ping", ping), set(signed("ping", ping), github.HeaderDelivery, "guid-2"), signed("ping", ping+" ")} {
		body := ping
		if h.Get(github.HeaderSignature) != signed("ping", ping).Get(github.HeaderSignature) {
			body += " "
		}
		if got := send(t, "POST", url, h, strings.NewReader(body)); got.code != 200 {
			t.Fatalf("%d %s", got.code, got.body)
		}
	}
	seen := a.deliveries()
	if seen[0].event.GetId() != seen[1].event.GetId() || seen[0].event.GetId() == seen[2].event.GetId() {
		t.Errorf("ids %s %s %s", seen[0].event.GetId(), seen[1].event.GetId(), seen[2].event.GetId())
	}
	if seen[0].delivery.GetDeliveryId() != "guid-1" || seen[1].delivery.GetDeliveryId() != "guid-2" {
		t.Errorf("deliveries %v %v", seen[0].delivery, seen[1].delivery)
	}
}

func TestAnswer(t *testing.T) {
	a := startAgent(t)
	url := start(t, config(a.url)) + "/webhooks/github"
	a.answer(&agentv1.Answer{
		RunId: runID, EventId: "e", Status: "success", Summary: "did <it>", Class: "ping", DecidedBy: "metadata",
		ActionsTaken: []*agentv1.Action{{Tool: "records.upsert", Store: "sqlite", State: "done"}},
		Replayed:     true, Url: "/runs/" + runID,
	})
	got := send(t, "POST", url, signed("ping", ping), strings.NewReader(ping))
	golden, err := os.ReadFile("testdata/answer.json")
	if err != nil {
		t.Fatal(err)
	}
	if got.body != string(golden) {
		t.Errorf("the answer's bytes changed:\n%s", got.body)
	}

	processing := &agentv1.Answer{RunId: runID, Status: "processing", Url: "/runs/" + runID}
	a.answer(processing)
	got = send(t, "POST", url, signed("ping", ping), strings.NewReader(ping))
	if got.code != 202 || got.header.Get("Location") != "/runs/"+runID {
		t.Errorf("%d, Location %q", got.code, got.header.Get("Location"))
	}

	cfg := config(a.url)
	cfg.PublicURL = "https://hooks.example.com/"
	got = send(t, "POST", start(t, cfg)+"/webhooks/github", signed("ping", ping), strings.NewReader(ping))
	if !strings.Contains(got.body, `"url":"https://hooks.example.com/runs/`+runID+`"`) || got.header.Get("Location") != "https://hooks.example.com/runs/"+runID {
		t.Errorf("%s, Location %q", got.body, got.header.Get("Location"))
	}

	for _, status := range []string{"partial_success", "failed", "ignored"} {
		a.answer(&agentv1.Answer{Status: status})
		if got = send(t, "POST", url, signed("ping", ping), strings.NewReader(ping)); got.code != 200 {
			t.Errorf("%s: %d", status, got.code)
		}
	}
}

func TestRunView(t *testing.T) {
	url := start(t, config(startAgent(t).url))
	got := send(t, "GET", url+"/runs/"+runID, nil, nil)
	const want = `{"run_id":"` + runID + `","status":"partial_success","actions_taken":[{"tool":"records.upsert","state":"done","reason":""},{"tool":"jira.add_comment","state":"refused","reason":"target"}],"pending":0,"held":0,"refused":1,"skipped":0}` + "\n"
	if got.code != 200 || got.body != want {
		t.Errorf("%d %s", got.code, got.body)
	}
}

func TestIndexAndReady(t *testing.T) {
	url := start(t, config(startAgent(t).url))
	got := send(t, "GET", url+"/", nil, nil)
	for _, want := range []string{`"name":"switchyard"`, `"version":"v0.0.0-test"`, `"path":"/webhooks/github","status":"ready"`, `"path":"/webhooks/notion","status":"source_not_configured"`} {
		if got.code != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%d %s lacks %s", got.code, got.body, want)
		}
	}
	got = send(t, "GET", url+"/readyz", nil, nil)
	for _, want := range []string{`{"name":"agent","state":"ok"}`, `NOTION_WEBHOOK_SECRET`} {
		if got.code != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%d %s lacks %s", got.code, got.body, want)
		}
	}
	if strings.Contains(got.body, secret) {
		t.Error("a secret is shown")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  func(*ingress.Config)
		setting string
	}{
		{"no source", func(c *ingress.Config) { c.GitHubSecret, c.JiraSecret = is(""), is("") }, "GITHUB_WEBHOOK_SECRET"},
		{"commas only", func(c *ingress.Config) { c.GitHubSecret, c.JiraSecret = is(" , "), is("") }, "GITHUB_WEBHOOK_SECRET"},
		{"a guide's example", func(c *ingress.Config) { c.GitHubSecret = is(secret + ",your_random_secret_here") }, "GITHUB_WEBHOOK_SECRET"},
		{"a vendor's example", func(c *ingress.Config) { c.JiraToken = is("It's a Secret to Everybody") }, "JIRA_WEBHOOK_TOKEN"},
		{"no file of secrets", func(c *ingress.Config) { c.GitHubSecret = settings.Setting{File: "/none"} }, "GITHUB_WEBHOOK_SECRET_FILE=/none"},
		{"addresses", func(c *ingress.Config) { c.JiraAllowed = "10.0.0.0/99" }, `JIRA_ALLOWED_ADDRESSES: "10.0.0.0/99"`},
		{"proxies", func(c *ingress.Config) { c.TrustedProxies = "proxy" }, `TRUSTED_PROXIES: "proxy"`},
		{"handshake", func(c *ingress.Config) { c.NotionHandshakeUntil = is("soon") }, "NOTION_HANDSHAKE_UNTIL=soon"},
		{"an instance's example", func(c *ingress.Config) {
			c.Named = []ingress.Instance{{Source: "jira", Name: "eu-1", Secret: is("your_jira_secret_here")}}
		}, "JIRA_EU_1_WEBHOOK_SECRET"},
		{"an instance's addresses", func(c *ingress.Config) { c.Named = []ingress.Instance{{Source: "jira", Name: "eu", Allowed: is("x")}} }, "JIRA_EU_ALLOWED_ADDRESSES"},
		{"no seal key", func(c *ingress.Config) { c.SealKey = "" }, "SEAL_KEY"},
		{"short seal key", func(c *ingress.Config) { c.SealKey = "x" }, "ingress: SEAL_KEY: a key has fewer than 16 characters: set it to the same key as tools' (`switchyard secret` prints a good one)"},
		{"agent", func(c *ingress.Config) { c.AgentURL = "127.0.0.1:8001" }, "AGENT_URL"},
		{"public URL", func(c *ingress.Config) { c.PublicURL = "example.com" }, "PUBLIC_URL"},
		{"deadline", func(c *ingress.Config) { c.Deadline = 0 }, "WEBHOOK_DEADLINE"},
		{"certificate without a key", func(c *ingress.Config) { c.TLSCertFile = "/etc/tls/cert.pem" }, "WEBHOOK_TLS_KEY_FILE=:"},
		{"key without a certificate", func(c *ingress.Config) { c.TLSKeyFile = "/etc/tls/key.pem" }, "WEBHOOK_TLS_CERT_FILE= "},
		{"no certificate there", func(c *ingress.Config) { c.TLSCertFile, c.TLSKeyFile = "/nowhere/cert.pem", "/nowhere/key.pem" }, "WEBHOOK_TLS_CERT_FILE: open /nowhere/cert.pem"},
		{"in flight", func(c *ingress.Config) { c.MaxInFlight = 0 }, "WEBHOOK_MAX_IN_FLIGHT"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := config("http://127.0.0.1:1")
			tc.change(&cfg)
			_, err := ingress.New(cfg, ingress.Options{Log: slog.New(slog.DiscardHandler), Now: time.Now})
			if err == nil || !strings.Contains(err.Error(), tc.setting) {
				t.Errorf("error %v, want it to name %s", err, tc.setting)
			}
			if err != nil && (strings.Contains(err.Error(), "_here") || strings.Contains(err.Error(), "Everybody")) {
				t.Errorf("the error says a secret: %v", err)
			}
		})
	}
}
