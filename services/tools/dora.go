package tools

import (
	"context"
	"slices"
	"strings"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/gap"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// maxReleased is how many deployments an answer lists.
const maxReleased = 50

// doraQuestion is what is read for the four figures. docs/dora.md defines them.
type doraQuestion struct {
	*asker
	ref      string
	from, to time.Time
	missing  *gap.Collector

	begins time.Time
	// Repositories that are asked for, the Jira projects paired with them, and all
	// repositories that those are paired with.
	repositories, projects, around []string
	seen                           delivery
	issues                         []project.Entity
	issueRows                      []fact.Observed
	incidents                      []fact.Incident
	timeless                       []string
}

func (a *asker) dora(ctx context.Context, in *toolsv1.DoraInput, missing *gap.Collector) (*answer, error) {
	q := &doraQuestion{asker: a, ref: in.GetRepository(), missing: missing}
	if r, ok := project.ParseRef(q.ref); ok && r.Type != "repo" {
		return nil, fault.New(fault.PlanInvalid, "input: %s is of type %s: dora is asked of a repository, such as github:repo:acme/api, or of all", q.ref, r.Type)
	}
	var err error
	if q.from, q.to, err = a.span(in.GetWindow(), "30d"); err != nil {
		return nil, err
	}
	known, err := q.begin(ctx)
	if err != nil {
		return nil, err
	}
	if !known {
		return (&answer{}).is(&toolsv1.DoraOutput{Ref: q.ref, From: when(q.from), To: when(q.to)})
	}
	if err := q.readDelivery(ctx); err != nil {
		return nil, err
	}
	if err := q.readIncidents(ctx); err != nil {
		return nil, err
	}
	figures := fact.MeasureDora(fact.DoraRows{
		From: q.from, To: q.to, KnownFrom: q.begins, Asked: q.asked, Production: a.isProduction, Related: q.related, IncidentWindow: a.window,
		Changes: q.seen.changes, Deployments: q.seen.deployments, Pushes: q.seen.pushes, Incidents: q.incidents,
	})
	if err := q.gaps(ctx, figures); err != nil {
		return nil, err
	}
	return q.answer(figures)
}

// begin finds where the memory begins, and reports false where it has nothing.
func (q *doraQuestion) begin(ctx context.Context) (bool, error) {
	first, err := q.first(ctx, fact.Query{Places: q.places()})
	switch {
	case err != nil:
		return false, err
	case first != nil:
		q.begins = first.At
		return true, nil
	case q.ref != "":
		return false, q.unknown(ctx, q.ref, q.missing)
	}
	q.missing.Add(&toolsv1.Gap{
		Code: "no_deployments", Setting: hookDeployments,
		Detail: "no event came at all: set a webhook up as README.md has it, or try `switchyard send --all`",
	})
	return false, nil
}

func (q *doraQuestion) asked(place string) bool {
	return q.ref == "" || place == q.ref
}

// related are the repositories that an incident may stem from.
func (q *doraQuestion) related(place string) []string {
	if r, _ := project.ParseRef(place); r.Type == "repo" {
		return []string{place}
	}
	return q.policy().Paired(place)
}

func (q *doraQuestion) readDelivery(ctx context.Context) error {
	if q.ref != "" {
		q.repositories = []string{q.ref}
		q.widen()
	}
	rows, err := q.choose(ctx, fact.Query{Places: q.around, Names: deliveryNames(), From: q.from.Add(-lookBack), To: q.to}, shorterWindow, q.missing)
	if err != nil {
		return err
	}
	q.seen = deliveryOf(rows)
	if q.ref == "" {
		for _, row := range rows {
			if r, _ := project.ParseRef(row.Place); r.Type == "repo" && !slices.Contains(q.repositories, row.Place) {
				q.repositories = append(q.repositories, row.Place)
			}
		}
		q.widen()
	}
	return nil
}

// widen finds the projects whose incidents count, and the repositories that
// share them.
func (q *doraQuestion) widen() {
	for _, repository := range q.repositories {
		for _, place := range q.policy().Paired(repository) {
			if r, _ := project.ParseRef(place); r.Source() == "jira" && !slices.Contains(q.projects, place) {
				q.projects = append(q.projects, place)
			}
		}
	}
	q.around = slices.Clone(q.repositories)
	for _, place := range q.projects {
		q.around = append(q.around, q.policy().Paired(place)...)
	}
	slices.Sort(q.around)
	q.around = slices.Compact(q.around)
}

func (q *doraQuestion) readIncidents(ctx context.Context) error {
	places := slices.Concat(q.repositories, q.projects)
	if len(places) == 0 {
		return nil
	}
	rows, err := q.choose(ctx, fact.Query{
		Places: places, From: q.from.Add(-lookBack), To: q.to,
		Names: []string{"issue.created", "issue.updated", "issue.transitioned", "issue.assigned", "issue.closed", project.IssueState},
	}, shorterWindow, q.missing)
	if err != nil {
		return err
	}
	q.issueRows = rows
	var refs []string
	named := make(map[string]bool)
	for _, row := range rows {
		if r, _ := project.ParseRef(row.Subject); r.Type == "issue" && !named[row.Subject] {
			named[row.Subject] = true
			refs = append(refs, row.Subject)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	slices.Sort(refs)
	if q.issues, err = q.graph.Entities(ctx, refs); err != nil {
		return unavailable(err)
	}
	q.incidents, q.timeless = fact.Incidents(q.issues, rows, q.signs)
	return q.blame(ctx)
}

// blame reads what incidents, and the changes that name them, are linked with.
func (q *doraQuestion) blame(ctx context.Context) error {
	var refs []string
	for _, i := range q.incidents {
		if !i.Began.Before(q.from) {
			refs = append(refs, i.Ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	links, err := q.chooseLinks(ctx, refs, shorterWindow, q.missing)
	if err != nil {
		return err
	}
	var menders []string
	for _, l := range links {
		if r, _ := project.ParseRef(l.From); r.Type == "pr" && !slices.Contains(menders, l.From) {
			menders = append(menders, l.From)
		}
	}
	if len(menders) > 0 {
		more, err := q.chooseLinks(ctx, menders, shorterWindow, q.missing)
		if err != nil {
			return err
		}
		links = append(links, more...)
	}
	fact.Blame(q.incidents, links)
	return nil
}

// answer leaves null what can't be told.
func (q *doraQuestion) answer(d fact.Dora) (*answer, error) {
	found := &answer{n: len(d.Released) + len(d.Deployed) + len(d.Incidents)}
	out := &toolsv1.DoraOutput{Ref: q.ref, From: when(q.from), To: when(q.to)}
	if q.begins.After(q.from) {
		out.KnownFrom = when(q.begins)
	}
	if q.reached(q.seen.of(q.asked).deployments) {
		out.DeploymentFrequency = &toolsv1.DeploymentFrequency{N: count(len(d.Released)), Failed: count(d.Failed), PerDay: d.PerDay}
	}
	if len(d.Lead) > 0 {
		out.LeadTime = &toolsv1.LeadTime{
			N: count(len(d.Lead)), Median: took(d.Lead, 50), P90: took(d.Lead, 90),
			FromMergeMedian: took(d.FromMerge, 50), FromMergeP90: took(d.FromMerge, 90),
			Likely: count(d.Likely), Undeployed: count(d.Undeployed),
		}
	}
	if len(d.Released) > 0 && len(q.incidents) > 0 {
		out.ChangeFailureRate = &toolsv1.ChangeFailureRate{
			N: count(len(d.Released)), Failed: count(d.WithIncident), Rate: float64(d.WithIncident) / float64(len(d.Released)),
		}
	}
	if len(d.Incidents) > 0 {
		out.RecoveryTime = &toolsv1.RecoveryTime{N: count(len(d.Recovery)), Median: took(d.Recovery, 50), P90: took(d.Recovery, 90), Open: count(d.Open)}
	}
	for _, r := range slices.Backward(d.Released) {
		found.rest(r.EventID)
		if len(out.GetRows()) < maxReleased {
			out.Rows = append(out.Rows, released(r))
		}
	}
	for _, c := range d.Deployed {
		found.rest(c.EventID)
	}
	for _, i := range d.Incidents {
		found.rest(i.EventIDs...)
	}
	return found.is(out)
}

func released(r fact.Released) *toolsv1.DoraRow {
	row := &toolsv1.DoraRow{At: when(r.At), Deployment: r.Ref, Environment: r.Environment, Commit: r.SHA, Changes: count(r.Changes)}
	for _, c := range r.Charges {
		row.Incidents = append(row.Incidents, strings.Join([]string{c.Incident, c.How}, " "))
	}
	return row
}
