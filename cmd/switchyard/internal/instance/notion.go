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
	// Where the secret before is kept meanwhile; "" if there was none.
	before string
}

// OpenHandshake lets the instance on a data folder take a token until a time.
// The secret that it has now is put aside: ingress never goes over one. One of
// Notion's own is put aside only to replace it.
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
	kept, err := readToken(h.file)
	if err != nil {
		return nil, err
	}
	made := h.file == filepath.Join(dir, notionSecretName) && !strings.HasPrefix(kept, tokenPrefix)
	if kept != "" && !made && !replace {
		return nil, fmt.Errorf("%s holds a verification token of Notion already: give --replace to put another subscription's in its place", h.file)
	}
	if err := os.WriteFile(h.until, []byte(until.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("%s_FILE: %w", notionUntil, err)
	}
	if kept != "" {
		h.before = h.file + ".before"
		if err := os.Rename(h.file, h.before); err != nil {
			return nil, errors.Join(fmt.Errorf("%s_FILE: %w", notionSecret, err), os.Remove(h.until))
		}
	}
	return &h, nil
}

// File is where the token goes.
func (h *Handshake) File() string { return h.file }

// Token is what came, or "".
func (h *Handshake) Token() (string, error) { return readToken(h.file) }

// Close ends the time and returns the token that came. If none did, the secret
// before is back in its place.
func (h *Handshake) Close() (string, error) {
	err := os.Remove(h.until)
	// Only now: until then one may still come.
	token, readErr := h.Token()
	if err = errors.Join(err, readErr); err != nil || h.before == "" {
		return token, err
	}
	if token == "" {
		return "", os.Rename(h.before, h.file)
	}
	return token, os.Remove(h.before)
}
