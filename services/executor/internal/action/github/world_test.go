package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/actiontest"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action/github"
)

type maker func(*github.GitHub) action.Action

// byToken is a GitHub where a token's account acts.
func byToken(build maker) func(*testing.T) actiontest.World {
	return func(t *testing.T) actiontest.World {
		t.Helper()
		hub := providertest.NewGitHub(t, provider.Options{Now: actiontest.Noon})
		return actiontest.World{Fake: hub, URL: hub.URL, Secrets: []string{providertest.Token}, New: func(r actiontest.Reach) action.Action {
			o := options(r)
			if r.Authorized {
				o.Token = func(context.Context) (string, error) { return providertest.Token, nil }
			}
			return build(github.New(o))
		}}
	}
}

// byApp is a GitHub where an App acts.
func byApp(t *testing.T, build maker) func(*testing.T) actiontest.World {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	inPEM := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return func(t *testing.T) actiontest.World {
		t.Helper()
		hub := providertest.NewGitHub(t, provider.Options{Now: actiontest.Noon, App: &provider.App{ID: 4711, InstallationID: 12, Key: &key.PublicKey}})
		return actiontest.World{Fake: hub, URL: hub.URL, Renews: true, Secrets: []string{"ghs_", string(inPEM[40:80])}, New: func(r actiontest.Reach) action.Action {
			o := options(r)
			if r.Authorized {
				o.AppID = "4711"
				o.AppKey = func(context.Context) (string, error) { return string(inPEM), nil }
			}
			return build(github.New(o))
		}}
	}
}

func options(r actiontest.Reach) github.Options {
	return github.Options{APIURL: r.URL, Transport: r.Transport, Now: r.Now, Log: r.Log}
}

func addComment(g *github.GitHub) action.Action { return github.AddComment{GitHub: g} }

const headers = `{"Accept": "application/vnd.github+json", "Content-Type": "application/json", "X-Github-Api-Version": "2022-11-28"}`
