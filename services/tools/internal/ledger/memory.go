package ledger

import (
	"context"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Facts answers questions over observations.
type Facts interface {
	// Timeline returns what was observed about a ref, newest first.
	Timeline(ctx context.Context, ref string, limit int) ([]Observed, error)
}

// Graph answers questions over entities and links.
type Graph interface {
	// Linked returns links from and to a ref, newest first.
	Linked(ctx context.Context, ref string, limit int) ([]Related, error)
	// Entity returns what is known of a ref, attributes by name; false for a ref
	// that was never named.
	Entity(ctx context.Context, ref string) (project.Entity, bool, error)
}

// Observed is an observation with the event that it rests on.
type Observed struct {
	Subject string
	Name    string
	SubKey  string
	At      time.Time
	Value   string
	EventID string
}

// Related is a link as stored: with its evidence, first and last sighting.
type Related struct {
	From       string
	To         string
	Kind       string
	Rule       string
	Confidence string
	Where      string
	First      time.Time
	Last       time.Time
	Gone       bool
	EventID    string
	// How the event proved itself: a link that both signatures and tokens tell is two.
	Authn string
}
