package testkit

import (
	"log/slog"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/scope"
)

// Guard lets in whoever shows the token, which stands for every role.
func Guard(t testing.TB, token string) *scope.Guard {
	t.Helper()
	guard, err := scope.NewGuard(scope.Tokens{scope.Service: config.Setting{Value: token}}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return guard
}
