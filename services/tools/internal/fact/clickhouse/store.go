package clickhouse

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// Word is what answers call this store.
const Word ledger.Sink = "clickhouse"

// Options of a Store. The zero value is good.
type Options struct {
	// Roots are whom a server's certificate may be signed by; nil is the system's.
	Roots *x509.CertPool

	// patience is for tests on machines that have much else to do: in place of the
	// times to connect, to wait for an answer, and of an operation.
	patience time.Duration
}

// Store is observations and events in one database of a ClickHouse server. It is
// safe for concurrent use, by several processes too. Its errors are those of
// package connection, or wrap sink.ErrRow.
type Store struct {
	pool    *pool
	options *driver.Options
}

var (
	_ sink.Target = (*Store)(nil)
	_ sink.Eraser = (*Store)(nil)
	_ fact.Facts  = (*Store)(nil)
)

// Open takes an address, clickhouse://USER:PASSWORD@HOST:9000/DATABASE for
// ClickHouse's own protocol (?secure=true with TLS, on 9440) or http:// and
// https:// for HTTP, and asks nobody: a server that is away fails what is asked of it.
func Open(address string, opts Options) (*Store, error) {
	o, place, err := parse(address, opts.Roots)
	if err != nil {
		return nil, err
	}
	if opts.patience > 0 {
		o.DialTimeout, o.ReadTimeout = opts.patience, opts.patience
	}
	c, err := driver.Open(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Setting, err)
	}
	return &Store{pool: &pool{conn: c, place: place, most: cmp.Or(opts.patience, most)}, options: o}, nil
}

// Sink returns "clickhouse".
func (*Store) Sink() ledger.Sink { return Word }

// Tables implements sink.Target.
func (*Store) Tables() []ledger.Table { return []ledger.Table{ledger.Events, ledger.Observations} }

// Ping implements sink.Target.
func (s *Store) Ping(ctx context.Context) error {
	// The driver's own ping over HTTP is a page that answers whoever asks.
	return s.pool.exec(ctx, `SELECT 1`)
}

// Close gives the connections up.
func (s *Store) Close() error {
	if err := s.pool.conn.Close(); err != nil && !errors.Is(err, driver.ErrConnectionClosed) {
		return s.pool.failed(err)
	}
	return nil
}
