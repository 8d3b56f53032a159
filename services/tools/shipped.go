package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// shippedQuestion is what is read for one issue.
type shippedQuestion struct {
	*asker
	issue   string
	missing *gap.Collector
	found   *answer
	// The changes that name the issue, each by its best link.
	links   map[string]graph.Related
	changes []project.Entity
	merged  []fact.Change
	seen    delivery
}

func (a *asker) shipped(ctx context.Context, in *toolsv1.ShippedInput, missing *gap.Collector) (*answer, error) {
	q := &shippedQuestion{asker: a, issue: in.GetIssue(), missing: missing, found: &answer{}}
	if r, ok := project.ParseRef(q.issue); ok && r.Type != "issue" {
		return nil, fault.New(fault.PlanInvalid, "input: %s is of type %s: shipped is asked of an issue, such as jira:issue:ACME-7", q.issue, r.Type)
	}
	if err := q.read(ctx); err != nil {
		return nil, err
	}
	out := &toolsv1.ShippedOutput{Issue: q.issue, Rows: q.rows()}
	q.found.n = len(q.changes)
	out.State = q.state(out.GetRows())
	if out.GetState() == "shipped" {
		var last time.Time
		for _, at := range inProduction(out.GetRows()) {
			if at.After(last) {
				last = at
			}
		}
		out.ShippedAt = when(last)
	}
	if err := q.gaps(ctx, out.GetState()); err != nil {
		return nil, err
	}
	return q.found.is(out)
}

func (q *shippedQuestion) read(ctx context.Context) error {
	links, err := q.chooseLinks(ctx, []string{q.issue}, "", q.missing)
	if err != nil {
		return err
	}
	q.links = make(map[string]graph.Related)
	var used []graph.Related
	for _, l := range links {
		if from, _ := project.ParseRef(l.From); l.To != q.issue || from.Type != "pr" || l.Gone || l.Rule == "revert" {
			continue
		}
		used = append(used, l)
		if best, ok := q.links[l.From]; !ok || surer(l, best) {
			q.links[l.From] = l
		}
		q.found.rest(l.EventID)
	}
	q.missing.Add(unvouchedLinks(used)...)
	if len(q.links) == 0 {
		return nil
	}
	refs := make([]string, 0, len(q.links))
	for ref := range q.links {
		refs = append(refs, ref)
	}
	slices.Sort(refs)
	if q.changes, err = q.graph.Entities(ctx, refs); err != nil {
		return unavailable(err)
	}
	own, err := q.choose(ctx, fact.Query{Subjects: refs, Names: deliveryNames()}, "", q.missing)
	if err != nil {
		return err
	}
	q.merged = fact.Changes(own)
	return q.readDelivery(ctx)
}

// readDelivery reads what happened to the repositories of merged changes since
// the first of them was merged.
func (q *shippedQuestion) readDelivery(ctx context.Context) error {
	var places []string
	var since time.Time
	for _, c := range q.merged {
		places = append(places, c.Place)
		if since.IsZero() || c.Merged.Before(since) {
			since = c.Merged
		}
		q.found.rest(c.EventID)
	}
	if len(places) == 0 {
		return nil
	}
	slices.Sort(places)
	// Clocks differ, and a push's time is the repository's.
	rows, err := q.choose(ctx, fact.Query{Places: slices.Compact(places), Names: deliveryNames(), From: since.Add(-time.Hour)}, "", q.missing)
	q.seen = deliveryOf(rows)
	return err
}

// rows are the changes with the environments that they reached.
func (q *shippedQuestion) rows() []*toolsv1.ShippedRow {
	lineage := fact.NewLineage(q.seen.changes, q.seen.pushes)
	shipments := fact.Shipments(q.merged, q.seen.deployments, lineage)
	var list []*toolsv1.ShippedRow
	for _, e := range q.changes {
		base := q.row(e)
		reached := false
		for _, s := range shipments {
			if s.Change != e.Ref {
				continue
			}
			row := q.row(e)
			row.Environment, row.Production, row.DeployedAt = s.Environment, q.isProduction(s.Environment), when(s.At)
			row.Deployment, row.Certainty = s.Ref, s.Certainty
			list, reached = append(list, row), true
			q.found.rest(s.EventID)
		}
		if !reached {
			list = append(list, base)
		}
	}
	return list
}

