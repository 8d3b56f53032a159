package proof

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
)

// mergeSteps are the actions that one merge can bring about. A check run takes a GitHub App.
var mergeSteps = []string{
	"{step: note, tool: github.add_comment, with: {target: event.ref, body: Merged.}}",
	"{step: label, tool: github.add_labels, with: {target: event.ref, labels: [bug]}}",
	"{step: assign, tool: github.assign, with: {target: event.ref, assignees: [dev-two]}}",
	"{step: review, tool: github.request_review, with: {target: event.ref, reviewers: [dev-two]}}",
	"{step: check, tool: github.create_check_run, with: {target: event.ref, head_sha: event.fields.head_sha, name: switchyard, conclusion: success, title: Merged, summary: Merged.}}",
	"{step: create, tool: github.create_issue, with: {repository: acme/api, title: Look after it, body: Please.}}",
	"{step: close, tool: github.close_issue, with: {target: $create.ref}}",
	"{step: comment, tool: jira.add_comment, with: {target: 'link.issue[0]', body: Merged.}}",
	"{step: move, tool: jira.transition, with: {target: 'link.issue[0]', status: Done}}",
	"{step: give, tool: jira.assign, with: {target: 'link.issue[0]', assignee: '712020:00000000-0000-4000-8000-000000000002'}}",
	"{step: link, tool: jira.link_remote, with: {target: 'link.issue[0]', object: event.ref, title: The change}}",
	"{step: task, tool: jira.create_issue, with: {project: ACME, issue_type: Task, summary: Look after it, description: Please.}}",
	"{step: say, tool: slack.post_message, with: {channel: C0000000002, body: Merged.}}",
	"{step: page, tool: notion.create_page, with: {database: 1c0ffee000004000800000000000000c, title: Look after it, body: Please.}}",
}

// pageSteps are those that take a page, by a type of Notion's events whose kind is its own.
var pageSteps = []struct{ kind, webhook, step string }{
	{"page.created", "page.created", "{step: set, tool: notion.update_status, with: {target: event.ref, status: Done}}"},
	{"page.moved", "page.moved", "{step: hand, tool: notion.assign_task, with: {target: event.ref, assignee: 1c0ffee0-0000-4000-8000-000000000009}}"},
	{"page.restored", "page.undeleted", "{step: write, tool: notion.append_text, with: {target: event.ref, body: Looked at.}}"},
	{"page.updated", "page.content_updated", "{step: remark, tool: notion.add_comment, with: {target: event.ref, body: Looked at.}}"},
}

// everyAction has all actions of a merge in one run, and all of a page in another.
var everyAction = func() string {
	var ofPage []string
	for _, p := range pageSteps {
		ofPage = append(ofPage, p.step)
	}
	return "rules:\n" + rule("every", "{kind: change.merged}", mergeSteps...) + rule("page", "{kind: page.updated}", ofPage...)
}()

const everyPolicy = `
pairs:
  - [github:acme/api, jira:ACME]
places:
  github:acme/api: private
  jira:ACME: private
  slack:C0000000002: private
  notion:1c0ffee000004000800000000000000c: private
choices:
  github.add_labels:
    github:acme/api: {labels: [bug]}
  github.assign:
    github:acme/api: {assignees: [dev-two]}
  github.request_review:
    github:acme/api: {reviewers: [dev-two]}
  github.create_check_run:
    github:acme/api: {conclusion: [success]}
  github.create_issue:
    github:acme/api: {repository: [acme/api]}
  jira.transition:
    jira:ACME: {status: [Done]}
  jira.assign:
    jira:ACME: {assignee: ["712020:00000000-0000-4000-8000-000000000002"]}
  slack.post_message:
    github:acme/api: {channel: [C0000000002]}
  notion.create_page:
    github:acme/api: {database: [1c0ffee000004000800000000000000c]}
  notion.update_status:
    notion:*: {status: [Done]}
  notion.assign_task:
    notion:*: {assignee: [1c0ffee0-0000-4000-8000-000000000009]}
  jira.create_issue:
    github:acme/api: {project: [ACME]}
    jira:ACME: {issue_type: [Task]}
`

