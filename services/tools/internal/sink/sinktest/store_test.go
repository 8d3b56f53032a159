package sinktest_test

import (
	"sync"
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

func opener() sinktest.Opener {
	var stores sync.Map
	return func(_ testing.TB, name string) sinktest.Target {
		s, _ := stores.LoadOrStore(name, sinktest.NewStore("memory"))
		return s.(*sinktest.Store).Open()
	}
}

func TestStore(t *testing.T) { sinktest.Run(t, opener()) }

func TestBrokenStore(t *testing.T) { sinktest.RunBroken(t, opener()) }
