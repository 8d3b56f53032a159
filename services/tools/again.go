package tools

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// RetryCall implements RunService.
func (r *runs) RetryCall(ctx context.Context, req *toolsv1.RetryCallRequest) (*toolsv1.RetryCallResponse, error) {
	stored, err := r.ledger.Retry(ctx, ledger.RunID(req.GetRunId()), ledger.Retrying{
		Call: ledger.CallID(req.GetCallId()), Force: req.GetForce(), By: cmp.Or(req.GetBy(), "an operator"),
	})
	if errors.Is(err, ledger.ErrSettled) {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("nothing is to be tried again: only failed calls are, and with --force those whose outcome is unknown"))
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.RetryCallResponse{Run: r.memory.Show(ctx, stored)}, nil
}

// DecideCall implements RunService.
func (r *runs) DecideCall(ctx context.Context, req *toolsv1.DecideCallRequest) (*toolsv1.DecideCallResponse, error) {
	run, id := ledger.RunID(req.GetRunId()), ledger.CallID(req.GetCallId())
	if err := r.checkDigest(ctx, run, id, req.GetDigest()); err != nil {
		return nil, err
	}
	stored, err := r.ledger.Decide(ctx, run, ledger.Deciding{Call: id, Approve: req.GetApprove(), By: req.GetBy(), Why: req.GetWhy()})
	if errors.Is(err, ledger.ErrSettled) {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("the call is not held: `switchyard runs show` has its state"))
	}
	if errors.Is(err, ledger.ErrWaits) {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errors.New("the call waits for a step that is held: decide on that one"))
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return &toolsv1.DecideCallResponse{Run: r.memory.Show(ctx, stored)}, nil
}

// checkDigest holds a decision to the request that was shown: what is held never
// changes but by being decided.
func (r *runs) checkDigest(ctx context.Context, run ledger.RunID, id ledger.CallID, digest string) error {
	if digest == "" {
		return nil
	}
	stored, err := r.ledger.Run(ctx, run)
	if err != nil {
		return unavailable(err)
	}
	for _, c := range stored.Run.GetCalls() {
		if c.GetCallId() != string(id) {
			continue
		}
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(c.GetRequest())
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) == digest {
			return nil
		}
		return connect.NewError(connect.CodeFailedPrecondition, errors.New("the digest is of another request than the call would send"))
	}
	return unavailable(ledger.ErrNoCall)
}
