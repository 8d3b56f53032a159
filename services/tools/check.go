package tools

import (
	"log/slog"

	"github.com/switchyard-dev/switchyard/internal/finding"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/services/tools/internal/policy"
)

// CheckPolicy returns why New would refuse the settings' policy, without
// opening anything; nil if it would not.
func CheckPolicy(cfg Config) error {
	_, err := openPolicybook(cfg, registry.Tools(), slog.New(slog.DiscardHandler))
	return err
}

// PolicyCheck is what there is to say about a policy's file.
type PolicyCheck struct {
	// In the order of the file.
	Findings []finding.Finding
	// What it allows, counted; "" where it can't be loaded.
	Summary string
}

// Err joins the errors among the findings; nil where the policy can be loaded.
func (c PolicyCheck) Err() error { return finding.Errors(c.Findings) }

// ExaminePolicy checks a policy's file as tools does when it loads it.
func ExaminePolicy(data []byte) PolicyCheck {
	p, findings := policy.Check(data, registry.Tools())
	c := PolicyCheck{Findings: findings}
	if p != nil {
		c.Summary = p.Summary()
	}
	return c
}

// CheckStores returns why New would refuse the settings of the stores that
// follow the ledger, without connecting to any; nil if it would not.
func CheckStores(cfg Config) error {
	m, err := openStores(cfg, nil)
	if err != nil {
		return err
	}
	return m.Close()
}
