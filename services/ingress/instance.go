package ingress

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// Instance is the settings of one site of a source.
type Instance struct {
	// Source is github, jira or notion.
	Source string
	// Name of a second site, in a-z, 0-9 and "-"; "" for the first.
	Name string
	// Host that its bodies come from, with the port if there is one; of Notion
	// the workspace's id. "" for the first site: any but those of the others.
	Host string

	Secret config.Setting
	// Token of unsigned webhooks; GitHub has none.
	Token config.Setting
	// Allowed are the addresses that its webhooks may come from.
	Allowed config.Setting
	// HandshakeUntil is Notion's only.
	HandshakeUntil config.Setting
}

// ReadFurther reads the settings of the sites that WEBHOOK_INSTANCES names.
func (c *Config) ReadFurther(read func(name string) (config.Setting, error)) error {
	var err error
	if c.Named, err = parseInstances(c.Instances); err != nil {
		return fmt.Errorf("WEBHOOK_INSTANCES: %w", err)
	}
	for i := range c.Named {
		n := &c.Named[i]
		settings := map[string]*config.Setting{"WEBHOOK_SECRET": &n.Secret, "ALLOWED_ADDRESSES": &n.Allowed}
		if n.Source != "github" {
			settings["WEBHOOK_TOKEN"] = &n.Token
		}
		if n.Source == "notion" {
			settings["HANDSHAKE_UNTIL"] = &n.HandshakeUntil
		}
		for suffix, to := range settings {
			if *to, err = read(n.prefix() + suffix); err != nil {
				return err
			}
		}
	}
	return nil
}

// FurtherSettings are the names of the settings of the sites that a value of
// WEBHOOK_INSTANCES names, without which no list of settings is whole.
func FurtherSettings(instances string) ([]string, error) {
	c := Config{Instances: instances}
	var names []string
	err := c.ReadFurther(func(name string) (config.Setting, error) {
		names = append(names, name)
		return config.Setting{}, nil
	})
	slices.Sort(names)
	return names, err
}

// prefix is what the names of the site's settings begin with.
func (i Instance) prefix() string {
	name := i.Source + "_"
	if i.Name != "" {
		name += strings.ReplaceAll(i.Name, "-", "_") + "_"
	}
	return strings.ToUpper(name)
}

// sites are all sites, the first of each source before the named ones.
func (c Config) sites() []Instance {
	all := append([]Instance{
		{Source: "github", Secret: c.GitHubSecret, Allowed: config.Setting{Value: c.GitHubAllowed}},
		{Source: "jira", Secret: c.JiraSecret, Token: c.JiraToken, Allowed: config.Setting{Value: c.JiraAllowed}},
		{Source: "notion", Secret: c.NotionSecret, Token: c.NotionToken, Allowed: config.Setting{Value: c.NotionAllowed}, HandshakeUntil: c.NotionHandshakeUntil},
	}, c.Named...)
	for n := range all {
		i := &all[n]
		// What nobody set has no name yet, and is named to whoever should.
		i.Secret.Name, i.Token.Name = i.prefix()+"WEBHOOK_SECRET", i.prefix()+"WEBHOOK_TOKEN"
		i.Allowed.Name, i.HandshakeUntil.Name = i.prefix()+"ALLOWED_ADDRESSES", i.prefix()+"HANDSHAKE_UNTIL"
	}
	return all
}

// configured tells whether something may come in, now or after a handshake.
func (i Instance) configured() bool {
	return len(i.Secret.Values()) > 0 || len(i.Token.Values()) > 0 || i.HandshakeUntil.IsSet()
}

func (i Instance) check() error {
	secret := checkSecret(i.Secret)
	if i.HandshakeUntil.IsSet() && i.Secret.Value == "" {
		secret = nil // the handshake writes the file
	}
	return errors.Join(secret, checkSecret(i.Token), i.Allowed.Check(),
		checkAddresses(i.Allowed.Name, i.Allowed.Value), checkUntil(i.HandshakeUntil))
}

// elsewhere are the hosts of the source's named sites.
func (c Config) elsewhere(of string) []string {
	var hosts []string
	for _, n := range c.Named {
		if n.Source == of {
			hosts = append(hosts, n.Host)
		}
	}
	return hosts
}

// parseInstances reads "jira@eu=acme-eu.atlassian.net, …".
func parseInstances(value string) ([]Instance, error) {
	name := regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)
	host := regexp.MustCompile(`^[a-z0-9.-]+(:[0-9]+)?$`)
	var all []Instance
	for _, entry := range config.Split(value) {
		site, at, _ := strings.Cut(entry, "=")
		i := Instance{Host: strings.ToLower(at)}
		i.Source, i.Name, _ = strings.Cut(site, "@")
		if i.Source == "notion" {
			i.Host = source.Hex32(at)
		}
		if !slices.Contains([]string{"github", "jira", "notion"}, i.Source) || !name.MatchString(i.Name) || !host.MatchString(i.Host) {
			return nil, fmt.Errorf("%q: want a source, a name in a-z, 0-9 and -, and a host, such as jira@eu=acme-eu.atlassian.net, github@ghe=ghe.acme.example or notion@second=<workspace id, 32 hex digits>", entry)
		}
		for _, other := range all {
			if other.Source == i.Source && (other.Name == i.Name || other.Host == i.Host) {
				return nil, fmt.Errorf("%q: %s@%s has the same name or host: a site is named once", entry, other.Source, other.Name)
			}
		}
		all = append(all, i)
	}
	return all, nil
}
