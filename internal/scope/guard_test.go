package scope_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/scope"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// all are tokens of every role, marked so that one in a text is found.
func all() scope.Tokens {
	tokens := scope.Tokens{}
	for _, r := range scope.Roles() {
		tokens[r] = config.Setting{Name: r.Setting(), Value: marked(r)}
	}
	return tokens
}

func marked(r scope.Role) string { return "MARKED-token-of-" + string(r) }

func guard(t *testing.T, tokens scope.Tokens) *scope.Guard {
	t.Helper()
	g, err := scope.NewGuard(tokens, time.Now, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// guarded serves a service of which every path is a procedure.
func guarded(t *testing.T, g *scope.Guard, procedure string) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(g.Wrap(procedure, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })))
	t.Cleanup(srv.Close)
	return srv
}

func ask(t *testing.T, url, authorization string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// Every procedure with every role's token, over HTTP: what the table allows and
// nothing else, and a refusal names the role's setting and those that would do.
func TestGuardHoldsTheTable(t *testing.T) {
	g := guard(t, all())
	calls := 0
	for _, procedure := range append(procedures(t), "/switchyard.agent.v1.AgentService/NobodyListed", "/x/AgentService/GetRun") {
		given := ""
		if procedure == scope.Invocation || procedure == scope.Reflection {
			given = procedure
		}
		srv := guarded(t, g, given)
		for _, role := range scope.Roles() {
			code, body := ask(t, srv.URL+procedure, "Bearer "+marked(role))
			calls++
			allowed := false
			for _, r := range scope.Allowed(procedure) {
				allowed = allowed || r == role
			}
			switch {
			case allowed && (code != http.StatusOK || body != "in"):
				t.Errorf("%s with %s: %d %s", procedure, role, code, body)
			case !allowed && code != http.StatusForbidden:
				t.Errorf("%s with %s: %d, want 403: %s", procedure, role, code, body)
			case !allowed:
				for _, want := range []string{"permission_denied", "scope: " + role.Setting() + " may not call " + scope.Short(procedure), scope.Service.Setting()} {
					if !strings.Contains(body, want) {
						t.Errorf("%s with %s: %s lacks %q", procedure, role, body, want)
					}
				}
			}
			if strings.Contains(body, "MARKED") {
				t.Errorf("%s with %s: the answer has a token: %s", procedure, role, body)
			}
		}
	}
	t.Logf("%d calls", calls)
}

func TestGuardRefusesWhoProvesNothing(t *testing.T) {
	srv := guarded(t, guard(t, all()), "")
	for name, authorization := range map[string]string{
		"nothing": "", "another scheme": "Basic " + marked(scope.Operator), "no token": "Bearer ", "another": "Bearer MARKED-another",
		"a part": "Bearer " + marked(scope.Operator)[:8], "more": "Bearer " + marked(scope.Operator) + "x", "two": "Bearer " + marked(scope.Operator) + "," + marked(scope.Reader),
	} {
		code, body := ask(t, srv.URL+"/switchyard.agent.v1.AgentService/GetRun", authorization)
		if code != http.StatusUnauthorized || !strings.Contains(body, "token_missing") || !strings.Contains(body, "INGRESS_TOKEN") || strings.Contains(body, "MARKED") {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
}

// Without any token a service is open, which only loopback allows; a service
// that was given no guard at all is closed.
func TestGuardIsOpenOnlyWhereNoTokenIsSet(t *testing.T) {
	const path = "/switchyard.tools.v1.RunService/OpenRun"
	none := guard(t, scope.Tokens{scope.Agent: {}, scope.Service: {}})
	if code, body := ask(t, guarded(t, none, "").URL+path, ""); !none.Open() || code != http.StatusOK {
		t.Errorf("no token set: %d %s", code, body)
	}
	one := guard(t, scope.Tokens{scope.Reader: {Value: "x"}, scope.Agent: {}, scope.Service: {}})
	for _, authorization := range []string{"", "Bearer ", "Bearer x"} {
		if code, body := ask(t, guarded(t, one, "").URL+path, authorization); one.Open() || code == http.StatusOK {
			t.Errorf("a reader's token set, %q shown: %d %s", authorization, code, body)
		}
	}
	var missing *scope.Guard
	if code, body := ask(t, guarded(t, missing, "").URL+path, "Bearer x"); code != http.StatusUnauthorized {
		t.Errorf("no guard: %d %s", code, body)
	}
}

// Whoever holds a token of two roles has both; he is told both names.
func TestGuardOfOneTokenForTwoRoles(t *testing.T) {
	srv := guarded(t, guard(t, scope.Tokens{scope.Ingress: {Value: "same"}, scope.Reader: {Value: "same"}}), "")
	for procedure, want := range map[string]int{"HandleEvent": http.StatusOK, "ListRuns": http.StatusOK, "RetryCall": http.StatusForbidden} {
		code, body := ask(t, srv.URL+"/switchyard.agent.v1.AgentService/"+procedure, "Bearer same")
		if code != want || code != http.StatusOK && !strings.Contains(body, "INGRESS_TOKEN and READER_TOKEN may not call") {
			t.Errorf("%s: %d %s", procedure, code, body)
		}
	}
}

// What should be guarded must not be open because a file is not there.
func TestGuardNeedsItsFiles(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, setting := range map[string]config.Setting{
		"no file": {Name: "OPERATOR_TOKEN", File: "/none"}, "empty file": {Name: "OPERATOR_TOKEN", File: empty},
		"commas": {Name: "OPERATOR_TOKEN", Value: ","}, "an example": {Name: "OPERATOR_TOKEN", Value: "good-one,your_secret_here"},
	} {
		_, err := scope.NewGuard(scope.Tokens{scope.Operator: setting}, time.Now, quiet())
		if err == nil || !strings.Contains(err.Error(), "OPERATOR_TOKEN") || strings.Contains(err.Error(), "good-one") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := scope.NewShown(scope.Agent, setting, config.Setting{}, time.Now, quiet()); err == nil {
			t.Errorf("%s is shown", name)
		}
	}
}

func TestShown(t *testing.T) {
	for name, tc := range map[string]struct {
		own, service config.Setting
		want         string
	}{
		"own":         {config.Setting{Value: "a"}, config.Setting{Value: "s"}, "a"},
		"service's":   {config.Setting{}, config.Setting{Value: "s"}, "s"},
		"the newest":  {config.Setting{Value: "new,old"}, config.Setting{}, "new"},
		"none at all": {config.Setting{}, config.Setting{}, ""},
	} {
		s, err := scope.NewShown(scope.Agent, tc.own, tc.service, time.Now, quiet())
		if err != nil || s.Token() != tc.want {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

// Nothing that is logged while tokens are read, changed and refused has one.
func TestNoTokenIsLogged(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	file := filepath.Join(t.TempDir(), "token")
	write := func(content string) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("MARKED-first")
	g, err := scope.NewGuard(scope.Tokens{scope.Operator: {Name: "OPERATOR_TOKEN", Value: "MARKED-first", File: file}}, time.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	srv := guarded(t, g, "")
	for _, content := range []string{"MARKED-first", "MARKED-second, MARKED-third", "", "your_secret_here"} {
		write(content)
		for _, token := range []string{"MARKED-first", "MARKED-second", "MARKED-unknown"} {
			if _, body := ask(t, srv.URL+"/switchyard.agent.v1.AgentService/GetRun", "Bearer "+token); strings.Contains(body, "MARKED") {
				t.Errorf("the answer has a token: %s", body)
			}
		}
	}
	if !strings.Contains(out.String(), "setting=OPERATOR_TOKEN") || strings.Contains(out.String(), "MARKED") {
		t.Errorf("logged nothing, or a token:\n%s", out.String())
	}
}
