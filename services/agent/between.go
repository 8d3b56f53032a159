package agent

import (
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/scope"
)

// Tokens are those that callers may show.
func (c *Config) Tokens() scope.Tokens {
	return scope.Tokens{
		scope.Ingress:  c.IngressToken,
		scope.Reader:   c.ReaderToken,
		scope.Operator: c.OperatorToken,
		scope.Service:  c.ServiceToken,
	}
}

// Secure says that the address speaks TLS.
func (c *Config) Secure() bool { return c.TLSCertFile != "" }

// around are the settings of what lies between this service and others.
func (c *Config) around() rpc.Around {
	return rpc.Around{
		Tokens: c.Tokens(), Role: scope.Agent, Token: c.AgentToken, ServiceToken: c.ServiceToken,
		CertFile: c.TLSCertFile, KeyFile: c.TLSKeyFile, CAFile: c.CAFile,
	}
}
