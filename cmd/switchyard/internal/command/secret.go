package command

import (
	"fmt"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

type secretCommand struct{}

// Help teaches by example.
func (secretCommand) Help() string {
	return `It has 32 random bytes, in characters that every provider's form takes.

Give one to a provider and to Switchyard:
  echo "GITHUB_WEBHOOK_SECRET=$(switchyard secret)" >> .env`
}

// Run prints a secret.
func (secretCommand) Run(env *Env) error {
	secret, err := instance.NewSecret(env.Random)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, secret)
	return err
}
