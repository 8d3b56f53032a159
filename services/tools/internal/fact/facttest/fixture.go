package facttest

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// LoadLedger tells a ledger events that say what rows say.
func LoadLedger(l ledger.Ledger) func(context.Context, []fact.Observed) error {
	return func(ctx context.Context, rows []fact.Observed) error {
		type source struct{ event, authn string }
		var order []source
		deltas := map[source]project.Delta{}
		for _, o := range rows {
			s := source{o.EventID, o.Authn}
			if _, known := deltas[s]; !known {
				order = append(order, s)
			}
			d := deltas[s]
			d.Observations = append(d.Observations, project.Observation{
				Subject: o.Subject, Name: o.Name, SubKey: o.SubKey, At: o.At, Value: o.Value, Place: o.Place, Actor: o.Actor,
			})
			deltas[s] = d
		}
		for _, s := range order {
			o, err := opening(s.event, s.authn, deltas[s])
			if err != nil {
				return err
			}
			if _, err := l.Open(ctx, o); err != nil {
				return err
			}
		}
		return nil
	}
}

func opening(event, authn string, delta project.Delta) (ledger.Opening, error) {
	e := &eventv1.WebhookEvent{Id: event, DedupKey: event, Source: "github", Kind: "other", ReceivedAt: timestamppb.New(start())}
	sealed, err := proto.Marshal(e)
	return ledger.Opening{
		Run: ledger.RunID(uuid.NewSHA1(uuid.NameSpaceOID, []byte(event)).String()), Event: e, Sealed: sealed, Authn: authn, Delta: delta,
		Delivery: &eventv1.Delivery{ReceivedAt: timestamppb.New(start())}, Owner: "us", Lease: time.Minute,
	}, err
}

const (
	change = "github:pr:acme/api#42"
	issue  = "jira:issue:ACME-7"
	repo   = "github:repo:acme/api"
	ana    = "github:user:ana"
)

func start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// at is the n-th hour.
func at(n int) time.Time { return start().Add(time.Duration(n) * time.Hour) }

// event is the id of the n-th event.
func event(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// seen is what the n-th event told, at the n-th hour.
func seen(n int, subject, name string) fact.Observed {
	return fact.Observed{
		Subject: subject, Name: name, SubKey: fmt.Sprintf("key-%d", n), At: at(n), Value: fmt.Sprintf("value-%d", n),
		Place: repo, Actor: ana, EventID: event(n), Authn: ledger.Signature,
	}
}

// with returns a row that was changed.
func with(o fact.Observed, change func(*fact.Observed)) fact.Observed {
	change(&o)
	return o
}
