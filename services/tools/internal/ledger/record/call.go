package record

import (
	"fmt"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// Call is a row of call. Its state and key are those of what is shown of it.
type Call struct {
	ID         string
	Seq        int64 // the run's
	Run        string
	Event      string
	Mode       string
	Occurrence string
	Version    int64
	NotAfter   int64
	LookAt     int64
	ValidUntil int64
	ValidFor   int64
	NextAt     int64
	Owner      string
	LeaseUntil int64
	// Written with the call, and when it is decided on again.
	Target    string
	PlannedAt int64
	// Written once, with the call.
	Actor, Place string
	// See ledger.Call; ids are separated by commas.
	Needs, Sets string
	Encoded     []byte // of the call as it is shown
	Payload     []byte

	Shown *toolsv1.Call
	// What follows is not stored.

	// Extend began another attempt after one that had no outcome.
	Again bool
	// What the call draws on once it is let through.
	Budgets []ledger.Budget
	// What was written with the call changed, too.
	Redecided bool
	// The call before it was started again; nil where nothing may have been made of it.
	before *Call
}

// NewCall makes the row of an intent that is pinned now.
func NewCall(c ledger.Call, now int64) (Call, error) {
	row := Call{
		ID: c.Shown.GetCallId(), Shown: proto.CloneOf(c.Shown), Mode: c.Mode, Occurrence: c.Occurrence, Version: ledger.Micros(c.Version),
		NotAfter: ledger.Micros(c.NotAfter), LookAt: ledger.Micros(c.LookAt), ValidUntil: ledger.Micros(c.ValidUntil),
	}
	row.ValidFor = max(0, row.ValidUntil-now)
	row.PlannedAt, row.Needs, row.Sets = now, joined(c.Needs), c.Sets
	// Also of one that waits: it is to count from the beginning.
	row.Actor, row.Place, row.Budgets = c.Actor, c.Place, c.Budgets
	if row.Admission() != Free {
		row.Target = row.Shown.GetTarget()
	}
	if state := row.Shown.GetState(); state == "running" || state == "queued" && c.Owner != "" {
		row.Owner, row.LeaseUntil = string(c.Owner), now+c.Lease.Microseconds()
	}
	if row.Shown.GetState() == "queued" {
		row.NextAt = now
		if row.Shown.GetNextAt() != nil {
			row.NextAt = ledger.Micros(row.Shown.GetNextAt().AsTime())
		}
	}
	if row.waits() {
		row.hold()
	}
	var err error
	if row.Payload, err = Payload(ledger.CallID(row.ID), c.Payload); err != nil {
		return row, err
	}
	return row, row.Encode()
}

// Payload encodes a call's payload.
func Payload(id ledger.CallID, payload *structpb.Struct) ([]byte, error) {
	b, err := proto.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("ledger: encode the payload of call %s: %w", id, err)
	}
	return append([]byte{}, b...), nil
}

// Decoded returns what is shown of the call. Changes to it count once encoded.
func (c *Call) Decoded() (*toolsv1.Call, error) {
	if c.Shown == nil {
		shown := &toolsv1.Call{}
		if err := proto.Unmarshal(c.Encoded, shown); err != nil {
			return nil, fmt.Errorf("ledger: call %s: %w", c.ID, err)
		}
		c.Shown = shown
	}
	return c.Shown, nil
}

// Encode encodes what is shown of the call.
func (c *Call) Encode() (err error) {
	if c.Encoded, err = proto.Marshal(c.Shown); err != nil {
		return fmt.Errorf("ledger: encode call %s: %w", c.ID, err)
	}
	return nil
}

// Provider is whose requests the call is.
func (c *Call) Provider() string { return ledger.Provider(c.Shown) }

// Account is what an outcome tells of the account that acted.
type Account struct {
	Provider, Name string
	Blocked        int64
}

// NewAccounts are what outcomes tell of the accounts that acted.
func NewAccounts(calls []Call, outcomes []ledger.Outcome) (list []Account) {
	for _, o := range outcomes {
		if o.Account == "" && o.Blocked.IsZero() {
			continue
		}
		for i := range calls {
			if calls[i].ID == string(o.Call) && calls[i].Shown != nil {
				of := calls[i].Provider()
				if !o.Blocked.IsZero() {
					of = ledger.Limited(calls[i].Shown, o.Account)
				}
				list = append(list, Account{of, o.Account, ledger.Micros(o.Blocked)})
			}
		}
	}
	return list
}

// IsOpen tells whether an effect is still to come, or under way.
func IsOpen(state string) bool { return state == "queued" || state == "running" }

// Leased is the call as it is given to whoever performs it.
func (c *Call) Leased() (ledger.Call, error) {
	shown, err := c.Decoded()
	if err != nil {
		return ledger.Call{}, err
	}
	payload, err := c.Input()
	if err != nil {
		return ledger.Call{}, err
	}
	var needed []ledger.CallID
	for _, id := range c.needs() {
		needed = append(needed, ledger.CallID(id))
	}
	return ledger.Call{
		Shown: shown, Run: ledger.RunID(c.Run), EventID: c.Event, Payload: payload, Mode: c.Mode, Occurrence: c.Occurrence,
		Version: ledger.Time(c.Version), NotAfter: ledger.Time(c.NotAfter), LookAt: ledger.Time(c.LookAt),
		ValidUntil: ledger.Time(c.ValidUntil), Owner: ledger.Owner(c.Owner), Needs: needed, Begun: c.begun(),
	}, nil
}

// rest puts the call into a state in which nobody holds it: unknown instead of one that
// gives up a key whose effect may be there.
func (c *Call) rest(state, reason string) {
	state, reason = c.orUnknown(state, reason)
	c.Shown.State, c.Shown.Reason = state, reason
	c.Owner, c.LeaseUntil = "", 0
	if !IsOpen(state) {
		c.Shown.NextAt, c.NextAt, c.LookAt = nil, 0, 0
	}
}

// FindCall returns a call of a run's, decoded.
func FindCall(calls []Call, run ledger.RunID, id ledger.CallID) (*Call, error) {
	for i := range calls {
		if calls[i].ID == string(id) {
			_, err := calls[i].Decoded()
			return &calls[i], err
		}
	}
	return nil, fmt.Errorf("%w: run %s, call %s", ledger.ErrNoCall, run, id)
}

// Extend fixes the fence of a new attempt at a call, where owner holds it and no
// other attempt's lies ahead, and it has not run out; else it returns false and changes nothing.
func (c *Call) Extend(owner ledger.Owner, now int64, notAfter, lookAt int64) (bool, error) {
	shown, err := c.Decoded()
	if err != nil {
		return false, err
	}
	if !IsOpen(shown.GetState()) || c.Owner != string(owner) || c.LeaseUntil <= now || c.LookAt > now || c.ValidUntil <= now {
		return false, nil
	}
	c.Again = c.begun()
	shown.State, shown.Reason, shown.NextAt = "running", "", nil
	c.NotAfter, c.LookAt, c.NextAt = notAfter, lookAt, 0
	return true, nil
}

// Expire puts to rest what is no longer wanted. An attempt whose outcome nobody
// recorded may have had its effect: calling it failed would let it happen twice. A dry run
// and a read have none.
func (c *Call) Expire() error {
	if _, err := c.Decoded(); err != nil {
		return err
	}
	if c.begun() && c.Mode == "act" && !c.Reads() {
		c.rest("unknown", "")
	} else {
		c.rest("failed", "expired")
	}
	return nil
}
