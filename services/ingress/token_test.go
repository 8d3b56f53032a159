package ingress_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	settings "github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

const (
	issue     = `{"webhookEvent":"jira:issue_created","timestamp":1772271003123,"issue":{"id":"1","key":"ACME-7","fields":{}}}`
	forwarded = `{"type":"page_updated","page_id":"153104cd477e809d8dc4ff2d96ae3090"}`
	hookToken = "a token of ours for hooks"
)

func unsigned(authorization string) http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	if authorization != "" {
		h.Set("Authorization", authorization)
	}
	return h
}

// tokens is a server whose Jira has a secret and two tokens, whose Notion has a
// token only, and whose GitHub has a secret only. It logs everything.
func tokens(t *testing.T, a *agent) (url string, log *bytes.Buffer) {
	t.Helper()
	cfg := config(a.url)
	cfg.JiraToken, cfg.NotionToken = is("the token before,"+hookToken), is(hookToken)
	log = &bytes.Buffer{}
	srv, err := ingress.New(cfg, ingress.Options{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(srv.Handler())
	t.Cleanup(server.Close)
	return server.URL, log
}

func TestTokenRows(t *testing.T) {
	a := startAgent(t)
	url, log := tokens(t, a)
	escaped := strings.ReplaceAll(hookToken, " ", "%20")
	jiraSigned := jira.Headers([]byte("Jira's secret"), "", []byte(issue))
	for _, tc := range []struct {
		name, path string
		header     http.Header
		body       string
		code       int
		want       string // the reason, or how the event is sealed
	}{
		{"Jira", "/webhooks/jira?token=" + escaped, unsigned(""), issue, 200, "token"},
		{"Jira, the token before", "/webhooks/jira?token=the+token+before", unsigned(""), issue, 200, "token"},
		{"Jira, wrong token", "/webhooks/jira?token=x", unsigned(""), issue, 401, "signature_mismatch"},
		{"Jira, both tokens at once", "/webhooks/jira?token=the+token+before," + escaped, unsigned(""), issue, 401, "signature_mismatch"},
		{"Jira, no token", "/webhooks/jira", unsigned(""), issue, 401, "signature_missing"},
		{"Jira, empty token", "/webhooks/jira?token=", unsigned(""), issue, 401, "signature_missing"},
		{"Jira, token in a header", "/webhooks/jira", unsigned("Bearer " + hookToken), issue, 401, "signature_missing"},
		{"Jira, signed", "/webhooks/jira", jiraSigned, issue, 200, "signature"},
		{"Jira, signed and a wrong token", "/webhooks/jira?token=x", jiraSigned, issue, 200, "signature"},
		{"Jira, wrong signature and a right token", "/webhooks/jira?token=" + escaped, jiraSigned, issue + " ", 401, "signature_mismatch"},
		{"Jira, malformed signature and a right token", "/webhooks/jira?token=" + escaped, set(jiraSigned, jira.HeaderSignature, "sha1=0"), issue, 401, "signature_malformed"},
		{"Jira, empty signature and a right token", "/webhooks/jira?token=" + escaped, set(jiraSigned, jira.HeaderSignature, ""), issue, 401, "signature_missing"},
		{"Jira, the secret as a token", "/webhooks/jira?token=Jira's+secret", unsigned(""), issue, 401, "signature_mismatch"},
		{"Jira, a token before JSON", "/webhooks/jira?token=x", unsigned(""), "{", 401, "signature_mismatch"},
		{"Jira, JSON", "/webhooks/jira?token=" + escaped, unsigned(""), "{", 400, "invalid_payload"},
		{"Notion", "/webhooks/notion", unsigned("Bearer " + hookToken), forwarded, 200, "token"},
		{"Notion, scheme in small letters", "/webhooks/notion", unsigned("bearer " + hookToken), forwarded, 200, "token"},
		{"Notion, wrong token", "/webhooks/notion", unsigned("Bearer x"), forwarded, 401, "signature_mismatch"},
		{"Notion, another scheme", "/webhooks/notion", unsigned("Basic " + hookToken), forwarded, 401, "signature_missing"},
		{"Notion, no token", "/webhooks/notion", unsigned(""), forwarded, 401, "signature_missing"},
		{"Notion, token in the URL", "/webhooks/notion?token=" + escaped, unsigned(""), forwarded, 401, "signature_missing"},
		{"Notion, signed with the token", "/webhooks/notion", notion.Headers([]byte(hookToken), []byte(forwarded)), forwarded, 401, "signature_mismatch"},
		{"Notion, content type before token", "/webhooks/notion", http.Header{"Authorization": {"Bearer x"}}, forwarded, 415, "content_type"},
		{"GitHub has no token", "/webhooks/github?token=" + escaped, unsigned("Bearer " + hookToken), ping, 401, "signature_missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(a.deliveries())
			got := send(t, "POST", url+tc.path, tc.header, strings.NewReader(tc.body))
			if got.code != tc.code {
				t.Fatalf("%d %s, want %d %s", got.code, got.body, tc.code, tc.want)
			}
			if tc.code != 200 {
				if got.reason() != tc.want {
					t.Errorf("%s, want %s", got.reason(), tc.want)
				}
				return
			}
			d := a.deliveries()[before]
			if d.authn != tc.want || strings.HasPrefix(d.event.GetDedupKey(), "token:") != (tc.want == "token") {
				t.Errorf("sealed as %s, key %s", d.authn, d.event.GetDedupKey())
			}
		})
	}
	if n := strings.Count(log.String(), "webhook refused"); n < 16 {
		t.Errorf("%d refusals are logged", n)
	}
	if !strings.Contains(log.String(), "setting=JIRA_WEBHOOK_SECRET number=1 characters=13") {
		t.Error("nobody was warned of a short secret")
	}
	for _, hidden := range []string{hookToken, escaped, "the token before", "the+token", "token=", "Jira's secret"} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("the log shows %q", hidden)
		}
	}
}

// A token alone is enough to start.
func TestTokenIsACredential(t *testing.T) {
	cfg := config("http://127.0.0.1:1")
	cfg.GitHubSecret, cfg.JiraSecret, cfg.JiraToken = settings.Setting{}, settings.Setting{}, is(hookToken)
	url := start(t, cfg)
	for path, want := range map[string]string{"/webhooks/jira": "signature_missing", "/webhooks/github": "source_not_configured"} {
		if got := send(t, "POST", url+path, unsigned(""), strings.NewReader(issue)); got.reason() != want {
			t.Errorf("%s: %s", path, got.reason())
		}
	}
}
