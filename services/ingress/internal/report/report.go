package report

import (
	"context"
	"log/slog"
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"connectrpc.com/connect"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

const (
	// kept is how many deliveries wait to be told. Of more, the oldest are counted only.
	kept = 1000
	// every is how often a batch is told.
	every = time.Second
	// refusedPerSecond is how many refused deliveries of a source are kept in a
	// second: anybody can cause them.
	refusedPerSecond = 10
	// explainBody is the largest body that is looked into for an explanation, and
	// explainPerSecond how much of all bodies: so a flood of wrong signatures
	// costs a fifth of a processor at most, and holds little.
	explainBody      = 1 << 20
	explainPerSecond = 2 << 20
	// tellTime bounds one batch, and the last one when ingress goes.
	tellTime = 2 * time.Second
)

// Agent is whom deliveries are told.
type Agent interface {
	ReportDeliveries(context.Context, *agentv1.ReportDeliveriesRequest) (*agentv1.ReportDeliveriesResponse, error)
}

// Reporter keeps the last 1,000 deliveries until they are told.
type Reporter struct {
	agent Agent
	log   *slog.Logger
	now   func() time.Time
	newID func() string
	id    string

	mu   sync.Mutex
	ring ring
	// Of the present second.
	second    int64
	refused   map[string]int
	explained int
	// Totals since the start, by source.
	dropped map[string]uint64

	// Of Run's goroutine.
	untold  []*toolsv1.DeliveryRecord
	told    map[string]uint64
	failing bool
}

// New makes a reporter. Ids are random UUIDs.
func New(agent Agent, log *slog.Logger, now func() time.Time, newID func() string) *Reporter {
	return &Reporter{
		agent: agent, log: log, now: now, newID: newID, id: newID(),
		refused: make(map[string]int), dropped: make(map[string]uint64), told: make(map[string]uint64),
	}
}

// Add takes a delivery that was answered. It never waits for anything but other
// requests' Add.
func (r *Reporter) Add(d *Delivery) {
	now := r.now()
	d.took = now.Sub(d.started)
	r.mu.Lock()
	defer r.mu.Unlock()
	if second := now.Unix(); second != r.second {
		r.second, r.explained = second, 0
		clear(r.refused)
	}
	if d.status == rejected {
		if r.refused[d.Source] >= refusedPerSecond {
			r.dropped[d.Source]++
			return
		}
		r.refused[d.Source]++
		r.mayExplain(d)
	}
	if lost := r.ring.push(d); lost != nil {
		r.dropped[lost.Source]++
	}
}

func (r *Reporter) mayExplain(d *Delivery) {
	if d.Explain == nil {
		return
	}
	if d.BodyBytes > explainBody || r.explained+d.BodyBytes > explainPerSecond {
		d.Explain = nil
		d.Check("signature", Failed, "the body is too large, or too many came at a time, to look for the cause", "")
		return
	}
	r.explained += d.BodyBytes
}

// Run tells a batch a second, and a last one when ctx is done.
func (r *Reporter) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.tell(ctx)
		case <-ctx.Done():
			r.tell(context.WithoutCancel(ctx))
			return
		}
	}
}

// tell sends what is there. What the agent did not take is kept for the next
// time: the ledger knows records by their ids, so twice is harmless.
func (r *Reporter) tell(ctx context.Context) {
	dropped := r.collect()
	if len(r.untold) == 0 && maps.Equal(dropped, r.told) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	_, err := r.agent.ReportDeliveries(ctx, &agentv1.ReportDeliveriesRequest{Deliveries: r.untold, Dropped: dropped, Reporter: r.id})
	switch code := connect.CodeOf(err); {
	case err == nil:
		r.untold, r.told, r.failing = nil, dropped, false
	case code == connect.CodeInvalidArgument || code == connect.CodeUnimplemented:
		// It never will: an agent of another version.
		r.log.ErrorContext(ctx, "deliveries refused by the agent", "deliveries", len(r.untold), "error", err)
		r.drop(len(r.untold))
	case !r.failing:
		r.failing = true
		r.log.WarnContext(ctx, "deliveries not reported, kept for later", "deliveries", len(r.untold), "error", err)
	}
}

// collect moves what was added to untold and returns the totals of what was dropped.
func (r *Reporter) collect() map[string]uint64 {
	r.mu.Lock()
	fresh := r.ring.empty()
	r.mu.Unlock()
	for _, d := range fresh {
		r.explain(d)
		r.untold = append(r.untold, d.record(r.newID()))
	}
	r.drop(len(r.untold) - kept)
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.dropped)
}

// explain outlives a panic: what is looked into was written by a stranger.
func (r *Reporter) explain(d *Delivery) {
	if d.Explain == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("panic while a refusal was explained", "source", d.Source, "panic", p, "stack", string(debug.Stack()))
			d.Check("signature", Failed, "looking for the cause failed: ingress's log has it", "")
		}
	}()
	for _, c := range d.Explain() {
		d.Check(c.Name, c.Outcome, c.Detail, c.Remedy)
	}
}

// drop counts the n oldest that are untold and forgets them.
func (r *Reporter) drop(n int) {
	if n <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.untold[:n] {
		r.dropped[d.GetSource()]++
	}
	r.untold = r.untold[n:]
}

// ring holds the last deliveries that were added.
type ring struct {
	all      [kept]*Delivery
	first, n int
}

// push returns the oldest one where there is no room beside it.
func (r *ring) push(d *Delivery) (lost *Delivery) {
	if r.n == kept {
		lost = r.all[r.first]
		r.all[r.first] = d
		r.first = (r.first + 1) % kept
		return lost
	}
	r.all[(r.first+r.n)%kept] = d
	r.n++
	return nil
}

func (r *ring) empty() []*Delivery {
	out := make([]*Delivery, 0, r.n)
	for i := range r.n {
		at := (r.first + i) % kept
		out = append(out, r.all[at])
		r.all[at] = nil
	}
	r.first, r.n = 0, 0
	return out
}
