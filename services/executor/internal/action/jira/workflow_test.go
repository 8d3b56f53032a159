package jira

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLeadingTo(t *testing.T) {
	const workflow = `[
		{"id": "11", "to": {"name": "To Do"}},
		{"id": "21", "to": {"name": "In Progress"}, "isAvailable": true},
		{"id": "31", "to": {"name": "Done"}},
		{"id": "32", "to": {"name": "done"}},
		{"id": "41", "to": {"name": "Review"}},
		{"id": "42", "to": {"name": "Review"}},
		{"id": "51", "to": {"name": "Closed"}, "isAvailable": false}
	]`
	var all []transition
	if err := json.Unmarshal([]byte(workflow), &all); err != nil {
		t.Fatal(err)
	}
	for status, want := range map[string]string{
		"Done":        "31",
		"done":        "32",
		"in progress": "21",
		"DONE":        "2 transitions lead to \"DONE\"",
		"Review":      "2 transitions lead to \"Review\"",
		"Closed":      "no transition leads to \"Closed\" from here; it can get to Done, In Progress, Review, To Do, done",
		"Gone":        "no transition leads to \"Gone\"",
	} {
		got, err := leadingTo(status, all)
		if err != nil {
			if !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: %v, want %s", status, err, want)
			}
			continue
		}
		if got.ID != want {
			t.Errorf("%s: got %s, want %s", status, got.ID, want)
		}
	}
	if _, err := leadingTo("Done", nil); err == nil || !strings.Contains(err.Error(), "no other status") {
		t.Errorf("without a way out: %v", err)
	}
}
