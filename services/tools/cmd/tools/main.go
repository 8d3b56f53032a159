// Command tools runs the tools service.
package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/switchyard-dev/switchyard/internal/program"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/tools"
)

func main() {
	var cfg tools.Config
	program.Main("tools", `Keeps the ledger of runs and the memory, and makes the effects that policy allows. It needs ingress's seal key, and an executor to make effects:

  export SEAL_KEY_FILE=/run/secrets/seal POLICY_FILE=policy.yaml
  export EXECUTOR_ENDPOINT=http://127.0.0.1:8003
  tools --database-url=sqlite:/var/lib/switchyard.db`, &cfg,
		func(ctx context.Context, log *slog.Logger) error {
			svc, err := tools.New(ctx, cfg, log, time.Now)
			if err != nil {
				return err
			}
			ln, err := service.Listen("TOOLS_LISTEN", cfg.Listen, cfg.Tokens())
			if err != nil {
				return err
			}
			log.Info("listening", "address", ln.Addr().String())
			return svc.Run(ctx, ln)
		},
		program.Task{
			Name: "migrate", Help: "brings the ledger's schema up to date",
			Run: func(ctx context.Context, log *slog.Logger) error { return tools.Migrate(ctx, cfg, log) },
		})
}
