package near_test

import (
	"testing"

	"github.com/switchyard-dev/switchyard/internal/near"
)

func TestName(t *testing.T) {
	known := []string{"github.add_comment", "github.add_labels", "status", "pairs"}
	for name, want := range map[string]string{
		"github.add_coment": "github.add_comment", "statsu": "status", "pair": "pairs", "Status": "status",
		"slack.post": "", "x": "", "": "",
	} {
		if got := near.Name(name, known); got != want {
			t.Errorf("Name(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	few, many := []string{"one", "two"}, []string{"a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8", "eleven"}
	for _, tt := range []struct{ got, want string }{
		{near.Want("tow", few), "want one, two (did you mean two?)"},
		{near.Want("zzz", few), "want one, two"},
		{near.Want("elevn", many), "did you mean eleven?"},
		{near.Mean("tow", few), ": did you mean two?"},
		{near.Mean("zzz", few), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
