package doctor_test

import (
	"crypto/rand"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/doctor"
)

const (
	good    = "a-good-secret-of-this-test"
	another = "another-good-secret-of-this"
)

// settings are good ones, on free ports, where a test does not say otherwise.
func settings(changed map[string]string) map[string]string {
	env := map[string]string{
		"WEBHOOK_SERVER_HOST": "127.0.0.1", "WEBHOOK_SERVER_PORT": "0",
		"AGENT_LISTEN": "127.0.0.1:0", "TOOLS_LISTEN": "127.0.0.1:0", "EXECUTOR_LISTEN": "127.0.0.1:0",
		"GITHUB_WEBHOOK_SECRET": good, "SEAL_KEY": another,
	}
	maps.Copy(env, changed)
	return env
}

// examine runs in an empty folder of its own, with files written there.
func examine(t *testing.T, env, files map[string]string, url string) doctor.Report {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return doctor.Examine(t.Context(), doctor.Options{
		Data:   ".switchyard",
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		URL:    url,
		Send:   true,
		Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Now:    time.Now,
		Random: rand.Reader,
	})
}

// demand fails unless a finding has the level, the setting and the words.
func demand(t *testing.T, r doctor.Report, level doctor.Level, setting, message, remedy string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Level == level && f.Setting == setting && strings.Contains(f.Message, message) && strings.Contains(f.Remedy, remedy) {
			return
		}
	}
	t.Errorf("no %s of %q with %q and the remedy %q", level, setting, message, remedy)
	show(t, r)
}

func show(t *testing.T, r doctor.Report) {
	t.Helper()
	for _, f := range r.Findings {
		t.Logf("%+v", f)
	}
}

func TestGoodSettings(t *testing.T) {
	r := examine(t, settings(nil), nil, "")
	if r.Problems != 0 || r.Warnings != 1 {
		t.Errorf("%d problems, %d warnings", r.Problems, r.Warnings)
		show(t, r)
	}
	demand(t, r, doctor.Warning, "", "none is running", "switchyard dev")
	demand(t, r, doctor.OK, "GITHUB_WEBHOOK_SECRET", "1 secret of 26 bytes, in the environment", "")
	demand(t, r, doctor.OK, "JIRA_WEBHOOK_SECRET", "503 source_not_configured", "")
	demand(t, r, doctor.OK, "", "questions about facts are answered by the ledger", "")
	demand(t, r, doctor.OK, "DATABASE_URL", "free on its disk", "")
}

// Nothing is set and nothing was started: that is how everybody begins.
func TestFresh(t *testing.T) {
	r := examine(t, map[string]string{"WEBHOOK_SERVER_PORT": "0", "AGENT_LISTEN": "127.0.0.1:0", "TOOLS_LISTEN": "127.0.0.1:0", "EXECUTOR_LISTEN": "127.0.0.1:0"}, nil, "")
	if r.Problems != 0 {
		t.Errorf("%d problems", r.Problems)
		show(t, r)
	}
	demand(t, r, doctor.OK, "SEAL_KEY", "`switchyard dev` makes one", "")
}

