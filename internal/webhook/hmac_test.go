package webhook_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
	"github.com/switchyard-dev/switchyard/internal/webhook/jira"
	"github.com/switchyard-dev/switchyard/internal/webhook/notion"
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

// Whatever the header of whichever provider, what is taken is what Sign makes,
// and nothing else; hex digits may be of either case.
func FuzzVerify(f *testing.F) {
	verifiers := map[string]func(secrets [][]byte, header string, body []byte) error{
		"github": github.Verify, "jira": jira.Verify, "notion": notion.Verify,
	}
	f.Add([]byte("secret"), webhook.Sign([]byte("secret"), []byte("body")), []byte("body"))
	f.Add([]byte("It's a Secret to Everybody"), "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", []byte("Hello, World!"))
	f.Add([]byte{}, webhook.Sign(nil, nil), []byte{})
	f.Add([]byte("secret"), "sha256=", []byte("body"))
	f.Add([]byte("secret"), "=", []byte{})
	f.Add([]byte("secret"), "sha1="+strings.Repeat("0", 40), []byte("body"))
	f.Fuzz(func(t *testing.T, secret []byte, header string, body []byte) {
		right := webhook.Sign(secret, body)
		for provider, verify := range verifiers {
			err := verify([][]byte{[]byte("another"), secret}, header, body)
			method, digits, _ := strings.Cut(header, "=")
			made := len(secret) > 0 && method == "sha256" && strings.ToLower(digits) == right[len("sha256="):]
			if (err == nil) != (made || header == webhook.Sign([]byte("another"), body)) {
				t.Errorf("%s: %q over %q by %q: %v", provider, header, body, secret, err)
			}
			if refusal, ok := errors.AsType[webhook.Refusal](err); err != nil && (!ok || (refusal == webhook.Missing) != (header == "")) {
				t.Errorf("%s: %q: %v", provider, header, err)
			}
			if err := verify([][]byte{secret}, right, body); (err == nil) != (len(secret) > 0) {
				t.Errorf("%s: its own signature by %q: %v", provider, secret, err)
			}
		}
	})
}
