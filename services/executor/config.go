package executor

import "github.com/switchyard-dev/switchyard/internal/config"

// Config holds the executor's settings. A token may be several, separated by
// commas, in a file also one on each line: each is accepted. Files
// of them are read again when they change, and what left a file stays good for 30 s.
type Config struct {
	Listen       string         `name:"listen" env:"EXECUTOR_LISTEN" default:"127.0.0.1:8003" help:"Address that the local executor serves on; beyond loopback only with a token."`
	ToolsToken   config.Setting `name:"tools-token" env:"TOOLS_TOKEN" placeholder:"TOKEN" help:"Token of tools, which invocations must show."`
	ServiceToken config.Setting `name:"service-token" env:"SERVICE_TOKEN" placeholder:"TOKEN" help:"Token that stands for it."`
	// The services among themselves speak TLS where these are set.
	TLSCertFile string `name:"service-tls-cert-file" env:"SERVICE_TLS_CERT_FILE" help:"Certificate chain in PEM, read again when it changes: this service then speaks TLS."`
	TLSKeyFile  string `name:"service-tls-key-file" env:"SERVICE_TLS_KEY_FILE" help:"Private key of the certificate, in PEM."`
	MaxInFlight int    `name:"max-in-flight" env:"EXECUTOR_MAX_IN_FLIGHT" default:"64" help:"Invocations at a time; more are shed with 429."`
	LogLevel    string `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
	// RuntimeAPI is set by AWS Lambda.
	RuntimeAPI string `name:"runtime-api" env:"AWS_LAMBDA_RUNTIME_API" hidden:"" help:"Where AWS Lambda hands out invocations; the executor is a function then, and listens nowhere."`
}

// Address is where the service listens.
func (c *Config) Address() string { return c.Listen }

// Level is the least level that is logged.
func (c *Config) Level() string { return c.LogLevel }
