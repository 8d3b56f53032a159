package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/example"
)

type sendCommand struct {
	dataFlag
	Provider string `arg:"" optional:"" name:"provider" complete:"provider" help:"github, jira or notion."`
	Example  string `arg:"" optional:"" name:"example" complete:"example" help:"Name of an example; --list shows them."`

	All  bool `help:"Send every example; exit 1 unless each is answered as it should be."`
	List bool `help:"List the examples."`

	File   string `placeholder:"FILE" help:"Send this body instead of an example; - is standard input."`
	Source string `placeholder:"NAME" enum:",github,jira,notion" default:"" help:"With --file: the provider whose body it is."`
	Event  string `placeholder:"NAME" help:"With --file of GitHub: its name of the event, such as push."`

	Secret   string `placeholder:"SECRET" help:"Sign with this secret instead of the instance's."`
	URL      string `name:"url" placeholder:"URL" help:"Send to this server instead of the instance."`
	Delivery string `placeholder:"GUID" help:"Delivery id to send; a new one each time if not given."`
	JSON     bool   `name:"json" help:"Print the answer's body as it came."`
}

// Help teaches by example.
func (sendCommand) Help() string {
	return `Try the running instance with an example, then send it again: it says replayed.
  switchyard send github pull_request.merged
  switchyard send jira issue.status_changed
  switchyard send notion page.updated
  switchyard send --all

Send a body of your own, to any server:
  switchyard send --file push.json --source github --event push
  switchyard send --file issue.json --source jira --secret "$SECRET" \
    --url https://hooks.example.com

The exit code is 0 if the answer's status is success, and 1 otherwise. Examples
that no built-in rule acts on are remembered and answered ignored: that is 0 too.`
}

// Run sends what was asked for.
func (c sendCommand) Run(ctx context.Context, env *Env) error {
	if c.List {
		return listExamples(env.Stdout)
	}
	webhooks, err := c.choose(env)
	if err != nil {
		return err
	}
	s, err := c.read(env)
	if err != nil {
		return err
	}
	succeeded := 0
	for i, w := range webhooks {
		if i > 0 && !c.JSON {
			_, _ = fmt.Fprintln(env.Stdout)
		}
		ok, err := c.send(ctx, env, s, w)
		if err != nil {
			return err
		}
		if ok {
			succeeded++
		}
	}
	if succeeded < len(webhooks) {
		return errNotSuccess
	}
	return nil
}

// choose returns what is to be sent.
func (c sendCommand) choose(env *Env) ([]example.Example, error) {
	named := c.Provider != "" || c.Example != ""
	switch {
	case c.File != "":
		if named || c.All {
			return nil, errors.New("--file goes without an example and without --all")
		}
		w, err := c.body(env.Stdin)
		return []example.Example{w}, err
	case c.Source != "" || c.Event != "":
		return nil, errors.New("--source and --event describe the body of --file: give --file, or name an example instead")
	case c.All:
		if named {
			return nil, errors.New("--all sends every example: leave out the name, or --all")
		}
		return example.All(), nil
	case c.Provider == "" || c.Example == "":
		return nil, errors.New("what to send? Name an example, such as `switchyard send github pull_request.merged` (--list shows them), or give --all or --file")
	}
	w, err := example.Find(c.Provider, c.Example)
	return []example.Example{w}, err
}

func (c sendCommand) body(stdin io.Reader) (example.Example, error) {
	if c.Source == "" {
		return example.Example{}, errors.New("--file needs --source: github, jira or notion")
	}
	if c.Source == "github" && c.Event == "" {
		return example.Example{}, errors.New("--file of GitHub needs --event, its name for the event, such as push: the body does not say")
	}
	w := example.Example{Source: c.Source, Name: c.File, Event: c.Event}
	var err error
	if c.File == "-" {
		w.Body, err = io.ReadAll(stdin)
	} else {
		w.Body, err = os.ReadFile(c.File)
	}
	if err != nil {
		return w, fmt.Errorf("--file: %w", err)
	}
	return w, nil
}

func listExamples(out io.Writer) error {
	t := newTable("", "PROVIDER", "EXAMPLE", "WHAT HAPPENED")
	for _, e := range example.All() {
		t.row(e.Source, e.Name, e.About)
	}
	return printText(out, t.String())
}