func rule(name, on string, steps ...string) string {
	return fmt.Sprintf("  - name: %s\n    on: %s\n    do:\n      - %s\n", name, on, strings.Join(steps, "\n      - "))
}

// hooked is a webhook as its source sends it.
type hooked struct {
	source string
	header http.Header
	body   []byte
}

func hookedMerge(t *testing.T, number int) hooked {
	t.Helper()
	body := merge(number, "ACME-7 Try again").json(t)
	return hooked{"github", github.Headers([]byte(hookSecret), "pull_request", "merge-"+strconv.Itoa(number), body), body}
}

func hookedPage(webhook string) hooked {
	body := fmt.Appendf(nil, `{"id":%q,"timestamp":"2026-05-04T10:00:00.000Z","workspace_id":"1c0ffee0-0000-4000-8000-000000000001",
"authors":[{"id":%q,"type":"person"}],"attempt_number":1,"type":%q,"entity":{"id":%q,"type":"page"},"data":{}}`,
		"hook-"+webhook, provider.NotionPerson, webhook, provider.NotionPage)
	return hooked{"notion", notion.Headers([]byte(hookSecret), body), body}
}

// hookedIssue is an issue that a member opened.
func hookedIssue(t *testing.T, number int) hooked {
	t.Helper()
	account := map[string]any{"login": "dev-one", "id": 1007, "type": "User"}
	body, err := json.Marshal(map[string]any{
		"action": "opened", "sender": account,
		"issue": map[string]any{
			"id": 6000 + number, "number": number, "state": "open", "title": "Try again", "author_association": "MEMBER", "user": account, "labels": []any{},
			"html_url": fmt.Sprintf("https://github.com/acme/api/issues/%d", number), "created_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:00Z",
		},
		"repository": map[string]any{"id": 9, "full_name": "acme/api", "private": true, "html_url": "https://github.com/acme/api"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return hooked{"github", github.Headers([]byte(hookSecret), "issues", "issue", body), body}
}

// everyEvent is what everyAction acts on.
func everyEvent(t *testing.T) []hooked {
	t.Helper()
	return []hooked{hookedMerge(t, firstPull), hookedPage("page.content_updated")}
}

// The pull requests that newEvery has, and an issue.
const (
	firstPull, lastPull = 142, 142 + 20
	openIssue           = 170
)

// eachAlone has every action in a run of its own, so that none waits for another, and
// the events of those runs.
func eachAlone(t *testing.T) (rules string, events []hooked) {
	t.Helper()
	rules = "rules:\n" + rule("close", "{kind: issue.created}", "{step: close, tool: github.close_issue, with: {target: event.ref}}")
	events = append(events, hookedIssue(t, openIssue))
	for _, p := range pageSteps {
		rules += rule(strings.ReplaceAll(p.kind, ".", "-"), "{kind: "+p.kind+"}", p.step)
		events = append(events, hookedPage(p.webhook))
	}
	for i, step := range mergeSteps {
		if strings.Contains(step, "$create") {
			continue
		}
		number := firstPull + i
		rules += rule(fmt.Sprintf("merge-%d", number), fmt.Sprintf("{kind: change.merged}\n    when: event.fields.number == %d", number), step)
		events = append(events, hookedMerge(t, number))
	}
	return rules, events
}

const appID = 4711

var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// newEvery makes a system that acts by a GitHub App on what the events are about.
func newEvery(t *testing.T, rules string, setting []string) *acting {
	t.Helper()
	a := newActing(t, rules, everyPolicy, "ingress", "agent", "tools")
	file := filepath.Join(a.dir, "app.pem")
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(appKey())})
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	a.extra = append(append(a.extra, setting...), "GITHUB_TOKEN=", "GITHUB_APP_ID="+strconv.Itoa(appID), "GITHUB_APP_KEY_FILE="+file, "NOTION_WEBHOOK_SECRET="+hookSecret)
	for number := firstPull; number < lastPull; number++ {
		a.github.AddIssue("acme/api", provider.Issue{Number: number, Title: "ACME-7 Try again", State: "closed", Author: "dev-one", Pull: true, Head: strings.Repeat("b", 40)})
	}
	a.github.AddIssue("acme/api", provider.Issue{Number: openIssue, Title: "Try again", Author: "dev-one"})
	return a
}

// writes are the requests that make the effects of everyAction.
func (a *acting) writes() map[string]func(provider.Fault) *provider.Planted {
	at := map[string]func(provider.Fault) *provider.Planted{}
	with := func(plant func(provider.Fault) *provider.Planted, method, path, body string) {
		at[method+" "+path+" "+body] = func(f provider.Fault) *provider.Planted {
			f.Match = func(r provider.Request) bool {
				return provider.On(method, path)(r) && strings.Contains(string(r.Body), body)
			}
			return plant(f)
		}
	}
	for _, path := range []string{"issues/*/comments", "issues/*/labels", "issues/*/assignees", "pulls/*/requested_reviewers", "check-runs", "issues"} {
		with(a.github.Plant, "POST", "/repos/*/*/"+path, "")
	}
	with(a.github.Plant, "PATCH", "/repos/*/*/issues/*", "")
	for _, path := range []string{"issue/*/comment", "issue/*/transitions", "issue/*/remotelink", "issue"} {
		with(a.jira.Plant, "POST", "/rest/api/3/"+path, "")
	}
	with(a.jira.Plant, "PUT", "/rest/api/3/issue/*/assignee", "")
	with(a.slack.Plant, "POST", "/api/chat.postMessage", "")
	with(a.notion.Plant, "POST", "/v1/pages", "")
	with(a.notion.Plant, "PATCH", "/v1/pages/*", `"Status"`)
	with(a.notion.Plant, "PATCH", "/v1/pages/*", `"Assignee"`)
	with(a.notion.Plant, "PATCH", "/v1/blocks/*/children", "")
	with(a.notion.Plant, "POST", "/v1/comments", "")
	return at
}

// tellAll sends events side by side, taken or not.
func (a *acting) tellAll(events []hooked) {
	var told sync.WaitGroup
	for _, e := range events {
		told.Go(func() { _, _ = a.webhook(e.source, e.header, e.body) })
	}
	told.Wait()
}

// everything happens once: the events are told, whatever is planted or killed, and
// told again until they are taken, as a person would. It returns the calls by state.
func (a *acting) everythingOnce(events []hooked) map[string]int {
	a.t.Helper()
	states, tools := map[string]int{}, map[string]bool{}
	for _, e := range events {
		var answer map[string]any
		a.await(time.Minute, "the event to be taken", func(context.Context) bool {
			var code int
			code, answer = a.webhook(e.source, e.header, e.body)
			return code/100 == 2
		})
		for _, c := range a.settled(answer["run_id"]).GetCalls() {
			states[c.GetState()]++
			tools[c.GetTool()] = true
			// Where no list tells for certain whether it was made, nobody knows.
			blind := c.GetClass() == "create" && c.GetState() == "unknown" && (strings.HasPrefix(c.GetTool(), "notion.") || c.GetTool() == "jira.create_issue")
			needs := c.GetReason() == "dependency" && states["unknown"] > 0
			if c.GetState() != "done" && !blind && !needs {
				a.t.Errorf("%s is %s (%s): %v", c.GetTool(), c.GetState(), c.GetReason(), c.GetEvidence())
			}
		}
	}
	if want := len(mergeSteps) + len(pageSteps); len(tools) != want {
		a.t.Errorf("%d actions were called, want %d: %v", len(tools), want, tools)
	}
	a.once()
	if made := a.made(); made < states["done"] || made > states["done"]+states["unknown"] {
		a.t.Errorf("%d effects of calls that are %v", made, states)
	}
	return states
}

// made counts the effects that the providers were given.
func (a *acting) made() (n int) {
	for _, changes := range [][]provider.Change{a.github.Changes(), a.jira.Changes(), a.notion.Changes(), a.slack.Changes()} {
		n += effects(changes)
	}
	return n
}
