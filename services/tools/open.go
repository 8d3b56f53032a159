package tools

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"github.com/google/uuid"
	"github.com/klauspost/compress/s2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/faultpoint"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

const (
	// runLease is how long an agent has to plan a run before another one is given it.
	runLease = 20 * time.Second
	// waitSpare is what a held duplicate leaves of its deadline.
	waitSpare = 600 * time.Millisecond
	// maxBody bounds what a sealed body may unpack to.
	maxBody = 32 << 20
)

// admitted is an event whose seal was checked, or an operator's own.
type admitted struct {
	event  *eventv1.WebhookEvent
	sealed []byte
	body   []byte
	authn  string
}

// input is what OpenRun and PreviewRun share.
type input interface {
	GetSealed() *eventv1.SealedEvent
	GetUnsealed() *eventv1.WebhookEvent
}

func (r *runs) admit(in input) (admitted, error) {
	if s := in.GetSealed(); s != nil {
		return r.admitSealed(s)
	}
	return r.admitUnsealed(in.GetUnsealed())
}

func (r *runs) admitSealed(s *eventv1.SealedEvent) (admitted, error) {
	if err := r.keys.Verify(s); err != nil {
		return admitted{}, fault.New(fault.SealInvalid, "the event was not sealed with a key that tools has: is SEAL_KEY the same for ingress and tools?")
	}
	e := &eventv1.WebhookEvent{}
	if err := proto.Unmarshal(s.GetEvent(), e); err != nil {
		return admitted{}, fault.New(fault.EventInvalid, "the sealed bytes are no event: %v", err)
	}
	if err := checkBody(s.GetBody(), e.GetBodySha256()); err != nil {
		return admitted{}, err
	}
	if err := validate(e); err != nil {
		return admitted{}, err
	}
	if _, err := uuid.Parse(e.GetId()); err != nil {
		return admitted{}, fault.New(fault.EventInvalid, "the event's id is no UUID")
	}
	return admitted{event: e, sealed: s.GetEvent(), body: s.GetBody(), authn: s.GetAuthn()}, nil
}

// checkBody binds the raw body, which the seal itself does not cover, to the event.
func checkBody(body, sum []byte) error {
	if n, err := s2.DecodedLen(body); err != nil || n > maxBody {
		return fault.New(fault.SealInvalid, "the event's body can't be unpacked")
	}
	raw, err := s2.Decode(nil, body)
	if err != nil {
		return fault.New(fault.SealInvalid, "the event's body can't be unpacked")
	}
	if got := sha256.Sum256(raw); !bytes.Equal(got[:], sum) {
		return fault.New(fault.SealInvalid, "the body is not the one that the event was made of")
	}
	return nil
}

// admitUnsealed takes an operator's event. Who sends the same one twice gets the same run.
func (r *runs) admitUnsealed(given *eventv1.WebhookEvent) (admitted, error) {
	e := proto.CloneOf(given)
	e.Id, e.DedupKey, e.BodySha256 = "", "", nil
	id, err := operatorEventID(e)
	if err != nil {
		return admitted{}, fmt.Errorf("tools: operator's event: %w", err)
	}
	e.Id, e.DedupKey, e.DedupWindow = id, id, nil
	if e.GetReceivedAt() == nil {
		e.ReceivedAt = timestamppb.New(r.now())
	}
	if err := validate(e); err != nil {
		return admitted{}, err
	}
	sealed, err := proto.Marshal(e)
	if err != nil {
		return admitted{}, fmt.Errorf("tools: operator's event: %w", err)
	}
	return admitted{event: e, sealed: sealed, authn: ledger.Operator}, nil
}

func validate(e *eventv1.WebhookEvent) error {
	if err := protovalidate.Validate(e); err != nil {
		return fault.New(fault.EventInvalid, "%v", err)
	}
	return nil
}

// read says what the event means: its delta, and its links as policy judges them.
func (r *runs) read(ctx context.Context, e *eventv1.WebhookEvent) (project.Delta, []*toolsv1.Link, error) {
	delta := project.Event(e)
	known, err := r.known(ctx, e, delta)
	if err != nil {
		return project.Delta{}, nil, unavailable(err)
	}
	return delta, r.policy().Judge(e, delta.Links, project.Standing(e, delta.Links, known.Links), known.Seen), nil
}

