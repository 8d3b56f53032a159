package deployment

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// services are ours, stores those that they keep things in: each is restarted.
var (
	services = []string{"ingress", "agent", "tools", "executor"}
	stores   = []string{"postgres", "clickhouse", "neo4j"}
)

// secrets are the files that each container sees, and no others.
var secrets = map[string]string{
	"ingress":  "GITHUB_WEBHOOK_SECRET INGRESS_TOKEN JIRA_WEBHOOK_SECRET NOTION_WEBHOOK_SECRET SEAL_KEY",
	"agent":    "AGENT_TOKEN INGRESS_TOKEN OPERATOR_TOKEN READER_TOKEN",
	"tools":    "AGENT_TOKEN CLICKHOUSE_URL DATABASE_URL NEO4J_PASSWORD OPERATOR_TOKEN READER_TOKEN SEAL_KEY TOOLS_TOKEN",
	"executor": "TOOLS_TOKEN",

	"postgres":   "POSTGRES_PASSWORD",
	"clickhouse": "CLICKHOUSE_PASSWORD",
	"neo4j":      "NEO4J_AUTH NEO4J_PASSWORD",
}

// deployment is the compose file, up under a name and on ports of its own.
type deployment struct {
	shell
	ingress, agent, tools string // ports
	secret                string // GitHub's
	sent                  int
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{ingress: freePort(t), agent: freePort(t), tools: freePort(t)}
	d.shell = shell{t: t, dir: root(t), env: []string{
		"COMPOSE_PROJECT_NAME=switchyard-proof-" + d.ingress, "COMPOSE_PROGRESS=quiet",
		"WEBHOOK_SERVER_PORT=" + d.ingress, "AGENT_PORT=" + d.agent, "TOOLS_PORT=" + d.tools,
		// Nothing that the developer has set.
		"COMPOSE_DISABLE_ENV_FILE=1", "COMPOSE_FILE=docker-compose.yml", "COMPOSE_PROFILES=",
		"GITHUB_WEBHOOK_SECRET=", "JIRA_WEBHOOK_SECRET=", "NOTION_WEBHOOK_SECRET=", "PUBLIC_URL=", "POLICY=", "LOG_LEVEL=",
		"DATABASE_URL=", "CLICKHOUSE_URL=", "NEO4J_URI=", "NEO4J_USER=", "NEO4J_PASSWORD=",
	}}
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := d.try("", "docker", "compose", "logs", "--tail", "20")
			t.Log(out)
		}
		if out, err := d.try("", "docker", "compose", "--profile", "cli", "down", "--volumes", "--remove-orphans", "--timeout", "5"); err != nil {
			t.Errorf("clean up: %v\n%s", err, out)
		}
	})
	return d
}

func (d *deployment) compose(args ...string) string {
	d.t.Helper()
	return d.run(append([]string{"docker", "compose"}, args...)...)
}

// cli is the command as a user has it, its output without compose's own.
func (d *deployment) cli(args ...string) string {
	d.t.Helper()
	return d.compose(append([]string{"run", "--rm", "--no-TTY", "--no-deps", "cli"}, args...)...)
}

func (d *deployment) container(service string) string {
	d.t.Helper()
	return strings.TrimSpace(d.compose("ps", "--quiet", service))
}

// webhook sends one that was not sent before. It waits for nothing: what is up
// and healthy answers.
func (d *deployment) webhook(after string) {
	d.t.Helper()
	d.sent++
	a, err := deliver(d.t, d.ingress, d.secret, 100+d.sent)
	if err != nil || a.Code != 200 || a.Status != "success" || a.Replayed {
		d.t.Errorf("%s: the webhook was answered %+v, %v", after, a, err)
	}
}

