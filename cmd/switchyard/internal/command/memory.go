package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"connectrpc.com/connect"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
)

type memoryCommand struct {
	Status  memoryStatusCommand  `cmd:"" default:"withargs" help:"Show how far ClickHouse and Neo4j follow the ledger, and what they could not take."`
	Rebuild memoryRebuildCommand `cmd:"" help:"Fill a store from the ledger again, while everything runs."`
	Check   memoryCheckCommand   `cmd:"" help:"Compare the stores with the ledger, row by row where an hour differs; repair what does."`
	Forget  memoryForgetCommand  `cmd:"" help:"Remove what is known of an entity, a place or a person; it can't be undone."`
}

// Help teaches by example.
func (memoryCommand) Help() string {
	return `The ledger has everything; ClickHouse and Neo4j follow it and can be filled again from it at any time:
  switchyard memory
  switchyard memory check --repair
  switchyard memory rebuild neo4j
  switchyard memory forget jira:issue:ACME-7 --dry-run`
}

type memoryStatusCommand struct{ toolsFlags }

// Help teaches by example.
func (memoryStatusCommand) Help() string {
	return `  switchyard memory status
  switchyard memory status --json | jq -r '.sinks[].state'

A store is ok, behind, rebuilding or unavailable. Whatever it is, questions are
answered: by the ledger, with the gap named.`
}

// Run shows the stores.
func (c memoryStatusCommand) Run(ctx context.Context, env *Env) error {
	tools, err := c.tools(env)
	if err != nil {
		return err
	}
	resp, err := tools.client.Status(ctx, &toolsv1.StatusRequest{})
	if err != nil {
		return tools.explain(err)
	}
	if c.JSON {
		return printJSON(env.Stdout, resp)
	}
	return printText(env.Stdout, memoryTable(resp))
}

func memoryTable(resp *toolsv1.StatusResponse) string {
	if len(resp.GetSinks()) == 0 {
		return fmt.Sprintf("The ledger (%s) has it all and answers every question. CLICKHOUSE_URL and NEO4J_URI name stores that follow it.\n", resp.GetLedger())
	}
	t := newTable("", "STORE", "STATE", "BEHIND", "SINCE", "PARKED")
	t.row(resp.GetLedger(), "ledger", "", "", "")
	var notes strings.Builder
	for _, s := range resp.GetSinks() {
		t.row(s.GetStore(), s.GetState(), fmt.Sprint(s.GetBehind()), clock(s.GetBehindSince()), fmt.Sprint(len(s.GetParked())))
		if s.GetDetail() != "" {
			fmt.Fprintf(&notes, "\n%s (%s): %s\n", s.GetStore(), s.GetSetting(), s.GetDetail())
		}
		for _, p := range s.GetParked() {
			fmt.Fprintf(&notes, "\n%s could not take event %s at %s: %s\n", s.GetStore(), p.GetEventId(), clock(p.GetAt()), p.GetReason())
		}
	}
	return t.String() + printable(notes.String())
}

type memoryRebuildCommand struct {
	toolsFlags
	Store string `arg:"" name:"store" enum:"clickhouse,neo4j" help:"clickhouse or neo4j."`
}

// Help teaches by example.
func (memoryRebuildCommand) Help() string {
	return `  switchyard memory rebuild clickhouse
  switchyard memory rebuild neo4j

What the store has stays and is replaced by what the ledger says; what the ledger
has not is removed at the end. Questions are answered by the ledger meanwhile. Ctrl-C
ends the report and not the rebuild; the same command then joins it again, and a
rebuild whose process died is gone on with. A store that another ledger filled is
taken over.`
}

