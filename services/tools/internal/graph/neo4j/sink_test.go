package neo4j_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink/sinktest"
)

// openTarget opens the server's one database, emptied where a name is new.
func openTarget() sinktest.Opener {
	opened := make(map[string]string)
	return func(t testing.TB, name string) sinktest.Target {
		t.Helper()
		if opened[name] != "" {
			return reopen(t, opened[name])
		}
		address := testkit.Neo4j(t)
		s := reopen(t, address)
		wait(t, s)
		empty(t, s)
		if len(opened) == 0 {
			learn(t, s)
			empty(t, s)
		}
		opened[name] = address
		return reopen(t, address)
	}
}

func TestTarget(t *testing.T) { sinktest.Run(t, openTarget()) }

func TestBrokenTarget(t *testing.T) { sinktest.RunBroken(t, openTarget()) }
