package action

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// reasonLimit is what Result.reason holds, in characters.
	reasonLimit = 400
	// Shorter parts of credentials are no secrets, and would blot out words.
	secretLength = 4
)

// said is what a provider says as a reason may have it: one line, bounded,
// without credentials, which some repeat.
func said(message string, secrets []string) string {
	for _, secret := range secrets {
		message = strings.ReplaceAll(message, secret, "[secret]")
	}
	message = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1 // control characters, and those that turn text around
		}
		return r
	}, message)
	return bounded(strings.Join(strings.Fields(message), " "))
}

func bounded(s string) string {
	if utf8.RuneCountInString(s) <= reasonLimit {
		return s
	}
	return string([]rune(s)[:reasonLimit-1]) + "…"
}

// credentials are the secrets in a signed request's header: the token, and of a
// pair also its password and both as they are sent.
func credentials(header http.Header) []string {
	scheme, value, ok := strings.Cut(header.Get("Authorization"), " ")
	if !ok {
		return nil
	}
	secrets := []string{value}
	if strings.EqualFold(scheme, "Basic") {
		if pair, err := base64.StdEncoding.DecodeString(value); err == nil {
			_, password, _ := strings.Cut(string(pair), ":")
			secrets = append(secrets, string(pair), password)
		}
	}
	kept := secrets[:0]
	for _, s := range secrets {
		if len(s) >= secretLength {
			kept = append(kept, s)
		}
	}
	return kept
}
