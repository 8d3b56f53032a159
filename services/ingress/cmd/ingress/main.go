// Command ingress is Switchyard's front door as a service of its own.
package main

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/switchyard-dev/switchyard/internal/program"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

// memoryLimit is soft. The bodies that ingress holds are bounded; the garbage
// that refused ones become is not, where the collector waits until it is four
// times as much as what is held.
const memoryLimit = 320 << 20

func main() {
	if _, ok := os.LookupEnv("GOMEMLIMIT"); !ok {
		debug.SetMemoryLimit(memoryLimit)
	}

	var cfg ingress.Config
	program.Main("ingress", `Takes webhooks from GitHub, Jira and Notion, verifies them, and answers with the actions taken. It needs the agent, a secret of a source, and tools' seal key:

  export SEAL_KEY_FILE=/run/secrets/seal
  export GITHUB_WEBHOOK_SECRET_FILE=/run/secrets/github
  ingress --agent-url=http://127.0.0.1:8001`, &cfg,
		func(ctx context.Context, log *slog.Logger) error {
			srv, err := ingress.New(cfg, ingress.Options{Log: log, Now: time.Now, Version: program.Version()})
			if err != nil {
				return err
			}
			ln, err := service.ListenOpen("WEBHOOK_SERVER_PORT", strconv.Itoa(cfg.Port), cfg.Addr())
			if err != nil {
				return err
			}
			log.Info("listening", "address", ln.Addr().String(), "agent", cfg.AgentURL)
			return srv.Run(ctx, ln)
		})
}
