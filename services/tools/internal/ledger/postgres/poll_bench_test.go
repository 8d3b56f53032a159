package postgres_test

import (
	"fmt"
	"testing"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	kit "github.com/switchyard-dev/switchyard/internal/testkit/postgres"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/postgres"
)

// BenchmarkPoll is one look for calls that are due, which every process of tools
// takes each second: with none, and with many that wait for another time or provider.
func BenchmarkPoll(b *testing.B) {
	for _, waiting := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s := open(b, kit.Schema(b), postgres.Options{})
			for n := 0; n < waiting; n += 100 {
				o := opening(n)
				if _, err := s.Open(b.Context(), o); err != nil {
					b.Fatal(err)
				}
				var calls []ledger.Call
				for i := range 100 {
					id := fmt.Sprintf("00000000-0000-4000-8000-%012d", n+i)
					calls = append(calls, ledger.Call{
						Shown: &toolsv1.Call{CallId: id, EffectKey: id, Tool: "jira.transition", Class: "set", Target: "jira:issue:ACME-7", State: "queued"},
						Mode:  "act", ValidUntil: time.Now().Add(time.Hour),
					})
				}
				if _, err := s.Pin(b.Context(), ledger.Pinning{Run: o.Run, Authn: o.Authn, Plan: &toolsv1.Plan{Class: fmt.Sprint(n)}, Calls: calls}); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for b.Loop() {
				calls, err := s.LeaseCalls(b.Context(), ledger.Leasing{Owner: "us", Limit: 8, Lease: time.Minute, Except: []string{"jira"}})
				if err != nil || len(calls) > 0 {
					b.Fatalf("leased %d, %v", len(calls), err)
				}
			}
		})
	}
}
