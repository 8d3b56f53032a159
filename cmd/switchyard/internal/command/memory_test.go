package command_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
)

// memoryFake is a MemoryService that says what it is told to.
type memoryFake struct {
	toolsv1connect.UnimplementedMemoryServiceHandler
	status  *toolsv1.StatusResponse
	check   []*toolsv1.CheckResponse
	rebuild []*toolsv1.RebuildResponse
	forget  []*toolsv1.ForgetResponse
	fails   error
}

func (f *memoryFake) Status(context.Context, *toolsv1.StatusRequest) (*toolsv1.StatusResponse, error) {
	return f.status, f.fails
}

func (f *memoryFake) Check(_ context.Context, _ *toolsv1.CheckRequest, stream *connect.ServerStream[toolsv1.CheckResponse]) error {
	for _, m := range f.check {
		if err := stream.Send(m); err != nil {
			return err
		}
	}
	return f.fails
}

func (f *memoryFake) Rebuild(_ context.Context, _ *toolsv1.RebuildRequest, stream *connect.ServerStream[toolsv1.RebuildResponse]) error {
	for _, m := range f.rebuild {
		if err := stream.Send(m); err != nil {
			return err
		}
	}
	return f.fails
}

func (f *memoryFake) Forget(_ context.Context, _ *toolsv1.ForgetRequest, stream *connect.ServerStream[toolsv1.ForgetResponse]) error {
	for _, m := range f.forget {
		if err := stream.Send(m); err != nil {
			return err
		}
	}
	return f.fails
}

func TestMemoryCommands(t *testing.T) {
	at := timestamppb.New(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	differs := &toolsv1.StoreCheck{Store: "neo4j", Rows: 7, Missing: 2, Extra: 1, Hours: []*toolsv1.HourCheck{{Table: "link", Hour: at, LedgerRows: 4, StoreRows: 3}}}
	repaired := &toolsv1.StoreCheck{Store: "neo4j", Rows: 7, Missing: 2, Extra: 1, Repaired: 3}
	for _, tc := range []struct {
		name string
		fake memoryFake
		args []string
		code int
		want []string
	}{
		{"alone", memoryFake{status: &toolsv1.StatusResponse{Ledger: "sqlite"}}, []string{"status"}, 0, []string{"The ledger (sqlite) has it all", "CLICKHOUSE_URL"}},
		{"behind", memoryFake{status: &toolsv1.StatusResponse{Ledger: "sqlite", Sinks: []*toolsv1.SinkStatus{{
			Store: "neo4j", State: "unavailable", Detail: "refused\x1b[31m", Setting: "NEO4J_URI", Behind: 12, BehindSince: at,
			Parked: []*toolsv1.ParkedEntry{{EventId: "an-event", Reason: "too long", At: at}},
		}}}}, nil, 0, []string{"neo4j", "unavailable", "12", "neo4j (NEO4J_URI): refused", "could not take event an-event"}},
		{"same", memoryFake{check: []*toolsv1.CheckResponse{{Store: "neo4j", Done: 3, Total: 7}, {Store: "neo4j", Result: &toolsv1.StoreCheck{Store: "neo4j", Rows: 7}}}}, []string{"check"}, 0,
			[]string{"neo4j: 3 of 7 rows (42 %)", "neo4j has each of the ledger's 7 rows, and no other."}},
		{"differs", memoryFake{check: []*toolsv1.CheckResponse{{Store: "neo4j", Result: differs}}}, []string{"check", "neo4j"}, 1,
			[]string{"2 missing, 0 different, 1 too many; 0 repaired", "link", "4", "3"}},
		{"repaired", memoryFake{check: []*toolsv1.CheckResponse{{Store: "neo4j", Result: repaired}}}, []string{"check", "--repair"}, 0, []string{"3 repaired"}},
		{"rebuilt", memoryFake{rebuild: []*toolsv1.RebuildResponse{{Done: 1, Total: 10, Waiting: "no process holds the sink"}, {Done: 10, Total: 10, Finished: true}}}, []string{"rebuild", "clickhouse"}, 0,
			[]string{"clickhouse: 1 of 10 entries (10 %), waiting: no process holds the sink", "clickhouse holds what the ledger does: 10 entries."}},
		{"cut short", memoryFake{rebuild: []*toolsv1.RebuildResponse{{Done: 1, Total: 10}}}, []string{"rebuild", "clickhouse"}, 1, []string{"the rebuild goes on"}},
		{"not there", memoryFake{fails: connect.NewError(connect.CodeFailedPrecondition, fmt.Errorf("no neo4j follows this ledger: NEO4J_URI is not set for tools"))}, []string{"rebuild", "neo4j"}, 1,
			[]string{"NEO4J_URI is not set"}},
		{"forgotten, and a store is behind", memoryFake{forget: []*toolsv1.ForgetResponse{{Finished: true, Events: 3, Links: 21, Gaps: []*toolsv1.Gap{{
			Code: "sink_behind", Setting: "NEO4J_URI", Detail: "neo4j still has it\x1b[31m",
		}}}}}, []string{"forget", "github:user:ana", "--yes"}, 0, []string{"Removed what is known of github:user:ana:", "OBSERVATIONS", "21", "sink_behind (NEO4J_URI): neo4j still has it"}},
		{"to be forgotten unasked", memoryFake{forget: []*toolsv1.ForgetResponse{{Finished: true}}}, []string{"forget", "github:user:ana"}, 1, []string{"say --yes"}},
		{"counted for long", memoryFake{forget: []*toolsv1.ForgetResponse{{Reading: "events", Done: 20, Total: 80}, {Finished: true, Events: 3}}}, []string{"forget", "github:user:ana", "--dry-run"}, 0,
			[]string{"reading: 20 of 80 events (25 %)", "Would remove what is known of github:user:ana:"}},
		{"removed for long", memoryFake{forget: []*toolsv1.ForgetResponse{{Reading: "links", Done: 20}, {Finished: true, Events: 3}}}, []string{"forget", "github:user:ana", "--yes"}, 0,
			[]string{"reading: 20 links\n", "Removed what is known of github:user:ana:"}},
		{"counting cut short", memoryFake{forget: []*toolsv1.ForgetResponse{{Reading: "events", Done: 20, Total: 80}}}, []string{"forget", "github:user:ana", "--dry-run"}, 1, []string{"nothing was removed"}},
		{"removing cut short", memoryFake{forget: []*toolsv1.ForgetResponse{{Reading: "events", Done: 20, Total: 80}}}, []string{"forget", "github:user:ana", "--yes"}, 1, []string{"tools goes on with it"}},
		{"not known", memoryFake{fails: connect.NewError(connect.CodeNotFound, fmt.Errorf("nothing is known of it\x1b[31m"))}, []string{"forget", "github:user:ana", "--dry-run"}, 1,
			[]string{"nothing is known of it"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, handler := toolsv1connect.NewMemoryServiceHandler(&tc.fake)
			server := httptest.NewServer(handler)
			defer server.Close()
			got := run(t, append([]string{"memory"}, append(tc.args, "--url", server.URL)...)...)
			got.want(t, tc.code, tc.want...)
			if strings.Contains(got.stdout+got.stderr, "\x1b") {
				t.Errorf("a store's words drive the terminal: %q", got.stdout+got.stderr)
			}
		})
	}
}
