package ingress

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config are ingress's settings. A secret may be several, separated by commas:
// each is accepted, so that one can be replaced without losing a delivery.
type Config struct {
	Host string `name:"webhook-server-host" env:"WEBHOOK_SERVER_HOST" default:"0.0.0.0" help:"Address to listen on."`
	Port int    `name:"webhook-server-port" env:"WEBHOOK_SERVER_PORT" default:"8000" help:"Port to listen on."`

	GitHubSecret string `name:"github-webhook-secret" env:"GITHUB_WEBHOOK_SECRET" help:"Secret of GitHub's webhooks; several separated by commas."`
	JiraSecret   string `name:"jira-webhook-secret" env:"JIRA_WEBHOOK_SECRET" help:"Secret of Jira's webhooks; several separated by commas."`
	NotionSecret string `name:"notion-webhook-secret" env:"NOTION_WEBHOOK_SECRET" help:"Verification token of Notion's webhooks; several separated by commas."`

	AgentURL     string `name:"agent-url" env:"AGENT_URL" default:"http://127.0.0.1:8001" help:"Where the agent is."`
	SealKey      string `name:"seal-key" env:"SEAL_KEY" help:"Key that events are sealed with, the same as tools'."`
	ServiceToken string `name:"service-token" env:"SERVICE_TOKEN" help:"Token that the agent demands."`

	// Deadline is from the request's header to the answer. GitHub gives up after 10 s.
	Deadline    time.Duration `name:"webhook-deadline" env:"WEBHOOK_DEADLINE" default:"8.5s" help:"Time to answer a webhook in."`
	MaxInFlight int           `name:"webhook-max-in-flight" env:"WEBHOOK_MAX_IN_FLIGHT" default:"256" help:"Verified webhooks handled at a time; more are answered 503."`
	PublicURL   string        `name:"public-url" env:"PUBLIC_URL" help:"Where ingress is reached from outside: makes the links in answers absolute."`
	LogLevel    string        `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged: debug, info, warn or error."`
}

// Address is where ingress listens.
func (c *Config) Address() string { return c.Addr() }

// Level is the least level that is logged.
func (c *Config) Level() string { return c.LogLevel }

// Addr is the address to listen on.
func (c Config) Addr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// check returns every setting that is wrong, each with its remedy.
func (c Config) check() error {
	var errs []error
	if len(secrets(c.GitHubSecret)) == 0 && len(secrets(c.JiraSecret)) == 0 && len(secrets(c.NotionSecret)) == 0 {
		errs = append(errs, errors.New("no source has a secret: set at least one of GITHUB_WEBHOOK_SECRET, JIRA_WEBHOOK_SECRET and NOTION_WEBHOOK_SECRET (`switchyard secret` prints a good one)"))
	}
	if c.SealKey == "" {
		errs = append(errs, errors.New("SEAL_KEY is not set: set it to the same key as tools' (`switchyard secret` prints a good one)"))
	}
	if c.Deadline <= 0 {
		errs = append(errs, fmt.Errorf("WEBHOOK_DEADLINE=%v: want a positive duration such as 8.5s", c.Deadline))
	}
	if c.MaxInFlight <= 0 {
		errs = append(errs, fmt.Errorf("WEBHOOK_MAX_IN_FLIGHT=%d: want at least 1", c.MaxInFlight))
	}
	errs = append(errs, checkURL("AGENT_URL", c.AgentURL))
	if c.PublicURL != "" {
		errs = append(errs, checkURL("PUBLIC_URL", c.PublicURL))
	}
	return errors.Join(errs...)
}

func checkURL(setting, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s=%s: want a URL such as http://127.0.0.1:8001", setting, value)
	}
	return nil
}

// secrets splits a setting at its commas.
func secrets(setting string) [][]byte {
	var all [][]byte
	for part := range strings.SplitSeq(setting, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, []byte(part))
		}
	}
	return all
}
