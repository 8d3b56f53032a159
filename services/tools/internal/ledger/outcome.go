package ledger

import (
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

// Outcome is what came of one attempt at a call. It ends the call's lease. State
// running, or queued or unknown with MayCome, says that the effect may still come, or was
// made: until the attempt's LookAt nobody works on its key, and whoever leases a call that is
// still open next is told that it was begun.
//
// It counts while the attempt is the call's: the call is open, Owner has it, and NotAfter is
// its fence. Owner alone would not do, for a request and the resumer of one process share
// it. Otherwise the outcome is late, as that of a process that stood still while another one
// took the call up. Whatever a late one says but done is dropped: it would give up the other
// one's lease, or take back what that one knows. The call's evidence tells of it.
//
// That an effect was made is kept, whoever made it, for what is not known to be made may be
// made again. A late done makes the call done
//   - where it is open. Another attempt that is under way keeps the key locked until it is
//     over, and its own outcome is late then;
//   - where it is unknown: it holds its key all the while;
//   - where it is failed, refused, held or dry_run, none of which holds its key, unless another
//     call holds that by now. Then its state stays, and the evidence tells of it.
//
// Those that were skipped for want of the call wait for it again. Where the call is done
// already, another result is told as evidence; where it is skipped, or is to have another
// effect by now, the evidence tells that this one was made. What was forgotten stays so.
type Outcome struct {
	Call CallID
	// Whose attempt it is, until when it might start, and at which effect: the call's when it
	// was leased or begun.
	Owner     Owner
	NotAfter  time.Time
	Effect    EffectKey
	State     string
	Reason    string
	ResultRef string
	URL       string
	Request   *structpb.Struct
	Evidence  []*toolsv1.Evidence // appended
	NextAt    time.Time           // for queued
	MayCome   bool                // for queued and unknown
	Attempted bool                // counts as an attempt
	// The provider's account that acted; "" where it is not known.
	Account string
	// Until when the provider wants no more requests; zero where it said nothing of it. It
	// counts however late the outcome is, and so does Account.
	Blocked time.Time
}

// Outcome is what came of the attempt that the call was leased for, or begun as, so far.
func (c Call) Outcome() Outcome {
	return Outcome{Call: CallID(c.Shown.GetCallId()), Owner: c.Owner, NotAfter: c.NotAfter, Effect: EffectKey(c.Shown.GetEffectKey())}
}
