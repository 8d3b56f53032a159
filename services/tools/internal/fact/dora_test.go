package fact_test

import (
	"slices"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/fact"
	"github.com/switchyard-dev/switchyard/services/tools/internal/graph"
)

const (
	api, web = "github:repo:acme/api", "github:repo:acme/web"
	incident = "jira:issue:ACME-9"
)

var noon = time.Date(2026, 5, 24, 12, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// rows is a day in which both repositories were deployed, each with a change.
func rows(asked ...string) fact.DoraRows {
	return fact.DoraRows{
		From: noon, To: hour(24),
		Asked:          func(place string) bool { return slices.Contains(asked, place) },
		Production:     func(environment string) bool { return environment == "production" },
		Related:        func(string) []string { return []string{api, web} },
		IncidentWindow: 5 * time.Hour,
		Changes: []fact.Change{
			{Ref: "github:pr:acme/api#1", Place: api, Base: "main", SHA: "a", Opened: hour(-3), Merged: hour(-1)},
			{Ref: "github:pr:acme/web#1", Place: web, Base: "main", SHA: "w", Opened: hour(-3), Merged: hour(-1)},
		},
		Deployments: []fact.Deployment{
			{Ref: "api-1", Place: api, Environment: "production", SHA: "a", Conclusion: "success", At: hour(1)},
			{Ref: "web-1", Place: web, Environment: "production", SHA: "w", Conclusion: "success", At: hour(2)},
			{Ref: "api-2", Place: api, Environment: "production", SHA: "a", Conclusion: "success", At: hour(3)},
		},
	}
}

func broken(began int, culprits ...string) []fact.Incident {
	return []fact.Incident{{Ref: incident, Place: "jira:project:ACME", Began: hour(began), Ended: hour(began + 1), Culprits: culprits}}
}

func TestWhatAnIncidentIsChargedTo(t *testing.T) {
	for name, test := range map[string]struct {
		incidents []fact.Incident
		want      string
		// Charged to a repository that is not asked for, it is nowhere in the answer.
		counted bool
	}{
		"the last one before it":                     {broken(4), "api-2 before", true},
		"at the same moment":                         {broken(3), "api-2 before", true},
		"another repository's, which is not asked":   {broken(2), "", false},
		"nothing before it":                          {broken(0), "", true},
		"nothing within the window":                  {broken(9), "", true},
		"who it names, whenever that was":            {broken(20, "github:pr:acme/api#1"), "api-1 linked", true},
		"the commit that it names":                   {broken(20, "github:commit:acme/api@a"), "api-1 linked", true},
		"a change that was never deployed says no":   {broken(4, "github:pr:acme/api#99"), "api-2 before", true},
		"what was deployed later can't be the cause": {broken(1, "github:pr:acme/web#1"), "api-1 before", true},
		"the culprit of another repository":          {broken(4, "github:pr:acme/web#1"), "", false},
		"the later one of two culprits":              {broken(4, "github:pr:acme/api#1", "github:pr:acme/web#1"), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			in := rows(api)
			in.Incidents = test.incidents
			d := fact.MeasureDora(in)
			got := ""
			for _, r := range d.Released {
				for _, c := range r.Charges {
					got += r.Ref + " " + c.How
				}
			}
			if got != test.want || (len(d.Incidents) == 1) != test.counted || (len(d.Recovery) == 1) != test.counted {
				t.Errorf("charged to %q, counted %d; want %q", got, len(d.Incidents), test.want)
			}
			if uncharged := test.counted && test.want == ""; (d.Uncharged == 1) != uncharged {
				t.Errorf("%d uncharged", d.Uncharged)
			}
		})
	}
}

// A change counts with the first deployment that has it, and only there.
func TestAChangeIsDeployedOnce(t *testing.T) {
	d := fact.MeasureDora(rows(api, web))
	if len(d.Lead) != 2 || d.Lead[0] != 4*time.Hour || d.Lead[1] != 5*time.Hour || len(d.Released) != 3 || d.Released[2].Changes != 0 {
		t.Errorf("lead times %v, deployments %+v", d.Lead, d.Released)
	}
	later := rows(api)
	later.From = hour(2)
	if d := fact.MeasureDora(later); len(d.Lead) != 0 || len(d.Released) != 1 {
		t.Errorf("a change that was deployed before the window: lead times %v, deployments %+v", d.Lead, d.Released)
	}
}

// Clocks differ: no lead time is negative.
func TestTimesThatContradict(t *testing.T) {
	in := rows(api)
	in.Changes[0].Opened = hour(5)
	in.Changes[0].Merged = hour(6)
	if d := fact.MeasureDora(in); len(d.Lead) != 0 || d.Timeless != 1 {
		t.Errorf("lead times %v, %d without times", d.Lead, d.Timeless)
	}
}

func TestBlame(t *testing.T) {
	link := func(from, to, rule string, gone bool) graph.Related {
		return graph.Related{From: from, To: to, Rule: rule, Gone: gone}
	}
	const mender = "github:pr:acme/api#5"
	for name, test := range map[string]struct {
		links []graph.Related
		want  []string
	}{
		"it names a change":               {[]graph.Related{link(incident, "github:pr:acme/api#1", "url", false)}, []string{"github:pr:acme/api#1"}},
		"a number may be a change's":      {[]graph.Related{link(incident, "github:issue:acme/api#1", "issue_key", false)}, []string{"github:pr:acme/api#1"}},
		"it no longer names it":           {[]graph.Related{link(incident, "github:pr:acme/api#1", "url", true)}, nil},
		"a change that mends it":          {[]graph.Related{link(mender, incident, "issue_key", false)}, nil},
		"by a revert":                     {[]graph.Related{link(mender, incident, "issue_key", false), link(mender, "github:commit:acme/api@a", "revert", false)}, []string{"github:commit:acme/api@a"}},
		"a revert of something else":      {[]graph.Related{link("github:pr:acme/api#6", "github:commit:acme/api@a", "revert", false)}, nil},
		"another issue names another one": {[]graph.Related{link(incident, "jira:issue:ACME-1", "issue_key", false)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			in := broken(1)
			fact.Blame(in, test.links)
			if !slices.Equal(in[0].Culprits, test.want) {
				t.Errorf("culprits %q, want %q", in[0].Culprits, test.want)
			}
		})
	}
}
