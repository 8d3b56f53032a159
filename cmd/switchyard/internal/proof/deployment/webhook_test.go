package deployment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// mergedBody is the n-th merged pull request.
const mergedBody = `{"action":"closed","number":%[1]d,"pull_request":{"id":%[1]d,"number":%[1]d,"state":"closed","merged":true,
"title":"ACME-%[1]d keep the connection","body":"","html_url":"https://github.com/acme/api/pull/%[1]d","author_association":"MEMBER",
"merged_at":"2026-05-04T10:00:00Z","updated_at":"2026-05-04T10:00:00Z","merge_commit_sha":"%040[1]d",
"user":{"login":"dev-one","id":1,"type":"User"},"head":{"ref":"topic-%[1]d","sha":"b"},"base":{"ref":"main"},"labels":[]},
"repository":{"id":9,"full_name":"acme/api","private":true,"html_url":"https://github.com/acme/api"},
"sender":{"login":"dev-one","id":1,"type":"User"}}`

// answer is what a webhook is answered with.
type answer struct {
	Code     int    `json:"-"`
	RunID    string `json:"run_id"`
	Status   string `json:"status"`
	Replayed bool   `json:"replayed"`
}

// deliver sends the n-th merged pull request to a published port.
func deliver(t *testing.T, port, secret string, n int) (answer, error) {
	t.Helper()
	body := fmt.Appendf(nil, mergedBody, n)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:"+port+"/webhooks/github", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = github.Headers([]byte(secret), "pull_request", fmt.Sprintf("guid-%d", n), body)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Code: resp.StatusCode}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("%s: %w in %s", resp.Status, err, raw)
	}
	return a, nil
}