// TestCompose: what docs/deployment.md and the README promise of `docker compose up`.
func TestCompose(t *testing.T) {
	engine(t)
	d := newDeployment(t)

	began := time.Now()
	d.compose("--profile", "cli", "build", "--quiet")
	t.Logf("built in %v", time.Since(began).Round(time.Second))
	began = time.Now()
	d.compose("up", "--detach", "--wait")
	t.Logf("healthy %v after `up` with nothing set", time.Since(began).Round(100*time.Millisecond))

	d.examples()
	d.secret = strings.TrimSpace(d.cli("secret", "github"))
	d.tokens()
	d.confined()
	for _, service := range slices.Concat(services, stores) {
		began := time.Now()
		d.compose("restart", service)
		d.compose("up", "--detach", "--wait")
		t.Logf("%s restarted and healthy in %v", service, time.Since(began).Round(100*time.Millisecond))
		d.webhook("after a restart of " + service)
	}
	d.notion()
	d.doctor()
	d.downAndUp()
}

// examples are answered as `switchyard dev` answers them. The stores that follow
// may lag behind the first ones, and say so: Neo4j takes seconds over its first queries.
func (d *deployment) examples() {
	d.t.Helper()
	for _, tc := range []struct{ args, want string }{
		{"github pull_request.merged", `(?s)status:  success\nsummary: Pull request acme/api#42 was merged: 2 actions as a dry run\..*` +
			`\n  records\.upsert +postgres +done *\n  facts\.record +clickhouse +(done|queued) *\n  graph\.upsert +neo4j +(done|queued) *` +
			`\n  jira\.add_comment +jira:issue:ACME-7 +dry_run  no_token *\n  jira\.transition +jira:issue:ACME-7 +dry_run  no_token *` +
			`(\nmissing: sink_behind: [^\n]*; see (NEO4J_URI|CLICKHOUSE_URL))*` +
			`\nrun:     http://127\.0\.0\.1:` + d.ingress + `/runs/[0-9a-f-]{36}\n +docker compose run --rm cli runs show [0-9a-f-]{36}\n`},
		{"jira issue.status_changed", `status:  success\n`},
		{"notion page.updated", `status:  success\n`},
		{"github pull_request.merged", `status:  success \(replayed\)\n`},
	} {
		out := d.cli(append([]string{"send"}, strings.Fields(tc.args)...)...)
		if !regexp.MustCompile(tc.want).MatchString(out) {
			d.t.Errorf("send %s printed\n%s\nwant %s", tc.args, out, tc.want)
		}
	}
	d.followed()
	if out := d.cli("memory", "check"); strings.Count(out, "has each of the ledger's") != 2 {
		d.t.Errorf("memory check printed\n%s", out)
	}
}

// followed waits until both stores have what the ledger has.
func (d *deployment) followed() {
	d.t.Helper()
	following := regexp.MustCompile(`(?m)^(clickhouse|neo4j) +ok\b`)
	deadline := time.Now().Add(2 * time.Minute)
	for status := ""; len(following.FindAllString(status, -1)) != 2; {
		if status = d.cli("memory", "status"); time.Now().After(deadline) {
			d.t.Fatalf("the stores don't follow the ledger:\n%s", status)
		}
	}
}

// tokens: the agent's API is there for who has the operator's, and for nobody else.
func (d *deployment) tokens() {
	d.t.Helper()
	buf := filepath.Join(root(d.t), ".bin", "buf")
	if _, err := exec.LookPath(buf); err != nil {
		d.t.Fatalf("%v: `make tools` installs it", err)
	}
	ask := func(token string) (string, error) {
		return d.try("", buf, "curl", "--http2-prior-knowledge", "--reflect-header", "*", "-H", "Authorization: Bearer "+token,
			"-d", "{}", "http://127.0.0.1:"+d.agent+"/switchyard.agent.v1.AgentService/ListRuns")
	}
	out, err := ask(strings.TrimSpace(d.cli("token", "operator")))
	if err != nil || !strings.Contains(out, `"github:pr:acme/api#42"`) {
		d.t.Errorf("buf curl with the operator's token: %v\n%s", err, out)
	}
	// Without it not even the reflection answers.
	if out, err := ask("nobody's"); err == nil {
		d.t.Errorf("buf curl without it printed\n%s", out)
	}
	for service, url := range map[string]string{
		"agent": "http://127.0.0.1:" + d.agent + "/switchyard.agent.v1.AgentService/ListRuns",
		"tools": "http://127.0.0.1:" + d.tools + "/switchyard.tools.v1.ToolService/ListTools",
	} {
		for _, header := range []string{"X-Nothing: x", "Authorization: Bearer nobody's"} {
			if code := d.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", header, "-H", "Content-Type: application/json", "-d", "{}", url); code != "401" {
				d.t.Errorf("%s with %s answered %s", service, header, code)
			}
		}
	}
}

