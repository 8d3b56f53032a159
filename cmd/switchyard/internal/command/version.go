package command

import (
	"fmt"
	"runtime"

	"github.com/switchyard-dev/switchyard/internal/program"
)

type versionCommand struct{}

// Help teaches by example.
func (versionCommand) Help() string {
	return `  switchyard version`
}

// Run prints the version that the build recorded: of a release, or the commit.
func (versionCommand) Run(env *Env) error {
	_, err := fmt.Fprintf(env.Stdout, "switchyard %s (%s)\n", program.Version(), runtime.Version())
	return err
}
