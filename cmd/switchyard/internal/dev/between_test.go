package dev

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1/toolsv1connect"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/testkit"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

const hookSecret = "MARKED-hook-secret-of-this-test"

// whole is the four services over TLS, each with its own role's token in a file.
type whole struct {
	t       *testing.T
	dir     string
	log     bytes.Buffer
	logging sync.Mutex
	at      Started
	client  *http.Client
}

func (w *whole) Write(b []byte) (int, error) {
	w.logging.Lock()
	defer w.logging.Unlock()
	return w.log.Write(b)
}

func (w *whole) file(r scope.Role) string { return filepath.Join(w.dir, string(r)+"-token") }

func (w *whole) write(r scope.Role, generation int) {
	if err := os.WriteFile(w.file(r), fmt.Appendf(nil, "%s\n", token(r, generation)), 0o600); err != nil {
		w.t.Error(err)
	}
}

func token(r scope.Role, generation int) string {
	return fmt.Sprintf("MARKED-token-of-%s-%d", r, generation)
}

func roles() []scope.Role {
	return []scope.Role{scope.Ingress, scope.Agent, scope.Tools, scope.Reader, scope.Operator}
}

func startWhole(t *testing.T) *whole {
	t.Helper()
	w := &whole{t: t, dir: t.TempDir()}
	t.Chdir(w.dir)
	cert, key := testkit.CertificateUntil(t, 1, time.Now().Add(time.Hour), "127.0.0.1")
	env := map[string]string{
		"WEBHOOK_SERVER_PORT": "0", "AGENT_LISTEN": "127.0.0.1:0", "TOOLS_LISTEN": "127.0.0.1:0", "EXECUTOR_LISTEN": "127.0.0.1:0",
		"GITHUB_WEBHOOK_SECRET": hookSecret, "SEAL_KEY": "MARKED-seal-key-of-this-test",
		"SERVICE_TLS_CERT_FILE": filepath.Join(w.dir, "cert.pem"), "SERVICE_TLS_KEY_FILE": filepath.Join(w.dir, "key.pem"), "SERVICE_CA_FILE": filepath.Join(w.dir, "cert.pem"),
	}
	for file, content := range map[string][]byte{"cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(w.dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range roles() {
		w.write(r, 0)
		env[r.Setting()+"_FILE"] = w.file(r)
	}
	var err error
	if w.client, err = rpc.NewTrustingHTTPClient(env["SERVICE_CA_FILE"]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.CloseIdleConnections)
	w.run(env)
	return w
}

func (w *whole) run(env map[string]string) {
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	started, ended := make(chan Started, 1), make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Data: filepath.Join(w.dir, "data"), Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
			Log: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now, Random: rand.Reader,
			Started: func(s Started) error { started <- s; return nil },
		})
	}()
	select {
	case w.at = <-started:
	case err := <-ended:
		stop()
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		if strings.Contains(w.log.String(), "MARKED") {
			w.t.Errorf("a token or a secret is logged:\n%s", &w.log)
		}
	})
}

