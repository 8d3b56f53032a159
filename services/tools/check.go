package tools

import "github.com/switchyard-dev/switchyard/internal/registry"

// CheckPolicy returns why New would refuse the settings' policy, without
// opening anything; nil if it would not.
func CheckPolicy(cfg Config) error {
	_, err := loadPolicy(cfg, registry.Tools())
	return err
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
