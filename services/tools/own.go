package tools

import (
	"context"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// ownWindow is for how long after a call's last attempt a value that an event tells
// counts as one that we set.
const ownWindow = 10 * time.Minute

// own says why an event is of our own making; "" where it isn't known to be.
func (r *runs) own(ctx context.Context, e *eventv1.WebhookEvent) (string, error) {
	accounts, err := r.ledger.Accounts(ctx)
	if err != nil {
		return "", err
	}
	ours := policy.Ours{}
	for _, a := range accounts {
		if a.Name != "" && a.Provider == project.Origin(e) {
			ours.Accounts = append(ours.Accounts, a.Name)
		}
	}
	if len(ours.Accounts) == 0 || e.GetRef() == "" {
		return "", nil
	}
	keys := policy.Markers(e)
	made, err := r.ledger.Made(ctx, []string{e.GetRef(), e.GetPlace()}, keys, r.now().Add(-ownWindow))
	if err != nil {
		return "", err
	}
	for _, m := range made {
		// What an answer that was lost, or is still to come, made has no ref yet.
		unnamed := m.Ref == "" && m.Target == e.GetPlace() && policy.TellsOfMaking(e)
		about := unnamed || m.Target == e.GetRef() || m.Ref == e.GetRef()
		if about {
			ours.Markers = append(ours.Markers, string(m.Key))
		}
		if m.Ref != "" && m.Ref != m.Target {
			ours.Made = append(ours.Made, m.Ref)
		}
		if about && m.Latest.After(r.now().Add(-ownWindow)) {
			ours.Changes = append(ours.Changes, policy.Changes(m.Tool, m.Payload.AsMap())...)
		}
	}
	return policy.OwnEvent(e, ours), nil
}
