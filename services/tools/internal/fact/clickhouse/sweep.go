package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	rows "github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// look is how often the server is asked whether it has removed what it should.
const look = 50 * time.Millisecond

// Sweep implements sink.Target. The server removes rows by writing its files
// anew, which goes on when the context ends: who sweeps again waits for it.
func (s *Store) Sweep(ctx context.Context, number uint64) error {
	ctx, cancel := s.pool.bounded(ctx)
	defer cancel()
	for _, table := range []string{"event", "observation"} {
		// What says that a row is gone goes last: the row would be back until it goes too.
		for _, gone := range []int{0, 1} {
			if err := s.remove(ctx, table, fmt.Sprintf("number <= %d AND gone = %d", number, gone)); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove removes rows and waits until they are.
func (s *Store) remove(ctx context.Context, table, condition string) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		n, err := s.count(ctx, `SELECT count() FROM `+table+` WHERE `+condition)
		if err != nil || n == 0 {
			return err
		}
		busy, err := s.mutations(ctx, table)
		if err != nil {
			return err
		}
		if !busy {
			if err := s.pool.exec(ctx, `ALTER TABLE `+table+` DELETE WHERE `+condition); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s.pool.failed(ctx.Err())
		}
	}
}

// mutations tells whether the server works on removing rows of a table, and fails
// where it can't.
func (s *Store) mutations(ctx context.Context, table string) (bool, error) {
	reasons, err := query(ctx, s.pool, func(r rows.Rows) (reason string, err error) {
		err = r.Scan(&reason)
		return reason, err
	}, `SELECT latest_fail_reason FROM system.mutations WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done`,
		driver.Named("table", table))
	for _, reason := range reasons {
		if reason != "" {
			return true, s.pool.failed(fmt.Errorf("rows of %s can't be removed: %s", table, reason))
		}
	}
	return len(reasons) > 0, err
}

func (s *Store) count(ctx context.Context, statement string, args ...any) (uint64, error) {
	n, err := query(ctx, s.pool, func(r rows.Rows) (n uint64, err error) {
		err = r.Scan(&n)
		return n, err
	}, statement, args...)
	if err != nil || len(n) == 0 {
		return 0, err
	}
	return n[0], nil
}

// erase has the server remove for good, in its own time, the earlier rows of keys
// that are gone. They are not shown any more, but would lie in its files until a
// merge happens to meet them.
func (s *Store) erase(ctx context.Context, k ledger.Keys, number uint64) error {
	return s.eraseVersions(ctx, k, fmt.Sprintf("gone = 0 AND number <= %d", number))
}

// Erase implements sink.Eraser.
func (s *Store) Erase(ctx context.Context, k ledger.Keys, number uint64) error {
	return s.eraseVersions(ctx, k, fmt.Sprintf("number < %d", number))
}

func (s *Store) eraseVersions(ctx context.Context, k ledger.Keys, versions string) error {
	for ids := range slices.Chunk(k.Events, listed) {
		if err := s.eraseWhere(ctx, "event", `id IN {ids:Array(String)}`, versions, driver.Named("ids", ids)); err != nil {
			return err
		}
	}
	for keys := range slices.Chunk(k.Observations, listed) {
		var subjects, names, subKeys []string
		for _, key := range keys {
			subjects, names, subKeys = append(subjects, key.Subject), append(names, key.Name), append(subKeys, key.SubKey)
		}
		err := s.eraseWhere(ctx, "observation",
			`(subject, name, sub_key) IN (SELECT arrayJoin(arrayZip({subjects:Array(String)}, {names:Array(String)}, {sub_keys:Array(String)})))`,
			versions, driver.Named("subjects", subjects), driver.Named("names", names), driver.Named("sub_keys", subKeys))
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseWhere asks first: a rebuild meets everything that was ever forgotten, and
// each removal writes files anew.
func (s *Store) eraseWhere(ctx context.Context, table, keys, versions string, args ...any) error {
	condition := versions + " AND " + keys
	n, err := s.count(ctx, `SELECT count() FROM `+table+` WHERE `+condition, args...)
	if err != nil || n == 0 {
		return err
	}
	return s.pool.exec(ctx, `ALTER TABLE `+table+` DELETE WHERE `+condition, args...)
}
