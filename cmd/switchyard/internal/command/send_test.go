package command_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

const success = `{
	"run_id": "0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f", "event_id": "x", "status": "success",
	"summary": "acme/api#42 was merged.", "class": "change.merged", "decided_by": "metadata",
	"actions_taken": [
		{"tool": "records.upsert", "store": "sqlite", "state": "done"},
		{"tool": "jira.transition", "target": "jira:issue:ACME-7", "state": "dry_run", "reason": "no_token", "step": "transition"}
	],
	"not_acted_on": [{"ref": "jira:issue:UTF-8", "where": "body", "reason": "unconfirmed"}],
	"gaps": [{"code": "sink_unset", "detail": "facts come from the ledger", "setting": "CLICKHOUSE_URL"}],
	"replayed": true, "url": "/runs/0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f", "a_later_field": 1
}`

// received is what a server was sent.
type received struct {
	path   string
	header http.Header
	body   []byte
}

// server answers every webhook with code and body, and keeps what it was sent.
func server(t *testing.T, code int, body string) (url string, got *[]received) {
	t.Helper()
	got = new([]received)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*got = append(*got, received{r.URL.Path, r.Header, b})
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got
}

func verify(source string, r received) error {
	secrets := [][]byte{[]byte(secret)}
	switch source {
	case "github":
		return github.Verify(secrets, r.header.Get(github.HeaderSignature), r.body)
	case "jira":
		return jira.Verify(secrets, r.header.Get(jira.HeaderSignature), r.body)
	default:
		return notion.Verify(secrets, r.header.Get(notion.HeaderSignature), r.body)
	}
}

// A certificate of one's own was told as a server that doesn't run.
func TestSendToACertificateOfOnesOwn(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	run(t, "send", "github", "pull_request.merged", "--secret", "x", "--url", srv.URL).want(t, 1, "certificate", "SSL_CERT_FILE=cert.pem")
}

func TestSendShowsTheAnswer(t *testing.T) {
	url, got := server(t, http.StatusOK, success)
	out := run(t, "send", "github", "pull_request.merged", "--url", url)
	out.want(t, 0)
	want := `github pull_request.merged
HTTP/1.1 200 OK
status:  success (replayed)
summary: acme/api#42 was merged.
class:   change.merged, decided by metadata
actions taken:
  TOOL             STEP        STORE OR TARGET    STATE    REASON
  records.upsert               sqlite             done
  jira.transition  transition  jira:issue:ACME-7  dry_run  no_token
not acted on: jira:issue:UTF-8 in the body: unconfirmed
missing: sink_unset: facts come from the ledger; see CLICKHOUSE_URL
run:     ` + url + `/runs/0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f
`
	if out.stdout != want {
		t.Errorf("got\n%s\nwant\n%s", out.stdout, want)
	}
	r := (*got)[0]
	if r.path != "/webhooks/github" || r.header.Get(github.HeaderEvent) != "pull_request" || len(r.header.Get(github.HeaderDelivery)) != 36 {
		t.Errorf("sent %s %v", r.path, r.header)
	}
}

// An example that no rule acts on has done its work when it is remembered; any other has not.
func TestSendIgnored(t *testing.T) {
	url, _ := server(t, http.StatusOK, `{"run_id":"0f8a6c2e-6b1f-4f39-9d0e-3a2b1c0d9e8f","status":"ignored"}`)
	run(t, "send", "github", "push", "--url", url).want(t, 0, "status:  ignored")
	run(t, "send", "github", "pull_request.merged", "--url", url).want(t, 1, "status:  ignored")
}

func TestSendAll(t *testing.T) {
	url, got := server(t, http.StatusOK, success)
	run(t, "send", "--all", "--url", url).want(t, 0, "github pull_request.merged", "jira issue.status_changed", "notion page.updated")
	if len(*got) != len(example.All()) {
		t.Fatalf("%d webhooks were sent", len(*got))
	}
	for i, source := range []string{"github", "jira", "notion"} {
		if err := verify(source, (*got)[i]); err != nil || (*got)[i].path != "/webhooks/"+source {
			t.Errorf("%s: %s, %v", source, (*got)[i].path, err)
		}
	}
}

func TestSendTheSameTwice(t *testing.T) {
	url, got := server(t, http.StatusOK, success)
	for range 2 {
		run(t, "send", "jira", "issue.status_changed", "--url", url).want(t, 0)
	}
	one, two := (*got)[0], (*got)[1]
	if string(one.body) != string(two.body) {
		t.Error("the body is not the same bytes")
	}
	if one.header.Get(jira.HeaderIdentifier) == two.header.Get(jira.HeaderIdentifier) {
		t.Error("the delivery's id is the same, which a person sending again would not have")
	}
}

