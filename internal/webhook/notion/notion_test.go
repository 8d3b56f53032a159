package notion_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
)

func TestHeaders(t *testing.T) {
	secret, body := []byte("secret_token"), []byte(`{"id":"x"}`)
	h := notion.Headers(secret, body)
	if err := notion.Verify([][]byte{secret}, h.Get(notion.HeaderSignature), body); err != nil {
		t.Errorf("own signature: %v", err)
	}
	if err := notion.Verify([][]byte{secret}, h.Get(notion.HeaderSignature), body[1:]); err == nil {
		t.Error("a changed body was accepted")
	}
}
