package fact

import (
	"slices"
	"time"

	"github.com/switchyard-dev/switchyard/services/tools/internal/project"
)

// How an incident came to be charged to a deployment.
const (
	// Linked: it names, or a revert for it undid, what the deployment was the first to bring.
	Linked = "linked"
	// Before: it is the last production deployment before the incident began.
	Before = "before"
)

// DoraRows are what the four figures are made of. docs/dora.md defines them.
type DoraRows struct {
	// From is the first moment of the window, To the first one after it.
	From, To time.Time
	// KnownFrom is when the memory begins; where it is later than From, the
	// frequency is over that time only.
	KnownFrom time.Time
	// Asked tells the places whose figures are wanted; rows of others only tell
	// what incidents are not to be charged to.
	Asked func(place string) bool
	// Production tells which environments count.
	Production func(environment string) bool
	// Related are the repositories that an incident's place may stem from.
	Related func(place string) []string
	// IncidentWindow is how long after a deployment an incident that nothing is
	// linked with is charged to it.
	IncidentWindow time.Duration

	Changes     []Change
	Deployments []Deployment
	Pushes      []Push
	Incidents   []Incident
}

// Charge is an incident and how it came to be a deployment's.
type Charge struct {
	Incident string
	How      string
}

// Released is a successful production deployment in the window.
type Released struct {
	Deployment
	Changes int
	Charges []Charge
}

// Dora are the figures, with what they rest on and what they left out.
type Dora struct {
	// Oldest first.
	Released []Released
	Failed   int
	// PerDay is 0 for a window that is empty.
	PerDay float64

	// Of deployed changes: from when they were opened, from when they were merged.
	Lead, FromMerge []time.Duration
	Deployed        []Change
	Likely          int
	Undeployed      int

	WithIncident int
	Recovery     []time.Duration
	Open         int
	// Incidents that are not charged to a deployment of a repository that was not asked for.
	Incidents []Incident
	// Uncharged incidents have no deployment.
	Uncharged int

	// Deployments of commits that no push and no merge brought to a branch.
	UnknownCommits int
	// Changes without the time when they were opened, or with one after their deployment.
	Timeless int
}

// doraRun is one computation.
type doraRun struct {
	DoraRows
	lineage *Lineage
	// Successful production deployments of all places, in the order of their ends.
	production []Deployment
	byPlace    map[string][]Deployment
	changes    map[string]Change // by ref, and by their commit's
	released   map[string]*Released
	out        Dora
}

// MeasureDora computes the figures. It is pure.
func MeasureDora(rows DoraRows) Dora {
	r := &doraRun{
		DoraRows: rows, lineage: NewLineage(rows.Changes, rows.Pushes),
		byPlace: make(map[string][]Deployment), changes: make(map[string]Change, 2*len(rows.Changes)),
		released: make(map[string]*Released),
	}
	for _, c := range rows.Changes {
		r.changes[c.Ref] = c
		r.changes[commitRef(c.Place, c.SHA)] = c
	}
	r.deployments()
	r.leadTimes()
	r.incidents()
	for _, d := range r.production {
		if released := r.released[d.Ref]; released != nil {
			r.out.Released = append(r.out.Released, *released)
			if len(released.Charges) > 0 {
				r.out.WithIncident++
			}
		}
	}
	return r.out
}

func (r *doraRun) inWindow(at time.Time) bool { return !at.Before(r.From) && at.Before(r.To) }

func (r *doraRun) deployments() {
	for _, d := range r.Deployments {
		if !r.Production(d.Environment) {
			continue
		}
		counts := r.Asked(d.Place) && r.inWindow(d.At)
		switch {
		case !d.Succeeded():
			if counts {
				r.out.Failed++
			}
			continue
		case counts:
			r.released[d.Ref] = &Released{Deployment: d}
			if !r.lineage.Known(d.Place, d.SHA) {
				r.out.UnknownCommits++
			}
		}
		r.production = append(r.production, d)
		r.byPlace[d.Place] = append(r.byPlace[d.Place], d)
	}
	from := r.From
	if r.KnownFrom.After(from) {
		from = r.KnownFrom
	}
	if days := r.To.Sub(from).Hours() / 24; days > 0 {
		r.out.PerDay = float64(len(r.released)) / days
	}
}

func (r *doraRun) leadTimes() {
	for _, c := range r.Changes {
		if !r.Asked(c.Place) {
			continue
		}
		d, certainty, ok := r.lineage.First(r.byPlace[c.Place], c)
		if !ok {
			if r.inWindow(c.Merged) {
				r.out.Undeployed++
			}
			continue
		}
		released := r.released[d.Ref]
		if released == nil {
			continue // Its first deployment was before the window.
		}
		released.Changes++
		if c.Opened.IsZero() || c.Opened.After(d.At) || c.Merged.After(d.At) {
			r.out.Timeless++
			continue
		}
		if certainty == Likely {
			r.out.Likely++
		}
		r.out.Deployed = append(r.out.Deployed, c)
		r.out.Lead = append(r.out.Lead, d.At.Sub(c.Opened))
		r.out.FromMerge = append(r.out.FromMerge, d.At.Sub(c.Merged))
	}
}

func (r *doraRun) incidents() {
	for _, i := range r.Incidents {
		if !r.inWindow(i.Began) {
			continue
		}
		d, how, ok := r.charge(i)
		switch {
		case ok && !r.Asked(d.Place):
			continue
		case !ok && !slices.ContainsFunc(r.Related(i.Place), r.Asked):
			continue
		case !ok:
			r.out.Uncharged++
		}
		if released := r.released[d.Ref]; ok && released != nil {
			released.Charges = append(released.Charges, Charge{i.Ref, how})
		}
		r.out.Incidents = append(r.out.Incidents, i)
		if i.Ended.IsZero() {
			r.out.Open++
		} else {
			r.out.Recovery = append(r.out.Recovery, max(i.Ended.Sub(i.Began), 0))
		}
	}
}

// charge finds the deployment that an incident is charged to.
func (r *doraRun) charge(i Incident) (Deployment, string, bool) {
	var found Deployment
	for _, culprit := range i.Culprits {
		if d, ok := r.brought(culprit); ok && !d.At.After(i.Began) && d.At.After(found.At) {
			found = d
		}
	}
	if found.Ref != "" {
		return found, Linked, true
	}
	related := r.Related(i.Place)
	for _, d := range slices.Backward(r.production) {
		if d.At.After(i.Began) || !slices.Contains(related, d.Place) {
			continue
		}
		return d, Before, i.Began.Sub(d.At) <= r.IncidentWindow
	}
	return Deployment{}, "", false
}

// brought is the deployment that was the first to bring a change or a commit.
func (r *doraRun) brought(ref string) (Deployment, bool) {
	if c, ok := r.changes[ref]; ok {
		d, _, ok := r.lineage.First(r.byPlace[c.Place], c)
		return d, ok
	}
	for _, d := range r.production {
		if commitRef(d.Place, d.SHA) == ref {
			return d, true
		}
	}
	return Deployment{}, false
}

// commitRef is the ref of a repository's commit.
func commitRef(place, sha string) string {
	r, ok := project.ParseRef(place)
	if !ok {
		return ""
	}
	return project.Ref{Origin: r.Origin, Type: "commit", Name: r.Name + "@" + sha}.String()
}
