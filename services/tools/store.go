package tools

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
)

// startTime is how long New waits for a database that is not there: tools starts
// all the same, and says so.
const startTime = 3 * time.Second

// store is a ledger that answers questions itself.
type store interface {
	ledger.Ledger
	ledger.Outbox
	fact.Facts
	graph.Graph
	// Commits returns how many operations were committed, and in how many commits.
	Commits() (operations, commits uint64)
}

func openStore(ctx context.Context, cfg Config, log *slog.Logger, now func() time.Time) (store, error) {
	if cfg.Postgres() {
		return openPostgres(ctx, cfg, log)
	}
	path, err := cfg.LedgerFile()
	if err != nil {
		return nil, err
	}
	s, err := sqlite.Open(ctx, path, sqlite.Options{Now: now, Log: log, GroupLimit: cfg.LedgerGroup})
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL=sqlite:%s: %w", path, err)
	}
	return s, nil
}

// openPostgres fails for what waiting doesn't mend. A database that is away is
// waited for: until it comes, whoever asks is told at once.
func openPostgres(ctx context.Context, cfg Config, log *slog.Logger) (store, error) {
	s, err := postgres.New(cfg.DatabaseURL, postgres.Options{Now: cfg.LedgerClock, Log: log, GroupLimit: cfg.LedgerGroup, Check: !cfg.DatabaseMigrate})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	switch err := s.Start(ctx); {
	case errors.Is(err, postgres.ErrRefused):
		return nil, errors.Join(err, s.Close())
	case err != nil:
		log.Warn("the ledger is away: until it comes, events are answered 503", "error", err)
	}
	return s, nil
}

// Migrate brings the ledger's schema up to date, and makes it in an empty
// database. Several processes may do so at once.
func Migrate(ctx context.Context, cfg Config, log *slog.Logger) error {
	if !cfg.Postgres() {
		s, err := openStore(ctx, cfg, log, func() time.Time { return time.Time{} }) // Nothing is dated.
		if err != nil {
			return err
		}
		return s.Close()
	}
	s, err := postgres.New(cfg.DatabaseURL, postgres.Options{Log: log})
	if err != nil {
		return err
	}
	return errors.Join(s.Start(ctx), s.Close())
}

// CheckLedger tells what a PostgreSQL ledger is, or why it can't be used. It changes
// nothing.
func CheckLedger(ctx context.Context, cfg Config) (string, error) {
	s, err := postgres.New(cfg.DatabaseURL, postgres.Options{})
	if err != nil {
		return "", err
	}
	about, err := s.Inspect(ctx)
	return about, errors.Join(err, s.Close())
}
