package agent

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/switchyard-dev/switchyard/internal/config"
)

// Config holds the service's settings. A token may be several, separated by
// commas, in a file also one on each line: each is accepted, and the first is
// shown. Files of them are read again when they change, and what left a file
// stays good for 30 s.
type Config struct {
	Listen      string `name:"listen" env:"AGENT_LISTEN" default:"127.0.0.1:8001" help:"Address to serve on; beyond loopback only with a token."`
	ToolsURL    string `name:"tools-url" env:"TOOLS_URL" default:"http://127.0.0.1:8002" help:"Where tools is."`
	RulesFile   string `name:"rules-file" env:"RULES_FILE" help:"Rules in YAML, read again when the file changes; without it the built-in ones."`
	MaxInFlight int    `name:"max-in-flight" env:"AGENT_MAX_IN_FLIGHT" default:"256" help:"Events handled at a time; more are shed with 503."`

	IngressToken  config.Setting `name:"ingress-token" env:"INGRESS_TOKEN" placeholder:"TOKEN" help:"Token of ingress: may hand over events."`
	AgentToken    config.Setting `name:"agent-token" env:"AGENT_TOKEN" placeholder:"TOKEN" help:"Token that tools is shown."`
	ReaderToken   config.Setting `name:"reader-token" env:"READER_TOKEN" placeholder:"TOKEN" help:"Token of who only looks."`
	OperatorToken config.Setting `name:"operator-token" env:"OPERATOR_TOKEN" placeholder:"TOKEN" help:"Token of who may call everything here."`
	ServiceToken  config.Setting `name:"service-token" env:"SERVICE_TOKEN" placeholder:"TOKEN" help:"Token that stands for each of the others."`
	// The services among themselves speak TLS where these are set.
	TLSCertFile string `name:"service-tls-cert-file" env:"SERVICE_TLS_CERT_FILE" help:"Certificate chain in PEM, read again when it changes: this service then speaks TLS."`
	TLSKeyFile  string `name:"service-tls-key-file" env:"SERVICE_TLS_KEY_FILE" help:"Private key of the certificate, in PEM."`
	CAFile      string `name:"service-ca-file" env:"SERVICE_CA_FILE" help:"Certificates in PEM that those of https URLs of services are verified against, and nothing else; without it the system's."`

	LogLevel string `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
}

// Address is where the service listens.
func (c *Config) Address() string { return c.Listen }

// Level is the least level that is logged.
func (c *Config) Level() string { return c.LogLevel }

// check returns every setting that is wrong, each with its remedy.
func (c *Config) check() error {
	var errs []error
	if u, err := url.Parse(c.ToolsURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, fmt.Errorf("TOOLS_URL=%s: want a URL such as http://127.0.0.1:8002", c.ToolsURL))
	}
	if c.MaxInFlight <= 0 {
		errs = append(errs, fmt.Errorf("AGENT_MAX_IN_FLIGHT=%d: want at least 1", c.MaxInFlight))
	}
	return errors.Join(errs...)
}
