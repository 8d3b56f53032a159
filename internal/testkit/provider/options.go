package provider

import (
	"crypto/rsa"
	"net/http"
	"time"
)

// Check says what is wrong with a request by the provider's own description,
// whose paths r has; nil for nothing. It is called by several goroutines.
type Check func(r *http.Request, body []byte) error

// Options make a fake provider.
type Options struct {
	// Token is what callers must show; with "" nobody is let in but the App.
	Token string
	// Email is the user of a basic authorization at Jira Cloud, as API tokens
	// want it; without one the token is a bearer's.
	Email string
	// DataCenter makes Jira speak REST API v2: texts are plain, people have names.
	DataCenter bool
	// App lets a GitHub App in as well.
	App *App
	// Now is the provider's clock; nil is time.Now.
	Now func() time.Time
	// Check is asked about every request; nil for a fake without a description.
	Check Check
	// Site is where links for people lead, without a slash at its end; "" is the provider's own.
	Site string
}

// App is a GitHub App with one installation, on all repositories that the fake has.
type App struct {
	// ID is the issuer of its tokens, or ClientID is.
	ID             int64
	ClientID       string
	InstallationID int64
	// Key is the public half of the App's private key.
	Key *rsa.PublicKey
}

func (o Options) clock() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}

func (o Options) site(own string) string {
	if o.Site == "" {
		return own
	}
	return o.Site
}
