package provider_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

const hostile = `</pre><script>alert(1)</script><img src=x onerror=alert(2)>" onclick="`

func get(t *testing.T, h http.Handler, method, host, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://"+host+path, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// What people write reaches the page as what they wrote.
func TestPageShowsTextAsText(t *testing.T) {
	g := provider.NewGitHub(provider.Options{Token: "t"})
	j := provider.NewJira(provider.Options{Token: "t"})
	n := provider.NewNotion(provider.Options{Token: "t"})
	s := provider.NewSlack(provider.Options{Token: "t"})
	g.AddIssue("acme/api", provider.Issue{Title: hostile, Body: hostile, Labels: []string{hostile}})
	g.AddComment("acme/api", 42, hostile, hostile)
	j.AddComment("ACME-7", hostile, hostile, nil)
	n.AddPage(hostile, hostile)
	s.AddMessage(provider.SlackDeploys, hostile, hostile, nil)
	g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/repos/acme/api/issues", strings.NewReader(hostile)))
	page := provider.NewPage(provider.Named{Name: "GitHub", Fake: g}, provider.Named{Name: "Jira", Fake: j}, provider.Named{Name: "Notion", Fake: n}, provider.Named{Name: "Slack", Fake: s})
	w := get(t, page, http.MethodGet, "127.0.0.1:1", "/acme/api/pull/42")
	body := w.Body.String()
	if w.Code != http.StatusOK || strings.Contains(body, "<script") || strings.Contains(body, "<img") || strings.Contains(body, `" onclick`) {
		t.Errorf("%d: unescaped:\n%s", w.Code, body)
	}
	if n := strings.Count(body, "alert(1)"); n < 9 {
		t.Errorf("the hostile text is shown %d times", n)
	}
	for _, want := range []string{`lang="en"`, "prefers-color-scheme: dark", `id="acme-api-42"`, `id="ACME-7"`, "ACME-7 Retry refused payments once", "<caption>", "422 Unprocessable Entity"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(w.Header().Get("Content-Security-Policy"), "script") {
		t.Error("the page lets scripts in")
	}
}

func TestPageIsForReadingOnThisMachine(t *testing.T) {
	page := provider.NewPage()
	for _, tc := range []struct {
		method, host string
		code         int
	}{
		{http.MethodGet, "localhost:80", 200},
		{http.MethodHead, "[::1]:80", 200},
		{http.MethodGet, "rebound.example.com:80", 403},
		{http.MethodPost, "localhost:80", 405},
	} {
		if w := get(t, page, tc.method, tc.host, "/"); w.Code != tc.code {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.host, w.Code, tc.code)
		}
	}
}

func TestPageHasTheNewestFirst(t *testing.T) {
	g := provider.NewGitHub(provider.Options{Token: "t"})
	for _, path := range []string{"/first", "/second"} {
		g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	}
	body := get(t, provider.NewPage(provider.Named{Name: "GitHub", Fake: g}), http.MethodGet, "localhost", "/").Body.String()
	if first, second := strings.Index(body, "GET /first"), strings.Index(body, "GET /second"); second < 0 || first < second {
		t.Errorf("/first at %d, /second at %d", first, second)
	}
}
