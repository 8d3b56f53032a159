package command

import (
	"context"
	"fmt"

	"github.com/switchyard-dev/switchyard/internal/program"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

type healthCommand struct {
	dataFlag
}

// Help teaches by example.
func (healthCommand) Help() string {
	return `  switchyard health
  switchyard health --data /var/tmp/try

It is the probe of a container: it asks each service of the instance whether it
lives. What is wrong with one that does, switchyard doctor says.`
}

// Run asks the services, the last one of the chain first.
func (c healthCommand) Run(ctx context.Context) error {
	to, running, err := instance.Running(c.Data)
	if err != nil {
		return err
	}
	if !running || to.Ingress == "" {
		return fmt.Errorf("nothing runs on --data %s", c.Data)
	}
	for _, at := range []string{to.Executor, to.Tools, to.Agent, to.Ingress} {
		if err := program.Probe(ctx, at); err != nil {
			return err
		}
	}
	return nil
}
