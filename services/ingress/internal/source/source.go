package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
)

// Refusal says why a body with a good signature is no event. Its value is the
// word that ingress answers with.
type Refusal string

// Why a body is refused.
const (
	// InvalidPayload: broken JSON, or JSON that is no object.
	InvalidPayload Refusal = "invalid_payload"
	// EventMissing: nothing says which event this is.
	EventMissing Refusal = "event_missing"
	// EventMismatch: the body lacks its event's own object, so that a wrong
	// event name can't occupy the id of the right one.
	EventMismatch Refusal = "event_mismatch"
	// InstanceNotConfigured: the body is of another site than the one that its
	// request was sent for.
	InstanceNotConfigured Refusal = "instance_not_configured"
)

// Error returns the refusal's word.
func (r Refusal) Error() string { return string(r) }

// Meta is what a normalizer is told about a request beside its header and body.
type Meta struct {
	ReceivedAt time.Time
	// The media type in lower case, without parameters.
	ContentType string
	// SHA-256 of the raw body.
	Digest [sha256.Size]byte
	Site   Site
	// Token: the request proved itself with a token, and nothing signs its body.
	Token bool
}

// Site is one site of a source: a company's Jira, a GitHub server.
type Site struct {
	// The name of a second site of one source; "" for the first.
	Instance string
	// The host that its bodies come from, in lower case, with the port if there
	// is one; "" for any that isn't Elsewhere.
	Host string
	// The hosts of the source's other sites.
	Elsewhere []string
}

// Check refuses a body whose links lead to another site's host. A body without
// a link, whose host is "", says nothing of its site.
func (s Site) Check(host string) error {
	host = strings.ToLower(host)
	if host == "" || host == s.Host || s.Host == "" && !slices.Contains(s.Elsewhere, host) {
		return nil
	}
	return InstanceNotConfigured
}

// namespace of event ids. Changing it makes every known delivery a new event.
const namespace = "6f1c7f0a-6a53-5d0e-9b7e-5a0f4c1d2e38"

// ID returns the id of an event for ever: UUIDv5 over source, instance and key.
func ID(source, instance, key string) string {
	return uuid.NewSHA1(uuid.MustParse(namespace), []byte(source+"\x00"+instance+"\x00"+key)).String()
}

// Event returns an event that is known for ever by the key. One that nothing
// signs has a key apart: who holds a token can't take a signed event's id.
func (m Meta) Event(source, key string) *eventv1.WebhookEvent {
	if m.Token {
		key = "token:" + key
	}
	return &eventv1.WebhookEvent{
		Id:          ID(source, m.Site.Instance, key),
		DedupKey:    key,
		Source:      source,
		Instance:    m.Site.Instance,
		Visibility:  "unknown",
		ReceivedAt:  timestamppb.New(m.ReceivedAt),
		BodySha256:  m.Digest[:],
		ContentType: m.ContentType,
	}
}

// EventWithin returns an event that is known by the key within the window of
// its receipt: for bodies that carry neither an id nor a time.
func (m Meta) EventWithin(source, key string, window time.Duration) *eventv1.WebhookEvent {
	e := m.Event(source, key)
	e.Id = ID(source, m.Site.Instance, e.GetDedupKey()+"\x00"+m.ReceivedAt.UTC().Format(time.RFC3339Nano))
	e.DedupWindow = durationpb.New(window)
	return e
}

// Ref names an entity of the source at this site: "jira:issue:ACME-7", or
// "jira@eu:issue:ACME-7" at a second one.
func (m Meta) Ref(source, kind, name string) string {
	if m.Site.Instance != "" {
		source += "@" + m.Site.Instance
	}
	return source + ":" + kind + ":" + name
}

// HexDigest is the body's digest as a dedup key.
func (m Meta) HexDigest() string { return hex.EncodeToString(m.Digest[:]) }

// Decode reads a body into a narrow struct. A member of another type than
// expected is left zero: what an event can't do without is checked by its
// normalizer. Invalid UTF-8 becomes U+FFFD, of duplicate keys the last value
// counts, and nesting beyond 10,000 levels is refused.
func Decode(body []byte, v any) error {
	if b := bytes.TrimLeft(body, " \t\r\n"); len(b) == 0 || b[0] != '{' {
		return InvalidPayload
	}
	var mistyped *json.UnmarshalTypeError
	if err := json.Unmarshal(body, v); err != nil && !errors.As(err, &mistyped) {
		return InvalidPayload
	}
	return nil
}

// Occurrence tells two happenings on one subject apart by what happened and the
// provider's time of it; without a time, by the body.
func (m Meta) Occurrence(what string, at time.Time) string {
	if at.IsZero() {
		return what + "@" + m.HexDigest()
	}
	return what + "@" + at.UTC().Format(time.RFC3339Nano)
}
