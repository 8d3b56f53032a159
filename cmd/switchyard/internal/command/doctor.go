package command

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/doctor"
)

// errProblems ends doctor when its output has said what they are.
var errProblems = fmt.Errorf("doctor found problems: %w", errNotSuccess)

// lineWidth is what fits the narrowest usual terminal.
const lineWidth = 80

type doctorCommand struct {
	dataFlag
	URL    string `name:"url" placeholder:"URL" help:"Examine this ingress instead of the instance's."`
	NoSend bool   `help:"Leave out the signed self-test, which leaves a run without calls in the ledger."`
	JSON   bool   `name:"json" help:"Print the findings as JSON."`
}

// Help teaches by example.
func (doctorCommand) Help() string {
	return `  switchyard doctor
  switchyard doctor --url https://hooks.example.com
  switchyard doctor --json |
    jq -r '.findings[] | select(.level == "problem") | .remedy'

It reads the settings as the services do, looks at secrets, rules, ports, stores,
services and clocks, and sends webhooks through the running ingress: one signed
wrongly, which must be refused, then one signed with each secret. A secret's
value is never printed. The exit code is 1 if there are problems.`
}

// Run examines and reports.
func (c doctorCommand) Run(ctx context.Context, env *Env) error {
	if c.URL != "" {
		if _, err := endpoint(c.URL, "", ""); err != nil {
			return err
		}
	}
	report := doctor.Examine(ctx, doctor.Options{
		Data:   c.Data,
		Lookup: env.Lookup,
		URL:    strings.TrimRight(c.URL, "/"),
		Send:   !c.NoSend,
		Client: env.Client,
		Now:    env.Now,
		Random: env.Random,
	})
	if err := c.print(env, report); err != nil {
		return err
	}
	if report.Problems > 0 {
		return errProblems
	}
	return nil
}

func (c doctorCommand) print(env *Env, report doctor.Report) error {
	if !c.JSON {
		return printText(env.Stdout, renderReport(report, env.Self))
	}
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	_, err = env.Stdout.Write(append(b, '\n'))
	return err
}

func renderReport(report doctor.Report, self string) string {
	var b strings.Builder
	named := strings.NewReplacer("`switchyard ", "`"+self+" ")
	area := ""
	for _, f := range report.Findings {
		if f.Area != area {
			area = f.Area
			b.WriteString(area + "\n")
		}
		b.WriteString(hang(fmt.Sprintf("  %-8s ", f.Level), named.Replace(f.Message)))
		if f.Remedy != "" {
			b.WriteString(hang("           → ", named.Replace(f.Remedy)))
		}
	}
	fmt.Fprintf(&b, "\n%s, %s.\n", count(report.Problems, "problem"), count(report.Warnings, "warning"))
	b.WriteString(hang("", fmt.Sprintf("Look further: `%s deliveries` says what came in and why it was refused, `%s runs` what was done about it, docs/troubleshooting.md what to do by symptom.", self, self)))
	return b.String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// hang wraps a text beside its head. A word that is longer than a line stays whole.
func hang(head, text string) string {
	indent := len([]rune(head))
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		column := indent
		if i == 0 {
			b.WriteString(head)
		} else {
			b.WriteString("\n" + strings.Repeat(" ", indent))
		}
		for j, word := range strings.Fields(line) {
			width := len([]rune(word))
			switch {
			case j > 0 && column+1+width > lineWidth:
				b.WriteString("\n" + strings.Repeat(" ", indent))
				column = indent
			case j > 0:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += width
		}
	}
	return b.String() + "\n"
}
