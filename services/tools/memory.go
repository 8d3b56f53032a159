package tools

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/memory"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// mostHours is how many differing hours a check tells.
const mostHours = 100

// memoryServer implements MemoryService.
type memoryServer struct {
	forgetServer

	memory *memory.Memory
	store  string // the ledger's word
}

// Status implements MemoryService.
func (s *memoryServer) Status(ctx context.Context, _ *toolsv1.StatusRequest) (*toolsv1.StatusResponse, error) {
	resp := &toolsv1.StatusResponse{Ledger: s.store}
	for _, store := range s.memory.Stores {
		resp.Sinks = append(resp.Sinks, sinkStatus(store.Status(ctx)))
	}
	return resp, nil
}

func sinkStatus(s sink.Status) *toolsv1.SinkStatus {
	out := &toolsv1.SinkStatus{
		Store: string(s.Sink), State: string(s.State), Detail: s.Detail, Setting: s.Setting,
		Behind: uint64(max(0, s.Lag.Entries)), Total: uint64(max(0, s.Lag.Total)),
	}
	if !s.Lag.Oldest.IsZero() {
		out.BehindSince = timestamppb.New(s.Lag.Oldest)
	}
	for _, p := range s.Lag.Parked {
		out.Parked = append(out.Parked, &toolsv1.ParkedEntry{EventId: p.EventID, Reason: p.Reason, At: timestamppb.New(p.At)})
	}
	return out
}

// Rebuild implements MemoryService.
func (s *memoryServer) Rebuild(ctx context.Context, req *toolsv1.RebuildRequest, stream *connect.ServerStream[toolsv1.RebuildResponse]) error {
	store, err := s.find(req.GetStore())
	if err != nil {
		return err
	}
	return memoryFault(store.Rebuild(ctx, func(p sink.Progress) error {
		return stream.Send(&toolsv1.RebuildResponse{Done: uint64(max(0, p.Done)), Total: uint64(max(0, p.Total)), Finished: p.Finished, Waiting: p.Waiting})
	}))
}

func (s *memoryServer) find(word string) (memory.Store, error) {
	store, ok := s.memory.Find(word)
	if !ok {
		setting := map[string]string{"clickhouse": "CLICKHOUSE_URL", "neo4j": "NEO4J_URI"}[word]
		return store, connect.NewError(connect.CodeFailedPrecondition, fmt.Errorf("no %s follows this ledger: %s is not set for tools", word, setting))
	}
	return store, nil
}

// memoryFault: a store or a ledger that is away is nobody's fault who asks.
func memoryFault(err error) error {
	var ce *connect.Error
	switch {
	case err == nil, errors.As(err, &ce), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, ledger.ErrUnavailable):
		return unavailable(err)
	case errors.Is(err, sink.ErrNothingConfirmed):
		return connect.NewError(connect.CodeFailedPrecondition, errors.New("the store has not taken anything from the ledger yet: `switchyard memory status` tells why"))
	case errors.Is(err, sink.ErrForeign):
		return connect.NewError(connect.CodeFailedPrecondition, err)
	default:
		return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "%v", err), err)
	}
}

// Check implements MemoryService.
func (s *memoryServer) Check(ctx context.Context, req *toolsv1.CheckRequest, stream *connect.ServerStream[toolsv1.CheckResponse]) error {
	stores := s.memory.Stores
	if req.GetStore() != "" {
		store, err := s.find(req.GetStore())
		if err != nil {
			return err
		}
		stores = []memory.Store{store}
	}
	for _, store := range stores {
		word := string(store.Target.Sink())
		var total int64
		r, err := store.Check(ctx, req.GetRepair(), func(done, of int64) error {
			total = of
			return stream.Send(&toolsv1.CheckResponse{Store: word, Done: uint64(done), Total: uint64(of)})
		})
		if err != nil {
			return memoryFault(err)
		}
		if err := stream.Send(&toolsv1.CheckResponse{Store: word, Done: uint64(total), Total: uint64(total), Result: storeCheck(store, r)}); err != nil {
			return err
		}
	}
	return nil
}

func storeCheck(store memory.Store, r sink.Result) *toolsv1.StoreCheck {
	word := string(store.Target.Sink())
	out := &toolsv1.StoreCheck{
		Store: word, Rows: uint64(r.Rows), Missing: uint64(r.Missing), Different: uint64(r.Different), Extra: uint64(r.Extra), Repaired: uint64(r.Repaired),
	}
	for _, h := range r.Hours[:min(len(r.Hours), mostHours)] {
		out.Hours = append(out.Hours, &toolsv1.HourCheck{Table: string(h.Table), Hour: timestamppb.New(h.Hour), LedgerRows: uint64(h.LedgerRows), StoreRows: uint64(h.StoreRows)})
	}
	if r.Unsettled {
		out.Gaps = append(out.Gaps, &toolsv1.Gap{Code: memory.SinkBehind, Setting: store.Setting, Detail: word + " is behind: what is on its way may be counted as missing or different"})
	}
	for _, why := range r.NotRepaired {
		out.Gaps = append(out.Gaps, &toolsv1.Gap{Code: "not_repaired", Setting: store.Setting, Detail: word + ": " + why})
	}
	if r.TooMany {
		out.Gaps = append(out.Gaps, &toolsv1.Gap{Code: "check_coarse", Setting: store.Setting, Detail: "so many rows differ that they were counted by the hour and not one by one: `switchyard memory rebuild " + word + "` is the repair"})
	}
	return out
}