// Each broken setting is a finding that names the setting and the remedy.
func TestBrokenSettings(t *testing.T) {
	const problem, warning = doctor.Problem, doctor.Warning
	for _, tc := range []struct {
		name            string
		env, files      map[string]string
		level           doctor.Level
		setting         string
		message, remedy string
	}{
		{"no NAME=value", nil, map[string]string{".env": "just words\n"}, problem, "", ".env:1", "mend the file"},
		{"typing error", nil, map[string]string{".env": "\nGITHUB_WEBHOOK_SECERT=x\n"}, warning, "GITHUB_WEBHOOK_SECERT", ".env:2", "did you mean GITHUB_WEBHOOK_SECRET?"},
		{"typing error in a file's name", nil, map[string]string{".env": "RULE_FILE=x\n"}, warning, "RULE_FILE", ".env:1", "did you mean RULES_FILE?"},
		{"twice", nil, map[string]string{".env": "LOG_LEVEL=info\nLOG_LEVEL=warn\n"}, warning, "LOG_LEVEL", "line 1 already", "remove one"},
		{"both", map[string]string{"SEAL_KEY_FILE": "k"}, map[string]string{"k": another}, problem, "SEAL_KEY_FILE", "both set", "unset one"},
		{"file missing", map[string]string{"JIRA_WEBHOOK_SECRET_FILE": "none"}, nil, problem, "JIRA_WEBHOOK_SECRET_FILE", "JIRA_WEBHOOK_SECRET_FILE=none: no such file", "can read"},
		{"file empty", map[string]string{"JIRA_WEBHOOK_SECRET_FILE": "f"}, map[string]string{"f": " \n"}, problem, "JIRA_WEBHOOK_SECRET_FILE", "empty", "write the value"},
		{"not a word of the list", map[string]string{"LOG_LEVEL": "loud"}, nil, problem, "LOG_LEVEL", `"loud"`, "in the environment"},
		{"not a number", nil, map[string]string{".env": "AGENT_MAX_IN_FLIGHT=many\n"}, problem, "AGENT_MAX_IN_FLIGHT", "many", "in .env"},
		{"refused by ingress", map[string]string{"WEBHOOK_DEADLINE": "-1s"}, nil, problem, "WEBHOOK_DEADLINE", "want a positive duration", ""},
		{"refused by the agent", map[string]string{"TOOLS_URL": "tools:8002"}, nil, problem, "TOOLS_URL", "want a URL", ""},
		{"refused by the executor", map[string]string{"EXECUTOR_MAX_IN_FLIGHT": "0"}, nil, problem, "EXECUTOR_MAX_IN_FLIGHT", "at least 1", ""},

		{"no secret at all", map[string]string{"GITHUB_WEBHOOK_SECRET": ""}, map[string]string{".switchyard/x": ""}, problem, "NOTION_WEBHOOK_SECRET", "ingress does not start", "switchyard secret"},
		{"example", map[string]string{"JIRA_WEBHOOK_SECRET": "your_jira_secret_here"}, nil, problem, "JIRA_WEBHOOK_SECRET", "example of a guide", "set another one"},
		{"the providers' example", map[string]string{"GITHUB_WEBHOOK_SECRET": "It's a Secret to Everybody"}, nil, problem, "GITHUB_WEBHOOK_SECRET", "example of a guide", "set another one"},
		{"short", map[string]string{"GITHUB_WEBHOOK_SECRET": good + ",fifteen-bytes.."}, nil, warning, "GITHUB_WEBHOOK_SECRET", "secret 2 of 2, is too short", "set another one"},
		{"short key", map[string]string{"SEAL_KEY": "fifteen-bytes.."}, nil, problem, "SEAL_KEY", "is too short", "set another one"},
		{"token that is a secret", map[string]string{"JIRA_WEBHOOK_TOKEN": good}, nil, warning, "JIRA_WEBHOOK_TOKEN", "the same as GITHUB_WEBHOOK_SECRET", "each its own"},
		{"file of a further site", map[string]string{"WEBHOOK_INSTANCES": "jira@eu=eu.example.com", "JIRA_EU_WEBHOOK_SECRET_FILE": "none"}, nil, problem, "JIRA_EU_WEBHOOK_SECRET_FILE", "no such file", "can read"},
		{"secret of a further site", map[string]string{"WEBHOOK_INSTANCES": "jira@eu=eu.example.com", "JIRA_EU_WEBHOOK_SECRET": "changeme"}, nil, problem, "JIRA_EU_WEBHOOK_SECRET", "example of a guide", "set another one"},
		{"further sites", map[string]string{"WEBHOOK_INSTANCES": "jira=eu"}, nil, problem, "WEBHOOK_INSTANCES", "want a source, a name", "in the environment"},
		{"anybody a proxy", map[string]string{"TRUSTED_PROXIES": "10.0.0.1, 0.0.0.0/0"}, nil, warning, "TRUSTED_PROXIES", "0.0.0.0/0: anybody", "proxy's own address"},
		{"later than GitHub waits", map[string]string{"WEBHOOK_DEADLINE": "60s"}, nil, warning, "WEBHOOK_DEADLINE", "1m0s: GitHub gives up", "8.5s"},
		{"only the key of TLS", map[string]string{"WEBHOOK_TLS_KEY_FILE": "k"}, nil, problem, "WEBHOOK_TLS_CERT_FILE", "set both", ""},
		{"quotes", map[string]string{"GITHUB_WEBHOOK_SECRET": `"` + good + `"`}, nil, problem, "GITHUB_WEBHOOK_SECRET", "quotes", "remove the quotes"},
		{"white space", map[string]string{"GITHUB_WEBHOOK_SECRET": "a secret of many words"}, nil, warning, "GITHUB_WEBHOOK_SECRET", "white space", "set another one"},
		{"the same twice", map[string]string{"NOTION_WEBHOOK_SECRET": good}, nil, warning, "NOTION_WEBHOOK_SECRET", "the same as GITHUB_WEBHOOK_SECRET", "each its own"},
		{"seal key is a secret", map[string]string{"SEAL_KEY": good}, nil, warning, "SEAL_KEY", "the same as GITHUB_WEBHOOK_SECRET", "each its own"},
		{"no seal key", map[string]string{"SEAL_KEY": ""}, map[string]string{".switchyard/x": ""}, problem, "SEAL_KEY", "ingress and tools don't start", "the same for both"},
		{"beyond loopback without a token", map[string]string{"TOOLS_LISTEN": "0.0.0.0:0"}, nil, problem, "SERVICE_TOKEN", "no token is set that TOOLS_LISTEN=0.0.0.0:0 beyond loopback takes (AGENT_TOKEN, READER_TOKEN, OPERATOR_TOKEN or SERVICE_TOKEN)", "listen on 127.0.0.1"},
		{"beyond loopback with the token of another service", map[string]string{"EXECUTOR_LISTEN": "0.0.0.0:0", "OPERATOR_TOKEN": "a-token-of-this-test"}, nil, problem, "SERVICE_TOKEN", "EXECUTOR_LISTEN=0.0.0.0:0 beyond loopback takes (TOOLS_TOKEN or SERVICE_TOKEN)", "here and at its other end"},
		{"weak token", map[string]string{"READER_TOKEN": "short"}, nil, warning, "READER_TOKEN", "is too short", "set another one"},
		{"example as a token", map[string]string{"AGENT_TOKEN": "changeme"}, nil, problem, "AGENT_TOKEN", "example of a guide", "set another one"},
		{"one token for two roles", map[string]string{"READER_TOKEN": another, "OPERATOR_TOKEN": another}, nil, warning, "OPERATOR_TOKEN", "the same as READER_TOKEN", "each its own"},
		{"no file of a token", map[string]string{"OPERATOR_TOKEN_FILE": "none"}, nil, problem, "OPERATOR_TOKEN_FILE", "no such file", "can read"},
		{"half of TLS", map[string]string{"SERVICE_TLS_CERT_FILE": "c"}, nil, problem, "SERVICE_TLS_CERT_FILE", "set both", ""},
		{"no authority", map[string]string{"SERVICE_CA_FILE": "none"}, nil, problem, "SERVICE_CA_FILE", "no such file", ""},

		{"rules", map[string]string{"RULES_FILE": "r.yaml"}, map[string]string{"r.yaml": "rules:\n- nam: x\n"}, problem, "RULES_FILE", "RULES_FILE=r.yaml:2:", "switchyard rules check r.yaml"},
		{"no rules file", map[string]string{"RULES_FILE": "r.yaml"}, nil, problem, "RULES_FILE", "RULES_FILE=r.yaml: no such file", "can read"},
		{"policy", map[string]string{"POLICY_FILE": "p.yaml"}, map[string]string{"p.yaml": "pears: []\n"}, problem, "POLICY_FILE", "POLICY_FILE=p.yaml", "mend the file"},

		{"one port for two", map[string]string{"AGENT_LISTEN": "127.0.0.1:18999", "TOOLS_LISTEN": "127.0.0.1:18999"}, nil, problem, "TOOLS_LISTEN", "AGENT_LISTEN names port 18999 too", "its own port"},
		{"no such address", map[string]string{"AGENT_LISTEN": "192.0.2.1:18999", "SERVICE_TOKEN": "a-token-of-this-test"}, nil, problem, "AGENT_LISTEN", "AGENT_LISTEN=192.0.2.1:18999", "an address of this machine"},

		{"another database", map[string]string{"DATABASE_URL": "mysql://db"}, nil, problem, "DATABASE_URL", "mysql:", "sqlite:"},
		{"a database that is away", map[string]string{"DATABASE_URL": "postgres://u:hidden@127.0.0.1:1/d"}, nil, problem, "DATABASE_URL", "DATABASE_URL: 127.0.0.1:1: refused: ", "start the database"},
		{"no folder", map[string]string{"DATABASE_URL": "sqlite:file/ledger.db"}, map[string]string{"file": "x"}, problem, "DATABASE_URL", "not a directory", "a folder that tools can write"},
		{"a folder", map[string]string{"DATABASE_URL": "sqlite:d"}, map[string]string{"d/x": "x"}, problem, "DATABASE_URL", "is a folder", "name a file"},
		{"store that no settings name so", map[string]string{"NEO4J_URI": "http://x"}, nil, problem, "", "NEO4J_URI", "leave it out"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := examine(t, settings(tc.env), tc.files, "")
			demand(t, r, tc.level, tc.setting, tc.message, tc.remedy)
			if tc.level == problem && r.Problems == 0 || tc.level == warning && r.Warnings < 2 {
				t.Errorf("not counted: %d problems, %d warnings", r.Problems, r.Warnings)
			}
			for _, f := range r.Findings {
				for _, secret := range []string{good, another, "a secret of many words"} {
					if strings.Contains(f.Message+f.Remedy, secret) {
						t.Errorf("a finding tells a secret: %+v", f)
					}
				}
			}
		})
	}
}

