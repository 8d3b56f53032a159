package command

import (
	"fmt"
	"strings"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/keyring"
)

type initCommand struct {
	Secrets string `required:"" placeholder:"DIR" help:"Folder for the secrets, with one for each container in it."`
}

// Help teaches by example.
func (initCommand) Help() string {
	return `For services that run apart, as docker-compose.yml has them; switchyard dev does
this for itself.
  switchyard init --secrets /secrets

It makes the secrets that are missing, one a file: DIR/ingress/SEAL_KEY. What is
there stays. A secret in the environment, such as GITHUB_WEBHOOK_SECRET, is taken
instead, once: a file that was replaced since stays until the environment has
another value. Where DATABASE_URL or CLICKHOUSE_URL names a user and no password, the
store's goes into the file that tools reads.`
}

// Run makes what is missing.
func (c initCommand) Run(env *Env) error {
	report, err := keyring.Make(c.Secrets, env.Lookup, env.Random)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, line := range []struct {
		what  string
		names []string
	}{
		{"Made in " + c.Secrets, report.Made},
		{"Taken from the environment", report.Taken},
		{"There already", report.Kept},
	} {
		if len(line.names) > 0 {
			fmt.Fprintf(&b, "%s: %s.\n", line.what, strings.Join(line.names, ", "))
		}
	}
	return printText(env.Stdout, b.String())
}
