package jira_test

import (
	"errors"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
)

// The vector that Atlassian documents for "Secure admin webhooks".
func TestDocumentedVector(t *testing.T) {
	secret, body := []byte("It's a Secret to Everybody"), []byte("Hello World!")
	const want = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
	if got := jira.Sign(secret, body); got != want {
		t.Fatalf("Sign = %s, want %s", got, want)
	}
	if err := jira.Verify([][]byte{secret}, want, body); err != nil {
		t.Fatalf("Verify: %v", err)
	}
	if err := jira.Verify([][]byte{secret}, "sha1"+want[6:], body); !errors.Is(err, webhook.Malformed) {
		t.Fatalf("a method that is not allowed: %v", err)
	}
}

func TestHeaders(t *testing.T) {
	secret, body := []byte("secret"), []byte(`{}`)
	h := jira.Headers(secret, "id", body)
	if h.Get(jira.HeaderIdentifier) != "id" {
		t.Errorf("headers: %v", h)
	}
	if err := jira.Verify([][]byte{secret}, h.Get(jira.HeaderSignature), body); err != nil {
		t.Errorf("own signature: %v", err)
	}
}
