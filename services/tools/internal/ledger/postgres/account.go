package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

const (
	upsertAccount = `INSERT INTO account (provider, name, seen_at, blocked_until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (provider, name) DO UPDATE SET seen_at = $3, blocked_until = greatest(account.blocked_until, $4)`
	reserveSlot = `INSERT INTO pace (provider, slot) VALUES ($1, $2::bigint + $3)
		ON CONFLICT (provider) DO UPDATE SET slot = greatest(pace.slot, $2) + $3 WHERE pace.slot <= $2 + $4 RETURNING slot - $3`
)

// saveAccounts writes in one order: two transactions that want the same rows never
// wait for each other.
func saveAccounts(t *transaction, told []record.Account) {
	slices.SortFunc(told, func(a, b record.Account) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Name, b.Name))
	})
	for _, a := range told {
		t.exec(upsertAccount, text(a.Provider), text(a.Name), t.now, a.Blocked)
	}
}

// Accounts implements ledger.Accounts.
func (s *Store) Accounts(ctx context.Context) (list []ledger.Account, err error) {
	err = s.read(ctx, func(t *transaction) error {
		list = nil
		t.query(func(rows pgx.Rows) error {
			var a ledger.Account
			var blocked int64
			err := rows.Scan(into{&a.Provider}, into{&a.Name}, &blocked)
			a.Blocked = ledger.Time(blocked)
			list = append(list, a)
			return err
		}, `SELECT provider, name, blocked_until FROM account ORDER BY provider, name`)
		return nil
	})
	return list, err
}

// Pace implements ledger.Accounts.
func (s *Store) Pace(ctx context.Context, provider string, each, within time.Duration) (wait time.Duration, ok bool, err error) {
	var now, slot int64
	err = s.again(ctx, func(t *transaction) error {
		ok = false
		if err := t.send(); err != nil { // For the time.
			return err
		}
		now = t.now
		t.query(func(rows pgx.Rows) error {
			ok = true
			return rows.Scan(&slot)
		}, reserveSlot, text(provider), now, each.Microseconds(), within.Microseconds())
		if err := t.send(); err != nil || ok {
			return err
		}
		t.query(func(rows pgx.Rows) error { return rows.Scan(&slot) }, `SELECT slot FROM pace WHERE provider = $1`, text(provider))
		return t.send()
	})
	if err != nil {
		return 0, false, err
	}
	return time.Duration(max(0, slot-now)) * time.Microsecond, ok, nil
}
