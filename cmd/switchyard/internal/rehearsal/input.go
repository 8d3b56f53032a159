package rehearsal

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

// Input is an event with the body that it was made of.
type Input struct {
	Event *eventv1.WebhookEvent
	Body  []byte
}

// FromBody reads a provider's body as ingress does; eventName is GitHub's.
func FromBody(source, eventName string, body []byte, now time.Time) (Input, error) {
	event, err := ingress.Normalize(source, eventName, body, now)
	return Input{Event: event, Body: body}, err
}

// FromExample takes one of the examples of `switchyard send`, "source/name".
func FromExample(name string, now time.Time) (Input, error) {
	source, name, _ := strings.Cut(name, "/")
	e, err := example.Find(source, name)
	if err != nil {
		return Input{}, err
	}
	return FromBody(e.Source, e.Event, e.Body, now)
}

// fromFields makes an event of WebhookEvent's fields. What every event has and
// rules seldom ask for need not be given: id, type, visibility, occurrence and
// the time of receipt.
func fromFields(fields map[string]any, now time.Time) (Input, error) {
	raw, err := json.Marshal(fields)
	if err != nil {
		return Input{}, fmt.Errorf("event: %w", err)
	}
	e := &eventv1.WebhookEvent{}
	if err := protojson.Unmarshal(raw, e); err != nil {
		// The package's own words come with a space that is random.
		return Input{}, fmt.Errorf("event: %s (the fields are those of WebhookEvent in proto/switchyard/event/v1/event.proto)", strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "proto:")), " "))
	}
	e.Type = cmp.Or(e.GetType(), "test")
	e.Visibility = cmp.Or(e.GetVisibility(), "unknown")
	e.Occurrence = cmp.Or(e.GetOccurrence(), "test")
	if e.GetReceivedAt() == nil {
		e.ReceivedAt = timestamppb.New(now)
	}
	unnamed, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
	if err != nil {
		return Input{}, fmt.Errorf("event: %w", err)
	}
	sum := sha256.Sum256(raw)
	e.BodySha256, e.DedupKey = sum[:], fmt.Sprintf("%x", sum)
	e.Id = uuid.NewSHA1(uuid.NameSpaceOID, unnamed).String()
	return Input{Event: e, Body: raw}, nil
}
