package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

const (
	lookEvery = 200 * time.Millisecond
	tellEvery = 30 * time.Second
)

type notionCommand struct {
	Connect connectNotionCommand `cmd:"" help:"Take the verification token of a new subscription."`
}

// Help teaches by example.
func (notionCommand) Help() string {
	return `Notion's webhooks are signed with a token that Notion chooses:
  switchyard notion connect --url https://hooks.example.com`
}

type connectNotionCommand struct {
	dataFlag
	URL     string        `name:"url" placeholder:"URL" help:"Where Notion reaches this instance, such as the address of a tunnel."`
	For     time.Duration `default:"15m" placeholder:"TIME" help:"How long to wait for the token (15m)."`
	Replace bool          `help:"Put the new token in the place of one that Notion sent before."`
}

// Help teaches by example.
func (connectNotionCommand) Help() string {
	return `Notion proves a new subscription with a token that it sends once, unsigned, and
signs its webhooks with from then on. The running instance takes one only while
this command waits, and keeps it in its data folder.
  switchyard notion connect --url https://hooks.example.com
  switchyard notion connect --url https://hooks.example.com --replace --for 5m

It does so for containers too, where it shares ingress's files and INGRESS_URL is
set. By hand, for ingress as a service of its own, NOTION_HANDSHAKE_UNTIL is the time until
which it takes the token, and NOTION_WEBHOOK_SECRET_FILE the file that it goes to.
Over a token that is active it takes none, unless NOTION_HANDSHAKE_UNTIL_FILE
names a file that says so: 2026-03-01T12:30:00Z replace.`
}

// Run waits for the token.
func (c connectNotionCommand) Run(ctx context.Context, env *Env) error {
	if c.For <= 0 {
		return fmt.Errorf("--for %v: want a time such as 15m", c.For)
	}
	s, err := c.read(env)
	if err != nil {
		return err
	}
	if s.running.Ingress == "" && s.IngressURL == "" {
		return fmt.Errorf("nothing runs on --data %s that could take a token: start `switchyard dev` first, or name its folder with --data", c.Data)
	}
	until := env.Now().Add(c.For)
	h, err := instance.OpenHandshake(c.Data, env.Lookup, until, c.Replace)
	if err != nil {
		return err
	}
	err = printText(env.Stdout, c.instructions(s))
	if err == nil {
		err = c.wait(ctx, env, h, until)
	}
	token, closeErr := h.Close()
	if err = errors.Join(err, closeErr); token == "" {
		return cmp.Or(err, fmt.Errorf("no token came within %v: does %s/webhooks/notion reach this machine? Whatever was configured before still holds", c.For, c.public(s)))
	}
	_, printErr := fmt.Fprintf(env.Stdout, `
The token came and is kept in %s. Paste it into Notion's "Verify" form:

  %s

From now on Notion's webhooks are verified with it.
`, h.File(), token)
	return errors.Join(err, printErr)
}

func (c connectNotionCommand) public(s settings) string {
	return strings.TrimRight(cmp.Or(c.URL, s.PublicURL, s.ingressURL()), "/")
}

func (c connectNotionCommand) instructions(s settings) string {
	var b strings.Builder
	b.WriteString("In Notion, in the settings of your integration (connection), tab \"Webhooks\":\n")
	b.WriteString("  1. Create a subscription.\n")
	fmt.Fprintf(&b, "  2. As its URL give %s/webhooks/notion\n", c.public(s))
	b.WriteString("  3. Choose the events, and create it. Notion then sends the token.\n")
	if c.URL == "" && s.PublicURL == "" {
		fmt.Fprintf(&b, "\nNotion has to reach that address: if it is this machine's own, start a tunnel to\n%s and give its address with --url.\n", s.ingressURL())
	}
	fmt.Fprintf(&b, "\nWaiting for the token for %v. Ctrl-C gives up.\n", c.For)
	return b.String()
}

// wait returns once a token came, the time is over, or the user gives up.
func (c connectNotionCommand) wait(ctx context.Context, env *Env, h *instance.Handshake, until time.Time) error {
	look, tell, over := time.NewTicker(lookEvery), time.NewTicker(tellEvery), time.NewTimer(c.For)
	defer look.Stop()
	defer tell.Stop()
	defer over.Stop()
	for {
		select {
		case <-ctx.Done():
			return errors.New("given up: whatever was configured before still holds")
		case <-over.C:
			return nil
		case <-tell.C:
			if _, err := fmt.Fprintf(env.Stdout, "Still waiting, %v left.\n", until.Sub(env.Now()).Round(time.Second)); err != nil {
				return err
			}
		case <-look.C:
			if token, err := h.Token(); err != nil || token != "" {
				return err
			}
		}
	}
}
