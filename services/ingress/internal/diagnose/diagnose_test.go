package diagnose_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/diagnose"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/report"
)

const (
	right  = "4f1d0c6b9a7e42d3"
	second = "QUJDREVGR0hJSktM"
	body   = "{\"title\":\"Größe <b> /\",\"n\":[1,2]}"
)

func request() diagnose.Request {
	return diagnose.Request{
		Source: "github", SignatureHeader: "X-Hub-Signature-256", Header: http.Header{}, Body: []byte(body),
		Own: []diagnose.Secret{
			{Source: "github", Setting: "GITHUB_WEBHOOK_SECRET", Nth: 1, Value: []byte(right)},
			{Source: "github", Setting: "GITHUB_WEBHOOK_SECRET", Nth: 2, File: "/run/secrets/hook", Value: []byte(second)},
		},
		Others: []diagnose.Secret{{Source: "jira@eu", Setting: "JIRA_EU_WEBHOOK_SECRET", Nth: 1, Value: []byte("9c3e77d1f05b48aa")}},
	}
}

// signed is refused although what was signed with the secret is known to be.
func signed(secret, original, came string) diagnose.Request {
	r := request()
	r.Header.Set(r.SignatureHeader, webhook.Sign([]byte(secret), []byte(original)))
	r.Body = []byte(came)
	return r
}

func TestMismatch(t *testing.T) {
	ascii := strings.NewReplacer("ö", `\u00f6`, "ß", `\u00df`).Replace(body)
	html := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "/", `\/`).Replace(body)
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(body), "", "  "); err != nil {
		t.Fatal(err)
	}
	fromHex, _ := hex.DecodeString(right)
	fromBase64, _ := base64.StdEncoding.DecodeString(second)
	latin1 := strings.NewReplacer("ö", "\xf6", "ß", "\xdf").Replace(body)
	twice := strings.NewReplacer("ö", "\u00c3\u00b6", "ß", "\u00c3\u009f").Replace(body)
	const emoji = `{"a":"🎉"}`
	for _, tc := range []struct {
		name   string
		given  diagnose.Request
		detail string
		remedy string
	}{
		{"another source's", signed("9c3e77d1f05b48aa", body, body), "JIRA_EU_WEBHOOK_SECRET, the secret of jira@eu", "/webhooks/jira/eu"},
		{"set since", signed(second, body, body), "GITHUB_WEBHOOK_SECRET (number 2) in /run/secrets/hook was set since", "again"},
		{"an example", signed("It's a Secret to Everybody", body, body), "an example from a guide", "switchyard secret"},
		{"a line feed after it", signed(right+"\n", body, body), "GITHUB_WEBHOOK_SECRET and a line feed", "again, without the line feed"},
		{"a line end after it", signed(right+"\r\n", body, body), "a line end after", "again"},
		{"a space after it", signed(second+" ", body, body), "(number 2) in /run/secrets/hook and a space after", "again"},
		{"a space before it", signed(" "+right, body, body), "a space before", "again"},
		{"quotes", signed(`"`+right+`"`, body, body), "quotes around", "again"},
		{"single quotes", signed("'"+right+"'", body, body), "quotes around", "again"},
		{"its name before it", signed("GITHUB_WEBHOOK_SECRET="+right, body, body), "the setting's name", "again"},
		{"decoded from hex", signed(string(fromHex), body, body), "decoded from hex", "text itself"},
		{"decoded from base64", signed(string(fromBase64), body, body), "decoded from base64", "text itself"},
		{"both as one", signed(right+","+second, body, body), "a comma separates", "without a comma"},
		{"line end added", signed(right, body, body+"\n"), "a line end was added", "byte for byte"},
		{"line feed taken off", signed(right, body+"\n", body), "line feed at its end was taken off", "byte for byte"},
		{"line end taken off", signed(right, body+"\r\n", body), "line end at its end was taken off", "byte for byte"},
		{"space around", signed(right, body, " "+body+" "), "white space was added", "byte for byte"},
		{"CRLF", signed(right, pretty.String(), strings.ReplaceAll(pretty.String(), "\n", "\r\n")), "made CRLF", "byte for byte"},
		{"LF", signed(right, strings.ReplaceAll(pretty.String(), "\n", "\r\n"), pretty.String()), "made LF", "byte for byte"},
		{"mark added", signed(right, body, "\ufeff"+body), "order mark was added", "byte for byte"},
		{"mark taken off", signed(right, "\ufeff"+body, body), "order mark was taken off", "byte for byte"},
		{"encoded twice", signed(right, body, twice), "taken for Latin-1", "byte for byte"},
		{"Latin-1", signed(right, body, latin1), "encoded as Latin-1", "byte for byte"},
		{"to a form", signed(right, body, "payload="+url.QueryEscape(body)), "sent on as a form", "byte for byte"},
		{"from a form", signed(right, "payload="+url.QueryEscape(body), body), "form was turned into JSON", "byte for byte"},
		{"indented", signed(second, body, pretty.String()), "read and written again", "(number 2) in /run/secrets/hook"},
		{"other escapes", signed(right, body, ascii), "with other escapes", "byte for byte"},
		{"HTML escapes", signed(right, body, html), "with other escapes", "byte for byte"},
		{"fewer escapes", signed(right, ascii, body), "with other escapes", "byte for byte"},
		{"a pair of escapes", signed(right, emoji, `{"a": "\ud83c\udf89"}`), "with other escapes", "byte for byte"},
		{"empty", signed(right, body, ""), "came empty", "redirect"},
		{"unknown", signed("another secret", body, body), "neither another secret", "GITHUB_WEBHOOK_SECRET"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := explained(t, tc.given, webhook.Mismatch)
			if !strings.Contains(got, tc.detail) || !strings.Contains(got, tc.remedy) {
				t.Errorf("got %s\nwant %q and %q", got, tc.detail, tc.remedy)
			}
			for _, name := range []string{"GITHUB_WEBHOOK_SECRET", "(number 2) in /run/secrets/hook"} {
				if !strings.Contains(got, name) {
					t.Errorf("%s was tried and is not named: %s", name, got)
				}
			}
		})
	}
	compressed := signed("another secret", body, body)
	compressed.Header.Set("Content-Encoding", "gzip")
	if got := explained(t, compressed, webhook.Mismatch); !strings.Contains(got, "Content-Encoding") {
		t.Error(got)
	}
}

