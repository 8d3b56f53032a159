package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/record"
)

// purse is whose calls a budget counts.
type purse struct{ actor, place string }

func purseOf(b ledger.Budget) purse { return purse{b.Actor, b.Place} }

// budgets are what is drawn from purses, as the database has it and as a transaction
// leaves it. Whoever reads it holds the purses' locks until it is written.
type budgets struct {
	most   map[purse]uint32
	caused map[purse]uint32
}

func newBudgets() *budgets {
	return &budgets{most: make(map[purse]uint32), caused: make(map[purse]uint32)}
}

// want says that a call may have to draw on these.
func (b *budgets) want(list []ledger.Budget) {
	for _, one := range list {
		b.most[purseOf(one)] = max(b.most[purseOf(one)], one.Most)
	}
}

// names are the purses', to be locked.
func (b *budgets) names() (names []string) {
	for p := range b.most {
		names = append(names, "budget "+p.actor+" "+p.place)
	}
	return names
}

// selectSpent counts up to the most that anybody asks about. Where $5 is 0, by the clock
// that all processes share.
const selectSpent = `SELECT asked.actor, asked.place, CASE asked.actor
		WHEN '' THEN (SELECT count(*) FROM (SELECT FROM call WHERE call.place = asked.place AND call.place <> '' AND planned_at >= since.at AND call.id <> ALL($4::text[]) AND` + spends + `LIMIT asked.most) AS found)
		ELSE (SELECT count(*) FROM (SELECT FROM call WHERE call.actor = asked.actor AND call.actor <> '' AND planned_at >= since.at AND call.id <> ALL($4::text[]) AND` + spends + `LIMIT asked.most) AS found) END
	FROM unnest($1::text[], $2::text[], $3::bigint[]) AS asked (actor, place, most),
		(SELECT coalesce(nullif($5::bigint, 0), (extract(epoch FROM statement_timestamp()) * 1000000)::bigint) - $6::bigint AS at) AS since`

// read counts without some calls.
func (b *budgets) read(t *transaction, except ...string) {
	var asked columns
	for p, most := range b.most {
		asked.add(text(p.actor), text(p.place), int64(most))
	}
	if asked.rows == 0 {
		return
	}
	t.query(func(rows pgx.Rows) error {
		var p purse
		var n int64
		err := rows.Scan(into{&p.actor}, into{&p.place}, &n)
		b.caused[p] = uint32(n)
		return err
	}, selectSpent, append(asked.lists, texts(except), t.store.fixed(), ledger.BudgetWindow.Microseconds())...)
}

// draw has a call that is to be let through draw on its budgets, and counts it. What stays
// unknown was not read, as it was to be let through: it counts too, however old it is.
func (b *budgets) draw(c *record.Call) error {
	err := c.Draw(func(budget ledger.Budget) (uint32, error) { return b.caused[purseOf(budget)], nil })
	if state := c.Shown.GetState(); err == nil && c.Spends() && (record.IsOpen(state) || state == "unknown") {
		b.count(c)
	}
	return err
}

// count counts a call against every purse that it draws from, whatever its own budgets are.
func (b *budgets) count(c *record.Call) {
	drawn := map[purse]bool{{actor: c.Actor}: true, {place: c.Place}: true}
	for _, one := range c.Budgets {
		drawn[purseOf(one)] = true
	}
	delete(drawn, purse{})
	for p := range drawn {
		b.caused[p]++
	}
}

// Spent implements ledger.Effects.
func (s *Store) Spent(ctx context.Context, given ledger.Budget) (uint32, error) {
	b := newBudgets()
	b.want([]ledger.Budget{given})
	err := s.read(ctx, func(t *transaction) error {
		b.read(t)
		return nil
	})
	return b.caused[purseOf(given)], err
}
