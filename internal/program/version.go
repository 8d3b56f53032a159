package program

import (
	"cmp"
	"runtime/debug"
)

// linked is the version of a build without the repository's history, as images
// are: `go build -ldflags "-X …/internal/program.linked=v1.2.3"`.
var linked string //nolint:gochecknoglobals // the linker writes package variables and nothing else

// Version is the version that the program was built as: the one it was linked
// with, else a release's, else the commit's.
func Version() string {
	if linked != "" {
		return linked
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return describe(info)
}

func describe(info *debug.BuildInfo) string {
	version, modified := cmp.Or(info.Main.Version, "(devel)"), ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && version == "(devel)":
			version = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " (modified)"
		}
	}
	return version + modified
}
