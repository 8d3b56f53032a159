package dev

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/service"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

// fakes starts the fake providers, each on a port of its own and with a token or, at
// GitHub, an App that is made now, and the page that shows them. It returns what the executor
// is to be told of them.
func (b *builder) fakes(ctx context.Context) (map[string]string, error) {
	var shown []provider.Named
	page, err := b.serve(ctx, "page of the fake providers", func() http.Handler { return provider.NewPage(shown...) })
	if err != nil {
		return nil, err
	}
	app, settings, err := b.fakeApp()
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name, token, url, root string
		make                   func(provider.Options) fake
	}{
		{"GitHub", "", "GITHUB_API_URL", "", func(o provider.Options) fake { o.App = app; return provider.NewGitHub(o) }},
		{"Jira", "JIRA_API_TOKEN", "JIRA_BASE_URL", "", func(o provider.Options) fake { return provider.NewJira(o) }},
		{"Notion", "NOTION_TOKEN", "NOTION_API_URL", "", func(o provider.Options) fake { return provider.NewNotion(o) }},
		{"Slack", "SLACK_BOT_TOKEN", "SLACK_API_URL", "/api/", func(o provider.Options) fake { return provider.NewSlack(o) }},
	} {
		token, err := instance.NewSecret(b.o.Random)
		if err != nil {
			return nil, err
		}
		made := f.make(provider.Options{Token: token, Now: b.o.Now, Site: page})
		at, err := b.serve(ctx, "fake "+f.name, func() http.Handler { return made })
		if err != nil {
			return nil, err
		}
		shown = append(shown, provider.Named{Name: f.name, Fake: made})
		settings[f.url] = at + f.root
		if f.token != "" {
			settings[f.token] = token
		}
	}
	b.stack.fakePage = page
	return settings, nil
}

// fakeApp is a GitHub App with a key that is made now, and what the executor is told
// of it: an App may do all that a token may, and make check runs.
func (b *builder) fakeApp() (*provider.App, map[string]string, error) {
	key, err := rsa.GenerateKey(b.o.Random, 2048)
	if err != nil {
		return nil, nil, fmt.Errorf("key of the fake GitHub App: %w", err)
	}
	app := &provider.App{ID: 1000001, InstallationID: 1000002, Key: &key.PublicKey}
	return app, map[string]string{
		"GITHUB_APP_ID":  strconv.FormatInt(app.ID, 10),
		"GITHUB_APP_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	}, nil
}

type fake interface {
	http.Handler
	provider.Fake
}

// serve adds a part that serves on a free port of this machine, and returns its
// base URL. Its handler is asked for once all parts are there.
func (b *builder) serve(ctx context.Context, name string, handler func() http.Handler) (string, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	log := b.log(name)
	return b.listening(part{name: name, run: func(ctx context.Context, ln net.Listener) error {
		return service.Serve(ctx, ln, handler(), log)
	}}, ln, false), nil
}

// faked answers what is asked about a provider with the fakes' settings and
// nothing else: no real token is shown to a fake, and no real provider is
// reached because one of its settings is still there.
func faked(lookup config.Lookup, settings map[string]string) config.Lookup {
	return func(name string) (string, bool) {
		for _, prefix := range []string{"GITHUB_", "JIRA_", "NOTION_", "SLACK_"} {
			if strings.HasPrefix(name, prefix) {
				value, ok := settings[name]
				return value, ok
			}
		}
		return lookup(name)
	}
}
