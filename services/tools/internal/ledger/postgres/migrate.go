package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// schemaVersion is the last file's in schema/: each brings a ledger from the
	// version before to its own.
	schemaVersion = 6
	// schemaTable has the versions that a database was brought to.
	schemaTable = "ledger_schema"

	oldestServer = 150000

	// A migration rewrites tables at worst; whoever waits for it leaves by themselves.
	migrationTime = 10 * time.Minute
	startTime     = 5 * time.Second
)

//go:embed schema/*.sql
var schema embed.FS

// start looks at the database before anything is asked of it, and brings its
// schema up to date unless that is only to be checked.
func (s *Store) start(ctx context.Context, check bool) error {
	ctx, cancel := context.WithTimeout(ctx, migrationTime)
	defer cancel()
	version, err := s.inspect(ctx)
	if err != nil {
		return s.translate(err)
	}
	if version < schemaVersion {
		if check {
			return s.refused("has schema version %d and this program needs version %d: run `tools migrate`, or let tools do it with DATABASE_MIGRATE=true", version, schemaVersion)
		}
		if err := s.migrate(ctx); err != nil {
			return s.translate(err)
		}
	}
	return s.translate(s.settleEra(ctx))
}

func (s *Store) refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w: postgres: %s/%s "+format, append([]any{ledger.ErrUnavailable, ErrRefused, s.place.Host, s.pool.Config().ConnConfig.Database}, args...)...)
}

// inspect returns the schema's version, 0 for an empty database.
func (s *Store) inspect(ctx context.Context) (version int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	var server int
	var release string
	var known, foreign bool
	row := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
		to_regclass($1) IS NOT NULL, coalesce(to_regclass('event'), to_regclass('run'), to_regclass('call'), to_regclass('entity'), to_regclass('link')) IS NOT NULL`, schemaTable)
	if err := row.Scan(&server, &release, &known, &foreign); err != nil {
		return 0, err
	}
	switch {
	case server < oldestServer:
		return 0, s.refused("is PostgreSQL %s: the ledger needs 15 or newer", release)
	case !known && foreign:
		return 0, s.refused("is no ledger: it is another program's database")
	case !known:
		return 0, nil
	}
	err = conn.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM `+schemaTable+` WHERE is_applied`).Scan(&version)
	if err == nil && version > schemaVersion {
		err = s.refused("has schema version %d and this program knows versions up to %d: a newer program wrote it, start that one", version, schemaVersion)
	}
	return version, err
}

// migrate brings the schema up to date. Each version is a transaction, so that
// one that was stopped half-way runs again. Of several processes one does it.
func (s *Store) migrate(ctx context.Context) error {
	cfg := s.pool.Config().ConnConfig.Copy()
	holder, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = holder.Close(context.WithoutCancel(ctx)) }()
	// Held by an open transaction, not by a session: behind PgBouncer there is none.
	lock, err := holder.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Rollback(context.WithoutCancel(ctx)) }()
	for _, statement := range []string{`SET LOCAL idle_in_transaction_session_timeout = 0`, `SET LOCAL statement_timeout = 0`, `SET LOCAL lock_timeout = 0`} {
		if _, err := lock.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := lock.Exec(ctx, lockOne, lockSpace, lockSchema); err != nil {
		return err
	}
	// Who waited finds it done.
	if version, err := s.inspect(ctx); err != nil || version == schemaVersion {
		return err
	}
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }()
	return up(ctx, db, s.log)
}

func up(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	files, err := fs.Sub(schema, "schema")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			err = partial.Err
		}
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	for _, r := range results {
		log.Info("the ledger's schema was brought up to date", "version", r.Source.Version, "took", r.Duration.String())
	}
	return nil
}

const (
	era = `SELECT era, (SELECT system_identifier::text FROM pg_control_system()) FROM ledger`

	// In another cluster transactions are numbered from anew. What was written before
	// comes before all that is written here, in the order of seq; a sink begins
	// again at the first entry that it had not confirmed.
	moveSinks = `UPDATE sink SET at_xid = '0', through_xid = '0', through_seq = 0, rebuild_xid = '0',
		at_seq = least(at_seq, coalesce((SELECT min(seq) - 1 FROM entry WHERE (entry.xid, entry.seq) > (sink.at_xid, sink.at_seq)), at_seq)),
		rebuild_seq = CASE WHEN rebuild = 0 THEN 0 ELSE coalesce((SELECT max(seq) FROM entry), 0) END`
	moveEntries = `UPDATE entry SET xid = '0' WHERE xid <> '0'`
)

// settleEra notices a ledger that was dumped and restored in another cluster.
func (s *Store) settleEra(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, statement := range []string{`SET LOCAL statement_timeout = 0`, `SET LOCAL idle_in_transaction_session_timeout = 0`} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		var was, is string
		if err := tx.QueryRow(ctx, era).Scan(&was, &is); err != nil || was == is {
			return err
		}
		if err := tx.QueryRow(ctx, era+` FOR UPDATE OF ledger`).Scan(&was, &is); err != nil || was == is {
			return err
		}
		s.log.Warn("the ledger lies in another PostgreSQL cluster than before: its outbox is numbered anew", "before", was, "now", is)
		for _, statement := range []string{moveSinks, moveEntries} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE ledger SET era = $1`, is)
		return err
	})
}

// era sends, and fails where the ledger lies in another cluster than it did when
// the store looked at it: the next operation looks again.
func (t *transaction) era() error {
	var was, is string
	t.query(func(rows pgx.Rows) error { return rows.Scan(&was, &is) }, era)
	if err := t.send(); err != nil || was == is {
		return err
	}
	t.store.gate.shut()
	return fmt.Errorf("%w: the ledger was moved to another PostgreSQL cluster, and its outbox is not numbered anew yet", ledger.ErrUnavailable)
}

// Inspect tells what lies in the database, for people, and changes nothing.
func (s *Store) Inspect(ctx context.Context) (string, error) {
	version, err := s.inspect(ctx)
	switch {
	case err != nil:
		return "", s.translate(err)
	case version == 0:
		return s.place.Host + " has no ledger yet: tools makes it", nil
	case version < schemaVersion:
		return fmt.Sprintf("%s has schema version %d: tools brings it to %d", s.place.Host, version, schemaVersion), nil
	}
	return fmt.Sprintf("%s has a ledger of schema version %d", s.place.Host, version), nil
}
