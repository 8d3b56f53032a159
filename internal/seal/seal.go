package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// prefix keeps a seal from being taken for an HMAC made for something else.
const prefix = "switchyard/seal/v1"

// ErrInvalid: no key of ours made this seal over these bytes.
var ErrInvalid = errors.New("seal: invalid")

// Keys are the sealing keys: the first one seals, every one verifies, so that
// a new key is put first on tools, then on ingress, and the old one dropped later.
type Keys []key

type key struct {
	id     string
	secret []byte
}

// ParseKeys reads one secret, or several separated by commas; each needs at
// least 16 characters.
func ParseKeys(s string) (Keys, error) {
	var keys Keys
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if len(part) < 16 {
			return nil, errors.New("a key has fewer than 16 characters")
		}
		sum := sha256.Sum256([]byte(prefix + "\x00id\x00" + part))
		keys = append(keys, key{id: hex.EncodeToString(sum[:4]), secret: []byte(part)})
	}
	if len(keys) == 0 {
		return nil, errors.New("no key")
	}
	return keys, nil
}

// Seal returns the id of the sealing key and the seal over the marshalled event.
func (k Keys) Seal(event []byte, authn string) (keyID string, mac []byte) {
	return k[0].id, k[0].sum(event, authn)
}

// Verify checks that a key of ours sealed the event under its authn, and that
// the event's bytes are those that were sealed. It does not read the event.
func (k Keys) Verify(s *eventv1.SealedEvent) error {
	for _, key := range k {
		if key.id == s.GetKeyId() && hmac.Equal(key.sum(s.GetEvent(), s.GetAuthn()), s.GetMac()) {
			return nil
		}
	}
	return ErrInvalid
}

func (k key) sum(event []byte, authn string) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(prefix))
	h.Write([]byte{0})
	h.Write([]byte(authn))
	h.Write([]byte{0})
	h.Write(event)
	return h.Sum(nil)
}
