package answer

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Reason is the word of a refusal. It is API.
type Reason string

// The refusals. Those of signatures and bodies are the words of webhook.Refusal
// and source.Refusal.
const (
	InvalidPayload        Reason = "invalid_payload"
	EventMissing          Reason = "event_missing"
	EventMismatch         Reason = "event_mismatch"
	SignatureMissing      Reason = "signature_missing"
	SignatureMalformed    Reason = "signature_malformed"
	SignatureMismatch     Reason = "signature_mismatch"
	AddressNotAllowed     Reason = "address_not_allowed"
	InstanceNotConfigured Reason = "instance_not_configured"
	NotFound              Reason = "not_found"
	MethodNotAllowed      Reason = "method_not_allowed"
	BodyTimeout           Reason = "body_timeout"
	BodyTooLarge          Reason = "body_too_large"
	ContentType           Reason = "content_type"
	RateLimited           Reason = "rate_limited"
	SourceNotConfigured   Reason = "source_not_configured"
	Unavailable           Reason = "unavailable"
	Overloaded            Reason = "overloaded"
)

// retryAfter is when a caller may come again after a fault of ours, most of which
// are restarts, and after too much that was not verified. Both take seconds.
const retryAfter = 5 * time.Second

// row returns the status code and the sentence. The sentence never says more
// than the reason: whoever reads it may be the one who was refused.
func (r Reason) row() (code int, detail string) {
	switch r {
	case InvalidPayload:
		return http.StatusBadRequest, "the body is no JSON object"
	case EventMissing:
		return http.StatusBadRequest, "nothing names the event"
	case EventMismatch:
		return http.StatusBadRequest, "the body lacks the object that its event is about"
	case SignatureMissing:
		return http.StatusUnauthorized, "neither a signature nor a token came with this"
	case SignatureMalformed:
		return http.StatusUnauthorized, "the signature header is not sha256= and 64 hex digits"
	case SignatureMismatch:
		return http.StatusUnauthorized, "the signature does not match the body, or the token is wrong"
	case AddressNotAllowed:
		return http.StatusForbidden, "this source may not be sent from this address"
	case InstanceNotConfigured:
		return http.StatusForbidden, "this site of the source is not configured here"
	case NotFound:
		return http.StatusNotFound, "there is nothing at this path"
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed, "this path takes another method"
	case BodyTimeout:
		return http.StatusRequestTimeout, "the body came too slowly"
	case BodyTooLarge:
		return http.StatusRequestEntityTooLarge, "the body is larger than 25 MiB"
	case ContentType:
		return http.StatusUnsupportedMediaType, "this source does not send this content type"
	case RateLimited:
		return http.StatusTooManyRequests, "too much that was not verified came from this address"
	case SourceNotConfigured:
		return http.StatusServiceUnavailable, "this source has no secret yet"
	case Overloaded:
		return http.StatusServiceUnavailable, "too much is in flight"
	default:
		return http.StatusServiceUnavailable, "a service that is needed is away"
	}
}

// Code is the status code that goes with the reason.
func (r Reason) Code() int {
	code, _ := r.row()
	return code
}

type refusal struct {
	Status string `json:"status"`
	Reason Reason `json:"reason"`
	Detail string `json:"detail"`
}

// Refuse writes the refusal. A fault of ours is never a 4xx: an unknown reason
// is answered like Unavailable.
func Refuse(w http.ResponseWriter, r Reason) {
	code, detail := r.row()
	if r == Unavailable || r == Overloaded || r == RateLimited {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
	}
	JSON(w, code, refusal{Status: "rejected", Reason: r, Detail: detail})
}

// NoRun writes NotFound for the id of a run that is none: the path is right.
func NoRun(w http.ResponseWriter) {
	JSON(w, NotFound.Code(), refusal{Status: "rejected", Reason: NotFound, Detail: "no run has this id: a run's id has 36 characters, small hex digits in groups, as run_id of an answer has them"})
}

// RefuseMethod writes MethodNotAllowed with the methods that are.
func RefuseMethod(w http.ResponseWriter, allowed ...string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	Refuse(w, MethodNotAllowed)
}

// JSON writes v and a line feed.
func JSON(w http.ResponseWriter, code int, v any) {
	header(w, code)
	// The status is sent: a client that went away is nobody's error.
	_ = json.NewEncoder(w).Encode(v)
}

func header(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
}