func (q *shippedQuestion) row(e project.Entity) *toolsv1.ShippedRow {
	link := q.links[e.Ref]
	row := &toolsv1.ShippedRow{Change: e.Ref, Rule: link.Rule, Confidence: link.Confidence}
	for _, a := range e.Attributes {
		switch at, _ := time.Parse(time.RFC3339, a.Value); a.Name {
		case "state":
			row.State = a.Value
		case "created_at":
			row.OpenedAt = when(at)
		}
	}
	for _, c := range q.merged {
		if c.Ref == e.Ref {
			row.State, row.MergedAt, row.Commit = "merged", when(c.Merged), c.SHA
		}
	}
	return row
}

// state looks at changes that were not given up.
func (q *shippedQuestion) state(rows []*toolsv1.ShippedRow) string {
	reached := inProduction(rows)
	state := "unknown"
	for _, row := range rows {
		_, there := reached[row.GetChange()]
		switch {
		case row.GetState() == "closed":
		case row.GetState() != "merged":
			return "open"
		case !there:
			state = "merged"
		case state == "unknown":
			state = "shipped"
		}
	}
	return state
}

// inProduction is when each change first reached production.
func inProduction(rows []*toolsv1.ShippedRow) map[string]time.Time {
	first := make(map[string]time.Time)
	for _, row := range rows {
		at := row.GetDeployedAt().AsTime()
		if known, ok := first[row.GetChange()]; row.GetProduction() && (!ok || at.Before(known)) {
			first[row.GetChange()] = at
		}
	}
	return first
}

func (q *shippedQuestion) gaps(ctx context.Context, state string) error {
	issue, err := q.known(ctx, q.issue)
	if err != nil {
		return err
	}
	if issue == nil || issue.Stub {
		if err := q.unknown(ctx, q.issue, q.missing); err != nil {
			return err
		}
	}
	if len(q.links) == 0 && issue != nil {
		q.missing.Add(&toolsv1.Gap{
			Code: "no_changes", Setting: hookChanges,
			Detail: "no pull request that came names " + q.issue + " in its title, body or branch",
		})
	}
	q.pairGap()
	if state == "merged" {
		return q.whyNotShipped(ctx)
	}
	return nil
}

// pairGap names repositories that policy does not pair with the issue's project.
func (q *shippedQuestion) pairGap() {
	r, _ := project.ParseRef(q.issue)
	place := r.Place()
	var apart []string
	for _, e := range q.changes {
		if e.Place != place && e.Place != "" && !slices.Contains(q.policy().Paired(place), e.Place) && !slices.Contains(apart, e.Place) {
			apart = append(apart, e.Place)
		}
	}
	if len(apart) > 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "pair_missing", Setting: "POLICY_FILE",
			Detail: fmt.Sprintf("%s name %s and its pairs do not have %s beside it: whether the key is meant is not known", strings.Join(apart, ", "), q.issue, place),
		})
	}
}

// whyNotShipped tells of merged changes that no production deployment has.
func (q *shippedQuestion) whyNotShipped(ctx context.Context) error {
	for _, c := range q.merged {
		here := q.seen.of(func(place string) bool { return place == c.Place })
		if !q.reached(here.deployments) {
			g, err := q.undeployed(ctx, here.deployments, []string{c.Place}, c.Merged)
			if err != nil {
				return err
			}
			q.missing.Add(g)
		} else if len(here.pushes) == 0 {
			q.missing.Add(&toolsv1.Gap{
				Code: "push_not_seen", Setting: hookPushes,
				Detail: "no push to " + c.Place + " was seen since " + day(c.Merged) + ": of deployments of later commits nobody can tell whether they have the change",
			})
		}
	}
	q.missing.Add(&toolsv1.Gap{Code: "not_deployed", Detail: "no production deployment is of the merge's commit, or of one that is known to be later on its branch"})
	return nil
}

// surer orders links by how sure they are, then by their text.
func surer(a, b graph.Related) bool {
	rank := func(l graph.Related) int {
		return slices.Index([]string{"candidate", "likely", "certain"}, l.Confidence)
	}
	if rank(a) != rank(b) {
		return rank(a) > rank(b)
	}
	return a.Rule < b.Rule
}
