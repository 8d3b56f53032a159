package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func observed(list *[]fact.Observed) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		o, err := scanObservation(rows)
		*list = append(*list, o.Observed())
		return err
	}
}

// Timeline implements fact.Facts.
func (s *Store) Timeline(ctx context.Context, ref string, limit int) (list []fact.Observed, err error) {
	err = s.read(ctx, func(t *transaction) error {
		t.query(observed(&list), `SELECT `+observationColumns+` FROM observation WHERE subject = $1 ORDER BY at DESC, name, sub_key LIMIT $2`, text(ref), limit)
		return nil
	})
	return list, err
}

// Select implements fact.Facts.
func (s *Store) Select(ctx context.Context, q fact.Query) (list []fact.Observed, err error) {
	sql, args := selection(q)
	err = s.read(ctx, func(t *transaction) error {
		t.query(observed(&list), sql, args...)
		return nil
	})
	return list, err
}

// selection has the conditions that are asked for and no others, so that an index is found.
func selection(q fact.Query) (sql string, args []any) {
	var conditions []string
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	for _, c := range []struct {
		column string
		values []string
	}{{"subject", q.Subjects}, {"place", q.Places}, {"actor", q.Actors}, {"name", q.Names}, {"value", q.Values}} {
		if len(c.values) == 0 {
			continue
		}
		// Of one place the index has the rows in order; of a list it has not.
		condition, values := c.column+` = $%d`, any(text(c.values[0]))
		if len(c.values) > 1 {
			condition, values = c.column+` = ANY($%d::text[])`, texts(c.values)
		}
		if c.column == "place" || c.column == "actor" {
			condition += ` AND ` + c.column + ` <> ''` // The condition of their indexes.
		}
		add(condition, values)
	}
	for _, c := range []struct {
		condition string
		at        time.Time
	}{{`at >= $%d`, q.From}, {`at < $%d`, q.To}} {
		if !c.at.IsZero() {
			add(c.condition, ledger.Micros(c.at))
		}
	}
	sql = `SELECT ` + observationColumns + ` FROM observation `
	if len(conditions) > 0 {
		sql += `WHERE ` + strings.Join(conditions, ` AND `)
	}
	args = append(args, q.Limit)
	return sql + fmt.Sprintf(` ORDER BY at, subject, name, sub_key LIMIT $%d`, len(args)), args
}
