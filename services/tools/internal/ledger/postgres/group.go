package postgres

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

type counts struct{ operations, commits atomic.Uint64 }

// job is what an operation is about: run for run anew where the one before failed.
type job interface {
	// reset forgets what came of the last attempt.
	reset()
	// outcome is the operation's own error, which takes nobody else with it.
	outcome() error
}

// operation is one caller's part of a commit.
type operation[J job] struct {
	ctx  context.Context
	job  J
	done chan error
	// Who comes first: a flusher to start it, or the caller to give it up.
	taken atomic.Bool
}

// grouper commits operations of one kind in groups: while a commit is under way,
// the next operations gather, so that there is no timer and an idle store answers at once.
type grouper[J job] struct {
	store  *Store
	commit func(*transaction, []J) error
	// Unbuffered: what was not taken has not started, and nothing is left behind by close.
	ops   chan *operation[J]
	limit int
	wg    sync.WaitGroup
}

func newGrouper[J job](s *Store, limit int, commit func(*transaction, []J) error) *grouper[J] {
	g := &grouper[J]{store: s, commit: commit, ops: make(chan *operation[J]), limit: limit}
	for range flushers {
		g.wg.Go(g.loop)
	}
	return g
}

func (g *grouper[J]) wait() { g.wg.Wait() }

// do runs a job in the next commit and returns when it is durable, or failed. Of a
// context error that wraps ErrUnavailable too, the job may still be written to.
func (g *grouper[J]) do(ctx context.Context, j J) error {
	if err := ctx.Err(); err != nil {
		return notStarted(err)
	}
	op := &operation[J]{ctx: ctx, job: j, done: make(chan error, 1)}
	select {
	case g.ops <- op:
	case <-g.store.closing:
		return closedError()
	case <-ctx.Done():
		return notStarted(ctx.Err())
	}
	select {
	case err := <-op.done:
		return err
	case <-ctx.Done():
		if op.taken.CompareAndSwap(false, true) {
			return notStarted(ctx.Err())
		}
		return fmt.Errorf("%w: the commit's outcome was not waited for: %w", ledger.ErrUnavailable, ctx.Err())
	}
}

func (g *grouper[J]) loop() {
	for {
		select {
		case <-g.store.closing:
			return
		case op := <-g.ops:
			g.flush(g.gather(op))
		}
	}
}

// gather takes what waits already, and waits for nothing.
func (g *grouper[J]) gather(first *operation[J]) []*operation[J] {
	group := []*operation[J]{first}
	for len(group) < g.limit {
		select {
		case op := <-g.ops:
			group = append(group, op)
		default:
			return group
		}
	}
	return group
}

// flush commits a group and tells each caller what came of it.
func (g *grouper[J]) flush(group []*operation[J]) {
	started := group[:0]
	for _, op := range group {
		if err := op.ctx.Err(); err != nil {
			op.done <- notStarted(err)
		} else if op.taken.CompareAndSwap(false, true) {
			started = append(started, op)
		}
	}
	if len(started) == 0 {
		return
	}
	err := g.together(started)
	if err == nil || !definite(err) || len(started) == 1 {
		g.answer(started, err)
		return
	}
	// One of them harms all: each is tried alone.
	for i := range started {
		alone := started[i : i+1]
		g.answer(alone, g.together(alone))
	}
}

func (g *grouper[J]) answer(ops []*operation[J], err error) {
	err = g.store.translate(err)
	if err != nil {
		g.store.log.Error("ledger: a commit failed", "operations", len(ops), "error", err)
	}
	for _, op := range ops {
		if err == nil {
			op.done <- op.job.outcome()
		} else {
			op.done <- err
		}
	}
}

// together commits operations in one transaction, once more where another one was in the way.
func (g *grouper[J]) together(ops []*operation[J]) (err error) {
	ctx, cancel := g.until(ops)
	defer cancel()
	jobs := make([]J, len(ops))
	for i, op := range ops {
		jobs[i] = op.job
	}
	for range 3 {
		for _, j := range jobs {
			j.reset()
		}
		err = g.store.transact(ctx, beginWrite, func(t *transaction) error { return g.commit(t, jobs) })
		if !passing(err) {
			break
		}
	}
	if err == nil {
		g.store.counts.operations.Add(uint64(len(ops)))
		g.store.counts.commits.Add(1)
	}
	return err
}

// until has the latest deadline of all: who has less time leaves before.
func (g *grouper[J]) until(ops []*operation[J]) (context.Context, context.CancelFunc) {
	var latest time.Time
	for _, op := range ops {
		deadline, ok := op.ctx.Deadline()
		if !ok {
			return context.WithTimeout(context.Background(), longest)
		}
		if deadline.After(latest) {
			latest = deadline
		}
	}
	return context.WithDeadline(context.Background(), latest)
}
