package clickhouse

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	rows "github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/pressly/goose/v3"

	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// oldest is the oldest server: the driver's, and the first on which skip indexes
// are read with FINAL by themselves.
const oldest = "25.8"

// versions is the table in which goose keeps the schema's.
const versions = "switchyard_schema"

// unknownTable is the server's number.
const unknownTable = 60

var errNewer = errors.New("the schema is newer")

//go:embed schema/*.sql
var schema embed.FS

// Prepare implements sink.Target. Statements make what is not there yet: one that
// was stopped half-way, or that several processes make at once, is made again.
func (s *Store) Prepare(ctx context.Context) (sink.Mark, error) {
	ctx, cancel := s.pool.bounded(ctx)
	defer cancel()
	if err := s.checkServer(ctx); err != nil {
		return sink.Mark{}, err
	}
	steps, err := fs.Sub(schema, "schema")
	if err != nil {
		return sink.Mark{}, err
	}
	if err := s.migrate(ctx, steps); err != nil {
		return sink.Mark{}, err
	}
	return s.mark(ctx)
}

func (s *Store) checkServer(ctx context.Context) error {
	found, err := query(ctx, s.pool, func(r rows.Rows) (v version, err error) {
		err = r.Scan(&v.text)
		return v, err
	}, `SELECT version()`)
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("clickhouse: the server told %d versions", len(found))
	}
	if found[0].before(oldest) {
		return fmt.Errorf("%s: %s: the server is ClickHouse %s; %s or newer is wanted", Setting, s.pool.place.Host, found[0].text, oldest)
	}
	return nil
}

type version struct{ text string }

func (v version) before(o string) bool {
	var a, b [2]int
	_, err := fmt.Sscanf(v.text, "%d.%d", &a[0], &a[1])
	_, _ = fmt.Sscanf(o, "%d.%d", &b[0], &b[1]) // Ours.
	return err != nil || a[0] < b[0] || a[0] == b[0] && a[1] < b[1]
}

// migrate brings the schema up to date. goose, which asks much, is asked only
// when there is something to do.
func (s *Store) migrate(ctx context.Context, steps fs.FS) error {
	names, err := fs.Glob(steps, "*.sql")
	if err != nil {
		return err
	}
	newest, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		return err
	}
	switch has, err := s.schemaVersion(ctx); {
	case err != nil:
		return err
	case has > newest:
		return s.pool.failed(fmt.Errorf("%w: it has version %d and this program knows versions up to %d: a newer program wrote it, start that one", errNewer, has, newest))
	case has == newest:
		return nil
	}
	return tell(ctx, s.pool, func(ctx context.Context, _ conn) error {
		db := driver.OpenDB(s.options)
		defer func() { _ = db.Close() }() // Of a pool that did what was asked.
		p, err := goose.NewProvider(goose.DialectClickHouse, db, steps, goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return err
		}
		_, err = p.Up(ctx)
		return err
	})
}

// schemaVersion is 0 where there is no schema.
func (s *Store) schemaVersion(ctx context.Context) (int64, error) {
	found, err := query(ctx, s.pool, func(r rows.Rows) (v int64, err error) {
		err = r.Scan(&v)
		return v, err
	}, `SELECT max(version_id) FROM `+versions)
	var said *driver.Exception
	switch {
	case errors.As(err, &said) && said.Code == unknownTable:
		return 0, nil
	case err != nil || len(found) == 0:
		return 0, err
	}
	return found[0], nil
}

// mark returns the mark that was written last: another ledger's, if that one was
// connected to this store since.
func (s *Store) mark(ctx context.Context) (sink.Mark, error) {
	marks, err := query(ctx, s.pool, func(r rows.Rows) (m sink.Mark, err error) {
		err = r.Scan(&m.Ledger, &m.Number)
		return m, err
	}, `SELECT ledger, number FROM mark FINAL ORDER BY at DESC, ledger LIMIT 1`)
	if err != nil || len(marks) == 0 {
		return sink.Mark{}, err
	}
	return marks[0], nil
}