// known asks the memory only what policy can use: a branch is linked with every
// commit that was pushed to it, and none of them makes a target of this push.
func (r *runs) known(ctx context.Context, e *eventv1.WebhookEvent, delta project.Delta) (ledger.Known, error) {
	var refs []string
	for _, l := range delta.Links {
		if l.Rule != "native" {
			refs = append(refs, l.To)
		}
	}
	subject := e.GetRef()
	ref, ok := project.ParseRef(subject)
	if !ok || !slices.Contains([]string{"pr", "issue", "page"}, ref.Type) {
		subject = ""
	}
	if subject == "" && len(refs) == 0 {
		return ledger.Known{}, nil
	}
	return r.ledger.Known(ctx, subject, refs)
}

// told is the visibility that events told of the event's own place and of those
// that it may act in: by a link, or because the plan chose them.
func (r *runs) told(ctx context.Context, e *eventv1.WebhookEvent, links []*toolsv1.Link, chosen []string) (map[string]string, error) {
	places := []string{e.GetPlace()}
	for _, target := range chosen {
		if ref, ok := project.ParseRef(target); ok && ref.Place() != "" {
			places = append(places, ref.Place())
		}
	}
	for _, l := range links {
		if ref, ok := project.ParseRef(l.GetRef()); ok && l.GetTarget() && ref.Place() != "" {
			places = append(places, ref.Place())
		}
	}
	slices.Sort(places)
	known, err := r.ledger.Known(ctx, "", slices.Compact(places))
	return known.Visibility, err
}

// OpenRun implements RunService.
func (r *runs) OpenRun(ctx context.Context, req *toolsv1.OpenRunRequest) (*toolsv1.OpenRunResponse, error) {
	in, err := r.admit(req)
	if err != nil {
		return nil, err
	}
	delta, links, err := r.read(ctx, in.event)
	if err != nil {
		return nil, err
	}
	faultpoint.Reached("open.before_commit")
	opened, err := r.ledger.Open(ctx, ledger.Opening{
		Run:      ledger.RunID(r.newID()),
		Event:    in.event,
		Sealed:   in.sealed,
		Body:     in.body,
		Authn:    in.authn,
		Delivery: req.GetDelivery(),
		Delta:    delta,
		Links:    links,
		Owner:    r.owner,
		Lease:    runLease,
	})
	if err != nil {
		return nil, unavailable(err)
	}
	faultpoint.Reached("open.after_commit")
	if !opened.Leased && req.GetWait() {
		opened.Stored = r.awaitDecision(ctx, opened.Stored)
	}
	if opened.Created && in.authn != ledger.Operator {
		r.memory.Await(ctx, opened.Entry)
	}
	run := r.memory.Show(ctx, opened.Stored)
	return &toolsv1.OpenRunResponse{Run: run, Links: run.GetLinks(), Created: opened.Created, Leased: opened.Leased}, nil
}

// awaitDecision holds a duplicate until its run is decided. A run that this
// process does not work on is looked at a few times a second.
func (r *runs) awaitDecision(ctx context.Context, stored ledger.Stored) ledger.Stored {
	deadline, ok := ctx.Deadline()
	if !ok {
		return stored
	}
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-waitSpare))
	defer cancel()
	wake, stop := r.ledger.Subscribe()
	defer stop()
	poll := time.NewTicker(250 * time.Millisecond)
	defer poll.Stop()
	for stored.Run.GetDecidedAt() == nil {
		fresh, err := r.ledger.Run(ctx, ledger.RunID(stored.Run.GetRunId()))
		if err != nil {
			return stored
		}
		stored = fresh
		if stored.Run.GetDecidedAt() != nil {
			break
		}
		select {
		case <-ctx.Done():
			return stored
		case <-wake:
		case <-poll.C:
		}
	}
	return stored
}

// unavailable makes a fault of the store's own errors: the caller answers 503.
func unavailable(err error) error {
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return fault.New(fault.RunUnknown, "no run has this id")
	case errors.Is(err, ledger.ErrNoCall):
		return connect.NewError(connect.CodeNotFound, errors.New("the run has no such call"))
	case errors.Is(err, ledger.ErrNoDelivery):
		return connect.NewError(connect.CodeNotFound, errors.New("no delivery has this id"))
	case errors.Is(err, ledger.ErrAmbiguous):
		return connect.NewError(connect.CodeInvalidArgument, errors.New("several deliveries have ids that begin so: give more of the id"))
	case errors.Is(err, ledger.ErrToken):
		return connect.NewError(connect.CodeInvalidArgument, err)
	case errors.Is(err, ledger.ErrUnavailable):
		return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "the ledger can't be written or read"), err)
	}
	return err
}
