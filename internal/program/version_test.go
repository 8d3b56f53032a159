package program

import (
	"runtime/debug"
	"testing"
)

func TestDescribe(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abcd"}, {Key: "vcs.modified", Value: "true"}}
	for _, tc := range []struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", nil, "v1.2.3"},
		{"v1.2.3", vcs[:1], "v1.2.3"},
		{"(devel)", vcs[:1], "0123abcd"},
		{"(devel)", vcs, "0123abcd (modified)"},
		{"", nil, "(devel)"},
	} {
		if got := describe(&debug.BuildInfo{Main: debug.Module{Version: tc.version}, Settings: tc.settings}); got != tc.want {
			t.Errorf("describe(%s, %v) = %s, want %s", tc.version, tc.settings, got, tc.want)
		}
	}
}
