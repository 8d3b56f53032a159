package ingress

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/config"
	jirahook "github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// hostOnly is a normalizer of bodies that are nothing but their host.
type hostOnly struct{ asked []source.Site }

func (h *hostOnly) Normalize(_ http.Header, body []byte, meta source.Meta) (*eventv1.WebhookEvent, *eventv1.Delivery, error) {
	h.asked = append(h.asked, meta.Site)
	if err := meta.Site.Check(string(body)); err != nil {
		return nil, nil, err
	}
	return nil, nil, source.EventMissing // far enough
}

// Each site is told its own host, and the first one those of the others: a body
// that was made elsewhere is refused.
func TestBodiesOfAnotherSite(t *testing.T) {
	named := []Instance{{Source: "jira", Name: "eu", Host: "eu.example", Secret: config.Setting{Value: "Europe's secret"}}, {Source: "github", Name: "ghe", Host: "ghe.example"}}
	s, err := New(Config{
		AgentURL: "http://127.0.0.1:1", SealKey: "the key that seals events", Deadline: time.Minute, MaxInFlight: 1,
		JiraSecret: config.Setting{Value: "the first one's secret"}, Named: named,
	}, Options{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	fake := &hostOnly{}
	for _, p := range s.sites {
		p.normalizer = fake
	}
	for _, tc := range []struct {
		path, secret, host string
		code               int
	}{
		{"/webhooks/jira/eu", "Europe's secret", "eu.example", 400},
		{"/webhooks/jira/eu", "Europe's secret", "other.example", 403},
		{"/webhooks/jira", "the first one's secret", "any.example", 400},
		{"/webhooks/jira", "the first one's secret", "ghe.example", 400},
		{"/webhooks/jira", "the first one's secret", "eu.example", 403},
	} {
		r := httptest.NewRequest(http.MethodPost, tc.path, strings.NewReader(tc.host))
		r.Header = jirahook.Headers([]byte(tc.secret), "", []byte(tc.host))
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != tc.code || tc.code == http.StatusForbidden && !strings.Contains(w.Body.String(), `"instance_not_configured"`) {
			t.Errorf("%s of %s: %d %s", tc.path, tc.host, w.Code, w.Body)
		}
	}
	if len(fake.asked) != 5 || fake.asked[0].Instance != "eu" || !slices.Equal(fake.asked[2].Elsewhere, []string{"eu.example"}) {
		t.Errorf("sites %+v", fake.asked)
	}
}
