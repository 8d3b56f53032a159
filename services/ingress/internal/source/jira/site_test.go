package jira_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/jira"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

func normalize(t *testing.T, body string, meta source.Meta) *eventv1.WebhookEvent {
	t.Helper()
	meta.ReceivedAt, meta.Digest = sourcetest.Received(), sha256.Sum256([]byte(body))
	e, _, err := jira.Normalizer{}.Normalize(header(), []byte(body), meta)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A second site's entities are its own, whichever of them says where it is.
func TestSites(t *testing.T) {
	eu := source.Site{Instance: "eu", Host: "acme.atlassian.net"}
	for _, f := range families() {
		event, _, _ := strings.Cut(f.events, " ")
		b := body(event, f.object)
		e := normalize(t, b, source.Meta{Site: eu})
		for _, ref := range []string{e.GetRef(), e.GetPlace()} {
			if ref != "" && !strings.HasPrefix(ref, "jira@eu:") {
				t.Errorf("%s: %s is not of the site", event, ref)
			}
		}
		if e.GetInstance() != "eu" {
			t.Errorf("%s: instance %q", event, e.GetInstance())
		}
		for _, site := range []source.Site{{Instance: "us", Host: "other.atlassian.net"}, {Elsewhere: []string{"acme.atlassian.net"}}} {
			_, _, err := jira.Normalizer{}.Normalize(header(), []byte(b), source.Meta{Site: site})
			if linked := strings.Contains(f.object, `"self"`); linked != errors.Is(err, source.InstanceNotConfigured) || !linked && err != nil {
				t.Errorf("%s at %+v: %v", event, site, err)
			}
		}
	}
}

// A hook without a signature changes the key and nothing else.
func TestToken(t *testing.T) {
	for _, f := range families() {
		event, _, _ := strings.Cut(f.events, " ")
		signed := normalize(t, body(event, f.object), source.Meta{})
		token := normalize(t, body(event, f.object), source.Meta{Token: true})
		if token.GetId() == signed.GetId() || token.GetDedupKey() != "token:"+signed.GetDedupKey() {
			t.Errorf("%s: id %s, key %s", event, token.GetId(), token.GetDedupKey())
		}
		token.Id, token.DedupKey = signed.GetId(), signed.GetDedupKey()
		if token.String() != signed.String() {
			t.Errorf("%s: %v\nwant %v", event, token, signed)
		}
	}
}
