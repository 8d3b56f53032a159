package ingress_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

func TestEachDeliveryIsReported(t *testing.T) {
	a := startAgent(t)
	addr, stop := serve(t, config(a.url))
	url := "http://" + addr
	garbage := http.Header{"Content-Type": {"text/plain"}}
	good := signed("ping", ping)
	issue := `{"webhookEvent":"jira:issue_created","timestamp":1772271003123,"issue":{"id":"1","key":"ACME-7","fields":{}}}`
	rows := []struct {
		name, method, path string
		header             http.Header
		body               string
		code               uint32
		reason, check      string
		says               string // in the failed check or a note
	}{
		{"unknown source", "POST", "/webhooks/git<hub", good, ping, 404, "not_found", "path", `"git<hub"`},
		{"method", "PUT", "/webhooks/github", good, ping, 405, "method_not_allowed", "method", `"PUT"`},
		{"source without a secret", "POST", "/webhooks/notion", good, ping, 503, "source_not_configured", "source", "NOTION_WEBHOOK_SECRET is not set"},
		{"content type", "POST", "/webhooks/github", garbage, ping, 415, "content_type", "content_type", "application/json"},
		{"too large", "POST", "/webhooks/github", good, strings.Repeat("x", maxBody+1), 413, "body_too_large", "body", "25 MiB"},
		{"no signature", "POST", "/webhooks/github", without(good, github.HeaderSignature), ping, 401, "signature_missing", "signature", "in the field Secret"},
		{"malformed signature", "POST", "/webhooks/github", set(good, github.HeaderSignature, "sha1=00"), ping, 401, "signature_malformed", "signature", "its method is sha1"},
		{"changed body", "POST", "/webhooks/github", good, ping + "\n", 401, "signature_mismatch", "signature", "a line end was added"},
		{"another source's secret", "POST", "/webhooks/jira", jira.Headers([]byte(oldSecret), "id", []byte(issue)), issue, 401, "signature_mismatch", "signature", "made with GITHUB_WEBHOOK_SECRET (number 2)"},
		{"broken JSON", "POST", "/webhooks/github", signed("ping", "{"), "{", 400, "invalid_payload", "json", "cut off"},
		{"no event", "POST", "/webhooks/github", without(good, github.HeaderEvent), ping, 400, "event_missing", "event", github.HeaderEvent},
		{"another event", "POST", "/webhooks/github", signed("push", ping), ping, 400, "event_mismatch", "event", "lacks the object"},
		{"accepted", "POST", "/webhooks/jira", jira.Headers([]byte("Jira's secret"), "id-1", []byte(issue)), issue, 200, "", "", "it was delayed"},
	}
	for _, tc := range rows {
		if got := send(t, tc.method, url+tc.path, tc.header, strings.NewReader(tc.body)); got.code != int(tc.code) {
			t.Fatalf("%s: %d %s", tc.name, got.code, got.body)
		}
	}
	a.fail(errors.New("a bug"))
	send(t, "POST", url+"/webhooks/github", good, strings.NewReader(ping))
	stop()
	if len(a.told) != len(rows)+1 {
		t.Fatalf("%d of %d deliveries were reported", len(a.told), len(rows)+1)
	}
	for i, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			d := a.told[i]
			failed, said := failedCheck(t, d)
			if d.GetCode() != tc.code || d.GetReason() != tc.reason || failed != tc.check || !strings.Contains(said, tc.says) {
				t.Errorf("code %d, reason %q, failed %q: %s", d.GetCode(), d.GetReason(), failed, said)
			}
			if _, err := uuid.Parse(d.GetId()); err != nil || d.GetAddress() != "127.0.0.1" || d.GetReceivedAt() == nil {
				t.Errorf("id %s, from %s at %v", d.GetId(), d.GetAddress(), d.GetReceivedAt())
			}
		})
	}
	if d := a.told[5]; d.GetType() != "ping" || d.GetDelivery().GetDeliveryId() != "guid-1" || d.GetAuthn() != "" {
		t.Errorf("what a refused request says of itself: %v", d)
	}
	if d := a.told[12]; d.GetStatus() != "success" || d.GetRunId() != runID || d.GetEventId() == "" || d.GetType() != "jira:issue_created" ||
		d.GetAuthn() != "signature" || d.GetDelivery().GetDeliveryId() != "id-1" || d.GetBodyBytes() != uint64(len(issue)) {
		t.Errorf("accepted: %v", d)
	}
	if failed, said := failedCheck(t, a.told[13]); failed != "agent" || !strings.Contains(said, a.url) {
		t.Errorf("a fault of the agent: %s: %s", failed, said)
	}
}

