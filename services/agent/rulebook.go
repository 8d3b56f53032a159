package agent

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/agent/internal/rule"
)

// reloadEvery is how often the rules file is looked at.
const reloadEvery = 2 * time.Second

// rulebook holds the rules that are current: those of the file when it was
// last good, or the built-in ones.
type rulebook struct {
	file    string // "" for the built-in rules
	builtIn *rule.Set
	log     *slog.Logger

	mu      sync.RWMutex
	set     *rule.Set
	data    []byte // that was looked at last, good or not
	trouble error  // of the last look; nil when the file is the set
}

// openRulebook loads the rules; there is no last good set yet to fall back on.
func openRulebook(file string, log *slog.Logger) (*rulebook, error) {
	builtIn, err := builtInRules()
	if err != nil {
		return nil, err
	}
	b := &rulebook{file: file, builtIn: builtIn, log: log, set: builtIn}
	if file == "" {
		return b, nil
	}
	if b.data, err = b.read(); err != nil {
		return nil, err
	}
	b.set, err = b.parse(b.data)
	return b, err
}

func (b *rulebook) read() ([]byte, error) {
	data, err := os.ReadFile(b.file)
	if err != nil {
		return nil, fmt.Errorf("RULES_FILE=%s: %w: name a file that the agent may read, or unset it for the built-in rules", b.file, err)
	}
	return data, nil
}

// parse loads the file's rules. What is only odd is logged, once a file.
func (b *rulebook) parse(data []byte) (*rule.Set, error) {
	set, findings := rule.Check(data, registry.Tools(), b.builtIn)
	if err := rule.Errors(findings); err != nil {
		return nil, fmt.Errorf("RULES_FILE=%s (`switchyard rules check %s` shows all of it):\n%w", b.file, b.file, err)
	}
	for _, f := range findings {
		b.log.Warn("odd in the rules", "file", b.file, "finding", f.Error())
	}
	return set, nil
}

func (b *rulebook) current() *rule.Set {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.set
}

// follow looks at the file every 2 s until ctx is done. The file is read each
// time: its time of change is too coarse, and misses a mount that was swapped.
func (b *rulebook) follow(ctx context.Context) {
	if b.file == "" {
		return
	}
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.reload()
		}
	}
}

// reload takes the file's rules if they are good, and says once if not.
func (b *rulebook) reload() {
	data, err := b.read()
	if err != nil {
		b.keep(nil, err)
		return
	}
	b.mu.RLock()
	same := bytes.Equal(data, b.data)
	b.mu.RUnlock()
	if same {
		return
	}
	set, err := b.parse(data)
	if err != nil {
		b.keep(data, err)
		return
	}
	b.mu.Lock()
	troubled := b.trouble != nil
	b.set, b.data, b.trouble = set, data, nil
	b.mu.Unlock()
	about := []any{"file", b.file, "rules", set.Len(), "hash", set.Hash()}
	if troubled {
		// Who saw the error, and watches no lower level, must see its end.
		b.log.Warn("rules loaded again", about...)
		return
	}
	b.log.Info("rules loaded", about...)
}

// keep stays with the last good rules.
func (b *rulebook) keep(data []byte, trouble error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.trouble == nil || b.trouble.Error() != trouble.Error() {
		b.log.Error("rules not loaded: the last good ones are kept", "hash", b.set.Hash(), "error", trouble)
	}
	b.data, b.trouble = data, trouble
}

// state names the rules for /readyz. The agent is ready with the last good
// ones: a typing error must not take every agent out of service.
func (b *rulebook) state() service.Dependency {
	b.mu.RLock()
	defer b.mu.RUnlock()
	d := service.Dependency{Name: "rules", State: "ok", Detail: fmt.Sprintf("%d rules, %s", b.set.Len(), b.set.Hash())}
	if b.trouble != nil {
		d.Detail += "; the file is not loaded: " + b.trouble.Error()
	}
	return d
}
