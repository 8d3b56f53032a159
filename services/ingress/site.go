package ingress

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/address"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/answer"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/diagnose"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/forward"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/handshake"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
)

// site is one site of a source: who may send for it, and what is made of that.
type site struct {
	provider
	source string
	site   source.Site
	// Never nil; without the setting, empty.
	secrets, tokens *credential.Set
	// Empty for any address; allowedBy is the setting.
	allowed   address.List
	allowedBy string
	// nil where there is no handshake.
	window *handshake.Window
}

// newSites makes the sites of settings that were checked.
func newSites(cfg Config, now func() time.Time, log *slog.Logger) ([]*site, error) {
	kinds := providers()
	var all []*site
	for _, i := range cfg.sites() {
		allowed, err := address.Parse(i.Allowed.Value)
		if err != nil {
			return nil, err
		}
		s := &site{
			provider:  kinds[i.Source],
			source:    i.Source,
			site:      source.Site{Instance: i.Name, Host: i.Host},
			secrets:   credential.New(i.Secret, now, log),
			tokens:    credential.New(i.Token, now, log),
			allowed:   allowed,
			allowedBy: i.Allowed.Name,
		}
		if i.Name == "" {
			s.site.Elsewhere = cfg.elsewhere(i.Source)
		}
		if i.HandshakeUntil.IsSet() {
			s.window = handshake.New(i.HandshakeUntil, s.secrets, now, log)
		}
		warnOfShort(log, i.Secret)
		warnOfShort(log, i.Token)
		all = append(all, s)
	}
	return all, nil
}

// warnOfShort is no refusal: a provider may have had the secret for years.
func warnOfShort(log *slog.Logger, s config.Setting) {
	for n, secret := range s.Values() {
		if len(secret) < credential.MinLength {
			log.Warn("a secret is so short that who has seen one request can find it out by trying: `switchyard secret` prints a good one",
				"setting", s.Name, "number", n+1, "characters", len(secret), "want_at_least", credential.MinLength)
		}
	}
}

// path is where its webhooks come in.
func (s *site) path() string {
	if s.site.Instance == "" {
		return "/webhooks/" + s.source
	}
	return "/webhooks/" + s.source + "/" + s.site.Instance
}

// name is the source with the instance: jira, jira@eu.
func (s *site) name() string {
	if s.site.Instance == "" {
		return s.source
	}
	return s.source + "@" + s.site.Instance
}

// provedBy names the setting, and its file, that a kind of proof rests on.
func (s *site) provedBy(authn forward.Authn) string {
	set := s.secrets
	if authn == forward.Token {
		set = s.tokens
	}
	if set.File() == "" {
		return set.Name()
	}
	return set.Name() + " in " + set.File()
}

// known are the site's secrets, for an explanation.
func (s *site) known() []diagnose.Secret {
	var all []diagnose.Secret
	for n, value := range s.secrets.Secrets() {
		all = append(all, diagnose.Secret{Source: s.name(), Setting: s.secrets.Name(), File: s.secrets.File(), Nth: n + 1, Value: value})
	}
	return all
}

// configured tells whether anything can come in now.
func (s *site) configured() bool {
	return s.secrets.Any() || s.tokens.Any() || s.window != nil && s.window.Open()
}

// signed tells whether the request says that it is signed. Then its signature
// counts and nothing else: a token never rescues a wrong one.
func (s *site) signed(r *http.Request) bool { return len(r.Header.Values(s.signature)) > 0 }

// bears is the request's token, "" if it has none or nobody asks for one.
func (s *site) bears(r *http.Request) string {
	if s.token == nil || !s.tokens.Any() {
		return ""
	}
	return s.token(r)
}

// credible tells whether the request may prove to be right once its body is
// there. No secret at all makes a signature of the right form a mismatch.
func (s *site) credible(r *http.Request) bool {
	if s.signed(r) {
		return errors.Is(s.verify(nil, r.Header.Get(s.signature), nil), webhook.Mismatch)
	}
	// Notion's handshake has nothing to show.
	return s.bears(r) != "" || s.window != nil && s.window.Open()
}

// authenticate says how the request proved itself, or why it did not.
func (s *site) authenticate(r *http.Request, body []byte) (forward.Authn, answer.Reason) {
	if token := s.bears(r); token != "" && !s.signed(r) {
		if s.tokens.Match(func(tokens [][]byte) bool { return credential.Equal(tokens, token) }) {
			return forward.Token, ""
		}
		return "", answer.SignatureMismatch
	}
	if len(r.Header.Values(s.signature)) > 1 {
		// What reads the last one would think of this request as another.
		return "", answer.SignatureMalformed
	}
	err := s.verify(nil, r.Header.Get(s.signature), nil)
	if !errors.Is(err, webhook.Mismatch) {
		return "", refused(err)
	}
	if s.secrets.Match(func(secrets [][]byte) bool { return s.verify(secrets, r.Header.Get(s.signature), body) == nil }) {
		return forward.Signature, ""
	}
	return "", answer.SignatureMismatch
}
