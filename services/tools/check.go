package tools

import "github.com/switchyard-dev/switchyard/internal/registry"

// CheckPolicy returns why New would refuse the settings' policy, without
// opening anything; nil if it would not.
func CheckPolicy(cfg Config) error {
	_, err := loadPolicy(cfg, registry.Tools())
	return err
}
