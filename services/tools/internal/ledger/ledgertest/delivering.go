package ledgertest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func deliveryEntries() []entry {
	again := 0
	return []entry{
		{"a delivery is found by its id or its beginning", checkDelivery, breaking(func(b *broken) {
			b.getDelivery = func(ctx context.Context, id string) (*toolsv1.DeliveryRecord, error) {
				return b.Ledger.GetDelivery(ctx, id[:len(id)-1])
			}
		})},
		{"deliveries page newest first", checkDeliveries, breaking(func(b *broken) {
			b.listDeliveries = func(ctx context.Context, q ledger.DeliveryQuery) (ledger.DeliveryPage, error) {
				q.Token = ""
				return b.Ledger.ListDeliveries(ctx, q)
			}
		})},
		{"deliveries are selected by source and answer", checkDeliveriesSelect, breaking(func(b *broken) {
			b.listDeliveries = func(ctx context.Context, q ledger.DeliveryQuery) (ledger.DeliveryPage, error) {
				q.Source, q.Answer = "", ""
				return b.Ledger.ListDeliveries(ctx, q)
			}
		})},
		{"a batch of deliveries counts once", checkDeliveriesOnce, breakReport(func(r *ledger.Report) {
			again++
			for i, d := range r.Records {
				r.Records[i] = delivery(10*again+i, d.GetCode())
			}
		})},
		{"dropped deliveries are totals of each reporter", checkDropped, breakReport(func(r *ledger.Report) { r.Reporter = "the same" })},
		{"what was refused is bounded apart", checkDeliveriesKept, breakReport(func(r *ledger.Report) {
			r.Keep = ledger.Keep{Refused: 100, Accepted: 100}
		})},
	}
}

// breakReport changes what RecordDeliveries is given.
func breakReport(change func(*ledger.Report)) func(Opener) Opener {
	return breaking(func(b *broken) {
		b.recordDeliveries = func(ctx context.Context, r ledger.Report) error {
			r.Records = slices.Clone(r.Records)
			change(&r)
			return b.Ledger.RecordDeliveries(ctx, r)
		}
	})
}

// keepAll is more than any test records.
func keepAll() ledger.Keep { return ledger.Keep{Refused: 1000, Accepted: 1000} }

// delivery is the n-th delivery, answered with the code.
func delivery(n int, code uint32) *toolsv1.DeliveryRecord {
	d := &toolsv1.DeliveryRecord{
		Id: id(kindDelivery, n), Source: "github", Code: code, Status: "success", RunId: id(kindRun, n),
		ReceivedAt: timestamppb.New(newClock().now.Add(time.Duration(n) * time.Second)),
	}
	if code >= 400 {
		d.Status, d.Reason, d.RunId = ledger.Rejected, "signature_mismatch", ""
		d.Checks = []*toolsv1.DeliveryCheck{{Name: "signature", Outcome: "failed", Detail: "why", Remedy: "what to do"}}
	}
	return d
}

func (h *harness) report(records ...*toolsv1.DeliveryRecord) {
	h.Helper()
	h.ok(h.RecordDeliveries(h.ctx, ledger.Report{Records: records, Reporter: "us", Keep: keepAll()}))
}

// listed returns the ids of all deliveries that a query selects.
func (h *harness) listed(q ledger.DeliveryQuery) []string {
	h.Helper()
	q.Limit = 1000
	page, err := h.ListDeliveries(h.ctx, q)
	h.ok(err)
	var ids []string
	for _, d := range page.Records {
		ids = append(ids, d.GetId())
	}
	return ids
}

func (h *harness) wantDeliveries(what string, got []string, want ...int) {
	h.Helper()
	var ids []string
	for _, n := range want {
		ids = append(ids, id(kindDelivery, n))
	}
	if !slices.Equal(got, ids) {
		h.Errorf("%s: deliveries %v, want %v", what, got, ids)
	}
}

func checkDelivery(h *harness) {
	want := delivery(1, 401)
	other := delivery(2, 200)
	other.Id = "ab" + other.GetId()[2:]
	h.report(want, other, delivery(0x11, 200))
	for _, id := range []string{want.GetId(), want.GetId()[:35] + "1"} {
		got, err := h.GetDelivery(h.ctx, id)
		h.ok(err)
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			h.Errorf("by %s: %s", id, diff)
		}
	}
	if got, err := h.GetDelivery(h.ctx, "ab000000-0000"); err != nil || got.GetId() != other.GetId() {
		h.Errorf("by its beginning: %v, %v", got, err)
	}
	for id, want := range map[string]error{"00000000": ledger.ErrAmbiguous, "ffff": ledger.ErrNoDelivery, want.GetId() + "0": ledger.ErrNoDelivery} {
		if _, err := h.GetDelivery(h.ctx, id); !errors.Is(err, want) {
			h.Errorf("by %s: %v, want %v", id, err, want)
		}
	}
}

