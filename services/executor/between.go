package executor

import "github.com/switchyard-dev/switchyard/internal/scope"

// Tokens are those that callers may show.
func (c *Config) Tokens() scope.Tokens {
	return scope.Tokens{scope.Tools: c.ToolsToken, scope.Service: c.ServiceToken}
}

// Secure says that the address speaks TLS.
func (c *Config) Secure() bool { return c.TLSCertFile != "" }
