package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func scanObserved(rows *sql.Rows) (o fact.Observed, err error) {
	var at int64
	err = rows.Scan(&o.Subject, &o.Name, &o.SubKey, &at, &o.Value, &o.Place, &o.Actor, &o.EventID, &o.Authn)
	o.At = ledger.Time(at)
	return o, err
}

// Timeline implements fact.Facts.
func (s *Store) Timeline(ctx context.Context, ref string, limit int) ([]fact.Observed, error) {
	q, err := s.reader.at(ctx)
	if err != nil {
		return nil, err
	}
	return collect(q, scanObserved, selectTimeline, ref, limit)
}

// Select implements fact.Facts. Its text has the conditions that are asked for
// and no others, so that an index is found: it is not prepared.
func (s *Store) Select(ctx context.Context, query fact.Query) ([]fact.Observed, error) {
	if err := ctx.Err(); err != nil {
		return nil, notStarted(err)
	}
	text, args, err := selection(query)
	if err != nil {
		return nil, err
	}
	rows, err := s.reader.db.Query(text, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	return scanAll(rows, scanObserved)
}

func selection(q fact.Query) (text string, args []any, err error) {
	var conditions []string
	for _, c := range []struct {
		column string
		values []string
	}{{"subject", q.Subjects}, {"place", q.Places}, {"actor", q.Actors}, {"name", q.Names}, {"value", q.Values}} {
		if len(c.values) == 0 {
			continue
		}
		// Of one place the index has the rows in order; of a list it has not.
		condition, values := c.column+` = ?`, c.values[0]
		if len(c.values) > 1 {
			condition = c.column + ` IN (SELECT value FROM json_each(?))`
			if values, err = list(c.values); err != nil {
				return "", nil, err
			}
		}
		if c.column == "place" || c.column == "actor" {
			condition += ` AND ` + c.column + ` <> ''` // The condition of their indexes.
		}
		conditions, args = append(conditions, condition), append(args, values)
	}
	for _, c := range []struct {
		condition string
		at        time.Time
	}{{`at >= ?`, q.From}, {`at < ?`, q.To}} {
		if !c.at.IsZero() {
			conditions, args = append(conditions, c.condition), append(args, ledger.Micros(c.at))
		}
	}
	text = `SELECT ` + observationColumns + ` FROM observation `
	if len(conditions) > 0 {
		text += `WHERE ` + strings.Join(conditions, ` AND `)
	}
	return text + ` ORDER BY at, subject, name, sub_key LIMIT ?`, append(args, q.Limit), nil
}
