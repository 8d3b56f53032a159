package clickhouse_test

import (
	"os"
	"regexp"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
)

// Every query of docs/memory.md is one that people can paste, and finds something.
func TestQueriesOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../../../../docs/memory.md")
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1)
	if len(queries) < 5 {
		t.Fatalf("%d queries", len(queries))
	}
	s := open(t)
	at := time.Now().UTC().Add(-24 * time.Hour).Truncate(time.Microsecond)
	row := func(name, value string) fact.Observed {
		return fact.Observed{
			Subject: "github:pr:acme/api#42", Name: name, SubKey: "1", At: at, Value: value, Place: "github:repo:acme/api", Authn: ledger.Signature,
		}
	}
	w := observing(1, row("change.merged", "abc"), row("change.opened_at", at.Add(-5*time.Hour).Format(time.RFC3339)),
		row("deployment.environment", "production"), row("deployment.finished", "failure"))
	w.Rows.Events = []ledger.EventRow{{ID: "1", Authn: ledger.Signature, Head: &toolsv1.EventHead{Source: "github", Kind: "other", OccurredAt: timestamppb.New(at)}}}
	if err := s.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		found, err := s.Rows(t.Context(), string(q[1]))
		if err != nil || len(found) == 0 {
			t.Errorf("%s: %v, %v", q[1], found, err)
		}
		t.Log(found)
	}
}
