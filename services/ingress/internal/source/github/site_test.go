package github_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/services/ingress/internal/source"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/github"
	"github.com/switchyard-dev/switchyard/services/ingress/internal/source/sourcetest"
)

func TestSite(t *testing.T) {
	const (
		ofRepository = `{"action":"created","release":{"id":7},"repository":{"id":1,"full_name":"acme/api","html_url":"https://HOST/acme/api"},"sender":{"login":"a","url":"https://api.github.com/users/a"}}`
		ofAccount    = `{"action":"blocked","blocked_user":{"login":"b"},"organization":{"id":2,"login":"acme","url":"https://HOST/orgs/acme"}}`
		ofSender     = `{"action":"revoked","sender":{"login":"b","url":"https://HOST/users/b"}}`
		ofNobody     = `{"action":"published","security_advisory":{"ghsa_id":"GHSA-1"}}`
	)
	ghe, first := source.Site{Instance: "ghe", Host: "git.acme.example"}, source.Site{Elsewhere: []string{"git.acme.example"}}
	dotcom := source.Site{Host: "github.com"}
	for _, c := range []struct {
		name, event, body, host string
		site                    source.Site
		err                     error
	}{
		{"own host", "release", ofRepository, "git.acme.example", ghe, nil},
		{"own host in capitals", "release", ofRepository, "Git.Acme.Example", ghe, nil},
		{"another's", "release", ofRepository, "github.com", ghe, source.InstanceNotConfigured},
		{"a second site's at the first", "release", ofRepository, "git.acme.example", first, source.InstanceNotConfigured},
		{"any other at the first", "release", ofRepository, "github.com", first, nil},
		{"port", "release", ofRepository, "git.acme.example:8443", ghe, source.InstanceNotConfigured},
		{"organization at the server's API", "org_block", ofAccount, "git.acme.example/api/v3", ghe, nil},
		{"organization at github.com's API", "org_block", ofAccount, "api.github.com", dotcom, nil},
		{"organization elsewhere", "org_block", ofAccount, "api.github.com", ghe, source.InstanceNotConfigured},
		{"sender", "github_app_authorization", ofSender, "api.github.com", ghe, source.InstanceNotConfigured},
		{"tenant of ghe.com", "github_app_authorization", ofSender, "api.acme.ghe.com", source.Site{Host: "acme.ghe.com"}, nil},
		{"api of another host is its own", "github_app_authorization", ofSender, "api.acme.example", source.Site{Host: "acme.example"}, source.InstanceNotConfigured},
		{"no link", "security_advisory", ofNobody, "", ghe, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(strings.ReplaceAll(c.body, "HOST", c.host))
			meta := source.Meta{ReceivedAt: sourcetest.Received(), Digest: sha256.Sum256(body), Site: c.site}
			if _, _, err := (github.Normalizer{}).Normalize(header(c.event), body, meta); !errors.Is(err, c.err) {
				t.Errorf("%v, want %v", err, c.err)
			}
		})
	}
}

// No ref of a second site may be one of the first.
func TestSiteRefs(t *testing.T) {
	for path, body := range sourcetest.Recorded(t, "github") {
		meta := source.Meta{ReceivedAt: sourcetest.Received(), Site: source.Site{Instance: "ghe"}}
		e, _, err := github.Normalizer{}.Normalize(header(eventOf(path)), body, meta)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		refs := []string{e.GetRef(), e.GetPlace()}
		for _, c := range e.GetChanges() {
			if c.GetField() == "ref" {
				refs = append(refs, c.GetFrom(), c.GetTo())
			}
		}
		for _, ref := range refs {
			if ref != "" && !strings.HasPrefix(ref, "github@ghe:") {
				t.Errorf("%s: %s", path, ref)
			}
		}
	}
}