// A setting that all services share is one finding, and hides no other.
func TestEachBrokenSettingOnce(t *testing.T) {
	r := examine(t, settings(map[string]string{"LOG_LEVEL": "loud", "WEBHOOK_DEADLINE": "soon", "TOOLS_MAX_IN_FLIGHT": "many"}), nil, "")
	demand(t, r, doctor.Problem, "LOG_LEVEL", "loud", "")
	demand(t, r, doctor.Problem, "WEBHOOK_DEADLINE", "soon", "")
	demand(t, r, doctor.Problem, "TOOLS_MAX_IN_FLIGHT", "many", "")
	if r.Problems != 3 {
		t.Errorf("%d problems", r.Problems)
		show(t, r)
	}
}

// What Notion's handshake brings need not be there before it.
func TestHandshakeAwaited(t *testing.T) {
	env := settings(map[string]string{"NOTION_HANDSHAKE_UNTIL": "2030-01-01T00:00:00Z", "NOTION_WEBHOOK_SECRET_FILE": "later", "JIRA_WEBHOOK_TOKEN": "a-token-of-this-test"})
	r := examine(t, env, nil, "")
	if r.Problems != 0 {
		t.Errorf("%d problems", r.Problems)
		show(t, r)
	}
	demand(t, r, doctor.OK, "NOTION_WEBHOOK_SECRET", "the handshake with Notion brings it", "")
	demand(t, r, doctor.OK, "JIRA_WEBHOOK_SECRET", "only what bears a token is taken", "")
}

