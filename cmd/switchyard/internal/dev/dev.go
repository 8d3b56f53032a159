package dev

import (
	"context"
	_ "embed" // the policy for development
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/executor"
	"github.com/switchyard-dev/switchyard/services/ingress"
	"github.com/switchyard-dev/switchyard/services/tools"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

//go:embed policy.yaml
var policy []byte

// Options say what runs where.
type Options struct {
	// Data is the folder for the ledger, made secrets and the lock.
	Data string
	// Lookup is the environment.
	Lookup config.Lookup
	Log    *slog.Logger
	Now    func() time.Time
	Random io.Reader
	// Version is shown by ingress.
	Version string
	// FakeProviders starts fake providers, and lets the executor reach no others.
	FakeProviders bool
	// Started is called once every service listens; its error ends the run.
	Started func(Started) error
}

// Started is a running instance.
type Started struct {
	Addresses instance.Addresses
	// Made names the secrets that were made just now.
	Made []string
	// RulesFile and PolicyFile are the files that hold; "" for the built-in rules and
	// the policy for development.
	RulesFile, PolicyFile string
	// FakePage is where the fake providers are shown; "" without them.
	FakePage string
}

// Run runs the services until ctx is done, then lets each finish what it has
// taken, the one that takes webhooks first.
func Run(ctx context.Context, o Options) (err error) {
	lock, err := instance.Acquire(o.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	made, err := instance.MakeSecrets(o.Data, o.Lookup, o.Random)
	if err != nil {
		return err
	}
	settings, err := instance.Settings(o.Data, o.Lookup)
	if err != nil {
		return err
	}
	if err := warnOfSlips(ctx, settings, o.Log); err != nil {
		return err
	}
	s, err := build(ctx, o, settings)
	if err != nil {
		return err
	}
	return s.run(ctx, func() error {
		if err := lock.Announce(s.addresses); err != nil {
			return err
		}
		return o.Started(Started{Addresses: s.addresses, Made: made, RulesFile: s.rulesFile, PolicyFile: s.policyFile, FakePage: s.fakePage})
	})
}

// warnOfSlips: a setting with a wrong name is as good as none, and its owner
// would look for the cause everywhere else.
func warnOfSlips(ctx context.Context, settings config.Lookup, log *slog.Logger) error {
	instances, _ := settings("WEBHOOK_INSTANCES")
	further, err := ingress.FurtherSettings(instances)
	if err != nil {
		return err
	}
	slips, err := instance.Slips(append(config.Names(&ingress.Config{}, &agent.Config{}, &tools.Config{}, &executor.Config{}), further...))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(slips)) {
		log.WarnContext(ctx, "a name in .env is no setting", "name", name, "meant", slips[name])
	}
	return nil
}

func pid() int { return os.Getpid() }
