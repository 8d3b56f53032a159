package tools

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// The namespaces of the ids that are derived. They never change: ids in
// ledgers, and markers in providers' comments, are made with them.
var (
	callSpace     = uuid.NewSHA1(uuid.NameSpaceURL, []byte("switchyard/call/v1"))
	effectSpace   = uuid.NewSHA1(uuid.NameSpaceURL, []byte("switchyard/effect/v1"))
	operatorSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("switchyard/operator/v1"))
)

// named joins parts so that no two lists of parts give one name.
func named(space uuid.UUID, parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%d:%s", len(p), p)
	}
	return uuid.NewSHA1(space, []byte(b.String())).String()
}

func callID(eventID string, d policy.Decision) ledger.CallID {
	return ledger.CallID(named(callSpace, eventID, d.Call.GetRule(), d.Call.GetStep(), d.TargetPath))
}

// effectKey names the effect itself, whoever reports the event: the same merge
// seen through two hooks has one. An upsert leaves the occurrence out: its one
// object is updated by every later event.
func effectKey(e *eventv1.WebhookEvent, d policy.Decision) ledger.EffectKey {
	if d.Class == "read" { // Whoever wants it, it is the same page; but not for the memory.
		return ledger.EffectKey(named(effectSpace, d.Call.GetTool(), d.Target, d.Proof))
	}
	occurrence := e.GetOccurrence()
	if d.Class == "upsert" {
		occurrence = ""
	}
	return ledger.EffectKey(named(effectSpace, d.Call.GetRule(), d.Call.GetStep(), d.Call.GetTool(), d.Target, e.GetRef(), occurrence))
}

// operatorEventID names an unsealed event by all that it says.
func operatorEventID(e *eventv1.WebhookEvent) (string, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return uuid.NewSHA1(operatorSpace, sum[:]).String(), nil
}