// A path under /webhooks/ that only looks like ours was answered 404 and told
// nobody: who looked for the delivery was sent to look at the network.
func TestAMisdirectedDeliveryIsReported(t *testing.T) {
	a := startAgent(t)
	cfg := config(a.url)
	cfg.Named = []ingress.Instance{{Source: "jira", Name: "eu", Host: "eu.example.com", Secret: is("Jira's other secret")}}
	addr, stop := serve(t, cfg)
	const elsewhere = "send webhooks to /webhooks/github, /webhooks/jira or /webhooks/notion"
	rows := []struct{ path, source, detail, remedy string }{
		{"/webhooks/github/", "github", `nothing is at "/webhooks/github/"`, "a slash (or dots) too much: /webhooks/github\n"},
		{"//webhooks/github", "github", `"//webhooks/github"`, "too much: /webhooks/github\n"},
		{"/webhooks//jira", "jira", `"/webhooks//jira"`, "too much: /webhooks/jira\n"},
		{"/webhooks/./notion", "notion", `"/webhooks/./notion"`, "too much: /webhooks/notion\n"},
		{"/webhooks/jira/eu/", "jira", `"/webhooks/jira/eu/"`, "too much: /webhooks/jira/eu\n"},
		{"/webhooks/github%2F", "github", `"github/"`, "too much: /webhooks/github\n"},
		{"/webhooks/jira/us/", "jira", `"/webhooks/jira/us/"`, elsewhere},
		{"/webhooks/github/x/y", "github", `"/webhooks/github/x/y"`, elsewhere},
		{"/webhooks/gitlab/", "", `"/webhooks/gitlab/"`, elsewhere},
		{"/webhooks/gitlab/x", "", `no source is called "gitlab"`, elsewhere},
		{"/webhooks/", "", `"/webhooks/"`, elsewhere},
	}
	// These name no webhook: whoever scans for others' paths fills no list.
	for _, path := range []string{"/github", "/hooks", "//", "/webhooks.php", "/x/../runs/" + runID} {
		if got := send(t, "POST", "http://"+addr+path, signed("ping", ping), strings.NewReader(ping)); got.code/100 != 4 {
			t.Fatalf("%s: %d %s", path, got.code, got.body)
		}
	}
	for _, tc := range rows {
		got := send(t, "POST", "http://"+addr+tc.path, signed("ping", ping), strings.NewReader(ping))
		if got.code != 404 || got.reason() != "not_found" {
			t.Fatalf("%s: %d %s", tc.path, got.code, got.body)
		}
	}
	stop()
	if len(a.told) != len(rows) {
		t.Fatalf("%d deliveries were reported, want %d: %v", len(a.told), len(rows), a.told)
	}
	for i, tc := range rows {
		d := a.told[i]
		failed, said := failedCheck(t, d)
		if d.GetCode() != 404 || d.GetReason() != "not_found" || d.GetSource() != tc.source || failed != "path" || !strings.Contains(said, tc.detail) || !strings.Contains(said, tc.remedy) {
			t.Errorf("%s: of %q, %d %s, failed %q: %s", tc.path, d.GetSource(), d.GetCode(), d.GetReason(), failed, said)
		}
	}
}

// failedCheck returns the name of the one check that failed and all that is
// said, in which there is no secret.
func failedCheck(t *testing.T, d *toolsv1.DeliveryRecord) (name, said string) {
	t.Helper()
	for _, c := range d.GetChecks() {
		said += c.GetDetail() + "; " + c.GetRemedy() + "\n"
		if c.GetOutcome() != "failed" {
			continue
		}
		if name != "" || c.GetRemedy() == "" {
			t.Errorf("a second failed check, or no remedy: %v", c)
		}
		name = c.GetName()
	}
	for _, s := range []string{secret, oldSecret, "Jira's secret", key, token} {
		if strings.Contains(d.String(), s) {
			t.Errorf("%s gives %q away", d, s)
		}
	}
	return name, said
}

// What is set, and still refuses: the remedy was one that had been taken already.
func TestTheRemedyIsNotTheOneThatWasTaken(t *testing.T) {
	a := startAgent(t)
	cfg := config(a.url)
	cfg.TrustedProxies, cfg.GitHubAllowed = "127.0.0.1", "192.0.2.0/24"
	cfg.NotionToken = is("a token of this test")
	cfg.Named = []ingress.Instance{{Source: "jira", Name: "eu", Host: "eu.example.com", Secret: is("Jira's other secret")}}
	addr, stop := serve(t, cfg)
	json := http.Header{"Content-Type": {"application/json"}}
	issue := `{"webhookEvent":"jira:issue_created","issue":{"id":"1","key":"ACME-7","self":"https://us.example.com/rest/api/2/issue/1","fields":{}}}`
	rows := []struct {
		name, path string
		header     http.Header
		body       string
		says       string
	}{
		{"a proxy that names nobody", "/webhooks/github", signed("ping", ping), ping, "the trusted proxy 127.0.0.1 sent no usable X-Forwarded-For"},
		{"an address that is not listed", "/webhooks/github", via(signed("ping", ping), "198.51.100.1"), ping, "198.51.100.1 is not among GITHUB_ALLOWED_ADDRESSES"},
		{"a forwarded page without a page", "/webhooks/notion", set(json, "Authorization", "Bearer a token of this test"), `{"type":"page_updated"}`, "needs page_id"},
		{"no token, where one would do", "/webhooks/notion", json, `{}`, "Authorization: Bearer"},
		{"another site's body", "/webhooks/jira/eu", jira.Headers([]byte("Jira's other secret"), "id", []byte(issue)), issue, "correct the host in WEBHOOK_INSTANCES"},
	}
	for _, tc := range rows {
		send(t, "POST", "http://"+addr+tc.path, tc.header, strings.NewReader(tc.body))
	}
	stop()
	if len(a.told) != len(rows) {
		t.Fatalf("%d of %d deliveries were reported", len(a.told), len(rows))
	}
	for i, tc := range rows {
		if _, said := failedCheck(t, a.told[i]); !strings.Contains(said, tc.says) {
			t.Errorf("%s: %s", tc.name, said)
		}
	}
}
