package github_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

// The event's name is not signed. Whoever sends a captured body on under the
// name of another event must not have it remembered as that.
func TestEventName(t *testing.T) {
	bodies := sourcetest.Recorded(t, "github")
	names := make(map[string]bool)
	for path := range bodies {
		names[eventOf(path)] = true
	}
	wrong, refused, others, passed := 0, 0, 0, make(map[string]int)
	for path, body := range bodies {
		for name := range names {
			e, _, err := github.Normalizer{}.Normalize(header(name), body, source.Meta{ReceivedAt: sourcetest.Received()})
			switch right := name == eventOf(path); {
			case right && err != nil:
				t.Errorf("%s: %v", path, err)
			case right:
			case errors.Is(err, source.EventMismatch):
				wrong, refused = wrong+1, refused+1
			case err != nil:
				t.Errorf("%s as %s: %v", path, name, err)
			case e.GetKind() == "other":
				wrong, others = wrong+1, others+1
				passed[eventOf(path)+" as "+name]++
			default:
				wrong++
				passed[eventOf(path)+" as "+name]++
			}
		}
	}
	t.Logf("%d bodies under %d names: of %d wrong pairs %d refused, %d other: %.2f %%",
		len(bodies), len(names), wrong, refused, others, 100*float64(refused+others)/float64(wrong))
	for _, pair := range slices.Sorted(maps.Keys(passed)) {
		t.Errorf("%s: %d bodies pass", pair, passed[pair])
	}
}

// GitHub adds members to its bodies over time. That makes no body another event,
// and relabels none: neither under its own name, nor under one that nobody knows.
func TestNewMember(t *testing.T) {
	for path, body := range sourcetest.Recorded(t, "github") {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatal(err)
		}
		members["quantum"] = json.RawMessage(`{"entangled":true}`)
		more, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		meta := source.Meta{ReceivedAt: sourcetest.Received()}
		e, _, err := github.Normalizer{}.Normalize(header(eventOf(path)), more, meta)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		other, _, err := github.Normalizer{}.Normalize(header("made_up"), more, meta)
		if err != nil || other.GetKind() != "other" || other.GetId() == e.GetId() || other.GetVisibility() != "unknown" {
			t.Errorf("%s under a made-up name: %v, %v", path, other, err)
		}
		again, _, err := github.Normalizer{}.Normalize(header("another"), more, meta)
		if err != nil || again.GetId() != other.GetId() {
			t.Errorf("%s under another made-up name is another event: %v", path, err)
		}
	}
}
