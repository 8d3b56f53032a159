package source_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

func TestIdentifiers(t *testing.T) {
	long := strings.Repeat("x", 600)
	for _, tc := range []struct {
		name string
		hold func(string) string
		kept []string
		gone []string
	}{
		{"Login", source.Login, []string{"octo-cat", "dependabot[bot]", "a.b_c+d@e"}, []string{"a b", "a\n", "é", "<x>", long}},
		{"Branch", source.Branch, []string{"main", "feature/ACME-7_x", "renovate/@scope-x"}, []string{"a b", "a;b", "$(x)", "\u202e", long}},
		{"Label", source.Label, []string{"bug", "good first issue", "type: bug", "p/1"}, []string{" bug", "a  b", "<img>", "@team", "`x`", "a\nb", long}},
		{"SHA", source.SHA, []string{strings.Repeat("a1", 20), strings.Repeat("0", 64)}, []string{"", "abc", strings.Repeat("g", 40), strings.Repeat("A", 40)}},
		{"Name", source.Name, []string{"To Do", "進行中", "Won't fix"}, []string{"a\nb", "a\u202eb", "a\u200bb", long}},
		{"URL", source.URL, []string{"https://a.example/b?c#d", "http://127.0.0.1:8080/x"}, []string{"", "ftp://a", "javascript:x", "https://", "https://u:p@a.example/", "https://a b", "https://a/" + long}},
	} {
		for _, s := range tc.kept {
			if got := tc.hold(s); got != s {
				t.Errorf("%s(%q) = %q", tc.name, s, got)
			}
		}
		for _, s := range tc.gone {
			if got := tc.hold(s); got != "" {
				t.Errorf("%s(%.80q) = %.80q, want nothing", tc.name, s, got)
			}
		}
	}
	if got := source.Word("a b\xffé:c" + long); len(got) != 100 || !strings.HasPrefix(got, "a_b___:c") {
		t.Errorf("Word = %q", got)
	}
	if got := source.Hex32("153104CD-477e-809d-8dc4-ff2d96ae3090"); got != "153104cd477e809d8dc4ff2d96ae3090" {
		t.Errorf("Hex32 = %q", got)
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2019, 2, 16, 3, 1, 52, 0, time.UTC)
	for _, s := range []string{`"2019-02-16T03:01:52Z"`, `"2019-02-15T19:01:52-08:00"`, `"2019-02-15T19:01:52.000-0800"`, `1550286112`} {
		var got source.Time
		if err := json.Unmarshal([]byte(s), &got); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{`null`, `""`, `"soon"`, `{}`, `1.5`, `9223372036854775807`, `-9223372036854775808`, `"9999-12-31T23:59:59-10:00"`} {
		var got source.Time
		if err := json.Unmarshal([]byte(s), &got); err != nil || !got.IsZero() {
			t.Errorf("%s: %v, %v; want none", s, got, err)
		}
		var millis source.Millis
		if err := json.Unmarshal([]byte(s), &millis); err != nil || !millis.IsZero() {
			t.Errorf("%s: %v, %v; want none", s, millis, err)
		}
	}
}

// The ids of events are stored: they must never change.
func TestID(t *testing.T) {
	if got, want := source.ID("github", "", "key"), "ee33694b-f669-5fa1-b635-c956d3a97187"; got != want {
		t.Errorf("ID = %s, want %s", got, want)
	}
	if source.ID("jira", "", "key") == source.ID("jira", "eu", "key") {
		t.Error("two instances share an id")
	}
	m := source.Meta{ReceivedAt: time.Unix(0, 0)}
	later := source.Meta{ReceivedAt: time.Unix(1, 0)}
	if m.EventWithin("notion", "k", time.Minute).GetId() == later.EventWithin("notion", "k", time.Minute).GetId() {
		t.Error("with a window, the time of receipt is part of the id")
	}
}

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		in    string
		limit int
		want  string
		cut   bool
	}{
		{"abc", 3, "abc", false},
		{"abcd", 3, "abc", true},
		{"aé", 2, "a", true},
		{"é", 1, "", true},
	} {
		if got, cut := source.Cut(tc.in, tc.limit); got != tc.want || cut != tc.cut {
			t.Errorf("Cut(%q, %d) = %q, %v", tc.in, tc.limit, got, cut)
		}
	}
}
