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
	"github.com/switchyard-dev/switchyard/services/executor/internal/lambda/secret"
)

func main() {
	var cfg executor.Config
	program.Main("executor", `Performs actions at GitHub, Jira, Notion and Slack, as an AWS Lambda function or as a local server:

  executor --listen=127.0.0.1:8003`, &cfg,
		func(ctx context.Context, log *slog.Logger) error {
			if cfg.RuntimeAPI != "" {
				return function(ctx, cfg, log)
			}
			svc, err := executor.New(cfg, log, time.Now)
			if err != nil {
				return err
			}
			ln, err := service.Listen("EXECUTOR_LISTEN", cfg.Listen, cfg.Tokens())
			if err != nil {
				return err
			}
			log.Info("listening", "address", ln.Addr().String())
			return svc.Run(ctx, ln)
		})
}

// function runs as an AWS Lambda function, which may keep its secrets in Secrets Manager.
func function(ctx context.Context, cfg executor.Config, log *slog.Logger) error {
	store, err := secret.Open(ctx)
	if err != nil {
		return err
	}
	svc, err := executor.New(cfg, log, time.Now, executor.Secrets(store.Read))
	if err != nil {
		return err
	}
	lambda.Serve(ctx, svc)
	return nil
}
