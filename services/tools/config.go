package tools

import (
	"fmt"
	"strings"
)

// Config holds the service's settings.
type Config struct {
	Listen      string `name:"listen" env:"TOOLS_LISTEN" default:"127.0.0.1:8002" help:"Address to serve on; beyond loopback only with a service token."`
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" default:"sqlite:.switchyard/switchyard.db" help:"Where the ledger is: sqlite:PATH."`
	SealKey     string `name:"seal-key" env:"SEAL_KEY" help:"Key that ingress seals events with; several, separated by commas, during a rotation."`
	// ServiceToken guards this service, and is what the executor is shown.
	ServiceToken     string `name:"service-token" env:"SERVICE_TOKEN" help:"Bearer token between services."`
	ExecutorEndpoint string `name:"executor-endpoint" env:"EXECUTOR_ENDPOINT" help:"Base URL of a local executor; without it the executor is an AWS Lambda function."`
	ExecutorFunction string `name:"executor-function" env:"EXECUTOR_FUNCTION" help:"Name or ARN of the executor's Lambda function, with its alias."`
	PolicyFile       string `name:"policy-file" env:"POLICY_FILE" help:"Policy in YAML; without it nothing is paired and no text chooses a target."`
	MaxInFlight      int    `name:"max-in-flight" env:"TOOLS_MAX_IN_FLIGHT" default:"512" help:"Calls at a time; more are shed with 503."`
	LogLevel         string `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`

	// Policy is used instead of PolicyFile where that is empty; for a program that embeds the service.
	Policy []byte `kong:"-"`
	// LedgerGroup is the most operations in one commit; 0 means the store's own. For measuring what groups bring.
	LedgerGroup int `kong:"-"`
	// ExecutorToken is shown to the executor instead of ServiceToken, if set; for a program that embeds both.
	ExecutorToken string `kong:"-"`
}

// LedgerFile is the path of the file that the ledger is in; an error if
// DATABASE_URL names another kind of store.
func (c Config) LedgerFile() (string, error) {
	path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:")
	if !ok || path == "" {
		scheme, _, _ := strings.Cut(c.DatabaseURL, ":")
		return "", fmt.Errorf("DATABASE_URL begins with %q: this version keeps its ledger in SQLite, so set sqlite:PATH", scheme+":")
	}
	return strings.TrimPrefix(path, "//"), nil
}

func (c Config) executorToken() string {
	if c.ExecutorToken != "" {
		return c.ExecutorToken
	}
	return c.ServiceToken
}

// Address is where the service listens.
func (c *Config) Address() string { return c.Listen }

// Level is the least level that is logged.
func (c *Config) Level() string { return c.LogLevel }
