package ledger

import (
	"context"
	"strings"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Account is an account of ours at a provider.
type Account struct {
	// Provider is the origin of what it acts on: github, jira@eu.
	Provider string
	// Name is its ref, as an executor told it; "" where none did.
	Name string
	// Blocked is until when the provider wants no more requests of it.
	Blocked time.Time
}

// Accounts is what all processes know of the providers. Times are the store's.
type Accounts interface {
	// Accounts returns those that Record was told of.
	Accounts(ctx context.Context) ([]Account, error)

	// Pace reserves the next request to a provider that allows one each so long, and
	// returns how long to wait for its turn. It is false, with the wait and nothing
	// reserved, where that is later than within.
	Pace(ctx context.Context, provider string, each, within time.Duration) (wait time.Duration, ok bool, err error)
}

// Provider is whose requests a call is: the origin of its target, else of its tool.
func Provider(c *toolsv1.Call) string {
	if origin, _, ok := strings.Cut(c.GetTarget(), ":"); ok {
		return origin
	}
	source, _, _ := strings.Cut(c.GetTool(), ".")
	return source
}