// deliver sends the n-th merge and returns its answer.
func (w *whole) deliver(n int64) (*agentv1.Answer, error) {
	merged, err := example.Find("github", "pull_request.merged")
	if err != nil {
		return nil, err
	}
	body := bytes.ReplaceAll(merged.Body, []byte("42"), fmt.Append(nil, 1000+n))
	req, err := http.NewRequestWithContext(context.WithoutCancel(w.t.Context()), http.MethodPost, w.at.Addresses.Ingress+"/webhooks/github", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = github.Headers([]byte(hookSecret), merged.Event, fmt.Sprint("delivery-", n), body)
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	answer := &agentv1.Answer{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(b, answer); err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", resp.Status, b)
	}
	calls := 0
	for _, a := range answer.GetActionsTaken() {
		if strings.HasPrefix(a.GetTool(), "jira.") {
			if calls++; a.GetState() != "dry_run" {
				return nil, fmt.Errorf("%s is %s (%s): the executor was not asked", a.GetTool(), a.GetState(), a.GetReason())
			}
		}
	}
	if calls == 0 {
		return nil, fmt.Errorf("no call for the executor: %s", b)
	}
	return answer, nil
}

// look reads at agent and at tools with the token of a role as its file has it.
func (w *whole) look(r scope.Role) error {
	options, err := rpc.ClientOptionsShowing(func() string {
		b, err := os.ReadFile(w.file(r))
		for err == nil && len(b) == 0 { // is being written
			b, err = os.ReadFile(w.file(r))
		}
		return strings.TrimSpace(string(b))
	})
	if err != nil {
		return err
	}
	if _, err := agentv1connect.NewAgentServiceClient(w.client, w.at.Addresses.Agent, options...).ListRuns(w.t.Context(), &agentv1.ListRunsRequest{PageSize: 1}); err != nil {
		return fmt.Errorf("%s at the agent: %w", r, err)
	}
	if _, err := toolsv1connect.NewToolServiceClient(w.client, w.at.Addresses.Tools, options...).ListTools(w.t.Context(), &toolsv1.ListToolsRequest{}); err != nil {
		return fmt.Errorf("%s at tools: %w", r, err)
	}
	return nil
}

// All four services over TLS, each with its role's token alone, while the files
// of all tokens are rewritten: no webhook, call or look is refused.
func TestTokensAreReplacedUnderLoad(t *testing.T) {
	w := startWhole(t)
	for _, url := range []string{w.at.Addresses.Agent, w.at.Addresses.Tools, w.at.Addresses.Executor} {
		if !strings.HasPrefix(url, "https://") {
			t.Fatalf("%s speaks no TLS", url)
		}
	}
	var asked, refused atomic.Int64
	done := make(chan struct{})
	var load sync.WaitGroup
	each := func(ask func(n int64) error) {
		load.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := ask(asked.Add(1)); err != nil {
					refused.Add(1)
					t.Errorf("refused: %v", err)
				}
			}
		})
	}
	for range 2 {
		each(func(n int64) error { _, err := w.deliver(n); return err })
	}
	each(func(int64) error { return w.look(scope.Reader) })
	each(func(int64) error { return w.look(scope.Operator) })
	for generation := range 3 {
		for _, r := range roles() {
			w.write(r, generation+1)
			<-time.After(100 * time.Millisecond)
		}
		<-time.After(1200 * time.Millisecond) // who shows a token reads its file again each second
	}
	close(done)
	load.Wait()
	t.Logf("%d requests while %d tokens were replaced 3 times, %d refused", asked.Load(), len(roles()), refused.Load())
	// Both sides of each: who shows it, and who takes it.
	for service, settings := range map[string][]string{
		"ingress":  {"INGRESS_TOKEN"},
		"agent":    {"AGENT_TOKEN", "INGRESS_TOKEN", "READER_TOKEN", "OPERATOR_TOKEN"},
		"tools":    {"TOOLS_TOKEN", "AGENT_TOKEN", "READER_TOKEN", "OPERATOR_TOKEN"},
		"executor": {"TOOLS_TOKEN"},
	} {
		for _, setting := range settings {
			if want := fmt.Sprintf(`msg="secrets read again" service=%s setting=%s `, service, setting); !strings.Contains(w.read(), want) {
				t.Errorf("%s did not read %s again", service, setting)
			}
		}
	}
}

func (w *whole) read() string {
	w.logging.Lock()
	defer w.logging.Unlock()
	return w.log.String()
}

// No role makes an effect past the agent, or looks with what only hands over.
func TestRolesAtTheWholeStack(t *testing.T) {
	w := startWhole(t)
	if _, err := w.deliver(1); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		at   string
		role scope.Role
		want string
	}{
		{w.at.Addresses.Tools + "/switchyard.tools.v1.RunService/OpenRun", scope.Operator, "403 OPERATOR_TOKEN may not call RunService.OpenRun: that takes AGENT_TOKEN or SERVICE_TOKEN"},
		{w.at.Addresses.Tools + "/switchyard.tools.v1.RunService/ExecuteRun", scope.Reader, "403 READER_TOKEN may not call RunService.ExecuteRun"},
		{w.at.Addresses.Agent + "/switchyard.agent.v1.AgentService/HandleEvent", scope.Reader, "403 READER_TOKEN may not call AgentService.HandleEvent"},
		{w.at.Addresses.Agent + "/switchyard.agent.v1.AgentService/ListRuns", scope.Ingress, "403 INGRESS_TOKEN may not call AgentService.ListRuns"},
		{w.at.Addresses.Tools + "/switchyard.tools.v1.RunService/GetRun", scope.Ingress, "401 the bearer token is not this service's AGENT_TOKEN"},
		{w.at.Addresses.Executor + "/2015-03-31/functions/switchyard-executor/invocations", scope.Operator, "401 the bearer token is not this service's TOOLS_TOKEN or SERVICE_TOKEN"},
		{w.at.Addresses.Executor + "/2015-03-31/functions/switchyard-executor/invocations", scope.Tools, "200 "},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tc.at, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token(tc.role, 0))
		resp, err := w.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		code, says, _ := strings.Cut(tc.want, " ")
		if fmt.Sprint(resp.StatusCode) != code || !strings.Contains(string(body), says) || strings.Contains(string(body), "MARKED") {
			t.Errorf("%s with %s: %d %s, want %s", tc.at, tc.role, resp.StatusCode, body, tc.want)
		}
	}
}
