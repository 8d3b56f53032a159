package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
	"github.com/switchyard-dev/switchyard/services/tools/internal/ledger"
	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// Where what is missing is switched on, at the provider. The words are those of
// GitHub's and Jira's own pages for webhooks.
const (
	hookDeployments = "GitHub webhook: Deployment statuses"
	hookPushes      = "GitHub webhook: Pushes"
	hookChanges     = "GitHub webhook: Pull requests"
	hookIssues      = "GitHub webhook: Issues"
	hookJiraIssues  = "Jira webhook: Issue created, updated and deleted"
	hookPages       = "Notion webhook: Page"
)

// shorterWindow has fewer rows read.
const shorterWindow = "--window"

// truncated says that there is more, and which part answers.
func truncated(limit int, which, setting string) *toolsv1.Gap {
	return &toolsv1.Gap{Code: "truncated", Detail: fmt.Sprintf("there are %d rows or more: %s", limit, which), Setting: setting}
}

// unvouched counts rows by origin that no signature vouches for.
func unvouched(rows []fact.Observed) []*toolsv1.Gap {
	counts := make(map[string]int)
	for _, row := range rows {
		if row.Authn != ledger.Signature {
			counts[origin(row.Subject)]++
		}
	}
	return unvouchedGaps(counts, len(rows), "observations")
}

func unvouchedLinks(links []graph.Related) []*toolsv1.Gap {
	counts := make(map[string]int)
	for _, l := range links {
		if l.Authn != ledger.Signature {
			counts[origin(l.From)]++
		}
	}
	return unvouchedGaps(counts, len(links), "links")
}

func unvouchedGaps(counts map[string]int, all int, what string) []*toolsv1.Gap {
	var gaps []*toolsv1.Gap
	for from, n := range counts {
		gaps = append(gaps, &toolsv1.Gap{
			Code:    "unvouched",
			Detail:  fmt.Sprintf("%d of %d %s rest on events of %s that nothing signed: whoever knows the token may have written them", n, all, what, from),
			Setting: secretOf(from),
		})
	}
	return gaps
}

// origin is the first part of a ref.
func origin(ref string) string {
	from, _, _ := strings.Cut(ref, ":")
	return from
}

// secretOf is the setting that makes an origin's webhooks signed: jira@eu has
// JIRA_EU_WEBHOOK_SECRET.
func secretOf(from string) string {
	return strings.ToUpper(strings.NewReplacer("@", "_", "-", "_").Replace(from)) + "_WEBHOOK_SECRET"
}

// hookOf is what a provider has to send for a ref to be seen.
func hookOf(ref string) string {
	r, _ := project.ParseRef(ref)
	switch {
	case r.Source() == "jira":
		return hookJiraIssues
	case r.Source() == "notion":
		return hookPages
	case r.Type == "issue":
		return hookIssues
	case r.Type == "pr":
		return hookChanges
	case r.Type == "deployment":
		return hookDeployments
	}
	return hookPushes
}

// delivery is what was read of repositories, to say what is missing.
type delivery struct {
	changes     []fact.Change
	deployments []fact.Deployment
	pushes      []fact.Push
}

func deliveryOf(rows []fact.Observed) delivery {
	return delivery{changes: fact.Changes(rows), deployments: fact.Deployments(rows), pushes: fact.Pushes(rows)}
}

// deliveryNames are the observations that deliveryOf reads.
func deliveryNames() []string {
	return []string{
		"change.merged", project.ChangeBase, project.ChangeOpenedAt,
		"deployment.finished", project.DeploymentEnvironment, project.DeploymentSHA,
		"commit.pushed", project.CommitBefore, project.CommitForced,
	}
}

// of leaves what is not of a place for which asked is true.
func (d delivery) of(asked func(place string) bool) delivery {
	return delivery{
		changes:     slices.DeleteFunc(slices.Clone(d.changes), func(c fact.Change) bool { return !asked(c.Place) }),
		deployments: slices.DeleteFunc(slices.Clone(d.deployments), func(d fact.Deployment) bool { return !asked(d.Place) }),
		pushes:      slices.DeleteFunc(slices.Clone(d.pushes), func(p fact.Push) bool { return !asked(p.Place) }),
	}
}

// reached tells whether any deployment is of production.
func (a *asker) reached(deployments []fact.Deployment) bool {
	return slices.ContainsFunc(deployments, func(d fact.Deployment) bool { return a.isProduction(d.Environment) })
}

// undeployed says why there is no production deployment in places.
func (a *asker) undeployed(ctx context.Context, deployments []fact.Deployment, places []string, since time.Time) (*toolsv1.Gap, error) {
	var elsewhere []string
	for _, d := range deployments {
		if !slices.Contains(elsewhere, d.Environment) {
			elsewhere = append(elsewhere, d.Environment)
		}
	}
	where := anywhere(places)
	if len(elsewhere) > 0 {
		slices.Sort(elsewhere)
		return &toolsv1.Gap{
			Code: "environment_unmapped", Setting: "PRODUCTION_ENVIRONMENTS",
			Detail: fmt.Sprintf("%s was deployed to %s, and none of them is production: that is %s", where, list(elsewhere), list(a.production)),
		}, nil
	}
	begun, err := a.first(ctx, fact.Query{Places: places, Names: []string{"deployment.created"}, From: since})
	if err != nil {
		return nil, err
	}
	if begun != nil {
		return &toolsv1.Gap{
			Code: "deployment_status_not_seen", Setting: hookDeployments,
			Detail: "deployments of " + where + " began, and no event told how one ended since " + day(since),
		}, nil
	}
	earlier, err := a.first(ctx, fact.Query{Places: places, Names: []string{"deployment.finished"}})
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		return &toolsv1.Gap{
			Code: "none_in_window", Setting: "--window",
			Detail: fmt.Sprintf("%s was deployed, as early as %s, and not since %s", where, day(earlier.At), day(since)),
		}, nil
	}
	return &toolsv1.Gap{
		Code: "no_deployments", Setting: hookDeployments,
		Detail: fmt.Sprintf("no deployment of %s was seen since %s: what deploys it has to tell GitHub (deployments API, or a workflow's environment), and the webhook has to pass it on", where, day(since)),
	}, nil
}

// anywhere names places; none are all.
func anywhere(places []string) string {
	if len(places) == 0 {
		return "any repository"
	}
	return list(places)
}

// list names at most ten words.
func list(words []string) string {
	quoted := make([]string, 0, 10)
	for i, w := range words {
		if i == 10 {
			quoted = append(quoted, fmt.Sprintf("%d more", len(words)-i))
			break
		}
		if w == "" {
			w = "an environment without a plain name"
		}
		quoted = append(quoted, w)
	}
	return strings.Join(quoted, ", ")
}
