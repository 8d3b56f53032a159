package seal_test

import (
	"errors"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/seal"
)

const (
	oldKey = "test-key-old-0123456789"
	newKey = "test-key-new-0123456789"
)

func sealed(t *testing.T, keys string, event string, authn string) *eventv1.SealedEvent {
	t.Helper()
	k := parse(t, keys)
	id, mac := k.Seal([]byte(event), authn)
	return &eventv1.SealedEvent{Event: []byte(event), Authn: authn, KeyId: id, Mac: mac}
}

func parse(t *testing.T, keys string) seal.Keys {
	t.Helper()
	k, err := seal.ParseKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestVerify(t *testing.T) {
	rotating := parse(t, newKey+", "+oldKey)
	for _, tc := range []struct {
		name   string
		change func(*eventv1.SealedEvent)
		ok     bool
	}{
		{"untouched", func(*eventv1.SealedEvent) {}, true},
		{"a byte of the event", func(s *eventv1.SealedEvent) { s.Event[0] ^= 1 }, false},
		{"authn raised", func(s *eventv1.SealedEvent) { s.Authn = "signature" }, false},
		{"a byte of the mac", func(s *eventv1.SealedEvent) { s.Mac[31] ^= 1 }, false},
		{"no mac", func(s *eventv1.SealedEvent) { s.Mac = nil }, false},
		{"unknown key", func(s *eventv1.SealedEvent) { s.KeyId = "00000000" }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := sealed(t, oldKey, "event", "token")
			tc.change(s)
			if err := rotating.Verify(s); (err == nil) != tc.ok || (err != nil && !errors.Is(err, seal.ErrInvalid)) {
				t.Fatalf("Verify: %v, want ok=%v", err, tc.ok)
			}
		})
	}
}

func TestSealUsesFirstKey(t *testing.T) {
	s := sealed(t, newKey+","+oldKey, "event", "signature")
	if err := parse(t, newKey).Verify(s); err != nil {
		t.Fatalf("the first key did not seal: %v", err)
	}
	if err := parse(t, oldKey).Verify(s); err == nil {
		t.Fatal("the second key sealed")
	}
}

func TestParseKeysRefuses(t *testing.T) {
	for _, s := range []string{"", " , ", "short"} {
		if _, err := seal.ParseKeys(s); err == nil {
			t.Errorf("ParseKeys(%q) took it", s)
		}
	}
}
