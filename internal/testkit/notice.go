package testkit

import (
	"runtime"
	"sync"
	"testing"
)

// MustNotice runs a check of what was broken on purpose, and fails where the
// check finds nothing wrong.
func MustNotice(t *testing.T, check func(testing.TB)) {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(r)
	}()
	<-done
	if !r.Failed() {
		t.Error("it was broken on purpose, and the check passed")
	}
}

// recorder is a test that is meant to fail.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

// Failed tells whether anything was found wrong.
func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// Errorf records a finding.
func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	r.Logf("noticed: "+format, args...)
}

// Fatalf records a finding and ends the test's goroutine.
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
