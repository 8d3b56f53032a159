package diagnose

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/credential"
	"github.com/switchyard-dev/switchyard/internal/webhook"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/report"
)

// Secret is one that signatures are checked with.
type Secret struct {
	// Source is whose it is, with the instance: github, jira@eu.
	Source string
	// Setting and File say where it comes from; File is "" where the setting
	// itself holds it.
	Setting, File string
	// Nth counts the secrets of the setting from 1.
	Nth   int
	Value []byte
}

func (s Secret) name() string {
	name := s.Setting
	if s.Nth > 1 {
		name = fmt.Sprintf("%s (number %d)", name, s.Nth)
	}
	if s.File != "" {
		name += " in " + s.File
	}
	return name
}

// Request is what was refused.
type Request struct {
	// Source is the one of the request's path, with the instance.
	Source string
	// SignatureHeader is where that source signs.
	SignatureHeader string
	Header          http.Header
	Body            []byte
	// Own are the source's secrets, Others those of all others.
	Own, Others []Secret
}

// cause is what was found out.
type cause struct{ detail, remedy string }

// Signature explains a refused signature. It takes a few dozen HMACs over the
// body: about a millisecond for 25 KB.
func Signature(r Request, refusal webhook.Refusal) []report.Check {
	switch refusal {
	case webhook.Missing:
		return failed("the header "+r.SignatureHeader+" did not come", r.missing())
	case webhook.Malformed:
		return failed("the header "+r.SignatureHeader+" is not sha256= and 64 hex digits", r.malformed())
	default:
		return failed(r.tried(), r.mismatch())
	}
}

func failed(what string, c cause) []report.Check {
	return []report.Check{
		{Name: "signature", Outcome: report.Failed, Detail: what, Remedy: c.remedy},
		{Name: "signature", Outcome: report.Note, Detail: c.detail},
	}
}

// tried names the secrets that did not make the signature.
func (r Request) tried() string {
	names := make([]string, 0, len(r.Own))
	for _, s := range r.Own {
		names = append(names, s.name())
	}
	return fmt.Sprintf("none of the secrets makes it over the %d bytes that came; tried: %s", len(r.Body), strings.Join(names, ", "))
}

// signature is what a header claims.
type signature []byte

func (s signature) by(secret, body []byte) bool {
	if len(secret) == 0 {
		return false
	}
	h := hmac.New(sha256.New, secret)
	h.Write(body)
	return hmac.Equal(s, h.Sum(nil))
}

func (r Request) mismatch() cause {
	_, digits, _ := strings.Cut(r.Header.Get(r.SignatureHeader), "=")
	got, err := hex.DecodeString(digits)
	if err != nil {
		return r.malformed()
	}
	for _, look := range []func(signature) (cause, bool){r.elsewhere, r.example, r.misspelt, r.changed} {
		if c, found := look(got); found {
			return c
		}
	}
	if len(r.Body) == 0 {
		return cause{"the body came empty", "look for what drops it on its way: a redirect from http to https or to another path does"}
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" {
		return cause{"the body came with a Content-Encoding, which no provider sends", "turn compression of requests off in the proxy in front"}
	}
	setting := r.setting()
	return cause{
		"neither another secret that is set here, nor an example from a guide, nor a usual change of the body on its way explains it",
		"enter the same secret at " + provider(r.Source) + " and in " + setting + "; if it is the same, look for a proxy that changes bodies",
	}
}

// elsewhere looks among the secrets of other sources, and of this one as they are by now.
func (r Request) elsewhere(got signature) (cause, bool) {
	for _, s := range r.Others {
		if got.by(s.Value, r.Body) {
			return cause{
				"it was made with " + s.name() + ", the secret of " + s.Source,
				"send this webhook to /webhooks/" + path(s.Source) + ", or give it a secret of " + r.setting(),
			}, true
		}
	}
	for _, s := range r.Own {
		if got.by(s.Value, r.Body) {
			return cause{"it is right by now: " + s.name() + " was set since", "send the delivery again"}, true
		}
	}
	return cause{}, false
}

func (r Request) example(got signature) (cause, bool) {
	for _, s := range append(credential.Examples(), credential.Guesses()...) {
		if got.by([]byte(s), r.Body) {
			return cause{
				"it was made with an example from a guide, which anybody can read: " + s,
				"make a secret with `switchyard secret`, and enter it at " + provider(r.Source) + " and in " + r.setting(),
			}, true
		}
	}
	return cause{}, false
}

// setting is where this source's secrets are.
func (r Request) setting() string {
	if len(r.Own) == 0 {
		return "the source's setting"
	}
	return r.Own[0].Setting
}

// provider is the name of a source for people.
func provider(source string) string {
	name, instance, _ := strings.Cut(source, "@")
	switch name {
	case "github":
		name = "GitHub"
	case "jira":
		name = "Jira"
	case "notion":
		name = "Notion"
	}
	if instance != "" {
		name += " (" + instance + ")"
	}
	return name
}

// path is where a source's webhooks are sent.
func path(source string) string { return strings.Replace(source, "@", "/", 1) }
