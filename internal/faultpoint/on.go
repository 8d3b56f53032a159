//go:build faultpoints

package faultpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// point is the step named by FAULTPOINT=name[:n]; the process dies when it is
// reached for the n-th time (1 by default).
type point struct {
	name string
	left atomic.Int64
}

//nolint:gochecknoglobals // a build for crash tests only: one process, one point
var armed = arm(os.Getenv("FAULTPOINT")) //nolint:forbidigo // not a setting: only crash tests build this file

func arm(s string) *point {
	name, n, _ := strings.Cut(s, ":")
	count, err := strconv.ParseInt(n, 10, 64)
	if err != nil || count < 1 {
		count = 1
	}
	p := &point{name: name}
	p.left.Store(count)
	return p
}

// Reached kills the process, without any chance to clean up, if this is the
// step and the time that FAULTPOINT names.
func Reached(name string) {
	if armed.name != name || armed.left.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {}
}
