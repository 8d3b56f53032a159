package neo4j_test

import (
	"errors"
	"testing"

	"github.com/switchyard-dev/switchyard/services/tools/internal/graph/neo4j"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// A server short of memory had rows set aside that nothing is wrong with.
func TestWhatIsTheRowsFault(t *testing.T) {
	for code, want := range map[string]error{
		"Neo.ClientError.Schema.ConstraintValidationFailed":                  sink.ErrRow,
		"Neo.ClientError.Statement.TypeError":                                sink.ErrRow,
		"Neo.ClientError.General.TransactionOutOfMemoryError":                sink.ErrTooMuch,
		"Neo.TransientError.General.MemoryPoolOutOfMemoryError":              nil,
		"Neo.TransientError.Transaction.DeadlockDetected":                    nil,
		"Neo.ClientError.Statement.SyntaxError":                              nil,
		"Neo.ClientError.Security.Forbidden":                                 nil,
		"Neo.DatabaseError.Statement.ExecutionFailed":                        nil,
		"Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration": nil,
	} {
		err := neo4j.Told(code, "a reason")
		for _, class := range []error{sink.ErrRow, sink.ErrTooMuch} {
			if errors.Is(err, class) != (class == want) {
				t.Errorf("%s: %v, want %v", code, err, want)
			}
		}
	}
}
