package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Resolution is what policy, as it is now, makes of a call that was planned before: once
// what it needs is there, or when it is started again or approved.
type Resolution struct {
	Call CallID
	// Shown has its target, effect key, state (queued, held, refused, skipped), reason
	// and, to be added where it is not there yet, its evidence.
	Shown   *toolsv1.Call
	Payload *structpb.Struct
	Mode    string
	Budgets []Budget
}

// Retrying asks for calls to be tried again.
type Retrying struct {
	Call  CallID // "" for all that are failed, and with Force unknown
	Force bool
	// Who asks, and why, for the evidence.
	By, Why string
	Decided []Resolution
}

// Deciding is somebody's word on a held call. An approval forgives what it is held for,
// and nothing else: what policy refuses by now, or only shows, becomes that; what it
// holds for another reason is held for that; and where the request is another one by now,
// that one is held.
type Deciding struct {
	Call    CallID
	Approve bool
	By, Why string
	// Digest is that of the request which was looked at; "" for whatever is held.
	Digest string
	// Only of an approval.
	Decided Resolution
}

// Digest names a held request: hex SHA-256. It is compared only with what the same
// program made of the same request: protobuf has no canonical form.
func Digest(request *structpb.Struct) (string, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("ledger: digest of a request: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Kinds of evidence that more than people read.
const (
	// EvidenceDryRun is why policy has a call shown and not sent; its detail begins with the reason.
	EvidenceDryRun = "dry_run"
	// EvidenceAttempt is an attempt that came to nothing; its detail begins with the reason.
	EvidenceAttempt = "attempt"
	// EvidenceRetry is somebody's having a call started again: attempts count from there.
	EvidenceRetry = "retry"
	// EvidenceDoubt is that an attempt before somebody had the call started again may have
	// acted: unless it is done or superseded then, the call ends unknown.
	EvidenceDoubt = "doubt"
	// EvidenceDecision is somebody's word on a call that was held.
	EvidenceDecision = "decision"
	// EvidenceLate is what an attempt said that was no longer the call's.
	EvidenceLate = "late"
)
