package postgres

import "fmt"

// columns are rows turned into one array a column, for unnest: one statement
// writes them all.
type columns struct {
	rows  int
	lists []any
}

// add adds a row. Each must have the same types as the first.
func (c *columns) add(values ...any) {
	if c.lists == nil {
		c.lists = make([]any, len(values))
	}
	for i, v := range values {
		switch v := v.(type) {
		case string:
			c.lists[i] = with(c.lists[i], v)
		case int64:
			c.lists[i] = with(c.lists[i], v)
		case bool:
			c.lists[i] = with(c.lists[i], v)
		case []byte:
			c.lists[i] = with(c.lists[i], v)
		case *string:
			c.lists[i] = with(c.lists[i], v)
		default:
			panic(fmt.Sprintf("postgres: no array of %T", v)) // Of this package's own making.
		}
	}
	c.rows++
}

func with[T any](list any, v T) any {
	if list == nil {
		return []T{v}
	}
	return append(list.([]T), v)
}

// exec runs a statement over all rows, where there are any.
func (c *columns) exec(t *transaction, sql string) {
	if c.rows > 0 {
		t.exec(sql, c.lists...)
	}
}
