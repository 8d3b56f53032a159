package tools_test

import (
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/services/tools"
)

// tools starts while its database is away: it says which setting, host and class,
// and answers unavailable, at once, what would be written.
func TestToolsStartsWithoutItsDatabase(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // Nobody listens there now.
	svc, err := tools.New(t.Context(), tools.Config{
		SealKey: "a-key-of-at-least-16", DatabaseURL: "postgres://app:not-a-password@" + l.Addr().String() + "/app?sslmode=disable", MaxInFlight: 8,
	}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = svc.Close() })
	server := httptest.NewServer(svc.Handler())
	t.Cleanup(server.Close)

	resp, err := server.Client().Get(server.URL + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	var ready any
	err = json.NewDecoder(resp.Body).Decode(&ready)
	_ = resp.Body.Close()
	said, _ := json.Marshal(ready)
	if want := "DATABASE_URL: " + l.Addr().String() + ": refused: "; err != nil || resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(said), want) || strings.Contains(string(said), "not-a-password") {
		t.Errorf("/readyz: %d %s, %v; want 503 with %q", resp.StatusCode, said, err, want)
	}

	begun := time.Now()
	_, err = toolsv1connect.NewRunServiceClient(server.Client(), server.URL).OpenRun(t.Context(), &toolsv1.OpenRunRequest{
		Input: &toolsv1.OpenRunRequest_Unsealed{Unsealed: &eventv1.WebhookEvent{Source: "github", Kind: "ping", Type: "ping", Ref: "github:repo:acme/api", Visibility: "private"}},
	})
	if code := connect.CodeOf(err); code != connect.CodeUnavailable || time.Since(begun) > time.Second {
		t.Errorf("OpenRun: %v after %v, want unavailable at once", err, time.Since(begun))
	}
}
