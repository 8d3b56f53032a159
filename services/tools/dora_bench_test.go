package tools

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger/sqlite"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// BenchmarkDora asks for the four figures of 90 days, of a repository with some
// 10,000 observations and as many again of others: the aim is less than 200 ms.
func BenchmarkDora(b *testing.B) {
	now := time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "ledger.db"), sqlite.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	observed := 0
	for _, repo := range []string{"acme/api", "acme/other"} {
		observed = fill(b, store, repo, now.AddDate(0, 0, -89))
	}
	pol, err := policy.Parse([]byte("pairs: [[github:acme/api, jira:ACME]]"), nil)
	if err != nil {
		b.Fatal(err)
	}
	asker := newAsker(Config{ProductionEnvironments: "production", IncidentTypes: "Incident", IncidentWindow: time.Hour}, store, store, func() *policy.Policy { return pol }, func() time.Time { return now })
	for _, ref := range []string{"github:repo:acme/api", ""} {
		b.Run("of "+ref, func(b *testing.B) {
			for b.Loop() {
				ctx, missing := gap.Collect(context.Background())
				found, err := asker.dora(ctx, &toolsv1.DoraInput{Repository: ref, Window: "90d"}, missing)
				if err != nil || found.n < 1000 {
					b.Fatalf("n %v, %v", found, err)
				}
			}
			b.ReportMetric(float64(observed), "observations")
		})
	}
}

// fill tells of 1,000 changes with their pushes, 500 deployments and 500 issues.
func fill(b *testing.B, store *sqlite.Store, repo string, from time.Time) (observed int) {
	b.Helper()
	place := "github:repo:" + repo
	tell := func(n int, kind, ref, place string, minutes int, fields map[string]any) {
		values, err := structpb.NewStruct(fields)
		if err != nil {
			b.Fatal(err)
		}
		id := fmt.Sprintf("%s %s %d", kind, ref, n)
		e := &eventv1.WebhookEvent{
			Id: id, Source: "github", Kind: kind, Type: "t", Ref: ref, Place: place, Occurrence: id, Fields: values,
			Actor: &eventv1.Account{Login: "ana"}, OccurredAt: timestamppb.New(from.Add(time.Duration(minutes) * time.Minute)),
		}
		delta := project.Event(e)
		observed += len(delta.Observations)
		if _, err := store.Open(b.Context(), ledger.Opening{Run: ledger.RunID(id), Event: e, Authn: ledger.Signature, Delta: delta}); err != nil {
			b.Fatal(err)
		}
	}
	sha := func(n int) string { return fmt.Sprintf("%040x", n) }
	for n := 1; n <= 1000; n++ {
		at := n * 120
		pr := map[string]any{"base": "main", "created_at": from.Format(time.RFC3339), "merge_commit_sha": sha(n), "state": "closed"}
		tell(n, "change.opened", fmt.Sprintf("github:pr:%s#%d", repo, n), place, at-60, pr)
		tell(n, "change.merged", fmt.Sprintf("github:pr:%s#%d", repo, n), place, at, pr)
		tell(n, "commit.pushed", "github:branch:"+repo+"@main", place, at, map[string]any{"before": sha(n - 1), "after": sha(n)})
		if n%2 == 0 {
			d := map[string]any{"environment": "production", "head_sha": sha(n), "ref": "main", "conclusion": "success"}
			tell(n, "deployment.created", fmt.Sprintf("github:deployment:%s#%d", repo, n), place, at+10, d)
			tell(n, "deployment.finished", fmt.Sprintf("github:deployment:%s#%d", repo, n), place, at+20, d)
			issue := map[string]any{"issue_type": "Incident", "status": "Open", "status_category": "new", "created_at": from.Add(time.Duration(at+30) * time.Minute).Format(time.RFC3339)}
			tell(n, "issue.created", fmt.Sprintf("jira:issue:ACME-%d", n), "jira:project:ACME", at+30, issue)
			issue["status_category"] = "done"
			tell(n, "issue.transitioned", fmt.Sprintf("jira:issue:ACME-%d", n), "jira:project:ACME", at+60, issue)
		}
	}
	return observed
}

var _ fact.Facts = (*sqlite.Store)(nil)
