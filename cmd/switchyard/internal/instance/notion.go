package instance

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
)

const (
	notionSecret = "NOTION_WEBHOOK_SECRET"
	notionUntil  = "NOTION_HANDSHAKE_UNTIL"
	// Their files in the data folder: ingress reads both again while it runs,
	// and writes the token of a handshake to the first.
	notionSecretName = "notion.secret"
	notionUntilName  = "notion.until"
	// tokenPrefix tells Notion's tokens from secrets that were made here.
	tokenPrefix = "secret_"
)

// makeNotionSecret makes a secret for the file in the data folder, if the
// settings name that one and it holds nothing.
func makeNotionSecret(dir string, settings config.Lookup, random io.Reader) (bool, error) {
	file := filepath.Join(dir, notionSecretName)
	if named, _ := settings(notionSecret + "_FILE"); named != file {
		return false, nil
	}
	kept, err := readToken(file)
	if err != nil || kept != "" {
		return false, err
	}
	secret, err := NewSecret(random)
	if err != nil {
		return false, err
	}
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return false, fmt.Errorf("--data %s: %w", dir, err)
	}
	return true, nil
}

// readToken reads a file of secrets; one that is not there is empty.
func readToken(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s_FILE=%s: %w", notionSecret, file, err)
	}
	return strings.TrimSpace(string(b)), nil
}

// Handshake is the time in which ingress takes a verification token of Notion.
type Handshake struct {
	file, until string
	// The secret that holds until a token comes; "" if there is none.
	before string
}

// OpenHandshake lets the instance on a data folder take a token until a time,
// in the place of the secret that it has now. One of Notion's own is given up
// only to replace it. Until the token comes nothing changes, whatever becomes of
// this program.
func OpenHandshake(dir string, environ config.Lookup, until time.Time, replace bool) (*Handshake, error) {
	settings, err := Settings(dir, environ)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{notionSecret, notionUntil} {
		if v, _ := settings(name); v != "" {
			return nil, fmt.Errorf("%s is set in the environment or in .env, and a token is not written there: unset it and start `switchyard dev` again", name)
		}
	}
	var h Handshake
	h.file, _ = settings(notionSecret + "_FILE")
	h.until, _ = settings(notionUntil + "_FILE")
	if h.before, err = readToken(h.file); err != nil {
		return nil, err
	}
	made := h.file == filepath.Join(dir, notionSecretName) && !strings.HasPrefix(h.before, tokenPrefix)
	if h.before != "" && !made && !replace {
		return nil, fmt.Errorf("%s holds a verification token of Notion already: give --replace to put another subscription's in its place", h.file)
	}
	window := until.UTC().Format(time.RFC3339)
	if h.before != "" {
		window += " replace" // ingress: a token may come in the place of the active one
	}
	if err := os.WriteFile(h.until, []byte(window+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("%s_FILE: %w", notionUntil, err)
	}
	return &h, nil
}

// File is where the token goes.
func (h *Handshake) File() string { return h.file }

// Token is what came, or "".
func (h *Handshake) Token() (string, error) {
	token, err := readToken(h.file)
	if err != nil || token == h.before || !strings.HasPrefix(token, tokenPrefix) {
		return "", err
	}
	return token, nil
}

// Close ends the time and returns the token that came.
func (h *Handshake) Close() (string, error) {
	err := os.Remove(h.until)
	// Only now: until then one may still come.
	token, readErr := h.Token()
	return token, errors.Join(err, readErr)
}
