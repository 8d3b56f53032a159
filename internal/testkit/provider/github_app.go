package provider

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// proven checks the JWT of an App; "" says that it is good.
//
// Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
func (g *GitHub) proven(c *call, token string) string {
	const undecodable = "A JSON web token could not be decoded"
	parts := strings.Split(token, ".")
	if g.o.App == nil || len(parts) != 3 {
		return undecodable
	}
	var head struct{ Alg string }
	var claims struct {
		Iss      any
		Iat, Exp int64
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || part(parts[0], &head) != nil || part(parts[1], &claims) != nil || head.Alg != "RS256" {
		return undecodable
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(g.o.App.Key, crypto.SHA256, digest[:], signature) != nil {
		return undecodable
	}
	issuer := fmt.Sprint(claims.Iss)
	if n, isNumber := claims.Iss.(float64); isNumber {
		issuer = strconv.FormatInt(int64(n), 10)
	}
	switch {
	case issuer != strconv.FormatInt(g.o.App.ID, 10) && (g.o.App.ClientID == "" || issuer != g.o.App.ClientID):
		return "Integration must generate a public key" // what GitHub says of an issuer it does not know
	case claims.Iat > c.now.Add(time.Minute).Unix():
		return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	case claims.Exp <= c.now.Unix():
		return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	case claims.Exp > c.now.Add(10*time.Minute).Unix():
		return "'Expiration time' claim ('exp') is too far in the future"
	}
	return ""
}

func part(encoded string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// createToken makes an installation's token, good for an hour.
func (g *GitHub) createToken(c *call) reply {
	if c.PathValue("installation_id") != strconv.FormatInt(g.o.App.InstallationID, 10) {
		return g.notFound()
	}
	random := make([]byte, 20)
	_, _ = rand.Read(random) // never fails: it ends the process first
	token, until := fmt.Sprintf("ghs_%x", random), c.now.Add(time.Hour)
	g.tokens[token] = until
	g.changed(c, "token made", "github:installation:"+c.PathValue("installation_id"), "")
	return created(object{
		"token": token, "expires_at": stamp(until), "repository_selection": "all",
		"permissions": object{"checks": "write", "issues": "write", "metadata": "read", "pull_requests": "write"},
	})
}

// Expire ends the tokens of installations before their time.
func (g *GitHub) Expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.tokens)
}

func (g *GitHub) listInstallations(c *call) reply {
	return paged(c, []int64{g.o.App.InstallationID}, func(id int64) any { return g.installationOf(id) })
}

func (g *GitHub) getInstallation(c *call) reply {
	if g.in(c) == nil {
		return g.notFound()
	}
	return ok(g.installationOf(g.o.App.InstallationID))
}

func (g *GitHub) installationOf(id int64) object {
	api := fmt.Sprintf("https://api.github.com/app/installations/%d", id)
	// The description wants an account to be a user and an enterprise at once.
	account := g.person("acme")
	account["name"], account["slug"], account["created_at"], account["updated_at"] = "acme", "acme", stamp(seeded()), stamp(seeded())
	return object{
		"id": id, "account": account, "repository_selection": "all", "access_tokens_url": api + "/access_tokens",
		"repositories_url": "https://api.github.com/installation/repositories", "html_url": g.html("organizations/acme/settings/installations/" + strconv.FormatInt(id, 10)),
		"app_id": g.o.App.ID, "target_id": 2000001, "target_type": "Organization",
		"permissions": object{"checks": "write", "issues": "write", "metadata": "read", "pull_requests": "write"},
		"events":      []string{}, "created_at": stamp(seeded()), "updated_at": stamp(seeded()),
		"single_file_name": nil, "app_slug": "switchyard", "suspended_at": nil, "suspended_by": nil,
	}
}
