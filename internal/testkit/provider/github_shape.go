package provider

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
)

const api = "https://api.github.com"

func (g *GitHub) html(path string) string { return g.o.site("https://github.com") + "/" + path }

// number is an id that stays the same for a name.
func number(name string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return int64(h.Sum32())
}

func node(prefix string, id int64) string { return fmt.Sprintf("%s_%08x", prefix, id) }

// person is GitHub's simple user.
func (g *GitHub) person(login string) object {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	} else if login == "acme" {
		kind = "Organization"
	}
	id := number(strings.ToLower(login)) // A login is the same however it is spelled.
	url := api + "/users/" + login
	u := object{
		"login": login, "id": id, "node_id": node("U", id), "avatar_url": "https://avatars.githubusercontent.com/u/1",
		"gravatar_id": "", "url": url, "html_url": g.html(login), "type": kind, "site_admin": false, "starred_url": url + "/starred{/owner}{/repo}",
		"gists_url": url + "/gists{/gist_id}", "events_url": url + "/events{/privacy}", "following_url": url + "/following{/other_user}",
	}
	for _, list := range []string{"followers", "subscriptions", "repos", "received_events"} {
		u[list+"_url"] = url + "/" + list
	}
	u["organizations_url"] = url + "/orgs"
	return u
}

func (g *GitHub) people(logins []string) []object {
	out := []object{}
	for _, login := range logins {
		out = append(out, g.person(login))
	}
	return out
}

func labelOf(r *repository, name string) object {
	id := number(r.name + "/" + name)
	return object{
		"id": id, "node_id": node("LA", id), "url": api + "/repos/" + r.name + "/labels/" + name, "name": name,
		"description": "", "color": "ededed", "default": slices.Contains([]string{"bug", "enhancement"}, name),
	}
}

func labelsOf(r *repository, i *Issue) []object {
	out := []object{}
	for _, name := range i.Labels {
		out = append(out, labelOf(r, name))
	}
	return out
}

func (g *GitHub) association(r *repository, login string) string {
	if r.writes(login) {
		return "COLLABORATOR"
	}
	return "NONE"
}

