//go:build faultpoints

package faultpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// point is the step named by FAULTPOINT=name[:n[:together]]; the process dies when it is
// reached for the n-th time (1 by default). With together those who reach it earlier
// wait there, so that n of them die at the very step.
type point struct {
	name     string
	left     atomic.Int64
	together bool
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
	p := &point{name: name, together: how == "together"}
	p.left.Store(count)
	return p
}

// Reached kills the process, without any chance to clean up, if this is the
// step and the time that FAULTPOINT names; at an earlier time of a step that kills
// several together it does not return.
func Reached(name string) {
	if armed.name != name {
		return
	}
	switch left := armed.left.Add(-1); {
	case left > 0 && armed.together:
		select {}
	case left != 0:
		return
	}
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {}
}
