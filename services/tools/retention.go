package tools

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

const (
	// pruneEvery is how often what is old is looked for.
	pruneEvery = time.Hour
	// pruneTurn is how many bodies are removed in one turn.
	pruneTurn = 1000
	// longest is the longest retention: what is meant to be longer is for ever.
	longest = 100 * 365 * 24 * time.Hour
)

// Retention is how long something is kept; 0 is for ever.
type Retention time.Duration

// UnmarshalText reads hours, days or weeks: 12h, 30d, 52w; 0 is for ever.
func (r *Retention) UnmarshalText(text []byte) error {
	value := strings.TrimSpace(string(text))
	if value == "0" {
		*r = 0
		return nil
	}
	units := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if value != "" {
		unit := units[value[len(value)-1]]
		n, err := strconv.ParseUint(value[:len(value)-1], 10, 32)
		if err == nil && unit > 0 && n > 0 && n <= uint64(longest/unit) {
			*r = Retention(time.Duration(n) * unit) //nolint:gosec // not above longest
			return nil
		}
	}
	return fmt.Errorf("%q says no time: set it to a whole number of hours, days or weeks, such as 12h, 30d or 52w, or to 0 to keep raw bodies for ever", value)
}

// retention removes raw bodies that are older than is wanted.
type retention struct {
	keeper ledger.Keeper
	keep   time.Duration
	now    func() time.Time
	log    *slog.Logger
}

// run looks at once and every hour until ctx is done. Several processes may do
// so at once: each removes what the others have not.
func (r retention) run(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		r.turn(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r retention) turn(ctx context.Context) {
	// Those that follow the ledger may have come past what was forgotten.
	if err := r.keeper.Tidy(ctx); err != nil && ctx.Err() == nil {
		r.log.Warn("what names the forgotten could not be emptied; it is tried again in an hour", "error", err)
	}
	if r.keep == 0 {
		return
	}
	before, removed := r.now().Add(-r.keep), 0
	for {
		n, err := r.keeper.PruneBodies(ctx, before, pruneTurn)
		removed += n
		if err != nil && ctx.Err() == nil {
			r.log.Warn("old raw bodies could not be removed; it is tried again in an hour", "error", err)
		}
		if err != nil || n < pruneTurn {
			break
		}
	}
	if removed > 0 {
		r.log.Info("old raw bodies were removed", "bodies", removed, "before", before, "setting", "RETAIN_BODIES")
	}
}
