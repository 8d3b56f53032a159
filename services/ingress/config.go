package ingress

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/handshake"
)

// Config are ingress's settings. A secret or a token may be several, separated
// by commas, in a file also one on each line: each is accepted, so that one can
// be replaced without losing a delivery. Files of them are read again when they
// change, and what left a file stays good for 30 s.
type Config struct {
	Host string `name:"webhook-server-host" env:"WEBHOOK_SERVER_HOST" default:"0.0.0.0" help:"Address to listen on."`
	Port int    `name:"webhook-server-port" env:"WEBHOOK_SERVER_PORT" default:"8000" help:"Port to listen on."`

	TLSCertFile string `name:"webhook-tls-cert-file" env:"WEBHOOK_TLS_CERT_FILE" help:"Certificate chain in PEM, read again when it changes: ingress then speaks TLS. Without it a load balancer does."`
	TLSKeyFile  string `name:"webhook-tls-key-file" env:"WEBHOOK_TLS_KEY_FILE" help:"Private key of the certificate, in PEM."`

	GitHubSecret config.Setting `name:"github-webhook-secret" env:"GITHUB_WEBHOOK_SECRET" placeholder:"SECRET" help:"Secret of GitHub's webhooks; several separated by commas."`
	JiraSecret   config.Setting `name:"jira-webhook-secret" env:"JIRA_WEBHOOK_SECRET" placeholder:"SECRET" help:"Secret of Jira's webhooks; several separated by commas."`
	NotionSecret config.Setting `name:"notion-webhook-secret" env:"NOTION_WEBHOOK_SECRET" placeholder:"SECRET" help:"Verification token of Notion's webhooks; several separated by commas."`

	// What a token lets in nothing signs: by default it is remembered and not acted on.
	JiraToken   config.Setting `name:"jira-webhook-token" env:"JIRA_WEBHOOK_TOKEN" placeholder:"TOKEN" help:"Token of unsigned webhooks of Jira, in their URL as ?token=…; several separated by commas."`
	NotionToken config.Setting `name:"notion-webhook-token" env:"NOTION_WEBHOOK_TOKEN" placeholder:"TOKEN" help:"Bearer token of unsigned webhooks that are forwarded from Notion; several separated by commas."`

	GitHubAllowed  string `name:"github-allowed-addresses" env:"GITHUB_ALLOWED_ADDRESSES" help:"Addresses and networks (CIDR) that GitHub's webhooks may come from, separated by commas; without it any."`
	JiraAllowed    string `name:"jira-allowed-addresses" env:"JIRA_ALLOWED_ADDRESSES" help:"The same for Jira's."`
	NotionAllowed  string `name:"notion-allowed-addresses" env:"NOTION_ALLOWED_ADDRESSES" help:"The same for Notion's."`
	TrustedProxies string `name:"trusted-proxies" env:"TRUSTED_PROXIES" help:"Addresses and networks (CIDR) of proxies whose X-Forwarded-For is believed."`

	Instances            string         `name:"webhook-instances" env:"WEBHOOK_INSTANCES" help:"Further sites, such as jira@eu=acme-eu.atlassian.net: its path is /webhooks/jira/eu, its settings are JIRA_EU_WEBHOOK_SECRET and so on."`
	NotionHandshakeUntil config.Setting `name:"notion-handshake-until" env:"NOTION_HANDSHAKE_UNTIL" placeholder:"TIME" help:"Time (RFC 3339) until which Notion's verification token is taken, unless there is one."`
	// Named are the settings of Instances.
	Named []Instance `kong:"-"`

	AgentURL     string         `name:"agent-url" env:"AGENT_URL" default:"http://127.0.0.1:8001" help:"Where the agent is."`
	SealKey      string         `name:"seal-key" env:"SEAL_KEY" help:"Key that events are sealed with, the same as tools'."`
	IngressToken config.Setting `name:"ingress-token" env:"INGRESS_TOKEN" placeholder:"TOKEN" help:"Token that the agent is shown; of several the first."`
	ServiceToken config.Setting `name:"service-token" env:"SERVICE_TOKEN" placeholder:"TOKEN" help:"Token that is shown where there is no other."`
	CAFile       string         `name:"service-ca-file" env:"SERVICE_CA_FILE" help:"Certificates in PEM that those of https URLs of services are verified against, and nothing else; without it the system's."`

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

// Secure says that the address speaks TLS.
func (c *Config) Secure() bool { return c.TLSCertFile != "" }

// Addr is the address to listen on.
func (c Config) Addr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// check returns every setting that is wrong, each with its remedy.
func (c Config) check() error {
	var errs []error
	if !slices.ContainsFunc(c.sites(), Instance.configured) {
		errs = append(errs, errors.New("no source has a secret: set at least one of GITHUB_WEBHOOK_SECRET, JIRA_WEBHOOK_SECRET and NOTION_WEBHOOK_SECRET (`switchyard secret` prints a good one), JIRA_WEBHOOK_TOKEN, NOTION_WEBHOOK_TOKEN or NOTION_HANDSHAKE_UNTIL"))
	}
	for _, site := range c.sites() {
		errs = append(errs, site.check())
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
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		errs = append(errs, fmt.Errorf("WEBHOOK_TLS_CERT_FILE=%s and WEBHOOK_TLS_KEY_FILE=%s: set both, or neither", c.TLSCertFile, c.TLSKeyFile))
	}
	errs = append(errs, checkURL("AGENT_URL", c.AgentURL), checkAddresses("TRUSTED_PROXIES", c.TrustedProxies))
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

func checkAddresses(setting, value string) error {
	if _, err := address.Parse(value); err != nil {
		return fmt.Errorf("%s: %w", setting, err)
	}
	return nil
}

// checkSecret never says the value: errors are logged.
func checkSecret(s config.Setting) error {
	if slices.ContainsFunc(s.Values(), credential.Example) {
		return fmt.Errorf("%s is the example of a guide: anybody can sign with it: `switchyard secret` prints a good one", s.Name)
	}
	return s.Check()
}

func checkUntil(s config.Setting) error {
	if s.Value == "" || s.File != "" {
		return nil // a file is read again each time, and may come later
	}
	_, err := handshake.Time(s)
	return err
}
