package tools_test

import (
	"maps"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

const reporter = "6b0c6f5e-0d0f-4f3e-9d43-3a4f4d1f2a10"

func refusedDelivery() *toolsv1.DeliveryRecord {
	return &toolsv1.DeliveryRecord{
		Id: "0d9f8a6c-6b1f-4f39-9d0e-3a2b1c0d9e8f", Source: "github", Code: 401, Status: "rejected", Reason: "signature_mismatch",
		Checks: []*toolsv1.DeliveryCheck{{Name: "signature", Outcome: "failed", Detail: "no secret makes it", Remedy: "set it"}},
	}
}

func TestDeliveriesAreRemembered(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	told := &toolsv1.RecordDeliveriesRequest{
		Deliveries: []*toolsv1.DeliveryRecord{refusedDelivery()}, Reporter: reporter, Dropped: map[string]uint64{"github": 7},
	}
	for range 2 {
		if _, err := c.runs.RecordDeliveries(t.Context(), told); err != nil {
			t.Fatal(err)
		}
	}
	list, err := c.runs.ListDeliveries(t.Context(), &toolsv1.ListDeliveriesRequest{Answer: "401"})
	if err != nil || len(list.GetDeliveries()) != 1 || !maps.Equal(list.GetDropped(), told.GetDropped()) {
		t.Fatalf("listed %v, %v", list, err)
	}
	got, err := c.runs.GetDelivery(t.Context(), &toolsv1.GetDeliveryRequest{Id: "0d9f8a"})
	if err != nil || !proto.Equal(got.GetDelivery(), refusedDelivery()) {
		t.Errorf("got %v, %v", got, err)
	}
	for id, want := range map[string]connect.Code{"ffff": connect.CodeNotFound, "0d9": connect.CodeInvalidArgument, "%%%%": connect.CodeInvalidArgument} {
		if _, err := c.runs.GetDelivery(t.Context(), &toolsv1.GetDeliveryRequest{Id: id}); connect.CodeOf(err) != want {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
}

func TestDeliveriesAreBounded(t *testing.T) {
	c := start(t, testkit.NewExecutor(t, token).URL)
	for name, change := range map[string]func(*toolsv1.RecordDeliveriesRequest){
		"too many":       func(r *toolsv1.RecordDeliveriesRequest) { r.Deliveries = make([]*toolsv1.DeliveryRecord, 1001) },
		"no reporter":    func(r *toolsv1.RecordDeliveriesRequest) { r.Reporter = "" },
		"no id":          func(r *toolsv1.RecordDeliveriesRequest) { r.Deliveries[0].Id = "" },
		"long detail":    func(r *toolsv1.RecordDeliveriesRequest) { r.Deliveries[0].Checks[0].Detail = strings.Repeat("x", 501) },
		"long source":    func(r *toolsv1.RecordDeliveriesRequest) { r.Dropped = map[string]uint64{strings.Repeat("x", 41): 1} },
		"made-up result": func(r *toolsv1.RecordDeliveriesRequest) { r.Deliveries[0].Checks[0].Outcome = "maybe" },
	} {
		t.Run(name, func(t *testing.T) {
			req := &toolsv1.RecordDeliveriesRequest{Deliveries: []*toolsv1.DeliveryRecord{refusedDelivery()}, Reporter: reporter}
			change(req)
			if _, err := c.runs.RecordDeliveries(t.Context(), req); connect.CodeOf(err) != connect.CodeInvalidArgument {
				t.Errorf("%v, want invalid_argument", err)
			}
		})
	}
}
