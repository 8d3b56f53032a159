package scope

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
)

// Shown is the token that a service shows to the one behind it, as it stands now.
type Shown struct{ set *credential.Set }

// NewShown makes the token of a role, or where that is not set, of Service.
// Neither is set in a deployment on loopback: nothing is shown then.
func NewShown(role Role, own, service config.Setting, now func() time.Time, log *slog.Logger) (*Shown, error) {
	setting := own
	setting.Name = cmp.Or(own.Name, role.Setting())
	if !own.IsSet() {
		setting = service
		setting.Name = cmp.Or(service.Name, Service.Setting())
	}
	set, err := open(setting, now, log)
	if err != nil {
		return nil, err
	}
	return &Shown{set: set}, nil
}

// Token is the first of the setting's values, which is the newest; "" for none.
func (s *Shown) Token() string {
	if s.set == nil {
		return ""
	}
	return string(s.set.Secrets()[0])
}

// Secrets are what is to be read again while the service runs.
func (s *Shown) Secrets() []*credential.Set {
	if s.set == nil {
		return nil
	}
	return []*credential.Set{s.set}
}
