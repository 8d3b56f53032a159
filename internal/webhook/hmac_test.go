package webhook_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook"
)

func TestVerify(t *testing.T) {
	body := []byte(`{"a":1}`)
	right, old := []byte("the secret in use"), []byte("the secret before")
	good := webhook.Sign(right, body)
	both := [][]byte{right, old}
	for _, tc := range []struct {
		name    string
		secrets [][]byte
		header  string
		body    string
		want    error
	}{
		{"right", both, good, string(body), nil},
		{"by the second secret", both, webhook.Sign(old, body), string(body), nil},
		{"upper-case digits", both, "sha256=" + strings.ToUpper(good[7:]), string(body), nil},
		{"no header", both, "", string(body), webhook.Missing},
		{"no method", both, good[7:], string(body), webhook.Malformed},
		{"other method", both, "sha1=" + good[7:], string(body), webhook.Malformed},
		{"method in capitals", both, "SHA256=" + good[7:], string(body), webhook.Malformed},
		{"too short", both, good[:len(good)-2], string(body), webhook.Malformed},
		{"too long", both, good + "00", string(body), webhook.Malformed},
		{"no hex", both, "sha256=" + strings.Repeat("zz", 32), string(body), webhook.Malformed},
		{"space around", both, " " + good, string(body), webhook.Malformed},
		{"two signatures", both, good + "," + good, string(body), webhook.Malformed},
		{"changed body", both, good, `{"a":2}`, webhook.Mismatch},
		{"other secret", [][]byte{[]byte("another")}, good, string(body), webhook.Mismatch},
		{"no secret", nil, good, string(body), webhook.Mismatch},
		{"an empty secret", [][]byte{{}}, webhook.Sign(nil, body), string(body), webhook.Mismatch},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := webhook.Verify(tc.secrets, tc.header, []byte(tc.body)); !errors.Is(got, tc.want) {
				t.Fatalf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	secret, body := []byte("secret"), []byte("body")
	f.Add(webhook.Sign(secret, body))
	f.Add("sha256=")
	f.Add("=")
	f.Fuzz(func(t *testing.T, header string) {
		err := webhook.Verify([][]byte{secret}, header, body)
		if err == nil && !strings.EqualFold(header, webhook.Sign(secret, body)) {
			t.Fatalf("accepted %q", header)
		}
	})
}
