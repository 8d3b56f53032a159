package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// gaps says of each figure why it is less than it could be.
func (q *doraQuestion) gaps(ctx context.Context, d fact.Dora) error {
	q.missing.Add(shorter(q.what(), q.from, q.begins)...)
	if err := q.deploymentGaps(ctx, d); err != nil {
		return err
	}
	if err := q.changeGaps(ctx, d); err != nil {
		return err
	}
	return q.incidentGaps(ctx, d)
}

func (q *doraQuestion) what() string { return anywhere(q.places()) }

// places are those that are asked for; none are all.
func (q *doraQuestion) places() []string {
	if q.ref == "" {
		return nil
	}
	return []string{q.ref}
}

func (q *doraQuestion) since() string { return day(q.from.Add(-lookBack)) }

func (q *doraQuestion) deploymentGaps(ctx context.Context, d fact.Dora) error {
	here := q.seen.of(q.asked).deployments
	if !q.reached(here) {
		g, err := q.undeployed(ctx, here, q.places(), q.from.Add(-lookBack))
		if err != nil {
			return err
		}
		q.missing.Add(g)
		return nil
	}
	if len(d.Released) > 0 {
		return nil
	}
	last := ""
	for _, dep := range here {
		if q.isProduction(dep.Environment) && dep.Succeeded() {
			last = ": the last one ended on " + day(dep.At)
		}
	}
	q.missing.Add(&toolsv1.Gap{
		Code: "none_in_window", Setting: "--window",
		Detail: fmt.Sprintf("no deployment of %s to production succeeded since %s, and %d failed%s", q.what(), day(q.from), d.Failed, last),
	})
	return nil
}

func (q *doraQuestion) changeGaps(ctx context.Context, d fact.Dora) error {
	here := q.seen.of(q.asked)
	if len(here.changes) == 0 {
		return q.noChanges(ctx)
	}
	if len(here.pushes) == 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "push_not_seen", Setting: hookPushes,
			Detail: fmt.Sprintf("changes of %s were merged and no push was seen since %s: a deployment of any commit but a merge's own has changes that nobody can tell", q.what(), q.since()),
		})
	} else if d.UnknownCommits > 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "commit_not_seen", Setting: hookPushes,
			Detail: fmt.Sprintf("%d deployments are of commits that no push brought to a branch: which changes they have is not known", d.UnknownCommits),
		})
	}
	if d.Timeless > 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "times_missing", Setting: hookChanges,
			Detail: fmt.Sprintf("%d deployed changes have no time of their opening, or one after their deployment: they are in no lead time", d.Timeless),
		})
	}
	if len(d.Lead) == 0 && len(d.Released) > 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "no_deployed_changes", Setting: "--window",
			Detail: "no deployment of the window is known to be the first of a change merged since " + q.since(),
		})
	}
	return nil
}

// noChanges tells a webhook without pull requests from a repository without merges.
func (q *doraQuestion) noChanges(ctx context.Context) error {
	seen, err := q.first(ctx, fact.Query{Places: q.places(), Names: []string{"change.opened", "change.updated", "change.merged", "change.closed"}})
	switch {
	case err != nil:
		return err
	case seen == nil:
		q.missing.Add(&toolsv1.Gap{
			Code: "change_not_seen", Setting: hookChanges,
			Detail: "no event of a pull request of " + q.what() + " ever came: lead times are of pull requests",
		})
	default:
		q.missing.Add(&toolsv1.Gap{Code: "no_merges", Setting: "--window", Detail: "no change of " + q.what() + " was merged since " + q.since()})
	}
	return nil
}

func (q *doraQuestion) incidentGaps(ctx context.Context, d fact.Dora) error {
	timeless := make(map[string]int)
	for _, ref := range q.timeless {
		timeless[hookOf(ref)]++
	}
	for hook, n := range timeless {
		q.missing.Add(&toolsv1.Gap{Code: "times_missing", Setting: hook, Detail: fmt.Sprintf("%d incidents have no time of their beginning", n)})
	}
	if len(q.incidents) == 0 {
		return q.noIncidents(ctx)
	}
	if d.Uncharged > 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "incident_uncharged", Setting: "INCIDENT_WINDOW",
			Detail: fmt.Sprintf("%d incidents are linked with no deployed change and began more than %s after the last production deployment: they are in no change failure rate", d.Uncharged, q.window),
		})
	}
	if d.Open > 0 && len(d.Recovery) == 0 {
		closed := slices.ContainsFunc(q.issueRows, func(o fact.Observed) bool { return o.Name == project.IssueState && o.Value == "closed" })
		g := &toolsv1.Gap{Code: "incident_open", Detail: fmt.Sprintf("none of %d incidents of the window is closed, so that there is no recovery time: close them when they are over", d.Open)}
		if !closed {
			g.Setting = hookOf(q.incidents[0].Ref)
			g.Detail += "; nor did any event tell of another closed issue"
		}
		q.missing.Add(g)
	}
	return nil
}

// noIncidents says where incidents would come from. Without any, whether nothing
// failed or nobody tells is not known.
func (q *doraQuestion) noIncidents(ctx context.Context) error {
	if len(q.projects) == 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "pair_missing", Setting: "POLICY_FILE",
			Detail: fmt.Sprintf("no Jira project is paired with %s in the policy, so that only its own issues could be incidents", q.what()),
		})
	}
	var silent []string
	for _, place := range q.projects {
		seen, err := q.first(ctx, fact.Query{Places: []string{place}})
		if err != nil {
			return err
		}
		if seen == nil {
			silent = append(silent, place)
		}
	}
	if len(silent) > 0 {
		q.missing.Add(&toolsv1.Gap{
			Code: "issue_not_seen", Setting: hookJiraIssues,
			Detail: "no event of " + strings.Join(silent, ", ") + " ever came, which would tell of incidents",
		})
	}
	q.missing.Add(&toolsv1.Gap{
		Code: "no_incident_source", Setting: "INCIDENT_TYPES, INCIDENT_LABELS",
		Detail: fmt.Sprintf("none of %d issues since %s is an incident, by type (%s) or label (%s): whether nothing failed or nobody tells is not known%s",
			len(q.issues), q.since(), list(q.signs.Types), list(q.signs.Labels), q.typesSeen()),
	})
	return nil
}

// typesSeen names the types of the issues that came, for whoever has to set the right one.
func (q *doraQuestion) typesSeen() string {
	var types []string
	for _, issue := range q.issues {
		for _, a := range issue.Attributes {
			if a.Name == "issue_type" && !slices.Contains(types, a.Value) {
				types = append(types, a.Value)
			}
		}
	}
	if len(types) == 0 {
		return ""
	}
	slices.Sort(types)
	return "; the types that came are " + list(types)
}
