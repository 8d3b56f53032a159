package tools

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/services/tools/internal/call"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/memory"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"

	"github.com/google/uuid"
)

const scheduleKey = "test-seal-key-0123456789"

// testClock stands still until a schedule moves it.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// process is tools as one process on a ledger that others use too: it dies when
// its time has come, and nothing that it does afterwards has any effect; or it stands still,
// and what came of its calls is told when others have long taken them up.
type process struct {
	mortal *mortal
	runs   *runs
	calls  *call.Performer
}

func newProcess(l ledger.Ledger, p *provider, clock *testClock, name string, newID func() string) (*process, error) {
	pol, err := policy.Parse([]byte(storyPolicy), registry.Tools())
	if err != nil {
		return nil, err
	}
	keys, err := seal.ParseKeys(scheduleKey)
	if err != nil {
		return nil, err
	}
	m := &mortal{Ledger: l, left: -1}
	log := slog.New(slog.DiscardHandler)
	calls := &call.Performer{Ledger: m, Executor: &dying{p, m}, Log: log, Now: clock.Now}
	r := &runs{
		ledger: m, memory: &memory.Memory{}, keys: keys, policy: func() *policy.Policy { return pol }, tools: registry.Tools(), calls: calls, owner: ledger.Owner(name), newID: newID, now: clock.Now, log: log,
	}
	calls.Resolve = r.resolve
	return &process{mortal: m, calls: calls, runs: r}, nil
}

// errDead is no ErrUnavailable: a dead process waits for no ledger to come back.
var errDead = errors.New("the process is dead")

// mortal is a ledger whose process dies at one of its next writes or
// invocations: before it takes place, or after, and then nobody hears of it. Or it stands
// still there, and wakes some time.
type mortal struct {
	ledger.Ledger
	mu    sync.Mutex
	left  int // how many more are lived through; below zero: all
	after bool
	wakes bool
	// Where it stands still: before a creation, or else before a Record.
	creating bool
	dead     bool
	// What it records once it wakes.
	late []late
}

// late is what came of attempts of a process that stood still, and how many were made at
// each call before.
type late struct {
	run      ledger.RunID
	outcomes []ledger.Outcome
	attempts []uint32
}

// doom lets the process die at its n-th next step.
func (m *mortal) doom(n int, after, wakes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.left >= 0:
	case wakes: // It stands before a creation, or before what came of calls is recorded.
		m.left, m.wakes, m.creating = 0, true, after
	default:
		m.left, m.after = n, after
	}
}

// stands tells whether the process stands still, and would wake.
func (m *mortal) stands() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead && m.wakes
}

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// step does f unless the process is dead, and tells whether it lives on.
func (m *mortal) step(f func()) bool { return m.try(f, false) }

// try is step where who wakes may stand still: before a creation is asked for, or what came of
// calls is recorded.
func (m *mortal) try(f func(), attempt bool) bool {
	m.mu.Lock()
	if m.dead {
		m.mu.Unlock()
		return false
	}
	counts := m.left >= 0 && (attempt || !m.wakes)
	dies := counts && m.left == 0
	if counts {
		m.left--
	}
	m.dead = dies
	skip := dies && !m.after
	m.mu.Unlock()
	if !skip {
		f()
	}
	return !dies
}

func (m *mortal) Open(ctx context.Context, o ledger.Opening) (opened ledger.Opened, err error) {
	if !m.step(func() { opened, err = m.Ledger.Open(ctx, o) }) {
		return ledger.Opened{}, errDead
	}
	return opened, err
}

func (m *mortal) Pin(ctx context.Context, p ledger.Pinning) (pinned ledger.Pinned, err error) {
	if !m.step(func() { pinned, err = m.Ledger.Pin(ctx, p) }) {
		return ledger.Pinned{}, errDead
	}
	return pinned, err
}

func (m *mortal) Record(ctx context.Context, run ledger.RunID, o []ledger.Outcome) (stored ledger.Stored, err error) {
	recorded := false
	if !m.try(func() { stored, err = m.Ledger.Record(ctx, run, o); recorded = true }, !m.creating) {
		if m.stands() && !recorded {
			err = m.oversleep(ctx, run, o)
			return ledger.Stored{}, errors.Join(errDead, err)
		}
		return ledger.Stored{}, errDead
	}
	return stored, err
}

func (m *mortal) oversleep(ctx context.Context, run ledger.RunID, outcomes []ledger.Outcome) error {
	l := late{run: run, outcomes: outcomes}
	stored, err := m.Run(ctx, run)
	for _, o := range outcomes {
		for _, c := range stored.Run.GetCalls() {
			if c.GetCallId() == string(o.Call) {
				l.attempts = append(l.attempts, c.GetAttempts())
			}
		}
	}
	m.late = append(m.late, l)
	return err
}

func (m *mortal) Claim(ctx context.Context, owner ledger.Owner, limit int, lease time.Duration) (list []ledger.Stored, err error) {
	if !m.step(func() { list, err = m.Ledger.Claim(ctx, owner, limit, lease) }) {
		return nil, errDead
	}
	return list, err
}

func (m *mortal) LeaseCalls(ctx context.Context, l ledger.Leasing) (list []ledger.Call, err error) {
	if !m.step(func() { list, err = m.Ledger.LeaseCalls(ctx, l) }) {
		return nil, errDead
	}
	return list, err
}

