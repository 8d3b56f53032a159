package tools_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools"
)

// The remedy stood in the error twice, in two wordings.
func TestNewSaysOnceWhatSealKeyMustBe(t *testing.T) {
	_, err := tools.New(t.Context(), tools.Config{SealKey: "x"}, slog.New(slog.DiscardHandler), time.Now)
	if want := "SEAL_KEY: a key has fewer than 16 characters: set it to the same key as ingress' (`switchyard secret` prints a good one)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
