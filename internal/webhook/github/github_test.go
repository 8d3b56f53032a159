package github_test

import (
	"errors"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// The vector that GitHub documents for "Validating webhook deliveries".
func TestDocumentedVector(t *testing.T) {
	secret, body := []byte("It's a Secret to Everybody"), []byte("Hello, World!")
	const want = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	if got := github.Sign(secret, body); got != want {
		t.Fatalf("Sign = %s, want %s", got, want)
	}
	if err := github.Verify([][]byte{secret}, want, body); err != nil {
		t.Fatalf("Verify: %v", err)
	}
	if err := github.Verify([][]byte{secret}, want, []byte("Hello World!")); !errors.Is(err, webhook.Mismatch) {
		t.Fatalf("a changed body: %v", err)
	}
}

func TestHeaders(t *testing.T) {
	secret, body := []byte("secret"), []byte(`{}`)
	h := github.Headers(secret, "push", "guid", body)
	if h.Get(github.HeaderEvent) != "push" || h.Get(github.HeaderDelivery) != "guid" {
		t.Errorf("headers: %v", h)
	}
	if err := github.Verify([][]byte{secret}, h.Get(github.HeaderSignature), body); err != nil {
		t.Errorf("own signature: %v", err)
	}
}
