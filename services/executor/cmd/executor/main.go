// Command executor performs actions at the providers: as an AWS Lambda function
// where AWS_LAMBDA_RUNTIME_API is set, as a local HTTP server elsewhere.
package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/switchyard-dev/switchyard/internal/program"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/executor"
	"github.com/switchyard-dev/switchyard/services/executor/internal/lambda"
)

func main() {
	var cfg executor.Config
	program.Main("executor", `Performs actions at GitHub and Jira, as an AWS Lambda function or as a local server:

  executor --listen=127.0.0.1:8003`, &cfg,
		func(ctx context.Context, log *slog.Logger) error {
			svc, err := executor.New(cfg, log, time.Now)
			if err != nil {
				return err
			}
			if cfg.RuntimeAPI != "" {
				lambda.Serve(svc)
				return nil
			}
			ln, err := service.Listen("EXECUTOR_LISTEN", cfg.Listen, cfg.Tokens())
			if err != nil {
				return err
			}
			log.Info("listening", "address", ln.Addr().String())
			return svc.Run(ctx, ln)
		})
}
