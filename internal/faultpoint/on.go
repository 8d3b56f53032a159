//go:build faultpoints

package faultpoint

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// point is the step named by FAULTPOINT=name[:n[:together|:frozen]]; the process dies when
// it is reached for the n-th time (1 by default). With together those who reach it earlier
// wait there, so that n of them die at the very step. With frozen they wait too, and the
// process stops in place of dying: all go on once somebody has it continue.
type point struct {
	name, how string
	left      atomic.Int64
	thawed    chan struct{}
}

//nolint:gochecknoglobals // a build for crash tests only: one process, one point
var armed = arm(os.Getenv("FAULTPOINT")) //nolint:forbidigo // not a setting: only crash tests build this file

func arm(s string) *point {
	name, rest, _ := strings.Cut(s, ":")
	n, how, _ := strings.Cut(rest, ":")
	count, err := strconv.ParseInt(n, 10, 64)
	if err != nil || count < 1 {
		count = 1
	}
	p := &point{name: name, how: how, thawed: make(chan struct{})}
	p.left.Store(count)
	return p
}

// Reached kills the process, without any chance to clean up, if this is the
// step and the time that FAULTPOINT names; at an earlier time of a step that kills
// several together it does not return. Where it freezes it returns once that is over.
func Reached(name string) {
	if armed.name != name {
		return
	}
	switch left := armed.left.Add(-1); {
	case left > 0 && armed.how == "together":
		select {}
	case left > 0 && armed.how == "frozen":
		<-armed.thawed
		return
	case left != 0:
		return
	case armed.how == "frozen":
		armed.freeze()
		return
	}
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {}
}

// freeze stops the process, and lets nobody go on before it was continued: a signal that is
// only on its way would leave time to.
func (p *point) freeze() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)
	<-continued
	close(p.thawed)
}