func (m *mortal) Extend(ctx context.Context, owner ledger.Owner, id ledger.CallID, notAfter, lookAt time.Time) (ok bool, err error) {
	if !m.step(func() { ok, err = m.Ledger.Extend(ctx, owner, id, notAfter, lookAt) }) {
		return false, errDead
	}
	return ok, err
}

func (m *mortal) Resolve(ctx context.Context, owner ledger.Owner, r ledger.Resolution) (c ledger.Call, ok bool, err error) {
	if !m.step(func() { c, ok, err = m.Ledger.Resolve(ctx, owner, r) }) {
		return ledger.Call{}, false, errDead
	}
	return c, ok, err
}

func (m *mortal) Restart(ctx context.Context, run ledger.RunID, decided []ledger.Resolution) (stored ledger.Stored, err error) {
	if !m.step(func() { stored, err = m.Ledger.Restart(ctx, run, decided) }) {
		return ledger.Stored{}, errDead
	}
	return stored, err
}

// dying is the executor as a process reaches it while it lives.
type dying struct {
	provider *provider
	mortal   *mortal
}

func (d *dying) Invoke(_ context.Context, cmd *executorv1.Command) (result *executorv1.Result, err error) {
	asked := false
	if d.mortal.try(func() { result, err = d.provider.invoke(cmd); asked = true }, d.mortal.creating && cmd.GetClass() == "create") {
		return result, err
	}
	switch {
	case !d.mortal.stands():
		return nil, &call.InvokeError{Err: errDead}
	case asked:
		return result, err
	default: // Once it wakes it is too late to act.
		return &executorv1.Result{Outcome: "retry", Reason: "deadline"}, nil
	}
}

// provider is the outside world: what was really done there. What goes wrong
// with an attempt depends on the schedule, the effect and the attempt's number.
type provider struct {
	seed  uint64
	clock *testClock

	mu       sync.Mutex
	attempts map[string]int
	lost     map[string]bool   // effects that are made once more without an answer
	made     map[string]int    // effects that changed something, by what they are
	content  map[string]string // of comments, by effect key
}

func newProvider(seed uint64, clock *testClock) *provider {
	return &provider{seed: seed, clock: clock, attempts: map[string]int{}, lost: map[string]bool{}, made: map[string]int{}, content: map[string]string{}}
}

// calmAfter is how many attempts at one effect may go wrong.
const calmAfter = 3

func (p *provider) invoke(cmd *executorv1.Command) (*executorv1.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cmd.GetNotAfter().AsTime().Before(p.clock.Now()) {
		return &executorv1.Result{Outcome: "retry", Reason: "deadline"}, nil
	}
	key := cmd.GetEffectKey()
	p.attempts[key]++
	fate := p.fate(key, p.attempts[key])
	switch {
	case p.lost[key] && cmd.GetMode() == "act":
		delete(p.lost, key)
		p.act(cmd)
		return nil, &call.InvokeError{Err: errors.New("connection reset")}
	case fate < 8:
		return nil, &call.InvokeError{NotSent: true, Err: errors.New("connection refused")}
	case fate < 16:
		return &executorv1.Result{Outcome: "retry"}, nil
	case fate < 24: // sent, and lost on the way
		return nil, &call.InvokeError{Err: errors.New("timeout")}
	}
	result := &executorv1.Result{Outcome: "rejected", Reason: "not_found"}
	if cmd.GetMode() != "look" || p.made[key] > 0 {
		result = &executorv1.Result{Outcome: p.act(cmd), Ref: cmd.GetTarget()}
	}
	if cmd.GetClass() == "create" && result.GetRef() != "" {
		result.Ref = issueMade(key)
	}
	if fate < 32 { // done, and the answer lost
		return nil, &call.InvokeError{Err: errors.New("connection reset")}
	}
	return result, nil
}

// lose has the next answer about an effect be lost: somebody stands still with it.
func (p *provider) lose(key ledger.EffectKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost[string(key)] = true
}

// issueMade is the issue that an effect makes: the same in every schedule.
func issueMade(key string) string {
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("jira:issue:ACME-%d", 1000+int(binary.LittleEndian.Uint16(sum[:2])))
}

// fate is of 0 to 99.
func (p *provider) fate(key string, attempt int) int {
	if p.seed == 0 || attempt > calmAfter {
		return 99
	}
	h := fnv.New64a()
	_ = binary.Write(h, binary.LittleEndian, p.seed)
	_, _ = h.Write([]byte(key))
	_, _ = h.Write([]byte{byte(attempt)})
	sum := sha256.Sum256(h.Sum(nil))
	return int(binary.LittleEndian.Uint32(sum[:4]) % 100)
}

// act is what a call does at a provider: for a set being so already is no second
// effect, a comment of ours is found again and changed, and a creation makes another
// one each time.
func (p *provider) act(cmd *executorv1.Command) string {
	key := cmd.GetEffectKey()
	if cmd.GetClass() == "create" && cmd.GetMode() == "act" {
		p.made[key]++
		return "done"
	}
	body := cmd.GetPayload().String()
	if cmd.GetClass() == "upsert" {
		if _, there := p.content[key]; !there {
			p.made[key]++
		}
		p.content[key] = body
		return "done"
	}
	if p.made[key] > 0 {
		return "already"
	}
	p.made[key]++
	return "done"
}

// ids are the same in every run of a schedule.
func ids(seed uint64) func() string {
	n := 0
	return func() string {
		n++
		return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "schedule-%d-%d", seed, n)).String()
	}
}
