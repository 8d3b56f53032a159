package ingress_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	settings "github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
	"github.com/switchyard-dev/switchyard/services/ingress"
)

// parse reads the settings of a program started with these variables.
func parse(env map[string]string) (ingress.Config, error) {
	var cfg ingress.Config
	err := settings.Parse(&cfg, "ingress", "", nil, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	return cfg, err
}

func TestInstances(t *testing.T) {
	a := startAgent(t)
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("the secret of Europe's Jira\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := parse(map[string]string{
		"AGENT_URL": a.url, "SERVICE_TOKEN": token, "SEAL_KEY": key,
		"JIRA_WEBHOOK_SECRET":         "the secret of the first Jira",
		"WEBHOOK_INSTANCES":           "jira@eu=ACME-eu.atlassian.net, jira@us-2=acme-us.atlassian.net, notion@second=153104cd-477e-809d-8dc4-ff2d96ae3090",
		"JIRA_EU_WEBHOOK_SECRET_FILE": file,
		"JIRA_EU_WEBHOOK_TOKEN":       hookToken,
		"JIRA_US_2_WEBHOOK_SECRET":    "the secret of America's Jira",
		"JIRA_US_2_ALLOWED_ADDRESSES": "192.0.2.1",
	})
	if err != nil {
		t.Fatal(err)
	}
	url := start(t, cfg)
	by := func(secret string) http.Header { return jira.Headers([]byte(secret), "", []byte(issue)) }
	first, eu, us := by("the secret of the first Jira"), by("the secret of Europe's Jira"), by("the secret of America's Jira")
	for _, tc := range []struct {
		name, path string
		header     http.Header
		code       int
		want       string // the reason, or the event's instance
	}{
		{"first", "/webhooks/jira", first, 200, ""},
		{"named", "/webhooks/jira/eu", eu, 200, "eu"},
		{"named, by token", "/webhooks/jira/eu?token=" + strings.ReplaceAll(hookToken, " ", "+"), unsigned(""), 200, "eu"},
		{"by the first one's secret", "/webhooks/jira/eu", first, 401, "signature_mismatch"},
		{"the first by the named one's", "/webhooks/jira", eu, 401, "signature_mismatch"},
		{"the named one's token", "/webhooks/jira?token=" + strings.ReplaceAll(hookToken, " ", "+"), unsigned(""), 401, "signature_missing"},
		{"addresses", "/webhooks/jira/us-2", us, 403, "address_not_allowed"},
		{"not configured", "/webhooks/notion/second", first, 503, "source_not_configured"},
		{"unknown", "/webhooks/jira/asia", first, 403, "instance_not_configured"},
		{"of another source", "/webhooks/github/eu", first, 403, "instance_not_configured"},
		{"the name in capitals", "/webhooks/jira/EU", eu, 403, "instance_not_configured"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(a.deliveries())
			got := send(t, "POST", url+tc.path, tc.header, strings.NewReader(issue))
			if got.code != tc.code || tc.code != 200 && got.reason() != tc.want {
				t.Fatalf("%d %s, want %d %s", got.code, got.body, tc.code, tc.want)
			}
			if tc.code == 200 && a.deliveries()[before].event.GetInstance() != tc.want {
				t.Errorf("instance %s", a.deliveries()[before].event.GetInstance())
			}
		})
	}
	ids := map[string]bool{}
	for _, d := range a.deliveries() {
		ids[d.event.GetId()] = true
	}
	if len(ids) != 3 {
		t.Errorf("one body at two sites and by two proofs made %d events", len(ids))
	}
	got := send(t, "GET", url+"/", nil, nil)
	for _, want := range []string{`"path":"/webhooks/jira/eu","status":"ready"`, `"path":"/webhooks/notion/second","status":"source_not_configured"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%s lacks %s", got.body, want)
		}
	}
	if got := send(t, "GET", url+"/readyz", nil, nil); !strings.Contains(got.body, "NOTION_SECOND_WEBHOOK_SECRET is not set") {
		t.Errorf("readyz: %s", got.body)
	}
}

// Bodies say by their links which site they are of, and those of another are
// refused: what a body claims after its signature was right.
func TestBodiesOfAnotherHost(t *testing.T) {
	const workspace, other = "153104cd477e809d8dc4ff2d96ae3090", "253104cd477e809d8dc4ff2d96ae3090"
	cfg, err := parse(map[string]string{
		"AGENT_URL": startAgent(t).url, "SERVICE_TOKEN": token, "SEAL_KEY": key,
		"GITHUB_WEBHOOK_SECRET": secret, "JIRA_WEBHOOK_SECRET": secret, "NOTION_WEBHOOK_SECRET": secret,
		"WEBHOOK_INSTANCES":         "github@ghe=ghe.example,jira@eu=eu.example:8443,notion@second=" + workspace,
		"GITHUB_GHE_WEBHOOK_SECRET": secret, "JIRA_EU_WEBHOOK_SECRET": secret, "NOTION_SECOND_WEBHOOK_SECRET": secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	url := start(t, cfg) + "/webhooks/"
	gitHubOf := func(host string) (http.Header, string) {
		body := strings.Replace(ping, `"private":true`, `"private":true,"html_url":"https://`+host+`/acme/api","url":"https://`+host+`/api/v3/repos/acme/api"`, 1)
		return signed("ping", body), body
	}
	jiraOf := func(host string) (http.Header, string) {
		body := strings.Replace(issue, `"key"`, `"self":"https://`+host+`/rest/api/2/issue/1","key"`, 1)
		return jira.Headers([]byte(secret), "", []byte(body)), body
	}
	notionOf := func(workspace string) (http.Header, string) {
		body := strings.Replace(page, `"id":"x"`, `"id":"x","workspace_id":"`+workspace+`"`, 1)
		return notion.Headers([]byte(secret), []byte(body)), body
	}
	for _, tc := range []struct {
		path string
		of   func(string) (http.Header, string)
		host string
		code int
	}{
		{"github", gitHubOf, "github.com", 200},
		{"github", gitHubOf, "ghe.example", 403},
		{"github/ghe", gitHubOf, "ghe.example", 200},
		{"github/ghe", gitHubOf, "github.com", 403},
		{"jira", jiraOf, "acme.example", 200},
		{"jira", jiraOf, "eu.example:8443", 403},
		{"jira/eu", jiraOf, "eu.example:8443", 200},
		{"jira/eu", jiraOf, "EU.example:8443", 200},
		{"jira/eu", jiraOf, "eu.example", 403},
		{"notion", notionOf, other, 200},
		{"notion", notionOf, workspace, 403},
		{"notion/second", notionOf, workspace, 200},
		{"notion/second", notionOf, other, 403},
	} {
		t.Run(tc.path+" of "+tc.host, func(t *testing.T) {
			header, body := tc.of(tc.host)
			got := send(t, "POST", url+tc.path, header, strings.NewReader(body))
			if got.code != tc.code || tc.code == 403 && got.reason() != "instance_not_configured" {
				t.Errorf("%d %s, want %d", got.code, got.body, tc.code)
			}
		})
	}
}

func TestInstanceSettings(t *testing.T) {
	cfg, err := parse(map[string]string{"WEBHOOK_INSTANCES": "github@ghe=GHE.acme.example:8443,notion@second=153104cd-477e-809d-8dc4-ff2d96ae3090", "GITHUB_GHE_WEBHOOK_SECRET": "x"})
	if err != nil || len(cfg.Named) != 2 {
		t.Fatalf("%+v, %v", cfg.Named, err)
	}
	if ghe := cfg.Named[0]; ghe.Source != "github" || ghe.Name != "ghe" || ghe.Host != "ghe.acme.example:8443" || ghe.Secret.Value != "x" {
		t.Errorf("%+v", ghe)
	}
	if second := cfg.Named[1]; second.Host != "153104cd477e809d8dc4ff2d96ae3090" {
		t.Errorf("%+v", second)
	}
	for value, names := range map[string]string{
		"jira":                              "jira",
		"jira@=a.example":                   "jira@=a.example",
		"jira@eu":                           "jira@eu",
		"gitlab@eu=a.example":               "gitlab@eu",
		"jira@e_u=a.example":                "jira@e_u",
		"jira@EU=a.example":                 "jira@EU",
		"jira@eu-=a.example":                "jira@eu-",
		"jira@eu=https://a.example":         "https",
		"notion@second=acme":                "notion@second",
		"jira@a=x.example,jira@a=y.example": "jira@a",
		"jira@a=x.example,jira@b=X.example": "jira@b",
	} {
		if _, err := parse(map[string]string{"WEBHOOK_INSTANCES": value}); err == nil || !strings.Contains(err.Error(), "WEBHOOK_INSTANCES") || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
