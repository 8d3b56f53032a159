package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Accounts implements ledger.Accounts.
func (s *Store) Accounts(ctx context.Context) ([]ledger.Account, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	return collect(q, func(rows *sql.Rows) (a ledger.Account, err error) {
		var blocked int64
		err = rows.Scan(&a.Provider, &a.Name, &blocked)
		a.Blocked = ledger.Time(blocked)
		return a, err
	}, selectAccounts)
}

// Pace implements ledger.Accounts.
func (s *Store) Pace(ctx context.Context, provider string, each, within time.Duration) (time.Duration, bool, error) {
	now := ledger.Micros(s.now())
	var slot int64
	var ok bool
	err := s.writer.do(ctx, func(b *batch) error {
		err := b.row(reserveSlot, provider, now, each.Microseconds(), within.Microseconds()).Scan(&slot)
		if ok = err == nil; !errors.Is(err, sql.ErrNoRows) {
			return unavailable(err)
		}
		return unavailable(b.row(selectSlot, provider).Scan(&slot))
	})
	if err != nil {
		return 0, false, err // slot and ok may still be written to.
	}
	return time.Duration(max(0, slot-now)) * time.Microsecond, ok, nil
}
