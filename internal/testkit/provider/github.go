package provider

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// GitHub fakes api.github.com's REST API, version 2022-11-28, for issues, pull
// requests, comments, labels, assignees, reviewers, check runs and Apps. It has
// the repository acme/api with what the example webhooks are about.
type GitHub struct {
	server
	o     Options
	repos []*repository
	// tokens of installations, with the time until which each is good.
	tokens map[string]time.Time
	nextID int64
	// used counts the requests of the hour that window begins.
	used   int
	window time.Time
}

// The account of the token, and the App's.
const (
	BotLogin    = "switchyard-bot"
	AppBotLogin = "switchyard[bot]"
)

// hourly is GitHub's primary rate limit for a token.
const hourly = 5000

// NewGitHub makes a GitHub.
func NewGitHub(o Options) *GitHub {
	g := &GitHub{o: o, tokens: map[string]time.Time{}, nextID: 5000000000}
	g.now, g.check = o.clock(), o.Check
	g.inspect, g.authorize, g.fail, g.finish = g.headers, g.admit, g.failure, g.limits
	g.seed()
	g.serve(g.operations())
	return g
}

func (g *GitHub) operations() []operation {
	pages := []string{"per_page", "page"}
	with := func(more ...string) []string { return append(more, pages...) }
	const repo = "/repos/{owner}/{repo}"
	return []operation{
		{pattern: "GET /user", act: g.getUser},
		{pattern: "GET /rate_limit", act: g.getRateLimit},
		{pattern: "GET " + repo, act: g.getRepository, undescribed: true},
		{pattern: "GET " + repo + "/installation", act: g.getInstallation, undescribed: true},
		{pattern: "GET /app/installations", query: with("since", "outdated"), act: g.listInstallations},
		{pattern: "POST /app/installations/{installation_id}/access_tokens", act: g.createToken},
		{pattern: "GET " + repo + "/collaborators/{username}/permission", act: g.getPermission},
		{pattern: "GET " + repo + "/issues", query: with("milestone", "state", "assignee", "type", "creator", "mentioned", "labels", "sort", "direction", "since"), act: g.listIssues},
		{pattern: "POST " + repo + "/issues", act: g.createIssue},
		{pattern: "GET " + repo + "/issues/{number}", act: g.getIssue},
		{pattern: "PATCH " + repo + "/issues/{number}", act: g.updateIssue},
		{pattern: "GET " + repo + "/issues/{number}/comments", query: with("since"), act: g.listComments},
		{pattern: "POST " + repo + "/issues/{number}/comments", act: g.createComment},
		{pattern: "PATCH " + repo + "/issues/comments/{comment}", act: g.updateComment},
		{pattern: "GET " + repo + "/issues/{number}/labels", query: pages, act: g.listLabels},
		{pattern: "POST " + repo + "/issues/{number}/labels", act: g.addLabels},
		{pattern: "POST " + repo + "/issues/{number}/assignees", act: g.addAssignees},
		{pattern: "GET " + repo + "/pulls/{number}", act: g.getPull},
		{pattern: "POST " + repo + "/pulls/{number}/requested_reviewers", act: g.requestReviewers},
		{pattern: "POST " + repo + "/check-runs", act: g.createCheckRun},
		{pattern: "PATCH " + repo + "/check-runs/{check_run_id}", act: g.updateCheckRun},
		{pattern: "GET " + repo + "/commits/{ref}/check-runs", query: with("check_name", "status", "filter", "app_id"), act: g.listCheckRuns},
	}
}

// headers are what GitHub's documentation asks of every request. GitHub itself
// is more forgiving; a caller of ours that leaves one out is mistaken.
//
// Source: https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
func (g *GitHub) headers(r *http.Request) string {
	accept, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
	switch {
	case !strings.HasPrefix(accept, "application/vnd.github"):
		return "Accept: " + r.Header.Get("Accept") + ", want application/vnd.github+json"
	case r.Header.Get("X-GitHub-Api-Version") != "2022-11-28":
		return "X-GitHub-Api-Version: " + r.Header.Get("X-GitHub-Api-Version") + ", want 2022-11-28"
	case r.Header.Get("User-Agent") == "":
		return "no User-Agent"
	}
	return contentType(r)
}

// contentType objects to a body that isn't said to be JSON.
func contentType(r *http.Request) string {
	if r.ContentLength == 0 || r.Method == http.MethodGet {
		return ""
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		return "Content-Type: " + r.Header.Get("Content-Type") + ", want application/json"
	}
	return ""
}

// admit lets the token in, an installation's token, and for what an App does as
// itself its JWT.
func (g *GitHub) admit(c *call) *reply {
	token := c.bearer()
	asApp := strings.HasPrefix(c.URL.Path, "/app/") || strings.HasSuffix(c.URL.Path, "/installation")
	switch until, isApps := g.tokens[token]; {
	case asApp:
		if wrong := g.proven(c, token); wrong != "" {
			return new(g.failure(http.StatusUnauthorized, wrong))
		}
		return nil
	case token == "":
		return new(g.failure(http.StatusUnauthorized, "Requires authentication"))
	case isApps && c.now.Before(until):
		c.who = AppBotLogin
	case token == g.o.Token:
		c.who = BotLogin
	default:
		return new(g.failure(http.StatusUnauthorized, "Bad credentials"))
	}
	g.used++
	return nil
}

func (g *GitHub) failure(status int, message string) reply {
	return reply{status: status, body: object{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	}}
}

// invalid is a 422 about one field.
func (g *GitHub) invalid(resource, field, code string) reply {
	return reply{status: http.StatusUnprocessableEntity, body: object{
		"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest", "status": "422",
		"errors": []object{{"resource": resource, "field": field, "code": code}},
	}}
}

func (g *GitHub) notFound() reply { return g.failure(http.StatusNotFound, "Not Found") }

// limits tells how much of the hour is left, as every answer of GitHub does.
func (g *GitHub) limits(c *call, r *reply) {
	rate := g.rate(c.now)
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	r.header.Set("X-RateLimit-Resource", "core")
	for _, name := range []string{"limit", "remaining", "used", "reset"} {
		r.header.Set("X-RateLimit-"+name, strconv.FormatInt(rate[name], 10))
	}
}

func (g *GitHub) rate(now time.Time) map[string]int64 {
	if now.Sub(g.window) >= time.Hour {
		g.window, g.used = now, 0
	}
	used := min(g.used, hourly)
	return map[string]int64{"limit": hourly, "remaining": int64(hourly - used), "used": int64(used), "reset": g.window.Add(time.Hour).Unix()}
}

func (g *GitHub) getRateLimit(c *call) reply {
	rate := g.rate(c.now)
	return ok(object{"resources": object{"core": rate, "search": rate}, "rate": rate})
}

func (g *GitHub) getUser(c *call) reply {
	if c.who != BotLogin {
		return g.failure(http.StatusForbidden, "Resource not accessible by integration")
	}
	user := g.person(BotLogin)
	for _, none := range []string{"name", "company", "location", "email", "hireable", "bio"} {
		user[none] = nil
	}
	for _, zero := range []string{"public_repos", "public_gists", "followers", "following"} {
		user[zero] = 0
	}
	user["user_view_type"], user["blog"], user["created_at"], user["updated_at"] = "public", "", stamp(seeded()), stamp(seeded())
	return ok(user)
}

// id is the next of GitHub's ids, which all kinds share here.
func (g *GitHub) id() int64 {
	g.nextID++
	return g.nextID
}

// seeded is when everything was made that a fake has from the start.
func seeded() time.Time { return time.Date(2026, 1, 14, 9, 12, 31, 0, time.UTC) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
