package doctor

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/services/agent"
	"github.com/switchyard-dev/switchyard/services/executor"
	"github.com/switchyard-dev/switchyard/services/ingress"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

// settings reads the settings as the services do, each service's on its own.
func (e *exam) settings() {
	var err error
	e.running, e.up, err = instance.Running(e.o.Data)
	if err != nil {
		e.found("settings", Problem, "", err.Error(), "make the folder readable, or name another one with --data")
	}
	read, err := instance.Settings(e.o.Data, e.o.Lookup)
	if err != nil {
		e.found("settings", Problem, "", err.Error(), "mend the file; until then only the environment is examined")
		read = e.o.Lookup
	}
	instances, _ := read("WEBHOOK_INSTANCES")
	further, _ := ingress.FurtherSettings(instances) // reported when the settings are read
	known := append(config.Names(&e.ingress, &e.agent, &e.tools, &e.executor), further...)
	e.dotEnv(known)
	e.where = e.places(read)
	e.unusable = e.files(known, read)
	e.lookup = instance.Under(e.usable(read), e.below())
	e.modes(known)
	before := e.report.Problems
	e.parse()
	e.risks()
	if e.report.Problems == before {
		e.found("settings", OK, "", e.summary(known), "")
	}
}

// summary says which settings hold, without values: some are secret.
func (e *exam) summary(known []string) string {
	var set []string
	for _, name := range known {
		if _, ok := e.o.Lookup(name); ok {
			set = append(set, name)
		}
	}
	from := "the environment sets none"
	if len(set) > 0 {
		from = "the environment sets " + strings.Join(set, ", ")
	}
	return fmt.Sprintf("all %d settings of the services can be read; %s", len(known), from)
}

// parse reads the settings into the services' own configurations, and has the
// services check them. What is secret is examined elsewhere, rules and policy too.
func (e *exam) parse() {
	e.read("ingress", &e.ingress)
	e.read("agent", &e.agent)
	e.read("tools", &e.tools)
	e.read("executor", &e.executor)
	e.read("switchyard", &e.caller)
	quiet := slog.New(slog.DiscardHandler)
	if err := e.checkIngress(quiet); err != nil {
		e.broken("ingress", err)
	}
	cfg := e.agent
	cfg.RulesFile = ""
	if _, err := agent.New(cfg, quiet, e.o.Now); err != nil {
		e.broken("agent", err)
	}
	if _, err := executor.New(e.executor, quiet, e.o.Now); err != nil {
		e.broken("executor", err)
	}
}

// read reads one service's settings. One that can't be read is reported and
// left at its default, so that the others are examined all the same.
func (e *exam) read(service string, cfg any) {
	for {
		err := config.Parse(cfg, service, "", nil, e.lookup)
		if err == nil {
			return
		}
		setting := e.broken(service, err)
		if setting == "" || slices.Contains(e.unusable, setting) {
			return
		}
		e.unusable = append(e.unusable, setting)
	}
}

func (e *exam) checkIngress(quiet *slog.Logger) error {
	masked, fill := []string{"SEAL_KEY"}, map[string]string{}
	for _, s := range e.sources() {
		masked = append(masked, s.setting, s.token)
	}
	for _, name := range []string{"SEAL_KEY", "GITHUB_WEBHOOK_SECRET"} {
		fill[name] = "placeholder of the doctor"
	}
	var cfg ingress.Config
	if err := config.Parse(&cfg, "ingress", "", nil, instance.Under(without(e.lookup, masked), fill)); err != nil {
		return err
	}
	_, err := ingress.New(cfg, ingress.Options{Log: quiet, Now: e.o.Now})
	return err
}

// broken reports each error that a service has with its settings, and returns
// the last one's name.
func (e *exam) broken(service string, err error) (setting string) {
	for _, err := range parts(err) {
		message := strings.TrimPrefix(err.Error(), service+": ")
		setting = regexp.MustCompile(`[A-Z][A-Z0-9]*_[A-Z0-9_]+`).FindString(message)
		remedy := "set it to such a value"
		if setting != "" {
			remedy = "it is set " + e.where(setting) + "; .env.example has its default"
		}
		// One that services share is each service's error.
		if !slices.ContainsFunc(e.report.Findings, func(f Finding) bool { return f.Message == message }) {
			e.found("settings", Problem, setting, message, remedy)
		}
	}
	return setting
}

// parts takes joined errors apart.
func parts(err error) []error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if joined, ok := inner.(interface{ Unwrap() []error }); ok {
			return joined.Unwrap()
		}
	}
	return []error{err}
}

// places tells where a setting comes from.
func (e *exam) places(all config.Lookup) func(string) string {
	upper := e.o.Lookup
	if values, err := config.DotEnv(dotEnv); err == nil {
		upper = config.Below(upper, values)
	}
	has := func(l config.Lookup, name string) bool { v, _ := l(name); return v != "" }
	return func(name string) string {
		switch {
		case has(e.o.Lookup, name):
			return "in the environment"
		case has(upper, name):
			return "in " + dotEnv
		case has(all, name):
			return "in " + filepath.Join(e.o.Data, "secrets.env")
		case has(all, name+"_FILE"):
			file, _ := all(name + "_FILE")
			return "in " + file
		}
		return "by default"
	}
}

// usable hides settings that can't be read, so that each is reported once.
func (e *exam) usable(l config.Lookup) config.Lookup {
	return func(name string) (string, bool) { return without(l, e.unusable)(name) }
}

func without(l config.Lookup, hidden []string) config.Lookup {
	return func(name string) (string, bool) {
		if slices.Contains(hidden, strings.TrimSuffix(name, "_FILE")) {
			return "", false
		}
		return l(name)
	}
}
