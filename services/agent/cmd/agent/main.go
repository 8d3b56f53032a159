// Command agent runs the agent service.
package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/switchyard-dev/switchyard/internal/program"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent"
)

func main() {
	var cfg agent.Config
	program.Main("agent", `Classifies events, selects tools by the rules, has them executed, and responds. It needs tools:

  RULES_FILE=rules.yaml agent --tools-url=http://127.0.0.1:8002`, &cfg,
		func(ctx context.Context, log *slog.Logger) error {
			svc, err := agent.New(cfg, log, time.Now)
			if err != nil {
				return err
			}
			ln, err := service.Listen("AGENT_LISTEN", cfg.Listen, cfg.Tokens())
			if err != nil {
				return err
			}
			log.Info("listening", "address", ln.Addr().String(), "tools", cfg.ToolsURL)
			return svc.Run(ctx, ln)
		})
}
