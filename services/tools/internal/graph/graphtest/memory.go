package graphtest

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// LoadLedger tells a ledger what makes the rows of a memory.
func LoadLedger(l ledger.Ledger) func(context.Context, Memory) error {
	return func(ctx context.Context, m Memory) error {
		openings, err := m.openings()
		if err != nil {
			return err
		}
		for _, o := range openings {
			if _, err := l.Open(ctx, o); err != nil {
				return err
			}
		}
		return nil
	}
}

// openings are events that together say what the rows of m say: one for what an
// entity is, one for each of its texts, two for each link, its first and its last sighting.
func (m Memory) openings() (all []ledger.Opening, err error) {
	add := func(e *eventv1.WebhookEvent, authn string, delta project.Delta) {
		e.Source, e.Kind = "github", "other"
		if e.GetId() == "" {
			e.Id = uuid.NewSHA1(uuid.NameSpaceOID, []byte(e.String()+fmt.Sprint(delta))).String()
		}
		e.DedupKey = e.GetId()
		o := ledger.Opening{
			Run: ledger.RunID(uuid.NewSHA1(uuid.NameSpaceOID, []byte(e.GetId())).String()), Event: e, Authn: authn, Delta: delta,
			Delivery: &eventv1.Delivery{ReceivedAt: timestamppb.New(start())}, Owner: "us", Lease: time.Minute,
		}
		o.Sealed, err = proto.Marshal(e)
		all = append(all, o)
	}
	for _, e := range m.Entities {
		add(&eventv1.WebhookEvent{}, ledger.Signature, project.Delta{Entities: []project.Entity{e.Entity}})
		for where, at := range e.Texts {
			authn := ledger.Signature
			if where[0] == '~' {
				where, authn = where[1:], token
			}
			add(&eventv1.WebhookEvent{
				Ref: e.Ref, OccurredAt: timestamppb.New(ledger.Time(at)),
				Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: where, Value: "text"}}},
			}, authn, project.Delta{Entities: []project.Entity{{Ref: e.Ref, Kind: e.Kind, Stub: true}}})
		}
	}
	for _, l := range m.Links {
		delta := func(at time.Time) project.Delta {
			return project.Delta{Links: []project.Link{{
				From: l.From, To: l.To, Kind: l.Kind, Rule: l.Rule, Confidence: l.Confidence, Where: l.Where,
				Author: l.Author, Editor: l.Editor, At: at,
			}}}
		}
		if !l.First.Equal(l.Last) {
			add(&eventv1.WebhookEvent{}, l.Authn, delta(l.First))
		}
		add(&eventv1.WebhookEvent{Id: l.EventID}, l.Authn, delta(l.Last))
	}
	return all, err
}

const (
	change = "github:pr:acme/api#42"
	issue  = "jira:issue:ACME-7"
	token  = "token"
)

func start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// at is the n-th hour.
func at(n int) time.Time { return start().Add(time.Duration(n) * time.Hour) }

// event is the id of the n-th event.
func event(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// related is a link from the change, told by the n-th event.
func related(n int, to, where string) graph.Related {
	return graph.Related{
		From: change, To: to, Kind: "issue", Rule: "issue_key", Confidence: "likely", Where: where,
		First: at(n), Last: at(n), EventID: event(n), Authn: ledger.Signature,
	}
}

// seen is an entity that was seen, with attributes that the n-th event told.
func seen(n int, ref, kind string, attributes ...string) ledger.EntityRow {
	e := ledger.EntityRow{Entity: project.Entity{Ref: ref, Kind: kind, NativeID: "42", Place: "github:repo:acme/api"}, Vouched: true}
	for i := 0; i < len(attributes); i += 2 {
		e.Attributes = append(e.Attributes, project.Attribute{
			Name: attributes[i], Value: attributes[i+1], Version: project.Version{At: at(n), KindRank: 2, EventID: event(n)},
		})
	}
	return e
}

// texts is the change with when its texts were seen, by the hour.
func texts(hours map[string]int) ledger.EntityRow {
	e := seen(0, change, "change")
	e.Texts = make(map[string]int64, len(hours))
	for where, n := range hours {
		e.Texts[where] = ledger.Micros(at(n))
	}
	return e
}