func TestSendExitsOneUnlessSuccess(t *testing.T) {
	for name, c := range map[string]struct {
		code int
		body string
		want string
	}{
		"partial":        {200, `{"status":"partial_success"}`, "status:  partial_success"},
		"ignored":        {200, `{"status":"ignored"}`, "status:  ignored"},
		"processing":     {202, `{"status":"processing","pending":2}`, "status:  processing (2 pending)"},
		"refused":        {400, `{"status":"rejected","reason":"invalid_payload","detail":"no object"}`, "rejected: invalid_payload: no object"},
		"another secret": {401, `{"status":"rejected","reason":"signature_mismatch","detail":""}`, "--secret"},
		"another server": {200, `<html>`, "not Switchyard's"},
		"a proxy":        {502, `bad gateway`, "502 Bad Gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := server(t, c.code, c.body)
			run(t, "send", "notion", "page.updated", "--url", url).want(t, 1, c.want, fmt.Sprintf("HTTP/1.1 %d", c.code))
			run(t, "send", "notion", "page.updated", "--url", url, "--json").want(t, 1)
		})
	}
}

// A refusal said nothing by which the delivery can be found.
func TestSendNamesTheRefusedDelivery(t *testing.T) {
	url, got := server(t, http.StatusUnauthorized, `{"status":"rejected","reason":"signature_mismatch","detail":""}`)
	out := run(t, "send", "github", "push", "--url", url)
	out.want(t, 1, "delivery: "+(*got)[0].header.Get(github.HeaderDelivery))
	if strings.Contains(out.stdout, "switchyard deliveries") {
		t.Errorf("the deliveries of another server are not this one's: %s", out.stdout)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
	runWith(t, map[string]string{"WEBHOOK_SERVER_PORT": port, "JIRA_WEBHOOK_SECRET": secret}, "send", "jira", "issue.status_changed").
		want(t, 1, "switchyard deliveries show ")
}

func TestSendJSONIsTheBodyAsItCame(t *testing.T) {
	url, _ := server(t, http.StatusOK, success)
	if out := run(t, "send", "notion", "page.updated", "--url", url, "--json"); out.stdout != success {
		t.Errorf("got %s", out.stdout)
	}
}

func TestSendFile(t *testing.T) {
	url, got := server(t, http.StatusOK, success)
	file := write(t, "push.json", `{"ref":"refs/heads/main"}`)
	run(t, "send", "--file", file, "--source", "github", "--event", "push", "--secret", "other", "--delivery", "guid", "--url", url+"/base/webhooks/github").want(t, 0)
	r := (*got)[0]
	if string(r.body) != `{"ref":"refs/heads/main"}` || r.path != "/base/webhooks/github" || r.header.Get(github.HeaderEvent) != "push" || r.header.Get(github.HeaderDelivery) != "guid" {
		t.Errorf("sent %s %v %s", r.path, r.header, r.body)
	}
	if err := github.Verify([][]byte{[]byte("other")}, r.header.Get(github.HeaderSignature), r.body); err != nil {
		t.Error(err)
	}
	run(t, "send", "--file", "-", "--source", "jira", "--url", url).want(t, 0)
	if r := (*got)[1]; string(r.body) != `{"from":"stdin"}` || verify("jira", r) != nil {
		t.Errorf("sent %s", r.body)
	}
}

func TestSendSaysWhatIsWrong(t *testing.T) {
	file := write(t, "body.json", "{}")
	for name, c := range map[string]struct{ args, want string }{
		"nothing to send":           {"send", "--list"},
		"half a name":               {"send github", "--list"},
		"unknown example":           {"send github pushed", "github pull_request.merged"},
		"all and a name":            {"send --all github", "--all"},
		"file and a name":           {"send github x --file " + file, "--file"},
		"file without source":       {"send --file " + file, "--source"},
		"file without event":        {"send --source github --file " + file, "--event"},
		"event without file":        {"send --event push", "--file"},
		"no such file":              {"send --source jira --file /no/such", "--file"},
		"no URL":                    {"send --all --url localhost:8000", "--url"},
		"unknown provider":          {"send --source gitlab --file " + file, "gitlab"},
		"nobody listens":            {"send --all --url http://127.0.0.1:1", "--url"},
		"nobody listens by default": {"send --all --data nowhere", "switchyard dev"},
	} {
		t.Run(name, func(t *testing.T) {
			args := strings.Fields(c.args)
			out := runWith(t, map[string]string{
				"GITHUB_WEBHOOK_SECRET": secret, "JIRA_WEBHOOK_SECRET": secret, "WEBHOOK_SERVER_PORT": "1",
			}, args...)
			out.want(t, 1, c.want)
		})
	}
	runWith(t, nil, "send", "--all").want(t, 1, "GITHUB_WEBHOOK_SECRET", "switchyard dev", "--secret")
}

func TestSendListsExamples(t *testing.T) {
	run(t, "send", "--list").want(t, 0, "pull_request.merged", "issue.status_changed", "page.updated")
}

// A server that is none of ours can't write to the terminal what it likes.
func TestSendPrintsNoControlSequences(t *testing.T) {
	url, _ := server(t, http.StatusOK, `{"status":"success","summary":"\u001b[2Jgone\u202e","actions_taken":[{"tool":"a\tb\nc"}]}`)
	out := run(t, "send", "notion", "page.updated", "--url", url)
	if strings.ContainsAny(out.stdout, "\x1b\u202e\t") {
		t.Errorf("got %q", out.stdout)
	}
}
