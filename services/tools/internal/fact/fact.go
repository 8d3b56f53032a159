package fact

import (
	"context"
	"time"
)

// Facts is implemented by every store of observations. All of them return the
// same rows in the same order for the same observations: facttest demands it.
type Facts interface {
	// Timeline returns what was observed about a ref, newest first; of one moment
	// by name and sub-key.
	Timeline(ctx context.Context, ref string, limit int) ([]Observed, error)
	// Select returns the observations that a query asks for, oldest first; of one
	// moment by subject, name and sub-key.
	Select(ctx context.Context, q Query) ([]Observed, error)
}

// Query selects observations. Each list that is set must have the row's value;
// one that is empty asks for nothing. A place or an actor of "" finds no row.
type Query struct {
	Subjects []string
	Places   []string
	Actors   []string
	Names    []string
	Values   []string
	// From is the first moment, To the first one after; zero is no bound.
	From, To time.Time
	// Limit is the most rows, at least 1. Who gets as many has not got all.
	Limit int
}

// Observed is an observation with what it rests on. Its natural key is
// (Subject, Name, SubKey). Times are UTC, in whole microseconds.
type Observed struct {
	Subject string
	Name    string
	SubKey  string
	At      time.Time
	Value   string
	// Place is the event's: "github:repo:acme/api"; "" where none is named.
	Place string
	// Actor is the ref of who acted: "github:user:ana"; "" where none is named.
	Actor   string
	EventID string
	// Authn is how the event proved itself.
	Authn string
}
