package credential

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"
)

// MinLength is how many characters a secret has at least that can't be found
// out from one captured request by trying. Shorter ones deserve a warning.
const MinLength = 16

var errExample = errors.New("it is a published example: anybody can sign with it; `switchyard secret` prints a good one")

// Examples are the secrets that documentation shows: whoever has read it can
// sign. The last is that of GitHub's and Atlassian's test vectors
// (docs.github.com, "Validating webhook deliveries").
func Examples() []string {
	return []string{"your_random_secret_here", "your_jira_secret_here", "your_secret_here", "It's a Secret to Everybody"}
}

// Example tells whether a secret is one of Examples.
func Example(secret string) bool { return slices.Contains(Examples(), secret) }

// Guesses are the secrets that everybody thinks of first, in lower case.
func Guesses() []string {
	return []string{
		"changeme", "change-me", "change_me", "secret", "my-secret", "mysecret", "your-webhook-secret", "your_github_secret_here", "password", "test",
	}
}

// Equal tells whether the token is one of the secrets. How long it takes says
// nothing of them, not even their length. An empty token never is.
func Equal(secrets [][]byte, token string) bool {
	got := sha256.Sum256([]byte(token))
	found := 0
	for _, secret := range secrets {
		want := sha256.Sum256(secret)
		found |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return found == 1 && token != ""
}

func bytesOf(all []string) [][]byte {
	var out [][]byte
	for _, s := range all {
		out = append(out, []byte(s))
	}
	return out
}

func contains(all [][]byte, one []byte) bool {
	return slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(b, one) })
}

func equal(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }
