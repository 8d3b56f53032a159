package record

import (
	"fmt"
	"math"
	"strconv"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Before returns the number that a page's rows are below, of the token of the
// page before. A token that Page did not make is ErrToken.
func Before(token string) (int64, error) {
	if token == "" {
		return math.MaxInt64, nil
	}
	before, err := strconv.ParseInt(token, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", ledger.ErrToken, token)
	}
	return before, nil
}

// Page cuts what was found to limit rows. Where there was more it returns the
// token of the next page: one row more than asked for tells.
func Page[T any](found []T, limit int, seq func(T) int64) (page []T, next string) {
	if len(found) <= limit {
		return found, ""
	}
	found = found[:limit]
	if limit > 0 {
		next = strconv.FormatInt(seq(found[limit-1]), 10)
	}
	return found, next
}
