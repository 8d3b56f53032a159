package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"connectrpc.com/connect"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

type memoryForgetCommand struct {
	toolsFlags
	Ref    string `arg:"" name:"ref" help:"What to forget, as runs and ask spell it: jira:issue:ACME-7, github:repo:acme/api, github:user:ana."`
	DryRun bool   `name:"dry-run" help:"Count what would go, and remove nothing."`
	Yes    bool   `name:"yes" help:"Remove without asking; needed where no terminal can be asked."`
}

// Help teaches by example.
func (memoryForgetCommand) Help() string {
	return `  switchyard memory forget jira:issue:ACME-7 --dry-run
  switchyard memory forget github:user:ana
  switchyard memory forget github:repo:acme/api --yes

It removes an entity, a place with all that is in it, or a person, from the ledger
and from the stores that follow it. What recognizes a delivery and an effect stays,
so that nothing happens twice. It wants an operator's token. It reads the whole
ledger, which takes a while where that is large, and tells how far it is. Ctrl-C
ends the counting and its report, but not the removing. What is told later
begins anew; one that was interrupted is begun again with the same ref.`
}

var errNotAsked = errors.New("this can't be undone, and no terminal can be asked: look at what goes with --dry-run, then say --yes")

// Run counts, asks, and removes.
func (c memoryForgetCommand) Run(ctx context.Context, env *Env) error {
	ask := !c.DryRun && !c.Yes
	if ask && !terminal(env.Stdin) {
		return errNotAsked
	}
	tools, err := c.tools(env)
	if err != nil {
		return err
	}
	if ask {
		found, err := c.forget(ctx, env, tools, true)
		if err != nil {
			return err
		}
		yes, err := confirmed(env, c.told("Would remove", found)+"This can't be undone. Forget it? [y/N] ")
		if err != nil {
			return err
		}
		if !yes {
			return errors.New("nothing was removed")
		}
	}
	found, err := c.forget(ctx, env, tools, c.DryRun)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env.Stdout, found)
	}
	verb := "Removed"
	if c.DryRun {
		verb = "Would remove"
	}
	return printText(env.Stdout, c.told(verb, found))
}

// forget shows how far it is until it is finished.
func (c memoryForgetCommand) forget(ctx context.Context, env *Env, tools askedTools, dry bool) (*toolsv1.ForgetResponse, error) {
	stream, err := tools.client.Forget(ctx, &toolsv1.ForgetRequest{Ref: c.Ref, DryRun: dry})
	if err != nil {
		return nil, c.refused(tools, err)
	}
	defer func() { _ = stream.Close() }()
	progress := newProgress(env)
	defer progress.end()
	for stream.Receive() {
		m := stream.Msg()
		if m.GetFinished() {
			return m, nil
		}
		progress.show("reading", m.GetDone(), m.GetTotal(), m.GetReading(), "")
	}
	if err := stream.Err(); err != nil && connect.CodeOf(err) != connect.CodeCanceled {
		return nil, c.refused(tools, err)
	}
	if dry {
		return nil, tools.ended(stream.Err(), "nothing was removed")
	}
	return nil, tools.ended(stream.Err(), "tools goes on with it; the same command again tells whether anything is left")
}

// refused has the server's words for what nothing is known of.
func (memoryForgetCommand) refused(tools askedTools, err error) error {
	if ce := (*connect.Error)(nil); errors.As(err, &ce) && ce.Code() == connect.CodeNotFound {
		return errors.New(printable(ce.Message()))
	}
	return tools.explain(err)
}

func (c memoryForgetCommand) told(verb string, found *toolsv1.ForgetResponse) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s what is known of %s:\n", verb, c.Ref)
	t := newTable("  ", "EVENTS", "BODIES", "ENTITIES", "LINKS", "OBSERVATIONS")
	t.row(fmt.Sprint(found.GetEvents()), fmt.Sprint(found.GetBodies()), fmt.Sprint(found.GetEntities()), fmt.Sprint(found.GetLinks()), fmt.Sprint(found.GetObservations()))
	b.WriteString(t.String())
	for _, g := range found.GetGaps() {
		fmt.Fprintf(&b, "%s (%s): %s\n", g.GetCode(), g.GetSetting(), g.GetDetail())
	}
	return printable(b.String())
}

// confirmed asks on stderr, since stdout may be kept; anything but a yes is a no.
// Where nobody is at the other end, as of /dev/null, there is no answer.
func confirmed(env *Env, question string) (bool, error) {
	if _, err := io.WriteString(env.Stderr, question); err != nil {
		return false, err
	}
	line, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if errors.Is(err, io.EOF) && line == "" {
		return false, errNotAsked
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
