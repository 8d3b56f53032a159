package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
)

// acting is a system with its real executor, and the providers that it acts in.
type acting struct {
	*system
	github *providertest.GitHub
	jira   *providertest.Jira
	notion *providertest.Notion
	slack  *providertest.Slack
}

// newActing makes a system whose rules and policy are these; names are its
// processes besides the executor's.
func newActing(t *testing.T, rules, policy string, names ...string) *acting {
	t.Helper()
	s := newFleet(t, append(names, "executor")...)
	a := &acting{
		system: s, github: providertest.NewGitHub(t, provider.Options{App: &provider.App{ID: appID, InstallationID: 12, Key: &appKey().PublicKey}}), jira: providertest.NewJira(t, provider.Options{Email: "bot@acme.example"}),
		notion: providertest.NewNotion(t, provider.Options{}), slack: providertest.NewSlack(t, provider.Options{}),
	}
	for name, content := range map[string]string{"policy.yaml": policy, "rules.yaml": rules} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.extra = []string{
		"EXECUTOR_ENDPOINT=http://" + s.addrs["executor"], "RULES_FILE=" + filepath.Join(s.dir, "rules.yaml"),
		"GITHUB_TOKEN=" + providertest.Token, "GITHUB_API_URL=" + a.github.URL,
		"JIRA_BASE_URL=" + a.jira.URL, "JIRA_EMAIL=bot@acme.example", "JIRA_API_TOKEN=" + providertest.Token,
		"NOTION_TOKEN=" + providertest.Token, "NOTION_API_URL=" + a.notion.URL, "SLACK_BOT_TOKEN=" + providertest.Token, "SLACK_API_URL=" + a.slack.URL,
	}
	return a
}

// startAll starts the executor, and the processes that it acts for.
func (a *acting) startAll() {
	a.t.Helper()
	for _, name := range []string{"executor", "tools", "tools2", "agent", "agent2", "ingress"} {
		if a.addrs[name] != "" {
			a.start(name, "")
		}
	}
}

func (a *acting) addPull() {
	a.github.AddIssue("acme/api", provider.Issue{Number: 142, Title: "ACME-7 Try again", State: "closed", Author: "dev-one", Pull: true})
}

// pull is a pull request of acme/api, as a body tells it.
type pull struct {
	number                     int
	title, body                string
	association, login, action string
	private, merged            bool
	repository                 string
	at                         time.Time
}

// merge is a merge by a member.
func merge(number int, title string) pull {
	return pull{
		number: number, title: title, association: "MEMBER", login: "dev-one", action: "closed", private: true, merged: true,
		repository: "acme/api", at: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC),
	}
}

func (p pull) json(t *testing.T) []byte {
	t.Helper()
	account := map[string]any{"login": p.login, "id": 1000 + len(p.login), "type": "User"}
	at := p.at.Format(time.RFC3339)
	request := map[string]any{
		"id": 7000 + p.number, "number": p.number, "state": "open", "merged": p.merged, "title": p.title, "body": p.body,
		"html_url": fmt.Sprintf("https://github.com/%s/pull/%d", p.repository, p.number), "author_association": p.association,
		"updated_at": at, "created_at": "2026-05-01T10:00:00Z", "user": account, "labels": []any{},
		"head": map[string]any{"ref": "topic", "sha": strings.Repeat("b", 40)}, "base": map[string]any{"ref": "main"},
	}
	if p.merged {
		request["state"], request["merged_at"], request["merge_commit_sha"] = "closed", at, fmt.Sprintf("%040d", p.number)
	}
	b, err := json.Marshal(map[string]any{
		"action": p.action, "number": p.number, "pull_request": request, "sender": account,
		"repository": map[string]any{"id": 9, "full_name": p.repository, "private": p.private, "html_url": "https://github.com/" + p.repository},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tell sends a pull request's event, and returns the answer.
func (a *acting) tell(p pull) map[string]any {
	a.t.Helper()
	code, answer := a.post("pull_request", fmt.Sprintf("delivery-%d", p.number), p.json(a.t))
	if code/100 != 2 {
		a.t.Fatalf("%d %v\n%s", code, answer, a.logs())
	}
	return answer
}

// run is a run as the operator sees it; nil while nobody can tell.
func (a *acting) run(id any) *toolsv1.Run {
	a.t.Helper()
	opts, err := rpc.ClientOptions(serviceToken)
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.t.Context()), 10*time.Second)
	defer cancel()
	resp, err := agentv1connect.NewAgentServiceClient(rpc.NewHTTPClient(), "http://"+a.addrs["agent"], opts...).
		GetRun(ctx, &agentv1.GetRunRequest{RunId: fmt.Sprint(id)})
	if err != nil {
		return nil
	}
	return resp.GetRun()
}

// settled waits until a run is decided and none of its calls is open.
func (a *acting) settled(id any) *toolsv1.Run {
	a.t.Helper()
	var run *toolsv1.Run
	a.await(4*time.Minute, "the run's calls to be settled", func(context.Context) bool {
		if run = a.run(id); run.GetDecidedAt() == nil {
			return false
		}
		open := 0
		for _, c := range run.GetCalls() {
			if c.GetState() == "queued" || c.GetState() == "running" {
				open++
			}
		}
		a.mu.Lock()
		a.told = fmt.Sprint(run.GetCalls())
		a.mu.Unlock()
		return open == 0
	})
	return run
}

// once fails for every effect that the providers were given twice, of a run in
// which each is wanted once: an object that was made twice has two names.
func (a *acting) once() {
	a.t.Helper()
	for name, changes := range map[string][]provider.Change{
		"GitHub": a.github.Changes(), "Jira": a.jira.Changes(), "Notion": a.notion.Changes(), "Slack": a.slack.Changes(),
	} {
		made := map[string]int{}
		for _, c := range changes {
			made[c.What]++
		}
		delete(made, "token made") // no effect: an App may have several
		for what, n := range made {
			if n > 1 {
				a.t.Errorf("%s: %s %d times", name, what, n)
			}
		}
	}
}

// onceOn is once for many runs: each effect is wanted once on each object.
func onceOn(t *testing.T, changes []provider.Change) {
	t.Helper()
	made := map[string]int{}
	for _, c := range changes {
		made[c.What+" on "+c.On]++
	}
	for what, n := range made {
		if n > 1 {
			t.Errorf("%s %d times", what, n)
		}
	}
}

// onBothLedgers runs a test with its system on SQLite and on PostgreSQL, beside other
// tests.
func onBothLedgers(t *testing.T, test func(t *testing.T, setting []string)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, nil)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, startServer(t, "postgres").setting())
	})
}
