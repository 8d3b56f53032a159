package record

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Run is a row of run as it is stored. It is decoded on its caller's goroutine:
// the one that writes is the one that everybody waits for.
type Run struct {
	Seq        int64
	ID         string
	Deliveries uint32
	DecidedAt  int64
	Written    Written
	Opened     []byte
	// An empty plan is a plan too, and its bytes are read back as nil.
	Planned bool
	Plan    []byte
	// Entry is the outbox's, of what opening it remembered.
	Entry ledger.Position
	// Filled where they are asked for.
	Calls []Call
	Event []byte
	Late  []ledger.CallID
}

// Stored decodes the run, of a store with this word.
func (r *Run) Stored(store string) (ledger.Stored, error) {
	s := ledger.Stored{Run: &toolsv1.Run{}, Entry: r.Entry, Late: r.Late}
	if err := proto.Unmarshal(r.Opened, s.Run); err != nil {
		return s, fmt.Errorf("ledger: run %s: %w", r.ID, err)
	}
	s.Run.Deliveries = r.Deliveries
	s.Run.Writes = r.Written.Shown(store, s.Run.GetAuthn())
	s.Run.DecidedAt = stamp(r.DecidedAt)
	if r.Planned {
		s.Run.Plan = &toolsv1.Plan{}
		if err := proto.Unmarshal(r.Plan, s.Run.Plan); err != nil {
			return s, fmt.Errorf("ledger: plan of run %s: %w", r.ID, err)
		}
	}
	for i := range r.Calls {
		c, err := r.Calls[i].Decoded()
		if err != nil {
			return s, err
		}
		if c.GetState() == "held" && c.GetReason() != dependency {
			if c.Digest, err = ledger.Digest(c.GetRequest()); err != nil {
				return s, err
			}
		}
		s.Run.Calls = append(s.Run.Calls, c)
	}
	if r.Event != nil {
		s.Event = &eventv1.WebhookEvent{}
		if err := proto.Unmarshal(r.Event, s.Event); err != nil {
			return s, fmt.Errorf("ledger: event of run %s: %w", r.ID, err)
		}
	}
	return s, nil
}

// StoredRuns decodes a list.
func StoredRuns(list []Run, store string) ([]ledger.Stored, error) {
	out := make([]ledger.Stored, 0, len(list))
	for i := range list {
		s, err := list[i].Stored(store)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func stamp(micros int64) *timestamppb.Timestamp {
	if micros == 0 {
		return nil
	}
	return timestamppb.New(ledger.Time(micros))
}
