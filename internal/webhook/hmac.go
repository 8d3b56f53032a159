package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Refusal says why a signature was not accepted. Its value is the word that
// ingress answers with.
type Refusal string

// Why a signature is refused.
const (
	// Missing: the header is absent or empty.
	Missing Refusal = "signature_missing"
	// Malformed: the header is not "sha256=" and 64 hex digits.
	Malformed Refusal = "signature_malformed"
	// Mismatch: no secret makes this signature over this body.
	Mismatch Refusal = "signature_mismatch"
)

// Error returns the refusal's word.
func (r Refusal) Error() string { return string(r) }

// method is the one digest that all three providers sign with today. The word
// comes from the request, so it is compared and never looked up.
const method = "sha256"

// Sign returns "sha256=" and the hex HMAC-SHA256 of the body.
func Sign(secret, body []byte) string {
	return method + "=" + hex.EncodeToString(sum(secret, body))
}

// Verify checks the header against the raw body in constant time: nil when one
// of the secrets made it, else a Refusal. An empty secret never matches.
func Verify(secrets [][]byte, header string, body []byte) error {
	if header == "" {
		return Missing
	}
	name, digits, ok := strings.Cut(header, "=")
	if !ok || name != method || len(digits) != hex.EncodedLen(sha256.Size) {
		return Malformed
	}
	got, err := hex.DecodeString(digits)
	if err != nil {
		return Malformed
	}
	matched := false
	for _, secret := range secrets {
		if len(secret) > 0 && hmac.Equal(got, sum(secret, body)) {
			matched = true
		}
	}
	if !matched {
		return Mismatch
	}
	return nil
}

func sum(secret, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(body)
	return h.Sum(nil)
}
