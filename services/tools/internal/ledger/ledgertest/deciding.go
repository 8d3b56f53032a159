package ledgertest

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

func decideEntries() []entry {
	return []entry{
		{"what is started again is what policy makes of it now", checkDecidedAgain, breaking(func(b *broken) {
			b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
				for i := range r.Decided {
					r.Decided[i].Shown.State = "queued"
				}
				return b.Ledger.Retry(ctx, run, r)
			}
		})},
		{"what needs a call that is held by now waits with it", checkHeldAgain, breaking(func(b *broken) {
			b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
				r.Decided = r.Decided[:1]
				return b.Ledger.Retry(ctx, run, r)
			}
		})},
		{"a redelivery starts again what policy still lets through", checkRestartDecided, breaking(func(b *broken) {
			b.restart = func(ctx context.Context, run ledger.RunID, decided []ledger.Resolution) (ledger.Stored, error) {
				for i := range decided {
					decided[i].Shown.State = "queued"
				}
				return b.Ledger.Restart(ctx, run, decided)
			}
		})},
		{"a retry of what may have been made doesn't make that unsaid", checkUnknownAgain, breaking(func(b *broken) {
			b.retry = func(ctx context.Context, run ledger.RunID, r ledger.Retrying) (ledger.Stored, error) {
				for i := range r.Decided {
					r.Decided[i].Shown.State = "queued"
				}
				return b.Ledger.Retry(ctx, run, r)
			}
		})},
		{"an approval forgives what the call is held for, and no more", checkApproval, breaking(func(b *broken) {
			b.decide = func(ctx context.Context, run ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
				d.Decided.Shown.State, d.Decided.Mode = "queued", "act"
				return b.Ledger.Decide(ctx, run, d)
			}
		})},
		{"an approval is of the request that was shown", checkDigest, breaking(func(b *broken) {
			b.decide = func(ctx context.Context, run ledger.RunID, d ledger.Deciding) (ledger.Stored, error) {
				d.Digest = ""
				return b.Ledger.Decide(ctx, run, d)
			}
		})},
	}
}

func payloadOf(status string) *structpb.Struct {
	return &structpb.Struct{Fields: map[string]*structpb.Value{"status": structpb.NewStringValue(status)}}
}

// ended is a resolution that lets nothing through.
func ended(r ledger.Resolution, state, reason string) ledger.Resolution {
	r.Shown.State, r.Shown.Reason, r.Shown.Evidence = state, reason, []*toolsv1.Evidence{{Kind: "target", Detail: "no pair"}}
	return r
}

func checkDecidedAgain(h *harness) {
	run := ledger.RunID(h.pinned(1, h.intent(1, 1, "set"), h.intent(2, 2, "set"), h.intent(3, 3, "set"), h.intent(4, 4, "create"), h.needing(5, 4), h.needing(6, 4)).Run.GetRunId())
	for n := range 4 {
		h.record(1, n+1, "failed")
	}
	h.wantStates(1, "failed ", "failed ", "failed ", "failed ", "skipped dependency", "skipped dependency")
	decided := h.asBefore(1)
	decided[0] = ended(decided[0], "refused", "target")
	decided[1] = ended(decided[1], "held", "tier")
	decided[1].Payload, decided[1].Shown.Request = payloadOf("Closed"), payloadOf("Closed")
	decided[2].Payload, decided[2].Shown.EffectKey = payloadOf("Open"), id(kindEffect, 30)
	decided[5] = ended(decided[5], "refused", "tier_off")
	_, err := h.Retry(h.ctx, run, ledger.Retrying{By: "ana", Decided: decided})
	h.ok(err)
	h.wantStates(1, "refused target", "held tier", "queued ", "queued ", "queued dependency", "refused tier_off")
	s, err := h.Run(h.ctx, run)
	h.ok(err)
	refused := s.Run.GetCalls()[0].GetEvidence()
	if n := len(refused); n != 2 || refused[0].GetDetail() != "no pair" || !strings.Contains(refused[1].GetDetail(), "as ana asked, 2026-03-01 12:00:00Z, and by now policy has it refused") {
		h.Errorf("evidence %v, want why, and who asked", refused)
	}
	if got := s.Run.GetCalls()[1].GetRequest().GetFields()["status"].GetStringValue(); got != "Closed" {
		h.Errorf("held with %q, want what it would send now", got)
	}
	calls, err := h.LeaseCalls(h.ctx, ledger.Leasing{Owner: us, Limit: 10, Lease: callLease})
	h.ok(err)
	if len(calls) != 2 || calls[0].Payload.GetFields()["status"].GetStringValue() != "Open" || calls[0].Shown.GetEffectKey() != id(kindEffect, 30) {
		h.Errorf("leased %v, want the request of now", calls)
	}
	// The new effect is held, and the old one is not.
	h.pinned(2, h.intent(20, 30, "set"), h.intent(21, 3, "set"))
	h.wantStates(2, "skipped same_as", "running ")
	// What policy refused then is decided on anew for whoever names it.
	all := func(call int) ledger.Retrying {
		r := ledger.Retrying{By: "ana", Decided: h.asBefore(1)}
		if call > 0 {
			r.Call = ledger.CallID(id(kindCall, call))
		}
		return r
	}
	if _, err := h.Retry(h.ctx, run, all(0)); !errors.Is(err, ledger.ErrSettled) {
		h.Errorf("nothing failed: %v", err)
	}
	_, err = h.Retry(h.ctx, run, all(1))
	h.ok(err)
	h.wantStates(1, "queued ", "held tier", "queued ", "queued ", "queued dependency", "refused tier_off")
	_, err = h.Decide(h.ctx, run, ledger.Deciding{Call: ledger.CallID(id(kindCall, 2)), By: "ana"})
	h.ok(err)
	if _, err := h.Retry(h.ctx, run, all(2)); !errors.Is(err, ledger.ErrSettled) {
		h.Errorf("somebody refused it for good: %v", err)
	}
}

// What needs a call that is held by now waits with it.
func checkHeldAgain(h *harness) {
	run := ledger.RunID(h.pinned(1, h.intent(1, 1, "create"), h.needing(2, 1)).Run.GetRunId())
	h.record(1, 1, "failed")
	h.wantStates(1, "failed ", "skipped dependency")
	decided := h.asBefore(1)
	decided[0] = ended(decided[0], "held", "tier")
	decided[0].Shown.Request = decided[0].Payload
	s, err := h.Retry(h.ctx, run, ledger.Retrying{By: "ana", Decided: decided})
	h.ok(err)
	h.wantStates(1, "held tier", "held dependency")
	if s.Run.GetDecidedAt() == nil || s.Run.GetCalls()[1].GetDigest() != "" {
		h.Errorf("decided %v, digest %q of what nobody decides on", s.Run.GetDecidedAt(), s.Run.GetCalls()[1].GetDigest())
	}
	_, err = h.Decide(h.ctx, run, ledger.Deciding{Call: ledger.CallID(id(kindCall, 1)), Approve: true, By: "ana", Decided: h.asBefore(1)[0]})
	h.ok(err)
	h.wantStates(1, "queued ", "queued dependency")
}

func checkRestartDecided(h *harness) {
	run := ledger.RunID(h.pinned(1, h.intent(1, 1, "set"), h.intent(2, 2, "set"), h.intent(3, 3, "set")).Run.GetRunId())
	for n := range 3 {
		h.record(1, n+1, "failed")
	}
	decided := h.asBefore(1)[:2] // The third failed after policy was asked.
	decided[0] = ended(decided[0], "refused", "target")
	s, err := h.Restart(h.ctx, run, decided)
	h.ok(err)
	h.wantStates(1, "refused target", "queued ", "failed ")
	if len(s.Run.GetCalls()[0].GetEvidence()) != 2 {
		h.Errorf("evidence %v", s.Run.GetCalls()[0].GetEvidence())
	}
	h.lease(us)
	h.record(1, 2, "failed")
	if _, err := h.Restart(h.ctx, run, h.asBefore(1)[:1]); err != nil {
		h.Errorf("restart: %v", err)
	}
	h.wantStates(1, "refused target", "failed ", "failed ") // A redelivery takes up nothing that was refused.
}

func checkUnknownAgain(h *harness) {
	run := ledger.RunID(h.pinned(1, h.intent(1, 1, "create"), h.intent(2, 2, "create")).Run.GetRunId())
	h.record(1, 1, "unknown")
	h.record(1, 2, "unknown")
	decided := h.asBefore(1)
	decided[0], decided[1] = ended(decided[0], "refused", "target"), ended(decided[1], "held", "tier")
	s, err := h.Retry(h.ctx, run, ledger.Retrying{Force: true, By: "ana", Decided: decided})
	h.ok(err)
	h.wantStates(1, "unknown ", "unknown ")
	for i, c := range s.Run.GetCalls() {
		if e := c.GetEvidence(); len(e) != 2 || e[0].GetDetail() != "no pair" {
			h.Errorf("evidence %v of call %d, want why it is not made again", e, i)
		}
	}
	h.pinned(3, h.intent(3, 1, "create"))
	h.wantStates(3, "skipped same_as") // It may be there.
}

