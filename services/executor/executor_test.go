package executor_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/executor"
)

const invocations = "/2015-03-31/functions/switchyard-executor/invocations"

const transition = `{
	"call_id": "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11",
	"effect_key": "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10",
	"mode": "act",
	"class": "set",
	"tool": "jira.transition",
	"target": "jira:issue:ACME-7",
	"payload": {"status": "Done"},
	"not_after": "2026-01-02T12:00:05Z"
}`

func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

func start(t *testing.T, cfg executor.Config) *httptest.Server {
	t.Helper()
	svc, err := executor.New(cfg, slog.New(slog.DiscardHandler), noon)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(svc.Handler())
	t.Cleanup(srv.Close)
	return srv
}

func send(t *testing.T, method, url, token, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

func TestInvocation(t *testing.T) {
	srv := start(t, executor.Config{ServiceToken: config.Setting{Value: "token"}, MaxInFlight: 4})
	for name, c := range map[string]struct {
		method, path, token, body string
		code                      int
		want                      string
	}{
		"dry run without a provider token": {"POST", invocations, "token", transition, 200, `"outcome":"dry_run","reason":"no_token"`},
		"any function's name":              {"POST", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ax%3Alive/invocations", "token", transition, 200, `"outcome":"dry_run"`},
		"a command that is none":           {"POST", invocations, "token", `{"tool":`, 200, `"outcome":"rejected"`},
		"no token":                         {"POST", invocations, "", transition, 401, `"message"`},
		"another token":                    {"POST", invocations, "tokem", transition, 401, `"message"`},
		"another method":                   {"GET", invocations, "token", "", 405, `"message"`},
		"another path":                     {"POST", "/2015-03-31/functions/x", "token", transition, 404, ""},
		"a payload too large":              {"POST", invocations, "token", strings.Repeat(" ", 6<<20+1), 413, `"message"`},
		"alive without a token":            {"GET", "/livez", "", "", 200, `"ok"`},
		"ready without a token":            {"GET", "/readyz", "", "", 200, `"ok"`},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := send(t, c.method, srv.URL+c.path, c.token, c.body)
			if resp.StatusCode != c.code || !strings.Contains(body, c.want) {
				t.Errorf("got %d %s, want %d with %s", resp.StatusCode, body, c.code, c.want)
			}
			if e := resp.Header.Get("X-Amz-Function-Error"); e != "" {
				t.Errorf("X-Amz-Function-Error: %s", e)
			}
		})
	}
}

func TestInvocationShowsTheRequest(t *testing.T) {
	srv := start(t, executor.Config{MaxInFlight: 1})
	resp, body := send(t, "POST", srv.URL+invocations, "", transition)
	var result struct {
		Request struct{ Method, URL string }
	}
	if err := json.Unmarshal([]byte(body), &result); err != nil {
		t.Fatal(err)
	}
	if result.Request.Method != http.MethodPost || !strings.HasSuffix(result.Request.URL, "/rest/api/3/issue/ACME-7/transitions") {
		t.Errorf("got %s", body)
	}
	if v := resp.Header.Get("X-Amz-Executed-Version"); v != "$LATEST" {
		t.Errorf("X-Amz-Executed-Version %q", v)
	}
}

// A request that can't be read to its end holds its slot.
func TestInvocationsBeyondTheBoundAreShed(t *testing.T) {
	srv := start(t, executor.Config{MaxInFlight: 1})
	body, write := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+invocations, body)
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		first <- err
	}()
	if _, err := io.WriteString(write, transition[:10]); err != nil {
		t.Fatal(err)
	}
	shed := false
	for range 1000 {
		resp, _ := send(t, "POST", srv.URL+invocations, "", transition)
		if shed = resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("X-Amzn-Errortype") == "TooManyRequestsException"; shed {
			break
		}
	}
	if !shed {
		t.Error("a second invocation was let in beside the first")
	}
	_, _ = io.WriteString(write, transition[10:])
	_ = write.Close()
	if err := <-first; err != nil {
		t.Error(err)
	}
	if resp, body := send(t, "POST", srv.URL+invocations, "", transition); resp.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d %s", resp.StatusCode, body)
	}
}

func TestEveryToolWithAnEffectHasAnAction(t *testing.T) {
	srv := start(t, executor.Config{MaxInFlight: 1})
	for _, tool := range registry.Tools() {
		if tool.GetClass() == "memory" || tool.GetClass() == "read" {
			continue
		}
		t.Run(tool.GetName(), func(t *testing.T) {
			cmd := strings.ReplaceAll(transition, "jira.transition", tool.GetName())
			if _, body := send(t, "POST", srv.URL+invocations, "", cmd); strings.Contains(body, "no such action") {
				t.Error(body)
			}
		})
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	if _, err := executor.New(executor.Config{}, slog.New(slog.DiscardHandler), noon); err == nil || !strings.Contains(err.Error(), "EXECUTOR_MAX_IN_FLIGHT") {
		t.Errorf("got %v, want the setting's name", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	svc, err := executor.New(executor.Config{MaxInFlight: 1}, slog.New(slog.DiscardHandler), noon)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- svc.Run(ctx, ln) }()
	if resp, body := send(t, "GET", "http://"+ln.Addr().String()+"/livez", "", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
