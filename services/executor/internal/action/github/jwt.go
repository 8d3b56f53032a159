package github

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

const (
	// GitHub's clock may be behind ours.
	issuedBefore = time.Minute
	// GitHub takes ten minutes at most, counted by its own clock.
	lifetime = 9 * time.Minute
)

// signedToken is a JSON web token that proves to be the App.
// Source: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
func signedToken(appID string, key []byte, now time.Time) (string, error) {
	private, err := parseKey(key)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": appID, "iat": now.Add(-issuedBefore).Unix(), "exp": now.Add(lifetime).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	// The randomness would only blind an operation that is blinded already.
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	if err != nil {
		return "", errors.New("it can't sign") // the cause may tell of the key
	}
	return signed + "." + encode(signature), nil
}

// parseKey reads a private key as GitHub writes it (PKCS #1), or as openssl does
// by default (PKCS #8). Its errors say nothing of the key.
func parseKey(raw []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("it is no PEM: give the file that GitHub made")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("it is no private RSA key: give the file that GitHub made")
	}
	return key, nil
}
