package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
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
	Dev  devCommand  `cmd:"" group:"try" help:"Run all of Switchyard in this process, on one file of data."`
	Send sendCommand `cmd:"" group:"try" help:"Send a signed webhook, as a provider would, and print the answer."`

	Ask        askCommand        `cmd:"" group:"understand" help:"Ask the memory: what happened, what is linked, what was shipped, how often and how well."`
	Runs       runsCommand       `cmd:"" group:"understand" help:"List runs, and explain one."`
	Deliveries deliveriesCommand `cmd:"" group:"understand" help:"List deliveries with their answers, and explain a refusal."`
	Memory     memoryCommand     `cmd:"" group:"understand" help:"Show, check and fill again the stores that follow the ledger."`
	Doctor     doctorCommand     `cmd:"" group:"understand" help:"Examine settings, secrets and services, and name each remedy."`

	Rules  rulesCommand  `cmd:"" group:"configure" help:"Check, try and test rules."`
	Tools  toolsCommand  `cmd:"" group:"configure" help:"List what rules may use, and print the JSON Schema of a tool's input."`
	Policy policyCommand `cmd:"" group:"configure" help:"Check a policy, and write one for rules."`
	Notion notionCommand `cmd:"" group:"configure" help:"Connect Notion's webhooks to the running instance."`
	Secret secretCommand `cmd:"" group:"configure" help:"Print a new secret, or the one for a provider's form."`
	Token  tokenCommand  `cmd:"" group:"configure" help:"List the roles of callers, or print the token of one."`
	Init   initCommand   `cmd:"" group:"configure" help:"Make the secrets of services that run apart."`

	Health     healthCommand     `cmd:"" group:"program" help:"Ask the running instance whether it lives; exit 1 if not."`
	Completion completionCommand `cmd:"" group:"program" help:"Print the script that completes commands in a shell."`
	Version    versionCommand    `cmd:"" group:"program" help:"Print this program's version."`
	Complete   completeCommand   `cmd:"" hidden:"" name:"__complete" passthrough:""`
}

// groups are the titles of the commands' groups, in the order of a first day.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "try", Title: "Run it and try it:"},
		{Key: "understand", Title: "See what it did, and why:"},
		{Key: "configure", Title: "Set it up:"},
		{Key: "program", Title: "This program:"},
	}
}

// Help teaches by example.
func (commands) Help() string {
	return `Three commands to begin with; the second and third go in another terminal:

  switchyard dev                               runs it
  switchyard send github pull_request.merged   sends it an example
  switchyard runs                              lists what it did

If something does not work, ask switchyard doctor. The documentation begins with
README.md; settings are in .env.example, symptoms in docs/troubleshooting.md.`
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
	parser, err := newParser(ctx, env, &c)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(words(env.Args))
	if err != nil {
		return fmt.Errorf("%w (try --help)", err)
	}
	return parsed.Run()
}

// words takes `help send` for `send --help`, as many expect it, and nothing for help.
func words(args []string) []string {
	if len(args) == 0 {
		return []string{"--help"}
	}
	if args[0] == "help" {
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

func newParser(ctx context.Context, env *Env, c *commands) (*kong.Kong, error) {
	parser, err := kong.New(c,
		kong.Name("switchyard"),
		kong.Description("Switchyard answers webhooks of GitHub, Jira and Notion with the actions that it took. This command runs it on one machine, sends it webhooks, and explains what it did."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups(groups()),
		kong.Vars{"data": env.dataDefault()},
		kong.Bind(env),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return nil, fmt.Errorf("command line: %w", err)
	}
	return parser, kong.Visit(parser.Model, introduce)
}

// introduce puts a line before help that begins with an example: kong would
// take its indentation away.
func introduce(v kong.Visitable, next kong.Next) error {
	if n, ok := v.(*kong.Node); ok && strings.HasPrefix(n.Detail, "  ") {
		n.Detail = "For example:\n" + n.Detail
	}
	return next(nil)
}
