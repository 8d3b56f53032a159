package ingress_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// BenchmarkWebhook is ingress with an agent that answers at once; the client
// and the agent run on the same cores.
func BenchmarkWebhook(b *testing.B) {
	folder := os.Getenv("SWITCHYARD_PAYLOADS")
	if folder == "" {
		b.Skip("SWITCHYARD_PAYLOADS is not set: no recorded body to measure with")
	}
	body, err := os.ReadFile(filepath.Join(folder, "github", "issues", "opened.json"))
	if err != nil {
		b.Fatal(err)
	}
	cfg := config(startAgent(b).url)
	cfg.MaxInFlight = 256
	url := start(b, cfg) + "/webhooks/github"
	header := github.Headers([]byte(secret), "issues", "g", body)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(32)
	b.SetBytes(int64(len(body)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header = header
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Errorf("status %d", resp.StatusCode)
				return
			}
		}
	})
}
