package clickhouse

import (
	"errors"
	"fmt"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/switchyard-dev/switchyard/services/tools/internal/connection"
	"github.com/switchyard-dev/switchyard/services/tools/internal/sink"
)

// The server's numbers, as its ErrorCodes.cpp has them.
func TestWhatTheServerSaid(t *testing.T) {
	p := &pool{place: connection.Place{Setting: Setting, Host: "h:9000"}}
	for _, tc := range []struct {
		code  int32
		class connection.Class
		rows  bool
	}{
		{code: 469, rows: true}, // VIOLATED_CONSTRAINT
		{code: 691, rows: true}, // UNKNOWN_ELEMENT_OF_ENUM
		{code: 53, rows: true},  // TYPE_MISMATCH
		{code: 516, class: connection.Auth},
		{code: 193, class: connection.Auth},
		{code: 81, class: connection.MissingDatabase},
		{code: 159, class: connection.Timeout},
		{code: 60, class: connection.Away},  // UNKNOWN_TABLE
		{code: 241, class: connection.Away}, // MEMORY_LIMIT_EXCEEDED
		{code: 252, class: connection.Away}, // TOO_MANY_PARTS
		{code: 243, class: connection.Away}, // NOT_ENOUGH_SPACE
		{code: 242, class: connection.Away}, // TABLE_IS_READ_ONLY
		{code: 202, class: connection.Away}, // TOO_MANY_SIMULTANEOUS_QUERIES
	} {
		err := p.failed(fmt.Errorf("batch: %w", &driver.Exception{Code: tc.code, Message: "said"}))
		var failed *connection.Error
		errors.As(err, &failed)
		if errors.Is(err, sink.ErrRow) != tc.rows || !tc.rows && (failed == nil || failed.Class != tc.class) {
			t.Errorf("%d: %v", tc.code, err)
		}
	}
	if err := p.failed(fmt.Errorf("%w: year too far", driver.ErrBatchInvalid)); !errors.Is(err, sink.ErrRow) {
		t.Errorf("what the driver refuses: %v", err)
	}
}
