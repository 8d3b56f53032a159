package command

import (
	"fmt"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

type secretCommand struct {
	dataFlag
	Provider string `arg:"" optional:"" name:"provider" enum:",github,jira,notion" default:"" complete:"provider" help:"Print the secret that the instance has for github, jira or notion."`
}

// Help teaches by example.
func (secretCommand) Help() string {
	return `It has 32 random bytes, in characters that every provider's form takes.

Give one to a provider and to Switchyard:
  echo "GITHUB_WEBHOOK_SECRET=$(switchyard secret)" >> .env

Or give the provider the one that the instance has:
  switchyard secret github`
}

// Run prints a secret.
func (c secretCommand) Run(env *Env) error {
	secret, err := c.secret(env)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, secret)
	return err
}

func (c secretCommand) secret(env *Env) (string, error) {
	if c.Provider == "" {
		return instance.NewSecret(env.Random)
	}
	s, err := c.read(env)
	if err != nil {
		return "", err
	}
	return s.secret(c.Provider)
}
