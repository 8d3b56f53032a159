package agent

import (
	"errors"
	"fmt"
	"net/url"
)

// Config holds the service's settings.
type Config struct {
	Listen       string `name:"listen" env:"AGENT_LISTEN" default:"127.0.0.1:8001" help:"Address to serve on; beyond loopback only with a service token."`
	ToolsURL     string `name:"tools-url" env:"TOOLS_URL" default:"http://127.0.0.1:8002" help:"Where tools is."`
	ServiceToken string `name:"service-token" env:"SERVICE_TOKEN" help:"Bearer token between services."`
	RulesFile    string `name:"rules-file" env:"RULES_FILE" help:"Rules in YAML, read again when the file changes; without it the built-in ones."`
	MaxInFlight  int    `name:"max-in-flight" env:"AGENT_MAX_IN_FLIGHT" default:"256" help:"Events handled at a time; more are shed with 503."`
	LogLevel     string `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
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