func checkApproval(h *harness) {
	visible := &toolsv1.Evidence{Kind: "visibility", Detail: "to a public place"}
	for n, c := range []struct {
		held   []*toolsv1.Evidence // beside its tier
		change func(*ledger.Resolution)
		want   string
		but    string // what its evidence says beside who and when
	}{
		{nil, func(*ledger.Resolution) {}, "queued ", ""},
		{nil, func(r *ledger.Resolution) { r.Shown.State, r.Shown.Reason = "queued", "" }, "queued ", ""}, // Nobody would hold it any more.
		{nil, func(r *ledger.Resolution) { *r = ended(*r, "refused", "target") }, "refused target", ", and by now policy has it refused, target"},
		{nil, func(r *ledger.Resolution) { *r = ended(*r, "skipped", "dependency") }, "skipped dependency", ", and by now policy has it skipped, dependency"},
		{nil, func(r *ledger.Resolution) { r.Shown.Reason = "private_to_public" }, "held private_to_public", ", and by now policy holds it for private_to_public"},
		{nil, func(r *ledger.Resolution) { r.Shown.Evidence = []*toolsv1.Evidence{visible} }, "held tier", ", and by now policy holds it for private_to_public"},
		{[]*toolsv1.Evidence{visible}, func(r *ledger.Resolution) { r.Shown.Evidence = []*toolsv1.Evidence{visible} }, "queued ", ""},
		{[]*toolsv1.Evidence{visible}, func(r *ledger.Resolution) { r.Shown.Reason = "private_to_public" }, "queued ", ""},
		{nil, func(r *ledger.Resolution) { r.Payload = payloadOf("Closed") }, "held tier", ", and by now the request is another one, which is held"},
		{nil, func(r *ledger.Resolution) {
			r.Payload, r.Shown.State, r.Shown.Reason = payloadOf("Closed"), "queued", ""
		}, "held tier", ", and by now the request is another one, which is held"},
		{nil, func(r *ledger.Resolution) { r.Shown.Target = "jira:issue:ACME-8" }, "held tier", ", and by now the request is another one, which is held"},
		{nil, func(r *ledger.Resolution) { r.Mode, r.Shown.State, r.Shown.Reason = "dry_run", "queued", "policy" }, "queued policy", ", and by now policy only has it shown"},
	} {
		call := h.queued(n, n, "set")
		call.Shown.State, call.Shown.Reason, call.Shown.Request, call.Shown.Evidence = "held", "tier", call.Payload, c.held
		run := ledger.RunID(h.pinned(n, call).Run.GetRunId())
		d := h.asBefore(n)[0]
		c.change(&d)
		s, err := h.Decide(h.ctx, run, ledger.Deciding{Call: d.Call, Approve: true, By: "ana", Why: "fine", Decided: d})
		h.ok(err)
		h.wantStates(n, c.want)
		got := s.Run.GetCalls()[0]
		if last := got.GetEvidence()[len(got.GetEvidence())-1]; last.GetKind() != ledger.EvidenceDecision || last.GetDetail() != "approved by ana, 2026-03-01 12:00:00Z"+c.but+": fine" {
			h.Errorf("%d: evidence %v", n, last)
		}
		if want := d.Payload.GetFields()["status"].GetStringValue(); got.GetState() == "held" && got.GetRequest().GetFields()["status"].GetStringValue() != want {
			h.Errorf("%d: held with %v, want %q to be looked at", n, got.GetRequest(), want)
		}
		if got.GetState() == "held" && got.GetTarget() != d.Shown.GetTarget() {
			h.Errorf("%d: held for %s, would act on %s", n, got.GetTarget(), d.Shown.GetTarget())
		}
	}
}

func checkDigest(h *harness) {
	held := h.queued(1, 1, "set")
	held.Shown.State, held.Shown.Reason, held.Shown.Request = "held", "tier", held.Payload
	run := ledger.RunID(h.pinned(1, held).Run.GetRunId())
	seen := h.call(1).GetDigest()
	if len(seen) != 64 {
		h.Fatalf("digest %q", seen)
	}
	another := h.asBefore(1)[0]
	another.Payload = payloadOf("Closed")
	approve := func(digest string, decided ledger.Resolution) error {
		_, err := h.Decide(h.ctx, run, ledger.Deciding{Call: decided.Call, Approve: true, By: "ana", Digest: digest, Decided: decided})
		return err
	}
	h.ok(approve(seen, another))
	h.wantStates(1, "held tier")
	if err := approve(seen, another); !errors.Is(err, ledger.ErrChanged) {
		h.Errorf("approved what nobody has seen: %v", err)
	}
	h.wantStates(1, "held tier")
	h.ok(approve(h.call(1).GetDigest(), another))
	h.wantStates(1, "queued ")
	if digest := h.call(1).GetDigest(); digest != "" {
		h.Errorf("nothing is held, and there is a digest %q", digest)
	}
}
