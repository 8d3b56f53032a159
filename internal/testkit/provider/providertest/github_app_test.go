package providertest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
)

func sign(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	plain := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(raw)
	digest := sha256.Sum256([]byte(plain))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return plain + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestGitHubApp(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	var passed atomic.Int64 // seconds
	g := NewGitHub(t, provider.Options{
		App: &provider.App{ID: 77, ClientID: "Iv1", InstallationID: 99, Key: &key.PublicKey},
		Now: func() time.Time { return now.Add(time.Duration(passed.Load()) * time.Second) },
	})
	claims := func(iss any, iat, exp int64) map[string]any {
		return map[string]any{"iss": iss, "iat": now.Unix() + iat, "exp": now.Unix() + exp}
	}
	for name, tc := range map[string]struct {
		jwt  string
		says string
	}{
		"none":             {"", "could not be decoded"},
		"another's key":    {sign(t, other, claims("77", -60, 540)), "could not be decoded"},
		"another issuer":   {sign(t, key, claims("78", -60, 540)), "Integration"},
		"past":             {sign(t, key, claims("77", -600, -1)), "'exp'"},
		"for too long":     {sign(t, key, claims("77", -60, 601)), "too far in the future"},
		"from the future":  {sign(t, key, claims("77", 120, 540)), "'iat'"},
		"a PAT for an App": {Token, "could not be decoded"},
	} {
		t.Run(name, func(t *testing.T) {
			githubClient(t, g.URL, tc.jwt).do("POST", "/app/installations/99/access_tokens", "").want(t, 401, tc.says)
		})
	}
	for _, iss := range []any{"77", 77, "Iv1"} {
		app := githubClient(t, g.URL, sign(t, key, claims(iss, -60, 540)))
		app.do("GET", "/app/installations", "").want(t, 200, `"id":99`)
		app.do("GET", "/repos/acme/api/installation", "").want(t, 200, `"id":99`)
		app.do("POST", "/app/installations/98/access_tokens", "").want(t, 404, "Not Found")
	}
	app := githubClient(t, g.URL, sign(t, key, claims("77", -60, 540)))
	token, _ := app.do("POST", "/app/installations/99/access_tokens", `{"permissions":{"issues":"write"}}`).want(t, 201, `"expires_at":"2026-01-15T13:00:00Z"`).field("token").(string)
	c := githubClient(t, g.URL, token)
	c.do("GET", "/user", "").want(t, 403, "not accessible by integration")
	const sha = "4b7d9e2f6a1c8035be94d7f02c6a5183e9bd0f47"
	c.do("POST", "/repos/acme/api/check-runs", `{"name":"sw","head_sha":"0000000000000000000000000000000000000000"}`).want(t, 422, "No commit found")
	c.do("POST", "/repos/acme/api/check-runs", `{"name":"sw","head_sha":"`+sha+`","status":"completed","conclusion":"success","external_id":"k1","output":{"title":"t","summary":"s"}}`).want(t, 201, `"external_id":"k1"`)
	c.do("POST", "/repos/acme/api/check-runs", `{"name":"sw","head_sha":"`+sha+`","external_id":"k2"}`).want(t, 201, `"status":"queued"`)
	c.do("POST", "/repos/acme/api/check-runs", `{"name":"sw","head_sha":"`+sha+`","output":{"title":"t","summary":""}}`).want(t, 422, "output")
	latest := c.do("GET", "/repos/acme/api/commits/"+sha+"/check-runs", "").want(t, 200, `"total_count":1`)
	if latest.field("check_runs.0.external_id") != "k2" {
		t.Errorf("the latest of a name: %v", latest.field("check_runs.0"))
	}
	c.do("GET", "/repos/acme/api/commits/"+sha+"/check-runs?filter=all&check_name=sw&app_id=77", "").want(t, 200, `"total_count":2`)
	id := g.CheckRuns("acme/api")[1].ID
	c.do("PATCH", "/repos/acme/api/check-runs/"+itoa(id), `{"conclusion":"failure","completed_at":"2026-01-15T12:00:00Z"}`).want(t, 200, `"conclusion":"failure"`)
	c.do("POST", "/repos/acme/api/issues/42/comments", `{"body":"x"}`).want(t, 201, `"login":"switchyard[bot]"`)
	passed.Store(3600)
	c.do("GET", "/repos/acme/api/issues/42", "").want(t, 401, "Bad credentials")
}
