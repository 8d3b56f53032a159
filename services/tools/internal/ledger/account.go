package ledger

import (
	"context"
	"strings"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Account is an account of ours at a provider.
type Account struct {
	// Provider is the origin of what it acts on: github, jira@eu. Where an App's
	// installation is limited it is that one, as Limited has it: github:acme.
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

// Installation is where a GitHub App would act for a call: the origin and the owner of its
// target, github:acme; "" for a target without an owner, and at other providers.
func Installation(c *toolsv1.Call) string {
	origin, rest, _ := strings.Cut(c.GetTarget(), ":")
	_, name, _ := strings.Cut(rest, ":")
	owner, _, owned := strings.Cut(name, "/")
	if source, _, _ := strings.Cut(origin, "@"); source != "github" || !owned || owner == "" {
		return ""
	}
	return origin + ":" + strings.ToLower(owner)
}

// Limited is what a provider means that limits the account which acted for a call: the
// installation where a GitHub App did, for each has a limit of its own, and else all
// that the account does at the provider. The login of an App's account ends with [bot],
// which no other one's may.
//
// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
func Limited(c *toolsv1.Call, account string) string {
	if at := Installation(c); at != "" && strings.HasSuffix(account, "[bot]") {
		return at
	}
	return Provider(c)
}
