package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// Write implements sink.Target: first the rows, a table at a time, then the mark.
func (s *Store) Write(ctx context.Context, w sink.Writing) error {
	ctx, cancel := s.pool.bounded(ctx)
	defer cancel()
	e, err := events(w.Number, w.Rows.Events, w.Gone.Events)
	if err != nil {
		return errors.Join(sink.ErrRow, err)
	}
	for _, b := range []block{e, observations(w.Number, w.Rows.Observations, w.Gone.Observations)} {
		if err := s.insert(ctx, b, token(w, b)); err != nil {
			return err
		}
	}
	if err := s.erase(ctx, w.Gone, w.Number); err != nil {
		return err
	}
	return s.insert(ctx, block{table: "mark", columns: []column{{"ledger", text}, {"number", "UInt64"}}, rows: [][]any{{w.Ledger, w.Number}}}, "")
}

// insert writes a block, prepared anew each time that it is tried.
func (s *Store) insert(ctx context.Context, b block, token string) error {
	if len(b.rows) == 0 {
		return nil
	}
	types := make([]driver.ColumnNameAndType, 0, len(b.columns))
	for _, c := range b.columns {
		types = append(types, driver.ColumnNameAndType{Name: c.name, Type: c.kind})
	}
	// A server may gather small inserts by default, and answer before it has them.
	settings := driver.Settings{"async_insert": 0}
	if token != "" {
		settings["insert_deduplication_token"] = token
	}
	return tell(ctx, s.pool, func(ctx context.Context, c conn) error {
		return send(driver.Context(ctx, driver.WithSettings(settings), driver.WithColumnNamesAndTypes(types)), c, b)
	})
}

func send(ctx context.Context, c conn, b block) (err error) {
	names := make([]string, 0, len(b.columns))
	for _, c := range b.columns {
		names = append(names, c.name)
	}
	batch, err := c.PrepareBatch(ctx, fmt.Sprintf("INSERT INTO %s (%s)", b.table, strings.Join(names, ", ")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, batch.Close()) }()
	for _, row := range b.rows {
		if err := batch.Append(row...); err != nil {
			return fmt.Errorf("%w: %w", driver.ErrBatchInvalid, err)
		}
	}
	return batch.Send()
}

// token is the same for the same rows of the same batch, which the server then
// takes once. A batch that is written again may have newer rows: the number alone
// would have the server throw them away. So would it a repair's, which are lost, without
// the repair's name; insert_deduplicate=0 doesn't keep a current server from comparing.
func token(w sink.Writing, b block) string {
	h := sha256.New()
	add := func(v string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(v))))
		h.Write([]byte(v))
	}
	for _, row := range b.rows {
		for _, v := range row {
			switch v := v.(type) {
			case string:
				add(v)
			case time.Time:
				add(v.String())
			default:
				add(fmt.Sprint(v))
			}
		}
	}
	return fmt.Sprintf("%s/%d/%s/%s/%s", w.Ledger, w.Number, b.table, hex.EncodeToString(h.Sum(nil)[:16]), w.Repair)
}
