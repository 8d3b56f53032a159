package provider

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

type checkInput struct {
	Name        *string    `json:"name"`
	HeadSHA     string     `json:"head_sha"`
	ExternalID  *string    `json:"external_id"`
	DetailsURL  *string    `json:"details_url"`
	Status      string     `json:"status"`
	Conclusion  string     `json:"conclusion"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title   string `json:"title"`
		Summary string `json:"summary"`
		Text    string `json:"text"`
	} `json:"output"`
}

// createCheckRun is for Apps alone.
//
// Source: https://docs.github.com/en/rest/checks/runs
func (g *GitHub) createCheckRun(c *call) reply {
	r := g.in(c)
	if r == nil {
		return g.notFound()
	}
	if c.who != AppBotLogin {
		return g.failure(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	var in checkInput
	if err := c.decode(&in); err != nil {
		return g.failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	if in.Name == nil || *in.Name == "" {
		return g.invalid("CheckRun", "name", "missing_field")
	}
	if !slices.Contains(r.commits, in.HeadSHA) {
		return g.failure(http.StatusUnprocessableEntity, "No commit found for SHA: "+in.HeadSHA)
	}
	run := &CheckRun{ID: g.id(), HeadSHA: in.HeadSHA, Status: "queued", Started: c.now}
	if bad := g.editCheck(c, run, in); bad != nil {
		return *bad
	}
	r.checks = append(r.checks, run)
	g.changed(c, "check run created", "github:repo:"+r.name, strconv.FormatInt(run.ID, 10))
	return created(g.checkOf(r, run))
}

func (g *GitHub) updateCheckRun(c *call) reply {
	r := g.in(c)
	id, err := strconv.ParseInt(c.PathValue("check_run_id"), 10, 64)
	if r == nil || err != nil {
		return g.notFound()
	}
	n := slices.IndexFunc(r.checks, func(run *CheckRun) bool { return run.ID == id })
	if n < 0 {
		return g.notFound()
	}
	if c.who != AppBotLogin {
		return g.failure(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	var in checkInput
	if err := c.decode(&in); err != nil {
		return g.failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	if bad := g.editCheck(c, r.checks[n], in); bad != nil {
		return *bad
	}
	g.changed(c, "check run edited", "github:repo:"+r.name, strconv.FormatInt(id, 10))
	return ok(g.checkOf(r, r.checks[n]))
}

func (g *GitHub) editCheck(c *call, run *CheckRun, in checkInput) *reply {
	if in.Output != nil && (in.Output.Title == "" || in.Output.Summary == "") {
		return new(g.invalid("CheckRun", "output", "missing_field"))
	}
	if in.Status == "completed" && in.Conclusion == "" && run.Conclusion == "" {
		return new(g.invalid("CheckRun", "conclusion", "missing_field"))
	}
	set(&run.Name, in.Name)
	set(&run.ExternalID, in.ExternalID)
	set(&run.URL, in.DetailsURL)
	if in.Status != "" {
		run.Status = in.Status
	}
	if in.StartedAt != nil {
		run.Started = *in.StartedAt
	}
	if in.Conclusion != "" {
		run.Status, run.Conclusion, run.Completed = "completed", in.Conclusion, c.now
	}
	if in.CompletedAt != nil {
		run.Completed = *in.CompletedAt
	}
	if in.Output != nil {
		run.Title, run.Summary, run.Text = in.Output.Title, in.Output.Summary, in.Output.Text
	}
	return nil
}

func set(to, from *string) {
	if from != nil {
		*to = *from
	}
}

// listCheckRuns has of each name the latest, unless all are asked for.
func (g *GitHub) listCheckRuns(c *call) reply {
	r := g.in(c)
	if r == nil {
		return g.notFound()
	}
	ref := c.PathValue("ref")
	if !slices.Contains(r.commits, ref) {
		return g.failure(http.StatusUnprocessableEntity, "No commit found for SHA: "+ref)
	}
	q := c.URL.Query()
	found := []*CheckRun{}
	for _, run := range slices.Backward(r.checks) {
		if run.HeadSHA != ref || q.Get("check_name") != "" && q.Get("check_name") != run.Name || q.Get("status") != "" && q.Get("status") != run.Status {
			continue
		}
		if id := q.Get("app_id"); id != "" && (g.o.App == nil || id != strconv.FormatInt(g.o.App.ID, 10)) {
			continue
		}
		if q.Get("filter") != "all" && slices.ContainsFunc(found, func(later *CheckRun) bool { return later.Name == run.Name }) {
			continue
		}
		found = append(found, run)
	}
	answer := paged(c, found, func(run *CheckRun) any { return g.checkOf(r, run) })
	answer.body = object{"total_count": len(found), "check_runs": answer.body}
	return answer
}
