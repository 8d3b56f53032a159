package executor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/services/executor"
)

// One provider that hangs took all slots, and the others' invocations were shed.
func TestAHangingProviderLeavesTheOthersTheirSlots(t *testing.T) {
	arrived, answer := make(chan struct{}, 8), make(chan struct{})
	github := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-answer
	}))
	t.Cleanup(github.Close)
	srv := start(t, executor.Config{MaxInFlight: 8, GitHubToken: config.Setting{Value: "token"}, GitHubAPIURL: github.URL})
	label := strings.NewReplacer("jira.transition", "github.add_labels", "jira:issue:ACME-7", "github:pr:acme/api#42", `{"status": "Done"}`, `{"labels": ["bug"]}`).Replace(transition)
	ended := make(chan string, 2)
	for range 2 {
		go func() {
			_, body := send(t, "POST", srv.URL+invocations, "", label)
			ended <- body
		}()
		select {
		case <-arrived:
		case body := <-ended:
			t.Fatalf("nothing was sent: %s", body)
		}
	}
	resp, body := send(t, "POST", srv.URL+invocations, "", label)
	if resp.StatusCode != http.StatusTooManyRequests || !strings.Contains(body, "github") || !strings.Contains(body, "EXECUTOR_MAX_IN_FLIGHT") {
		t.Errorf("GitHub has a fourth of eight slots, and a third invocation got %d %s", resp.StatusCode, body)
	}
	if resp, body := send(t, "POST", srv.URL+invocations, "", transition); resp.StatusCode != http.StatusOK {
		t.Errorf("Jira: %d %s", resp.StatusCode, body)
	}
	close(answer)
	for range 2 {
		<-ended
	}
	if resp, body := send(t, "POST", srv.URL+invocations, "", label); resp.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d %s", resp.StatusCode, body)
	}
}
