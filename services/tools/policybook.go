package tools

import (
	"fmt"
	"log/slog"

	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/reload"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// policybook holds the policy that is current: that of POLICY_FILE when it was
// last good, or the one that New was given.
type policybook struct {
	path  string // "" where the policy never changes
	tools []*toolsv1.Tool
	log   *slog.Logger
	file  *reload.File[*policy.Policy]
}

// openPolicybook loads the policy; there is no last good one yet to fall back on.
func openPolicybook(cfg Config, tools []*toolsv1.Tool, log *slog.Logger) (*policybook, error) {
	fixed, err := policy.Parse(cfg.Policy, tools)
	if err != nil {
		return nil, err
	}
	b := &policybook{path: cfg.PolicyFile, tools: tools, log: log}
	b.file, err = reload.Open(reload.Options[*policy.Policy]{
		Setting: "POLICY_FILE", Path: cfg.PolicyFile, Fixed: fixed,
		Remedy: "name a file that tools may read, or unset it: then nothing is paired and no choice is open",
		Parse:  b.parse, Took: b.took, Kept: b.kept,
	})
	return b, err
}

// parse loads the file's policy. What is only odd is logged, once a file.
func (b *policybook) parse(data []byte) (*policy.Policy, error) {
	p, findings := policy.Check(data, b.tools)
	if err := finding.Errors(findings); err != nil {
		return nil, fmt.Errorf("POLICY_FILE=%s (`switchyard policy check %s` shows all of it): %w", b.path, b.path, err)
	}
	for _, f := range findings {
		b.log.Warn("odd in the policy", "file", b.path, "finding", f.Error())
	}
	return p, nil
}

func (b *policybook) took(p *policy.Policy, again bool) {
	about := []any{"file", b.path, "policy", p.Summary()}
	if again || p.Killed() {
		// Who saw the error, and watches no lower level, must see its end.
		b.log.Warn("policy loaded", about...)
		return
	}
	b.log.Info("policy loaded", about...)
}

func (b *policybook) kept(p *policy.Policy, trouble error) {
	b.log.Error("policy not loaded: the last good one is kept", "policy", p.Summary(), "error", trouble)
}

func (b *policybook) current() *policy.Policy { return b.file.Current() }

// state names the policy for /readyz. tools is ready with the last good one: a
// typing error must not stop every webhook.
func (b *policybook) state() service.Dependency {
	d := service.Dependency{Name: "policy", State: "ok", Detail: b.current().Summary()}
	if trouble := b.file.Trouble(); trouble != nil {
		d.Detail += "; the file is not loaded: " + trouble.Error()
	}
	return d
}
