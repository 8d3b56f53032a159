package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Word is what answers call this store.
const Word = "postgres"

const (
	defaultGroupLimit = 128
	// Two flushers a kind: while one's commit syncs, the other one's group gathers
	// and is read for.
	flushers = 2
)

// Options of a Store. The zero value is good.
type Options struct {
	// Now is the store's clock; nil is PostgreSQL's own, which all processes share:
	// set it where one process has the ledger for itself.
	Now func() time.Time
	// Log gets what no caller can be told; nil discards it.
	Log *slog.Logger
	// GroupLimit is the most operations in one commit; 0 means 128, 1 a commit each.
	GroupLimit int
	// Check refuses a schema that is older than the program, instead of bringing it
	// up to date.
	Check bool
}

// Store is a ledger in a database. It is safe for concurrent use, and other
// processes may use the database at the same time; only wake-ups stay inside one.
type Store struct {
	now    func() time.Time
	log    *slog.Logger
	pool   *pgxpool.Pool
	place  connection.Place
	gate   gate
	opens  *grouper[*opening]
	pins   *grouper[*pinning]
	notes  *grouper[*recording]
	wakers *ledger.Wakers

	counts  counts
	closing chan struct{}
	closed  sync.Once
}

var (
	_ ledger.Ledger = (*Store)(nil)
	_ ledger.Outbox = (*Store)(nil)
	_ fact.Facts    = (*Store)(nil)
	_ graph.Graph   = (*Store)(nil)
)

// New returns the ledger in the database that a connection string names. It
// connects to nothing: the first operation does, and brings the schema up to
// date; while the database is away operations fail with ErrUnavailable, at once.
func New(dsn string, opts Options) (*Store, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.GroupLimit <= 0 {
		opts.GroupLimit = defaultGroupLimit
	}
	cfg, place, err := configure(dsn)
	if err != nil {
		return nil, err
	}
	// No connection is made yet: the pool's smallest size is 0.
	pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		return nil, place.Failed("", err)
	}
	s := &Store{now: opts.Now, log: opts.Log, pool: pool, place: place, wakers: ledger.NewWakers(), closing: make(chan struct{})}
	s.gate.open = func(ctx context.Context) error { return s.start(ctx, opts.Check) }
	s.opens = newGrouper(s, opts.GroupLimit, s.openGroup)
	s.pins = newGrouper(s, opts.GroupLimit, s.pinGroup)
	s.notes = newGrouper(s, opts.GroupLimit, s.recordGroup)
	return s, nil
}

// Start connects and brings the schema up to date, which the first operation does
// otherwise. An error that waiting doesn't mend, as of a schema that is newer than
// the program, wraps ErrRefused.
func (s *Store) Start(ctx context.Context) error { return s.gate.pass(ctx) }

// Store returns "postgres".
func (s *Store) Store() string { return Word }

// Ping fails with ErrUnavailable when the database can't be written: it commits a
// transaction that writes nothing.
func (s *Store) Ping(ctx context.Context) error {
	return s.write(ctx, func(t *transaction) error {
		t.exec(`SELECT pg_current_xact_id()`)
		return nil
	})
}

// Subscribe implements ledger.Ledger.
func (s *Store) Subscribe() (wake <-chan struct{}, cancel func()) { return s.wakers.Subscribe() }

// Close finishes the commits under way, refuses what waits behind them and closes
// the connections.
func (s *Store) Close() error {
	s.closed.Do(func() {
		close(s.closing)
		s.opens.wait()
		s.pins.wait()
		s.notes.wait()
		s.pool.Close()
	})
	return nil
}

// Commits returns how many operations were committed since the store was made,
// and in how many commits: one operation each, had they not been grouped.
func (s *Store) Commits() (operations, commits uint64) {
	return s.counts.operations.Load(), s.counts.commits.Load()
}

var errClosed = errors.New("the ledger is closed")

func closedError() error { return fmt.Errorf("%w: %w", ledger.ErrUnavailable, errClosed) }
