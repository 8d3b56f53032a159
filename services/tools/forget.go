package tools

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// forgetServer implements MemoryService.Forget.
type forgetServer struct {
	toolsv1connect.UnimplementedMemoryServiceHandler

	keeper ledger.Keeper
	outbox ledger.Outbox
}

// Forget implements MemoryService. A dry run ends with its caller; another one goes on
// where he leaves: half of a forgetting is what nobody wants.
func (s *forgetServer) Forget(ctx context.Context, req *toolsv1.ForgetRequest, stream *connect.ServerStream[toolsv1.ForgetResponse]) error {
	if !req.GetDryRun() {
		ctx = context.WithoutCancel(ctx)
	}
	found, err := s.keeper.Forget(ctx, req.GetRef(), req.GetDryRun(), func(p ledger.Pass) {
		// Of a caller who left a dry run hears by its context, and another one need not.
		_ = stream.Send(&toolsv1.ForgetResponse{Reading: p.Reading, Done: uint64(max(0, p.Done)), Total: uint64(max(0, p.Total))})
	})
	if errors.Is(err, ledger.ErrUnknownRef) {
		return connect.NewError(connect.CodeNotFound, fmt.Errorf("nothing is known of %q, or it is forgotten already: "+
			"refs are spelled as in `switchyard runs` and `switchyard ask`, such as github:pr:acme/api#42, jira:issue:ACME-7, github:user:ana or github:repo:acme/api", req.GetRef()))
	}
	if err != nil {
		return unavailable(err)
	}
	resp := &toolsv1.ForgetResponse{
		Events: found.Events, Bodies: found.Bodies, Entities: found.Entities, Links: found.Links, Observations: found.Observations, Finished: true,
	}
	if !req.GetDryRun() {
		if resp.Gaps, err = s.behind(ctx, found.Through); err != nil {
			return err
		}
	}
	return stream.Send(resp)
}

// behind names the stores that have not followed yet.
func (s *forgetServer) behind(ctx context.Context, through ledger.Position) (gaps []*toolsv1.Gap, err error) {
	for _, sink := range []struct {
		name    ledger.Sink
		setting string
	}{{"clickhouse", "CLICKHOUSE_URL"}, {"neo4j", "NEO4J_URI"}} {
		lag, err := s.outbox.Lag(ctx, sink.name)
		if err != nil {
			return nil, unavailable(err)
		}
		// One that nothing was ever sent to has nothing.
		if lag.Cursor.Number > 0 && lag.Cursor.At.Compare(through) < 0 {
			gaps = append(gaps, &toolsv1.Gap{Code: "sink_behind", Setting: sink.setting, Detail: fmt.Sprintf(
				"%s still has it, until it has followed the ledger", sink.name)})
		}
	}
	return gaps, nil
}