// explained returns all that is said, in which there must be no secret and no
// part of a signature.
func explained(t *testing.T, r diagnose.Request, refusal webhook.Refusal) string {
	t.Helper()
	var b strings.Builder
	for i, c := range diagnose.Signature(r, refusal) {
		if want := []string{report.Failed, report.Note}[min(i, 1)]; c.Outcome != want || c.Name != "signature" || c.Detail == "" {
			t.Errorf("check %d: %+v", i, c)
		}
		b.WriteString(c.Detail + "\n" + c.Remedy + "\n")
	}
	said := b.String()
	secrets := []string{r.Header.Get(r.SignatureHeader)}
	for _, s := range append(r.Own, r.Others...) {
		secrets = append(secrets, string(s.Value), webhook.Sign(s.Value, r.Body)[7:])
	}
	for _, s := range secrets {
		if s = strings.TrimPrefix(s, "sha256="); len(s) > 8 && strings.Contains(said, s[:8]) {
			t.Errorf("%q gives %q away", said, s)
		}
	}
	return said
}

func TestMissing(t *testing.T) {
	for _, tc := range []struct {
		name, source string
		header       map[string]string
		body         string
		want         string
	}{
		{"no secret at GitHub", "github", map[string]string{"X-GitHub-Event": "push"}, "{}", "in the field Secret"},
		{"SHA-1 only", "github", map[string]string{"X-GitHub-Event": "push", "X-Hub-Signature": "sha1=00"}, "{}", "only the header X-Hub-Signature came"},
		{"Notion's at GitHub", "github", map[string]string{"X-Notion-Signature": "sha256=00"}, "{}", "/webhooks/notion"},
		{"Jira's at GitHub", "github", map[string]string{"X-Hub-Signature": "sha256=00"}, "{}", "/webhooks/jira"},
		{"Jira's retry at GitHub", "github", map[string]string{"X-Atlassian-Webhook-Identifier": "1"}, "{}", "/webhooks/jira"},
		{"GitHub's at Notion", "notion", map[string]string{"X-GitHub-Event": "push"}, "{}", "/webhooks/github"},
		{"an app's of Jira", "jira@eu", nil, "{}", "JIRA_WEBHOOK_TOKEN"},
		{"a handshake", "notion", nil, `{"verification_token":"secret_x"}`, "switchyard notion connect"},
		{"an automation of Notion", "notion", nil, "{}", "NOTION_WEBHOOK_TOKEN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := request()
			r.Source, r.Body = tc.source, []byte(tc.body)
			r.SignatureHeader = map[string]string{"github": "X-Hub-Signature-256", "jira@eu": "X-Hub-Signature", "notion": "X-Notion-Signature"}[tc.source]
			for name, value := range tc.header {
				r.Header.Set(name, value)
			}
			if got := explained(t, r, webhook.Missing); !strings.Contains(got, tc.want) || !strings.Contains(got, r.SignatureHeader) {
				t.Errorf("got %s\nwant %q", got, tc.want)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	for _, tc := range []struct {
		name   string
		values []string
		want   string
	}{
		{"no method", []string{sum}, "names no method"},
		{"another method", []string{"sha1=" + sum[:40]}, "its method is sha1"},
		{"an unknown method", []string{"<b>=" + sum}, "its method is not sha256"},
		{"capitals", []string{"SHA256=" + sum}, "small letters"},
		{"short", []string{"sha256=" + sum[:60]}, "60 characters"},
		{"base64", []string{"sha256=" + strings.Repeat("A", 44)}, "base64"},
		{"no hex", []string{"sha256=" + strings.Repeat("z", 64)}, "not all hex"},
		{"quotes", []string{`"sha256=` + sum + `"`}, "quotes"},
		{"twice", []string{"sha256=" + sum, "sha256=" + sum}, "came 2 times"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := request()
			r.Header[r.SignatureHeader] = tc.values
			if got := explained(t, r, webhook.Malformed); !strings.Contains(got, tc.want) {
				t.Errorf("got %s\nwant %q", got, tc.want)
			}
		})
	}
	r := request()
	r.Source, r.SignatureHeader = "jira", "X-Hub-Signature"
	r.Header = http.Header{"X-Hub-Signature": {"sha1=00"}, "X-Hub-Signature-256": {"sha256=00"}}
	if got := explained(t, r, webhook.Malformed); !strings.Contains(got, "/webhooks/github") {
		t.Error(got)
	}
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		happened time.Time
		want     string
	}{
		{now.Add(-time.Minute), ""},
		{now.Add(5 * time.Minute), ""},
		{time.Time{}, ""},
		{now.Add(6 * time.Minute), "6m0s from now: the clock is behind"},
		{now.Add(-3 * time.Hour), "3h0m0s before it came"},
		{now.Add(-50 * time.Hour), "2 days before it came"},
	} {
		got, said := diagnose.Clock(tc.happened, now)
		if said != (tc.want != "") || !strings.Contains(got.Detail, tc.want) {
			t.Errorf("%v: %+v, want %q", tc.happened, got, tc.want)
		}
	}
}

// FuzzSignature: whatever comes, it is explained, and nothing is given away.
func FuzzSignature(f *testing.F) {
	f.Add("sha256="+strings.Repeat("0f", 32), []byte(body))
	f.Add("sha256=", []byte("payload=%7B%7D"))
	f.Add(`sha1="`, []byte(`{"a":"\ud83c"}`))
	f.Fuzz(func(t *testing.T, header string, came []byte) {
		r := request()
		r.Header.Set(r.SignatureHeader, header)
		r.Body = came
		for _, refusal := range []webhook.Refusal{webhook.Missing, webhook.Malformed, webhook.Mismatch} {
			for _, c := range diagnose.Signature(r, refusal) {
				if strings.Contains(c.Detail+c.Remedy, right) || strings.Contains(c.Detail+c.Remedy, second) {
					t.Errorf("%+v gives a secret away", c)
				}
			}
		}
	})
}

func BenchmarkSignature(b *testing.B) {
	for _, size := range []int{25_000, 1 << 20} {
		r := signed("another secret", body, `{"text":"`+strings.Repeat("Größe ", size/8)+`"}`)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				diagnose.Signature(r, webhook.Mismatch)
			}
		})
	}
}
