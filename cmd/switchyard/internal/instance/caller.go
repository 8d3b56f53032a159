package instance

import (
	"net/http"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/rpc"
)

// Caller is what a command shows to agent and tools, and trusts of them.
type Caller struct {
	OperatorToken config.Setting `name:"operator-token" env:"OPERATOR_TOKEN"`
	ReaderToken   config.Setting `name:"reader-token" env:"READER_TOKEN"`
	ServiceToken  config.Setting `name:"service-token" env:"SERVICE_TOKEN"`
	CAFile        string         `name:"service-ca-file" env:"SERVICE_CA_FILE"`
}

// ReadCaller reads it from the settings.
func ReadCaller(settings config.Lookup) (Caller, error) {
	var c Caller
	err := config.Parse(&c, "settings", "", nil, settings)
	return c, err
}

// Token returns the newest token of the widest role that is set, and the name of
// its setting; "" and "" where none is: a service on loopback wants none.
func (c Caller) Token() (token, setting string, err error) {
	for _, s := range []config.Setting{c.OperatorToken, c.ReaderToken, c.ServiceToken} {
		if !s.IsSet() {
			continue
		}
		if err := s.Check(); err != nil {
			return "", "", err
		}
		if all := s.Values(); len(all) > 0 {
			return all[0], s.Name, nil
		}
	}
	return "", "", nil
}

// Client is the given one, or where certificates are named that the services'
// are verified against, one that trusts these only.
func (c Caller) Client(given *http.Client) (*http.Client, error) {
	if c.CAFile == "" {
		return given, nil
	}
	return rpc.NewTrustingHTTPClient(c.CAFile)
}
