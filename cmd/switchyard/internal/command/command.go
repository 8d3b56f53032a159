package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/alecthomas/kong"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// Env is what a command may reach of the world around it.
type Env struct {
	Args   []string
	Lookup config.Lookup
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Now    func() time.Time
	Random io.Reader
	Client *http.Client
	// Self is how the user runs this program, for hints to copy.
	Self string
}

type commands struct {
	Dev        devCommand        `cmd:"" help:"Run all of Switchyard in this process, on one file of data."`
	Send       sendCommand       `cmd:"" help:"Send a signed webhook, as a provider would, and print the answer."`
	Runs       runsCommand       `cmd:"" help:"List runs, and explain one."`
	Deliveries deliveriesCommand `cmd:"" help:"List deliveries with their answers, and explain a refusal."`
	Rules      rulesCommand      `cmd:"" help:"Check, try and test rules."`
	Doctor     doctorCommand     `cmd:"" help:"Check settings, stores and the running services, and say what to mend."`
	Secret     secretCommand     `cmd:"" help:"Print a new secret."`
	Version    versionCommand    `cmd:"" help:"Print this program's version."`
}

// errNotSuccess ends a command whose output has said why already.
var errNotSuccess = errors.New("not every answer is success")

// Main runs the command that env.Args name and returns the exit code: 0, or 1
// with what went wrong on Stderr. Help ends the process itself.
func Main(ctx context.Context, env Env) int {
	err := run(ctx, &env)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errNotSuccess) {
		_, _ = fmt.Fprintf(env.Stderr, "switchyard: %v\n", err)
	}
	return 1
}

func run(ctx context.Context, env *Env) error {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("switchyard"),
		kong.Description("Switchyard answers webhooks of GitHub, Jira and Notion with the actions that it took."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(env),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	args := env.Args
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w (try --help)", err)
	}
	return parsed.Run()
}
