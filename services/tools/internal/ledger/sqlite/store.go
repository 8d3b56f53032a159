package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	driver "modernc.org/sqlite"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Word is what answers call this store.
const Word = "sqlite"

const (
	// schemaVersion is kept in the file's user_version. It is the last file in
	// schema/: each brings a ledger from the version before to its own.
	schemaVersion = 11
	// applicationID marks a file as ours: "Swyd".
	applicationID = 0x53777964

	defaultGroupLimit = 256
	readers           = 4
)

//go:embed schema/*.sql
var schema embed.FS

// Options of a Store. The zero value is good, but for Now.
type Options struct {
	// Now is the store's clock: leases and decisions are dated by it.
	Now func() time.Time
	// Log gets what no caller can be told; nil discards it.
	Log *slog.Logger
	// GroupLimit is the most operations in one commit; 0 means 256, 1 a commit each.
	GroupLimit int
}

// Store is a ledger in a file. It is safe for concurrent use, and other
// processes may use the file at the same time; only wake-ups stay inside one.
type Store struct {
	path   string
	now    func() time.Time
	writer *writer
	reader *reader
	wakers *ledger.Wakers

	// One connection: SQLite has one writer, and a second one beside it starves.
	writes    *sql.DB
	closing   sync.Once
	closedErr error
}

var (
	_ ledger.Ledger = (*Store)(nil)
	_ ledger.Outbox = (*Store)(nil)
	_ fact.Facts    = (*Store)(nil)
	_ graph.Graph   = (*Store)(nil)
)

// Open opens the ledger in the file at path and makes it, with its folder,
// where there is none. Files are readable by their owner only. A file that a
// newer program wrote, or that is no ledger, is refused and left as it is.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	if opts.Now == nil {
		return nil, errors.New("sqlite: Options.Now is not set")
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.GroupLimit <= 0 {
		opts.GroupLimit = defaultGroupLimit
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	// A commit waits for the file's data, not for its timestamps. Where the system
	// can't tell them apart a commit is slower and nothing else.
	if _, err := driver.Fdatasync(true); err != nil && !errors.Is(err, driver.ErrFdatasyncUnavailable) {
		return nil, fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
	}
	writes, err := openPool(path, 1, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)", "cache_size(-32768)", "wal_autocheckpoint(4000)"},
	})
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, now: opts.Now, writes: writes, wakers: ledger.NewWakers()}
	if err := s.start(ctx, path, opts); err != nil {
		return nil, errors.Join(err, writes.Close())
	}
	return s, nil
}

// create makes the folder and the empty file, so that neither is ever readable by others.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the ledger's folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the ledger's file: %w", err)
	}
	return f.Close()
}

func openPool(path string, connections int, params url.Values) (*sql.DB, error) {
	// What it would put into a temporary file, as statements in savepoints have it,
	// it keeps in memory: a container whose root can't be written has no place for one.
	params["_pragma"] = append([]string{"busy_timeout(5000)", "temp_store(MEMORY)"}, params["_pragma"]...)
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: params.Encode()}).String())
	if err != nil {
		return nil, unavailable(err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// start checks the schema, then lets operations in.
func (s *Store) start(ctx context.Context, path string, opts Options) error {
	if err := migrate(ctx, s.writes, path); err != nil {
		return err
	}
	reads, err := openPool(path, readers, url.Values{"_query_only": {"1"}})
	if err != nil {
		return err
	}
	if s.reader, err = newReader(ctx, reads); err != nil {
		return errors.Join(err, reads.Close())
	}
	if s.writer, err = newWriter(ctx, s.writes, opts, s.wakers); err != nil {
		return errors.Join(err, reads.Close())
	}
	return nil
}

// migrate makes the schema in an empty file, brings an older one up to date, and
// refuses every file it doesn't know.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = tx.Rollback() }() // After a commit it does nothing.
	var version, app, tables int
	row := tx.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&version, &app, &tables); err != nil {
		return unavailable(err)
	}
	switch {
	case tables == 0:
	case app != applicationID:
		return fmt.Errorf("sqlite: %s is no ledger: it is another program's database", path)
	case version > schemaVersion:
		return fmt.Errorf("sqlite: %s has schema version %d and this program knows versions up to %d: a newer program wrote it, start that one", path, version, schemaVersion)
	case version == schemaVersion:
		return nil
	}
	for v := version + 1; v <= schemaVersion; v++ {
		step, err := schema.ReadFile(fmt.Sprintf("schema/%d.sql", v))
		if err != nil {
			return fmt.Errorf("sqlite: schema: %w", err)
		}
		if _, err := tx.ExecContext(ctx, string(step)); err != nil {
			return unavailable(err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, schemaVersion)); err != nil {
		return unavailable(err)
	}
	return unavailable(tx.Commit())
}

// Store returns "sqlite".
func (s *Store) Store() string { return Word }

// Ping fails with ErrUnavailable when the file can't be written: it waits its
// turn as every operation does, and commits a write that changes nothing.
func (s *Store) Ping(ctx context.Context) error {
	return s.writer.do(ctx, func(b *batch) error {
		_, err := b.exec(touch)
		return err
	})
}

// Close finishes the commit under way, refuses what waits behind it and closes the file.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.writer.close()
		s.closedErr = errors.Join(s.reader.db.Close(), s.writes.Close())
	})
	return s.closedErr
}

// Commits returns how many operations were committed since the store was
// opened, and in how many commits: one operation each, had they not been grouped.
func (s *Store) Commits() (operations, commits uint64) {
	return s.writer.operations.Load(), s.writer.commits.Load()
}

// Subscribe implements ledger.Ledger.
func (s *Store) Subscribe() (wake <-chan struct{}, cancel func()) { return s.wakers.Subscribe() }