var name = regexp.MustCompile(`(?m)^-\S+ +65532/65532 .* secrets/(\S+)$`)

// confined: no root, no capabilities, a root that can't be written, and of the
// secrets its own.
func (d *deployment) confined() {
	d.t.Helper()
	for _, service := range services {
		id := d.container(service)
		got := strings.TrimSpace(d.run("docker", "inspect", "--format",
			"{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.Config.User}}", id))
		if got != "true [ALL] [no-new-privileges:true] 65532:65532" {
			d.t.Errorf("%s runs with %s", service, got)
		}
		if top := strings.Fields(d.run("docker", "top", id, "-eo", "pid,uid")); len(top) != 4 || top[3] != "65532" {
			d.t.Errorf("%s: processes %v, want one of 65532", service, top)
		}
		// Where the volumes and the policy are mounted, and nothing beside.
		for line := range strings.Lines(d.run("docker", "diff", id)) {
			if !regexp.MustCompile(`^[AC] /(run(/secrets)?|etc(/switchyard(/policy\.yaml)?)?)\n$`).MatchString(line) {
				d.t.Errorf("%s wrote %s", service, line)
			}
		}
		d.sees(service, id)
	}
	for _, store := range stores {
		id := d.container(store)
		if got := strings.TrimSpace(d.run("docker", "inspect", "--format", "{{.HostConfig.SecurityOpt}}", id)); got != "[no-new-privileges:true]" {
			d.t.Errorf("%s runs with %s", store, got)
		}
		for _, uid := range strings.Fields(d.run("docker", "top", id, "-eo", "pid,uid"))[2:] {
			if uid == "0" {
				d.t.Errorf("%s has a process of root", store)
			}
		}
		d.sees(store, id)
	}
	if out, err := d.try("", "docker", "exec", d.container("ingress"), "sh"); err == nil {
		d.t.Errorf("there is a shell: %s", out)
	}
}

// sees: the files in a container's folder of secrets are those that it needs.
func (d *deployment) sees(service, id string) {
	d.t.Helper()
	tar := d.run("sh", "-c", "docker cp "+id+":/run/secrets - | tar tv")
	var files []string
	for _, m := range name.FindAllStringSubmatch(tar, -1) {
		files = append(files, m[1])
	}
	slices.Sort(files)
	if got := strings.Join(files, " "); got != secrets[service] {
		d.t.Errorf("%s sees %s, want %s\n%s", service, got, secrets[service], tar)
	}
}

// notion: the verification token of a subscription goes from Notion's one request
// into ingress's file, and back to who waits for it.
func (d *deployment) notion() {
	d.t.Helper()
	const token = "secret_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
	printed := make(chan string, 1)
	go func() {
		out, err := d.try("", "docker", "compose", "run", "--rm", "--no-TTY", "--no-deps", "cli", "notion", "connect", "--replace", "--for", "1m")
		if err != nil {
			out = err.Error()
		}
		printed <- out
	}()
	// Until the command has opened the window, it is a stranger's.
	await(d.t, time.Minute, "the token to be taken", func() error {
		code := d.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Content-Type: application/json",
			"-d", `{"verification_token":"`+token+`"}`, "http://127.0.0.1:"+d.ingress+"/webhooks/notion")
		if code != "200" {
			return errors.New("answered " + code)
		}
		return nil
	})
	if out := <-printed; !strings.Contains(out, "\n  "+token+"\n") {
		d.t.Errorf("notion connect printed\n%s", out)
	}
	if out := d.cli("send", "notion", "page.updated"); !strings.Contains(out, "success (replayed)") {
		d.t.Errorf("signed with Notion's token:\n%s", out)
	}
}

// doctor finds nothing to mend once a store that was restarted has caught up.
func (d *deployment) doctor() {
	d.t.Helper()
	d.followed()
	if out := d.cli("doctor"); !strings.Contains(out, "0 problems, 0 warnings.") {
		d.t.Errorf("doctor printed\n%s", out)
	}
}