// The settings of further sites have names that nothing else is mistaken for.
func TestInstanceNames(t *testing.T) {
	r := examine(t, settings(map[string]string{"WEBHOOK_INSTANCES": "github@a=ghe.example.com"}), map[string]string{".env": "GITHUB_A_WEBHOOK_SECRET=" + another + "yet\n"}, "")
	if r.Problems != 0 || r.Warnings != 1 {
		t.Errorf("%d problems, %d warnings", r.Problems, r.Warnings)
		show(t, r)
	}
	demand(t, r, doctor.OK, "GITHUB_A_WEBHOOK_SECRET", "in .env", "")
}

func TestModes(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(secret, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(secret, 0o640); err != nil {
		t.Fatal(err)
	}
	r := examine(t, settings(map[string]string{"JIRA_WEBHOOK_SECRET_FILE": secret}), nil, "")
	demand(t, r, doctor.Warning, "JIRA_WEBHOOK_SECRET_FILE", "mode 0640", "chmod 600 "+secret)
}

// What takes a port is a service of ours, another one's, or another program.
func TestPortTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	srv := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	r := examine(t, settings(map[string]string{"AGENT_LISTEN": addr}), nil, "")
	demand(t, r, doctor.Problem, "AGENT_LISTEN", "AGENT_LISTEN="+addr+": another program listens there", "set AGENT_LISTEN to a free one")

	tools := ready(t, "tools", "ledger")
	r = examine(t, settings(map[string]string{"AGENT_LISTEN": tools.addr()}), nil, "")
	demand(t, r, doctor.Problem, "AGENT_LISTEN", "tools listens there", "set AGENT_LISTEN")
	r = examine(t, settings(map[string]string{"TOOLS_LISTEN": tools.addr()}), nil, "")
	demand(t, r, doctor.OK, "TOOLS_LISTEN", "tools listens there", "")
	demand(t, r, doctor.Problem, "WEBHOOK_SERVER_PORT", "ingress does not answer", "start ingress")
}