func when(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (g *GitHub) page(r *repository, i *Issue) string {
	kind := "issues"
	if i.Pull {
		kind = "pull"
	}
	return g.html(fmt.Sprintf("%s/%s/%d", r.name, kind, i.Number))
}

func (g *GitHub) issueOf(r *repository, i *Issue) object {
	url := fmt.Sprintf("%s/repos/%s/issues/%d", api, r.name, i.Number)
	out := object{
		"id": i.ID, "node_id": node("I", i.ID), "url": url, "repository_url": api + "/repos/" + r.name, "labels_url": url + "/labels{/name}",
		"comments_url": url + "/comments", "events_url": url + "/events", "html_url": g.page(r, i), "number": i.Number,
		"state": i.State, "state_reason": optional(i.StateReason), "title": i.Title, "body": optional(i.Body), "user": g.person(i.Author),
		"labels": labelsOf(r, i), "assignee": nil, "assignees": g.people(i.Assignees), "milestone": nil, "locked": false,
		"active_lock_reason": nil, "comments": len(i.Comments), "closed_at": when(i.Closed), "created_at": stamp(i.Created),
		"updated_at": stamp(i.Updated), "author_association": g.association(r, i.Author),
	}
	if len(i.Assignees) > 0 {
		out["assignee"] = g.person(i.Assignees[0])
	}
	if i.Pull {
		pull := fmt.Sprintf("%s/repos/%s/pulls/%d", api, r.name, i.Number)
		out["pull_request"] = object{"url": pull, "html_url": g.page(r, i), "diff_url": g.page(r, i) + ".diff", "patch_url": g.page(r, i) + ".patch"}
	}
	return out
}

func (g *GitHub) commentOf(r *repository, i *Issue, one Comment) object {
	url := fmt.Sprintf("%s/repos/%s/issues", api, r.name)
	out := object{
		"id": one.ID, "node_id": node("IC", one.ID), "url": fmt.Sprintf("%s/comments/%d", url, one.ID),
		"html_url":  fmt.Sprintf("%s#issuecomment-%d", g.page(r, i), one.ID),
		"issue_url": fmt.Sprintf("%s/%d", url, i.Number), "body": one.Body, "user": g.person(one.Author),
		"created_at": stamp(one.Created), "updated_at": stamp(one.Updated), "author_association": g.association(r, one.Author),
		"performed_via_github_app": nil,
	}
	if one.Author == AppBotLogin {
		out["performed_via_github_app"] = g.appOf()
	}
	return out
}

func (g *GitHub) appOf() any {
	if g.o.App == nil {
		return nil
	}
	return object{
		"id": g.o.App.ID, "slug": "switchyard", "node_id": node("A", g.o.App.ID), "owner": g.person("acme"), "name": "Switchyard",
		"description": "", "external_url": "https://example.com", "html_url": g.html("apps/switchyard"), "created_at": stamp(seeded()), "updated_at": stamp(seeded()),
		"permissions": object{"checks": "write", "issues": "write", "metadata": "read"}, "events": []string{},
	}
}

func (g *GitHub) checkOf(r *repository, run *CheckRun) object {
	url := fmt.Sprintf("%s/repos/%s/check-runs/%d", api, r.name, run.ID)
	return object{
		"id": run.ID, "node_id": node("CR", run.ID), "head_sha": run.HeadSHA, "external_id": run.ExternalID, "url": url,
		"html_url": g.html(fmt.Sprintf("%s/runs/%d", r.name, run.ID)), "details_url": optional(run.URL), "name": run.Name, "status": run.Status,
		"conclusion": optional(run.Conclusion), "started_at": when(run.Started), "completed_at": when(run.Completed),
		"output": object{
			"title": optional(run.Title), "summary": optional(run.Summary), "text": optional(run.Text), "annotations_count": 0, "annotations_url": url + "/annotations",
		},
		"check_suite": object{"id": number(r.name + run.HeadSHA)}, "app": g.appOf(), "pull_requests": []any{},
	}
}

func (g *GitHub) pullOf(r *repository, i *Issue) object {
	out := g.issueOf(r, i)
	self := fmt.Sprintf("%s/repos/%s/pulls/%d", api, r.name, i.Number)
	links := object{
		"self": self, "html": g.page(r, i), "issue": out["url"], "comments": out["comments_url"], "review_comments": self + "/comments",
		"review_comment": self + "/comments{/number}", "commits": self + "/commits", "statuses": api + "/repos/" + r.name + "/statuses/" + i.Head,
	}
	out["_links"] = object{}
	for name, href := range links {
		out["_links"].(object)[name] = object{"href": href}
		out[name+"_url"] = href
	}
	owner, _, _ := strings.Cut(r.name, "/")
	side := func(ref, sha string) object {
		return object{"label": owner + ":" + ref, "ref": ref, "sha": sha, "user": g.person(owner), "repo": g.repositoryOf(r)}
	}
	team := []object{}
	for _, slug := range i.TeamReviewers {
		id := number(slug)
		team = append(team, object{
			"id": id, "node_id": node("T", id), "name": slug, "slug": slug, "description": nil, "privacy": "closed", "notification_setting": "notifications_enabled",
			"permission": "push", "url": fmt.Sprintf("%s/teams/%d", api, id), "html_url": g.html("orgs/" + owner + "/teams/" + slug),
			"members_url": fmt.Sprintf("%s/teams/%d/members{/member}", api, id), "repositories_url": fmt.Sprintf("%s/teams/%d/repos", api, id), "parent": nil, "type": "organization",
		})
	}
	more := object{
		"url": self, "issue_url": links["issue"], "html_url": g.page(r, i), "diff_url": g.page(r, i) + ".diff", "patch_url": g.page(r, i) + ".patch", "merge_commit_sha": optional(i.MergeCommit),
		"merged_at": nil, "merged": i.MergeCommit != "", "draft": false, "auto_merge": nil, "requested_reviewers": g.people(i.Reviewers), "requested_teams": team,
		"head": side("change", i.Head), "base": side("main", i.Base), "additions": 1, "deletions": 0, "changed_files": 1, "commits": 1, "review_comments": 0,
		"mergeable": nil, "mergeable_state": "unknown", "maintainer_can_modify": false, "merged_by": nil,
	}
	if i.MergeCommit != "" {
		more["merged_at"] = when(i.Closed)
	}
	maps.Copy(out, more)
	delete(out, "pull_request")
	return out
}

// repositoryOf is the whole repository, with its forty addresses.
func (g *GitHub) repositoryOf(r *repository) object {
	owner, name, _ := strings.Cut(r.name, "/")
	url := api + "/repos/" + r.name
	out := object{
		"id": r.id, "node_id": node("R", r.id), "name": name, "full_name": r.name, "private": r.private, "owner": g.person(owner), "html_url": g.html(r.name), "url": url,
		"description": nil, "fork": false, "default_branch": "main", "forks": 0, "forks_count": 0, "has_downloads": false, "has_issues": true, "has_projects": false,
		"has_wiki": false, "has_pages": false, "homepage": nil, "language": nil, "archived": false, "disabled": false, "mirror_url": nil, "open_issues": len(r.issues),
		"open_issues_count": len(r.issues), "license": nil, "size": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "visibility": "private",
		"created_at": stamp(seeded()), "updated_at": stamp(seeded()), "pushed_at": stamp(seeded()),
		"git_url": "git://github.com/" + r.name + ".git", "ssh_url": "git@github.com:" + r.name + ".git", "clone_url": g.html(r.name + ".git"), "svn_url": g.html(r.name),
	}
	const lists = "archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees"
	for list := range strings.FieldsSeq(lists) {
		out[list+"_url"] = url + "/" + strings.ReplaceAll(list, "_", "/")
	}
	return out
}

// Objects are what GitHub has, for people.
func (g *GitHub) Objects() []Object {
	g.mu.Lock()
	names := make([]string, 0, len(g.repos))
	for _, r := range g.repos {
		names = append(names, r.name)
	}
	g.mu.Unlock()
	var out []Object
	for _, name := range names {
		for _, i := range g.Issues(name) {
			out = append(out, showIssue(name, i))
		}
		for _, run := range g.CheckRuns(name) {
			state := run.Status
			if run.Conclusion != "" {
				state = run.Conclusion
			}
			out = append(out, Object{
				Ref: "github:commit:" + name + "@" + run.HeadSHA, Kind: "check run", Title: run.Name, State: state,
				Facts: facts("title", run.Title, "external id", run.ExternalID), Text: run.Summary, Anchor: fmt.Sprintf("check-%d", run.ID),
			})
		}
	}
	return out
}

func showIssue(repo string, i Issue) Object {
	r := &repository{name: repo}
	kind := "issue"
	if i.Pull {
		kind = "pull request"
	}
	state := i.State
	if i.MergeCommit != "" {
		state = "merged"
	}
	out := Object{
		Ref: r.ref(&i), Kind: kind, Title: i.Title, State: state, Text: i.Body, Anchor: fmt.Sprintf("%s-%d", strings.ReplaceAll(repo, "/", "-"), i.Number),
		Facts: facts("by", i.Author, "labels", strings.Join(i.Labels, ", "), "assigned to", strings.Join(i.Assignees, ", "), "reviews asked of", strings.Join(slices.Concat(i.Reviewers, i.TeamReviewers), ", ")),
	}
	for _, one := range i.Comments {
		out.Parts = append(out.Parts, Object{Kind: "comment", Facts: facts("by", one.Author, "at", stamp(one.Updated)), Text: one.Body, Anchor: fmt.Sprintf("issuecomment-%d", one.ID)})
	}
	return out
}
