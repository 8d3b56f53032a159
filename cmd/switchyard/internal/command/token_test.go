package command_test

import (
	"context"
	"log/slog"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/scope"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit"
)

func TestTokenPrintsTheNewest(t *testing.T) {
	file := write(t, "operator-token", "newest-operator\nolder-operator\n")
	for name, tc := range map[string]struct {
		environ map[string]string
		role    string
		want    string
	}{
		"variable":       {map[string]string{"READER_TOKEN": "one,two"}, "reader", "one\n"},
		"file":           {map[string]string{"OPERATOR_TOKEN_FILE": file, "SERVICE_TOKEN": "s"}, "operator", "newest-operator\n"},
		"for every role": {map[string]string{"SERVICE_TOKEN": "s"}, "agent", "s\n"},
		"service":        {map[string]string{"SERVICE_TOKEN": "s"}, "service", "s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if out := runWith(t, tc.environ, "token", tc.role); out.code != 0 || out.stdout != tc.want || out.stderr != "" {
				t.Errorf("%+v, want %q alone", out, tc.want)
			}
		})
	}
}

func TestTokenSaysWhatIsMissing(t *testing.T) {
	runWith(t, nil, "token", "operator").want(t, 1, "OPERATOR_TOKEN or SERVICE_TOKEN is not set", "switchyard secret")
	runWith(t, nil, "token", "service").want(t, 1, "SERVICE_TOKEN is not set")
	runWith(t, map[string]string{"READER_TOKEN_FILE": "none"}, "token", "reader").want(t, 1, "READER_TOKEN_FILE=none")
	runWith(t, nil, "token", "king").want(t, 1, "operator")
}

func TestTokenListsRolesAndTellsNone(t *testing.T) {
	file := write(t, "agent-token", "MARKED-a\nMARKED-b\n")
	out := runWith(t, map[string]string{"OPERATOR_TOKEN": "MARKED-c", "AGENT_TOKEN_FILE": file, "TOOLS_TOKEN_FILE": "none", "SERVICE_TOKEN": "MARKED-d"}, "token")
	out.want(t, 0, "INGRESS_TOKEN", "no: SERVICE_TOKEN does", "2 in a file", "no: the file is missing or empty", "look at runs")
	for _, r := range scope.Roles() {
		if !strings.Contains(out.stdout, string(r)) || !strings.Contains(out.stdout, r.Duty()) {
			t.Errorf("%s is not listed", r)
		}
	}
	if strings.Contains(out.stdout+out.stderr, "MARKED") {
		t.Errorf("a token is told:\n%s", out.stdout)
	}
}

// agentWith serves an agent that knows these tokens.
func agentWith(t *testing.T, tokens scope.Tokens) *httptest.Server {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	guard, err := scope.NewGuard(tokens, time.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	options, err := rpc.HandlerOptions(log)
	if err != nil {
		t.Fatal(err)
	}
	path, handler := agentv1connect.NewAgentServiceHandler(&agent{}, options...)
	srv := httptest.NewServer(service.New(service.Options{Log: log, Guard: guard, Mounts: []service.Mount{{Path: path, Handler: handler}}}))
	t.Cleanup(srv.Close)
	return srv
}

// The operator's token goes before the reader's, and that before the one of all.
func TestRunsShowTheWidestToken(t *testing.T) {
	srv := agentWith(t, scope.Tokens{scope.Operator: {Value: "o"}, scope.Reader: {Value: "r"}, scope.Ingress: {Value: "i"}, scope.Service: {Value: "s"}})
	for name, tc := range map[string]struct {
		environ map[string]string
		code    int
		want    string
	}{
		"all":              {map[string]string{"OPERATOR_TOKEN": "o", "READER_TOKEN": "x", "SERVICE_TOKEN": "x"}, 0, "RUN"},
		"no operator's":    {map[string]string{"READER_TOKEN": "r", "SERVICE_TOKEN": "x"}, 0, "RUN"},
		"only service's":   {map[string]string{"SERVICE_TOKEN": "s"}, 0, "RUN"},
		"in a file":        {map[string]string{"READER_TOKEN_FILE": write(t, "r", "r\nolder\n")}, 0, "RUN"},
		"another":          {map[string]string{"OPERATOR_TOKEN": "MARKED"}, 1, "does not know this OPERATOR_TOKEN"},
		"of another role":  {map[string]string{"OPERATOR_TOKEN": "i"}, 1, "scope: INGRESS_TOKEN may not call AgentService.ListRuns: that takes READER_TOKEN, OPERATOR_TOKEN or SERVICE_TOKEN"},
		"none":             {nil, 1, "wants a token: set OPERATOR_TOKEN, READER_TOKEN or SERVICE_TOKEN"},
		"a file not there": {map[string]string{"OPERATOR_TOKEN_FILE": "none"}, 1, "OPERATOR_TOKEN_FILE=none"},
	} {
		t.Run(name, func(t *testing.T) {
			out := runWith(t, tc.environ, "runs", "--url", srv.URL)
			out.want(t, tc.code, tc.want)
			if strings.Contains(out.stdout+out.stderr, "MARKED") {
				t.Errorf("a token is told: %+v", out)
			}
		})
	}
}

// The command verifies the agent's certificate as the services do.
func TestRunsOverTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := testkit.CertificateUntil(t, 1, time.Now().Add(time.Hour), "127.0.0.1")
	certFile, keyFile := write(t, "cert.pem", string(cert)), write(t, "key.pem", string(key))
	other, _ := testkit.CertificateUntil(t, 1, time.Now().Add(time.Hour), "127.0.0.1")
	pair, err := service.OpenOwn(certFile, keyFile, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	plain := agentWith(t, scope.Tokens{scope.Reader: config.Setting{Value: "r"}})
	go func() {
		served <- service.Serve(ctx, ln, plain.Config.Handler, slog.New(slog.DiscardHandler), service.TLS(pair))
	}()
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	at := ln.Addr().String()
	environ := func(ca string) map[string]string {
		return map[string]string{"READER_TOKEN": "r", "SERVICE_CA_FILE": ca}
	}
	runWith(t, environ(certFile), "runs", "--url", "https://"+at).want(t, 0, "RUN")
	runWith(t, environ(write(t, "other.pem", string(other))), "runs", "--url", "https://"+at).want(t, 1, "(tls)", "SERVICE_CA_FILE here")
	runWith(t, environ(certFile), "runs", "--url", "http://"+at).want(t, 1, "--url=http://", "(tls)", "write https:// in --url")
	runWith(t, environ(filepath.Join(dir, "none")), "runs", "--url", "https://"+at).want(t, 1, "SERVICE_CA_FILE")
}