// downAndUp: what was there is there, and the secrets are the same.
func (d *deployment) downAndUp() {
	d.t.Helper()
	before := d.cli("runs")
	d.compose("down")
	began := time.Now()
	d.compose("up", "--detach", "--wait")
	d.t.Logf("down, and healthy %v after the next `up`", time.Since(began).Round(100*time.Millisecond))
	if after := d.cli("runs"); after != before || strings.Count(after, "\n") < 4+len(services)+len(stores) {
		d.t.Errorf("runs before:\n%s\nafter:\n%s", before, after)
	}
	if out := d.cli("send", "github", "pull_request.merged"); !strings.Contains(out, "success (replayed)") {
		d.t.Errorf("sent again after down and up:\n%s", out)
	}
	if now := strings.TrimSpace(d.cli("secret", "github")); now != d.secret {
		d.t.Error("GitHub's secret is another one")
	}
	d.webhook("after down and up")
}

// TestOneImage: `docker run -p 8000:8000 --env-file .env switchyard` answers, also
// on a root that can't be written, and keeps its data.
func TestOneImage(t *testing.T) {
	engine(t)
	s := shell{t: t, dir: root(t)}
	s.run("docker", "build", "--quiet", "--file", "build/Dockerfile", "--build-arg", "VERSION=v0.0.0-proof", "--tag", "switchyard:proof", ".")
	if got := s.run("docker", "run", "--rm", "switchyard:proof", "version"); !strings.HasPrefix(got, "switchyard v0.0.0-proof (go") {
		t.Errorf("version %s", got)
	}
	for line := range strings.Lines(s.run("docker", "images", "--format", "{{.Repository}}:{{.Tag}} {{.Size}}")) {
		if strings.HasPrefix(line, "switchyard") {
			t.Log("image ", line)
		}
	}
	const secret = "a-secret-from-the-env-file"
	env := filepath.Join(t.TempDir(), ".env")
	writeFile(t, env, "# as in .env.example\nGITHUB_WEBHOOK_SECRET="+secret+"\nWEBHOOK_SERVER_PORT=\n")
	port := freePort(t)
	container := "switchyard-proof-" + port
	t.Cleanup(func() {
		_, rmErr := s.try("", "docker", "rm", "--force", "--volumes", container)
		_, volumeErr := s.try("", "docker", "volume", "rm", "--force", container)
		_, imageErr := s.try("", "docker", "image", "rm", "switchyard:proof")
		if err := errors.Join(rmErr, volumeErr, imageErr); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	start := func() {
		t.Helper()
		s.run("docker", "run", "--detach", "--name", container, "--read-only", "--cap-drop", "ALL", "--publish", "127.0.0.1:"+port+":8000",
			"--volume", container+":/data", "--env-file", env, "switchyard:proof")
		began := time.Now()
		await(t, time.Minute, "the container to be healthy", func() error {
			if got := strings.TrimSpace(s.run("docker", "inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", container)); got != "running healthy" {
				out, _ := s.try("", "docker", "logs", container)
				return fmt.Errorf("it is %s\n%s", got, out)
			}
			return nil
		})
		t.Logf("healthy after %v", time.Since(began).Round(100*time.Millisecond))
	}
	start()
	first, err := deliver(t, port, secret, 1)
	if err != nil || first.Status != "success" || first.Replayed {
		t.Fatalf("answered %+v, %v", first, err)
	}
	if out := s.run("docker", "exec", container, "/app", "send", "--all"); strings.Count(out, "status:  success") != 3 {
		t.Errorf("send --all printed\n%s", out)
	}
	for address, open := range map[string]bool{"8000": true, "8001": false, "8002": false, "8003": false} {
		ip := strings.TrimSpace(s.run("docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container))
		if _, err := s.try("", "curl", "-sS", "--max-time", "3", "http://"+ip+":"+address+"/livez"); (err == nil) != open {
			t.Errorf("port %s from outside the container: %v", address, err)
		}
	}
	s.run("docker", "rm", "--force", container)
	start()
	again, err := deliver(t, port, secret, 1)
	if err != nil || !again.Replayed || again.RunID != first.RunID {
		t.Errorf("in the next container answered %+v, %v", again, err)
	}
}