func checkDeliveries(h *harness) {
	for n := range 5 {
		h.report(delivery(n, 200))
	}
	var token string
	for _, want := range [][]int{{4, 3}, {2, 1}, {0}} {
		page, err := h.ListDeliveries(h.ctx, ledger.DeliveryQuery{Limit: 2, Token: token})
		h.ok(err)
		var ids []string
		for _, d := range page.Records {
			ids = append(ids, d.GetId())
		}
		h.wantDeliveries("page", ids, want...)
		if last := len(want) == 1; last != (page.Next == "") {
			h.Fatalf("page %v is followed by %q", want, page.Next)
		}
		token = page.Next
	}
	if _, err := h.ListDeliveries(h.ctx, ledger.DeliveryQuery{Limit: 2, Token: "bad"}); !errors.Is(err, ledger.ErrToken) {
		h.Errorf("a made-up token: %v, want ErrToken", err)
	}
}

func checkDeliveriesSelect(h *harness) {
	jira := delivery(3, 202)
	jira.Source, jira.Status = "jira", "processing"
	h.report(delivery(1, 200), delivery(2, 401), jira)
	for _, tc := range []struct {
		query ledger.DeliveryQuery
		want  []int
	}{
		{ledger.DeliveryQuery{}, []int{3, 2, 1}},
		{ledger.DeliveryQuery{Source: "github"}, []int{2, 1}},
		{ledger.DeliveryQuery{Source: "notion"}, nil},
		{ledger.DeliveryQuery{Answer: "401"}, []int{2}},
		{ledger.DeliveryQuery{Answer: "rejected"}, []int{2}},
		{ledger.DeliveryQuery{Answer: "signature_mismatch"}, []int{2}},
		{ledger.DeliveryQuery{Answer: "processing"}, []int{3}},
		{ledger.DeliveryQuery{Answer: "success", Source: "jira"}, nil},
		{ledger.DeliveryQuery{Answer: "%"}, nil},
	} {
		h.wantDeliveries(tc.query.Source+" "+tc.query.Answer, h.listed(tc.query), tc.want...)
	}
}

// A batch whose answer was lost is sent again, grown by what came since.
func checkDeliveriesOnce(h *harness) {
	first := delivery(1, 200)
	for n := range 3 {
		again := delivery(1, 503) // What was recorded first stays.
		if n == 0 {
			again = first
		}
		h.ok(h.RecordDeliveries(h.ctx, ledger.Report{
			Records: []*toolsv1.DeliveryRecord{again, delivery(2+n, 401)}, Reporter: "us", Dropped: map[string]uint64{"github": uint64(n)}, Keep: keepAll(),
		}))
	}
	h.wantDeliveries("listed", h.listed(ledger.DeliveryQuery{}), 4, 3, 2, 1)
	if got, err := h.GetDelivery(h.ctx, first.GetId()); err != nil || got.GetCode() != 200 {
		h.Errorf("recorded a second time: %v, %v", got, err)
	}
}

func checkDropped(h *harness) {
	tell := func(reporter string, dropped map[string]uint64) {
		h.Helper()
		h.ok(h.RecordDeliveries(h.ctx, ledger.Report{Reporter: reporter, Dropped: dropped, Keep: keepAll()}))
	}
	tell("us", map[string]uint64{"github": 5, "jira": 1})
	tell("us", map[string]uint64{"github": 5})
	tell("us", map[string]uint64{"github": 7})
	tell("us", map[string]uint64{"github": 3}) // It was overtaken.
	tell("them", map[string]uint64{"github": 2})
	page, err := h.ListDeliveries(h.ctx, ledger.DeliveryQuery{Limit: 10})
	h.ok(err)
	if want := map[string]uint64{"github": 9, "jira": 1}; !maps.Equal(page.Dropped, want) {
		h.Errorf("dropped %v, want %v", page.Dropped, want)
	}
}

func checkDeliveriesKept(h *harness) {
	tell := func(records ...*toolsv1.DeliveryRecord) {
		h.Helper()
		h.ok(h.RecordDeliveries(h.ctx, ledger.Report{Records: records, Reporter: "us", Keep: ledger.Keep{Refused: 3, Accepted: 2}}))
	}
	tell(delivery(1, 200), delivery(2, 200))
	for n := 10; n < 20; n++ {
		tell(delivery(n, 401))
	}
	h.wantDeliveries("after refusals", h.listed(ledger.DeliveryQuery{}), 19, 18, 17, 2, 1)
	tell(delivery(20, 200), delivery(21, 200), delivery(22, 200), delivery(22, 200))
	h.wantDeliveries("after a batch beyond its bound", h.listed(ledger.DeliveryQuery{}), 22, 21, 19, 18, 17)
}