// Run has a store filled again.
func (c memoryRebuildCommand) Run(ctx context.Context, env *Env) error {
	tools, err := c.tools(env)
	if err != nil {
		return err
	}
	stream, err := tools.client.Rebuild(ctx, &toolsv1.RebuildRequest{Store: c.Store})
	if err != nil {
		return tools.explain(err)
	}
	defer func() { _ = stream.Close() }()
	progress := newProgress(env)
	for stream.Receive() {
		m := stream.Msg()
		if c.JSON && m.GetFinished() {
			return printJSON(env.Stdout, m)
		}
		if m.GetFinished() {
			progress.end()
			return printText(env.Stdout, fmt.Sprintf("%s holds what the ledger does: %d entries.\n", c.Store, m.GetTotal()))
		}
		progress.show(c.Store, m.GetDone(), m.GetTotal(), "entries", m.GetWaiting())
	}
	progress.end()
	return tools.ended(stream.Err(), "the rebuild goes on: `"+env.Self+" memory rebuild "+c.Store+"` joins it again")
}

type memoryCheckCommand struct {
	toolsFlags
	Store  string `arg:"" optional:"" name:"store" enum:",clickhouse,neo4j" default:"" help:"clickhouse or neo4j; without it all that follow the ledger."`
	Repair bool   `help:"Write what is missing or different, and remove what the ledger has not."`
}

// Help teaches by example.
func (memoryCheckCommand) Help() string {
	return `  switchyard memory check
  switchyard memory check clickhouse --repair

It counts and digests the rows of each hour on both sides, and compares the rows
of hours that differ. What is on its way meanwhile is no difference. It exits with 1
where a difference is left.`
}

// Run compares the stores with the ledger.
func (c memoryCheckCommand) Run(ctx context.Context, env *Env) error {
	tools, err := c.tools(env)
	if err != nil {
		return err
	}
	stream, err := tools.client.Check(ctx, &toolsv1.CheckRequest{Store: c.Store, Repair: c.Repair})
	if err != nil {
		return tools.explain(err)
	}
	defer func() { _ = stream.Close() }()
	progress, left, stores := newProgress(env), false, 0
	for stream.Receive() {
		m := stream.Msg()
		if m.GetResult() == nil {
			progress.show(m.GetStore(), m.GetDone(), m.GetTotal(), "rows", "")
			continue
		}
		progress.end()
		r := m.GetResult()
		stores++
		left = left || r.GetMissing()+r.GetDifferent()+r.GetExtra() > r.GetRepaired()
		if c.JSON {
			err = printJSON(env.Stdout, r)
		} else {
			err = printText(env.Stdout, checked(r))
		}
		if err != nil {
			return err
		}
	}
	progress.end()
	switch {
	case stream.Err() != nil:
		return tools.ended(stream.Err(), "nothing was changed that was not told")
	case left:
		return errNotSuccess
	case stores == 0 && !c.JSON:
		return printText(env.Stdout, "No store follows the ledger: there is nothing to compare.\n")
	}
	return nil
}

// checked says what a check found.
func checked(r *toolsv1.StoreCheck) string {
	var b strings.Builder
	if n := r.GetMissing() + r.GetDifferent() + r.GetExtra(); n == 0 {
		fmt.Fprintf(&b, "%s has each of the ledger's %d rows, and no other.\n", r.GetStore(), r.GetRows())
	} else {
		fmt.Fprintf(&b, "%s differs from the ledger's %d rows: %d missing, %d different, %d too many; %d repaired.\n",
			r.GetStore(), r.GetRows(), r.GetMissing(), r.GetDifferent(), r.GetExtra(), r.GetRepaired())
	}
	if len(r.GetHours()) > 0 {
		t := newTable("  ", "TABLE", "HOUR", "LEDGER", "STORE")
		for _, h := range r.GetHours() {
			t.row(h.GetTable(), clock(h.GetHour()), fmt.Sprint(h.GetLedgerRows()), fmt.Sprint(h.GetStoreRows()))
		}
		b.WriteString(t.String())
	}
	for _, g := range r.GetGaps() {
		fmt.Fprintf(&b, "%s: %s\n", g.GetCode(), g.GetDetail())
	}
	return printable(b.String())
}

// printable takes away what would drive the terminal: reasons are a store's words.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return noControl(r)
	}, s)
}

// ended says what the end of a stream means.
func (a askedTools) ended(err error, goesOn string) error {
	switch {
	case err == nil:
		return errors.New("tools ended the report before its end: " + goesOn)
	case connect.CodeOf(err) == connect.CodeCanceled:
		return errors.New("left: " + goesOn)
	}
	return a.explain(err)
}
