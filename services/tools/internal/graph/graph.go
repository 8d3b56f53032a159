package graph

import (
	"context"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Graph is implemented by every store of entities and links. All of them return
// the same rows in the same order for the same memory: graphtest demands it.
type Graph interface {
	// Linked returns links from and to any of refs, each once, newest first; of
	// one moment by from, to, where, kind and authn.
	Linked(ctx context.Context, refs []string, limit int) ([]Related, error)
	// Entities returns what is known of refs, in the order of their refs,
	// attributes by name. Refs that were never named are left out.
	Entities(ctx context.Context, refs []string) ([]project.Entity, error)
}

// Related is a link as it is remembered: with its evidence, first and last
// sighting. Its natural key is (From, Where, To, Kind, Authn). Times are UTC, in
// whole microseconds.
type Related struct {
	From       string
	To         string
	Kind       string
	Rule       string
	Confidence string
	Where      string
	// Who wrote and who edited the text that it stood in, as last seen; nil where the body names nobody.
	Author, Editor *eventv1.Account
	First          time.Time
	Last           time.Time
	// Gone: its text was seen later without it.
	Gone    bool
	EventID string
	// How the event proved itself: a link that both signatures and tokens tell is two.
	Authn string
}
