package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Help teaches by example.
func (versionCommand) Help() string {
	return `  switchyard version`
}

// Run prints the version that the build recorded: of a release, or the commit.
func (versionCommand) Run(env *Env) error {
	_, err := fmt.Fprintf(env.Stdout, "switchyard %s (%s)\n", version(), runtime.Version())
	return err
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return describe(info)
}

func describe(info *debug.BuildInfo) string {
	version, modified := info.Main.Version, ""
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
