package record

import (
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// KnownLinks is the most links that Known returns.
const KnownLinks = 500

// Related is a row of link as it is read, and whether it is gone.
type Related struct {
	Link
	Gone bool
}

func (r *Related) people() (author, editor *eventv1.Account, err error) {
	if author, err = decodePerson(r.Author); err == nil {
		editor, err = decodePerson(r.Editor)
	}
	return author, editor, err
}

// Extracted is the link as Known tells it.
func (r *Related) Extracted() (project.Link, error) {
	author, editor, err := r.people()
	return project.Link{
		From: r.From, To: r.To, Kind: r.Kind, Rule: r.Rule, Confidence: r.Confidence, Where: r.Where,
		Author: author, Editor: editor, At: ledger.Time(r.Last), Authn: r.Authn,
	}, err
}

// Shown is the link as the graph tells it.
func (r *Related) Shown() (graph.Related, error) {
	author, editor, err := r.people()
	return graph.Related{
		From: r.From, To: r.To, Kind: r.Kind, Rule: r.Rule, Confidence: r.Confidence, Where: r.Where, Author: author, Editor: editor,
		First: ledger.Time(r.First), Last: ledger.Time(r.Last), Gone: r.Gone, EventID: r.EventID, Authn: r.Authn,
	}, err
}
