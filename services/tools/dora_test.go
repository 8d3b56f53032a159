package tools_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docs/dora.md defines the figures by an example: this is it.
func TestThePagesExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/dora.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(page), "```json\n")
	if !ok {
		t.Fatal("no answer on the page")
	}
	block, _, _ = strings.Cut(block, "```")
	var want, got map[string]any
	if err := json.Unmarshal([]byte(block), &want); err != nil {
		t.Fatal(err)
	}
	s := tell(t, "05-31 00:00", nil)
	s.month()
	resp := s.ask("dora", "repository", repository, "window", "10d")
	got = resp.GetOutput().AsMap()
	if diff := cmp.Diff(want, got); diff != "" {
		b, _ := json.MarshalIndent(got, "", "  ")
		t.Errorf("%s\n%s", diff, b)
	}
	// Three deployments, four deployed changes and three incidents.
	if resp.GetN() != 10 || len(resp.GetEvidence()) == 0 {
		t.Errorf("n %d, evidence %d", resp.GetN(), len(resp.GetEvidence()))
	}
	if want := "incident_uncharged INCIDENT_WINDOW"; gaps(resp) != want {
		t.Errorf("gaps %q, want %q", gaps(resp), want)
	}
	// All repositories together, which are one.
	all := s.ask("dora", "window", "10d").GetOutput().AsMap()
	want["ref"] = ""
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
}
