package tools

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// What the catalog says of a tool's requests reaches who keeps the pace.
func TestCallsKnowTheirRequests(t *testing.T) {
	s, err := New(t.Context(), Config{
		DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "ledger.db"), SealKey: scheduleKey, MaxInFlight: 1,
		ServiceToken: config.Setting{Value: "test-service-token-0123456789"}, Policy: []byte(storyPolicy),
	}, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if got := s.calls.Requests; got["notion.update_status"] != 3 || got["notion.read_page"] != 1 {
		t.Errorf("requests %v", got)
	}
}
