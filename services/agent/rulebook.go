package agent

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/internal/reload"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

// rulebook holds the rules that are current: those of the file when it was
// last good, or the built-in ones.
type rulebook struct {
	path    string // "" for the built-in rules
	builtIn *rule.Set
	log     *slog.Logger
	file    *reload.File[*rule.Set]
}

// openRulebook loads the rules; there is no last good set yet to fall back on.
func openRulebook(path string, log *slog.Logger) (*rulebook, error) {
	builtIn, err := builtInRules()
	if err != nil {
		return nil, err
	}
	b := &rulebook{path: path, builtIn: builtIn, log: log}
	b.file, err = reload.Open(reload.Options[*rule.Set]{
		Setting: "RULES_FILE", Path: path, Fixed: builtIn,
		Remedy: "name a file that the agent may read, or unset it for the built-in rules",
		Parse:  b.parse, Took: b.took, Kept: b.kept,
	})
	return b, err
}

// parse loads the file's rules. What is only odd is logged, once a file.
func (b *rulebook) parse(data []byte) (*rule.Set, error) {
	set, findings := rule.Check(data, registry.Tools(), b.builtIn)
	if err := finding.Errors(findings); err != nil {
		return nil, fmt.Errorf("RULES_FILE=%s (`switchyard rules check %s` shows all of it):\n%w", b.path, b.path, err)
	}
	for _, f := range findings {
		b.log.Warn("odd in the rules", "file", b.path, "finding", f.Error())
	}
	return set, nil
}

func (b *rulebook) took(set *rule.Set, again bool) {
	about := []any{"file", b.path, "rules", set.Len(), "hash", set.Hash()}
	if again {
		b.log.Warn("rules loaded again", about...)
		return
	}
	b.log.Info("rules loaded", about...)
}

func (b *rulebook) kept(set *rule.Set, trouble error) {
	b.log.Error("rules not loaded: the last good ones are kept", "hash", set.Hash(), "error", trouble)
}

func (b *rulebook) current() *rule.Set { return b.file.Current() }

func (b *rulebook) follow(ctx context.Context) { b.file.Follow(ctx) }

// state names the rules for /readyz. The agent is ready with the last good
// ones: a typing error must not take every agent out of service.
func (b *rulebook) state() service.Dependency {
	set := b.current()
	d := service.Dependency{Name: "rules", State: "ok", Detail: fmt.Sprintf("%s, %s", numbered(set.Len()), set.Hash())}
	if trouble := b.file.Trouble(); trouble != nil {
		d.Detail += "; the file is not loaded: " + trouble.Error()
	}
	return d
}

// numbered says how many rules there are.
func numbered(n int) string {
	if n == 1 {
		return "1 rule"
	}
	return fmt.Sprintf("%d rules", n)
}
