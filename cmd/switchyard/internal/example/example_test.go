package example_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range example.All() {
		name := e.Source + " " + e.Name
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		var body map[string]any
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if e.About == "" || (e.Source == "github") != (e.Event != "") {
			t.Errorf("%s: %+v", name, e)
		}
		found, err := example.Find(e.Source, e.Name)
		if err != nil || !bytes.Equal(found.Body, e.Body) {
			t.Errorf("%s: found %s, %v", name, found.Name, err)
		}
	}
}

func TestFindNamesWhatThereIs(t *testing.T) {
	_, err := example.Find("github", "pull_request.status_changed")
	if err == nil || !strings.Contains(err.Error(), "github pull_request.merged") {
		t.Errorf("got %v", err)
	}
}
