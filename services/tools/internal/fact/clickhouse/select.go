package clickhouse

import (
	"cmp"
	"context"
	"slices"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	rows "github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const observed = `subject, name, sub_key, at_us, value, place, actor, event_id, authn`

// listed is the most values of a list in one statement: over HTTP they stand in the URL.
const listed = 500

func scanObserved(r rows.Rows) (o fact.Observed, err error) {
	var at int64
	err = r.Scan(&o.Subject, &o.Name, &o.SubKey, &at, &o.Value, &o.Place, &o.Actor, &o.EventID, &o.Authn)
	o.At = ledger.Time(at)
	return o, err
}

// Timeline implements fact.Facts.
func (s *Store) Timeline(ctx context.Context, ref string, limit int) ([]fact.Observed, error) {
	return query(ctx, s.pool, scanObserved, `SELECT `+observed+` FROM observation FINAL
		WHERE subject = {ref:String} ORDER BY at_us DESC, name, sub_key LIMIT {limit:UInt64}`,
		driver.Named("ref", ref), driver.Named("limit", limit))
}

// Select implements fact.Facts.
func (s *Store) Select(ctx context.Context, q fact.Query) ([]fact.Observed, error) {
	ctx, cancel := s.pool.bounded(ctx)
	defer cancel()
	parts := split(q)
	if len(parts) == 1 {
		return s.selectPart(ctx, q)
	}
	var all []fact.Observed
	for _, part := range parts {
		found, err := s.selectPart(ctx, part)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, compare)
	return all[:min(len(all), q.Limit)], nil
}

func compare(a, b fact.Observed) int {
	return cmp.Or(cmp.Compare(ledger.Micros(a.At), ledger.Micros(b.At)), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Name, b.Name), cmp.Compare(a.SubKey, b.SubKey))
}

// split makes queries of one whose lists are long. A row has one value of each
// column, so no two of them find the same.
func split(q fact.Query) []fact.Query {
	parts := []fact.Query{q}
	for _, list := range []func(*fact.Query) *[]string{
		func(q *fact.Query) *[]string { return &q.Subjects },
		func(q *fact.Query) *[]string { return &q.Places },
		func(q *fact.Query) *[]string { return &q.Actors },
		func(q *fact.Query) *[]string { return &q.Names },
		func(q *fact.Query) *[]string { return &q.Values },
	} {
		var finer []fact.Query
		for _, part := range parts {
			values := slices.Compact(slices.Sorted(slices.Values(*list(&part))))
			if len(values) <= listed {
				finer = append(finer, part)
				continue
			}
			for chunk := range slices.Chunk(values, listed) {
				one := part
				*list(&one) = chunk
				finer = append(finer, one)
			}
		}
		parts = finer
	}
	return parts
}

func (s *Store) selectPart(ctx context.Context, q fact.Query) ([]fact.Observed, error) {
	statement, args := selection(q)
	return query(ctx, s.pool, scanObserved, statement, args...)
}

// selection has the conditions that are asked for and no others. No place, and
// no actor, is none that could be asked for.
func selection(q fact.Query) (statement string, args []any) {
	var conditions []string
	for _, c := range []struct {
		condition, name string
		values          []string
	}{
		{`subject IN {subjects:Array(String)}`, "subjects", q.Subjects},
		{`place IN {places:Array(String)} AND place != ''`, "places", q.Places},
		{`actor IN {actors:Array(String)} AND actor != ''`, "actors", q.Actors},
		{`name IN {names:Array(String)}`, "names", q.Names},
		{`value IN {values:Array(String)}`, "values", q.Values},
	} {
		if len(c.values) > 0 {
			conditions, args = append(conditions, c.condition), append(args, driver.Named(c.name, c.values))
		}
	}
	if !q.From.IsZero() {
		conditions, args = append(conditions, `at_us >= {from:Int64}`), append(args, driver.Named("from", ledger.Micros(q.From)))
	}
	if !q.To.IsZero() {
		conditions, args = append(conditions, `at_us < {to:Int64}`), append(args, driver.Named("to", ledger.Micros(q.To)))
	}
	statement = `SELECT ` + observed + ` FROM observation FINAL`
	if len(conditions) > 0 {
		statement += ` WHERE ` + strings.Join(conditions, ` AND `)
	}
	return statement + ` ORDER BY at_us, subject, name, sub_key LIMIT {limit:UInt64}`, append(args, driver.Named("limit", q.Limit))
}
