package ingress_test

import (
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/ingress"
)

func TestNormalize(t *testing.T) {
	at := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	ping := []byte(`{"zen":"z","hook_id":1,"hook":{"id":1,"type":"Repository"},"repository":{"id":7,"full_name":"acme/api","private":true}}`)
	event, err := ingress.Normalize("github", "ping", ping, at)
	if err != nil || event.GetKind() != "ping" || event.GetRef() != "github:repo:acme/api" || !event.GetReceivedAt().AsTime().Equal(at) {
		t.Errorf("event %v, error %v", event, err)
	}
	for _, tt := range []struct{ source, event, body, want string }{
		{"gitlab", "", "{}", "want github, jira or notion"},
		{"github", "pull_request", "{}", "event_mismatch"},
		{"github", "", "{}", "event_missing"},
		{"jira", "", "[]", "invalid_payload"},
	} {
		if _, err := ingress.Normalize(tt.source, tt.event, []byte(tt.body), at); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: error %v, want %s", tt.source, tt.event, err, tt.want)
		}
	}
}
