package ingress_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

const (
	verification = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
	shake        = `{"verification_token":"` + verification + `"}`
	page         = `{"id":"x","type":"page.properties_updated","timestamp":"2026-02-28T09:30:03Z","entity":{"id":"153104cd477e809d8dc4ff2d96ae3090","type":"page"}}`
)

// waiting is a server that waits for Notion's handshake, and nothing else.
func waiting(t *testing.T, env map[string]string) (url string, log *bytes.Buffer) {
	t.Helper()
	env["AGENT_URL"], env["SERVICE_TOKEN"], env["SEAL_KEY"] = startAgent(t).url, token, key
	cfg, err := parse(env)
	if err != nil {
		t.Fatal(err)
	}
	log = &bytes.Buffer{}
	srv, err := ingress.New(cfg, ingress.Options{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(srv.Handler())
	t.Cleanup(server.Close)
	return server.URL + "/webhooks/notion", log
}

func in(d time.Duration) string { return time.Now().Add(d).Format(time.RFC3339) }

// The whole handshake: before it, the token, another one, events by it.
func TestHandshake(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	url, log := waiting(t, map[string]string{"NOTION_WEBHOOK_SECRET_FILE": file, "NOTION_HANDSHAKE_UNTIL": in(time.Minute)})
	byToken := notion.Headers([]byte(verification), []byte(page))
	post := func(body string, code int, reason string) {
		t.Helper()
		got := send(t, "POST", url, unsigned(""), strings.NewReader(body))
		if got.code != code || reason != "" && got.reason() != reason || strings.Contains(got.body, verification) {
			t.Errorf("%d %s, want %d %s", got.code, got.body, code, reason)
		}
	}
	post(page, 401, "signature_missing")
	post(`{"verification_token":"secret_x"}`, 401, "signature_missing")
	post(strings.TrimSuffix(shake, "}")+`,"pad":"`+strings.Repeat("x", 4096)+`"}`, 401, "signature_missing")
	if got := send(t, "POST", url, byToken, strings.NewReader(page)); got.code != 401 {
		t.Errorf("by the token that nobody has yet: %d", got.code)
	}
	post(shake, 200, "")
	b, err := os.ReadFile(file)
	if err != nil || string(b) != verification+"\n" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	if got := send(t, "POST", url, byToken, strings.NewReader(page)); got.code != 200 {
		t.Errorf("by the token: %d %s", got.code, got.body)
	}
	post(shake, 401, "signature_missing")
	post(strings.Replace(shake, "secret_t", "secret_u", 1), 401, "signature_missing")
	if strings.Contains(log.String(), verification) {
		t.Error("the token was logged though it has a file")
	}
}

// Outside the window a handshake is a request without a signature.
func TestHandshakeIsNotWaitedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		env    map[string]string
		code   int
		reason string
	}{
		"no window":              {map[string]string{"NOTION_WEBHOOK_SECRET": "Notion's own secret"}, 401, "signature_missing"},
		"window over":            {map[string]string{"NOTION_WEBHOOK_SECRET": "Notion's own secret", "NOTION_HANDSHAKE_UNTIL": in(-time.Second)}, 401, "signature_missing"},
		"over a secret":          {map[string]string{"NOTION_WEBHOOK_SECRET": "Notion's own secret", "NOTION_HANDSHAKE_UNTIL": in(time.Minute)}, 401, "signature_missing"},
		"window over, no secret": {map[string]string{"NOTION_HANDSHAKE_UNTIL": in(-time.Second)}, 503, "source_not_configured"},
		"address":                {map[string]string{"NOTION_HANDSHAKE_UNTIL": in(time.Minute), "NOTION_ALLOWED_ADDRESSES": "192.0.2.1"}, 403, "address_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := waiting(t, tc.env)
			if got := send(t, "POST", url, unsigned(""), strings.NewReader(shake)); got.code != tc.code || got.reason() != tc.reason {
				t.Errorf("%d %s", got.code, got.body)
			}
		})
	}
}

func TestHandshakeWithoutAFile(t *testing.T) {
	url, log := waiting(t, map[string]string{"NOTION_HANDSHAKE_UNTIL": in(time.Minute)})
	for want := 200; want <= 401; want += 201 {
		if got := send(t, "POST", url, unsigned(""), strings.NewReader(shake)); got.code != want {
			t.Errorf("%d %s, want %d", got.code, got.body, want)
		}
	}
	if n := strings.Count(log.String(), verification); n != 1 {
		t.Errorf("the log shows the token %d times", n)
	}
	if got := send(t, "POST", url, notion.Headers([]byte(verification), []byte(page)), strings.NewReader(page)); got.code != 200 {
		t.Errorf("by the token: %d %s", got.code, got.body)
	}
}

// A fault of ours is no 4xx: Notion sends the token once.
func TestHandshakeNotWritten(t *testing.T) {
	url, _ := waiting(t, map[string]string{"NOTION_WEBHOOK_SECRET_FILE": filepath.Join(t.TempDir(), "none", "secret"), "NOTION_HANDSHAKE_UNTIL": in(time.Minute)})
	if got := send(t, "POST", url, unsigned(""), strings.NewReader(shake)); got.code != 503 || got.reason() != "unavailable" {
		t.Errorf("%d %s", got.code, got.body)
	}
}
