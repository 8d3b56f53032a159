package handshake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
	"github.com/switchyard-dev/switchyard/internal/credential"
)

const (
	// MaxBody is the largest body that is looked at, in bytes. Notion's has some sixty.
	MaxBody = 4 << 10
	prefix  = "secret_"
	// A token's characters after the prefix. Notion's has 43 today.
	minToken, maxToken = 16, 200
)

// Window is when a token is taken, and where it goes. It may be used by several
// at once.
type Window struct {
	until   config.Setting
	secrets *credential.Set
	now     func() time.Time
	log     *slog.Logger

	mu sync.Mutex // of two tokens at once, one is taken
}

// New makes a window that is open until the time in the setting, RFC 3339; a
// setting from a file is read again each time. The token goes to the file of
// secrets; without one it holds until the program ends, and is logged, once.
func New(until config.Setting, secrets *credential.Set, now func() time.Time, log *slog.Logger) *Window {
	return &Window{until: until, secrets: secrets, now: now, log: log}
}

// Time reads the setting's value.
func Time(until config.Setting) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, until.Value)
	if err != nil {
		return at, fmt.Errorf("%s=%s: want a time such as 2026-03-01T12:30:00Z", until.Name, until.Value)
	}
	return at, nil
}

// Open tells whether a token would be taken now: the operator's time has not
// come yet, and no token is active. A file of secrets that the operator took
// away holds none, although the one read from it is still good.
func (w *Window) Open() bool {
	until := w.until
	if until.File != "" {
		b, err := os.ReadFile(until.File)
		if err != nil {
			return false
		}
		until.Value = strings.TrimSpace(string(b))
	}
	if until.Value == "" {
		return false
	}
	at, err := Time(until)
	if err != nil {
		w.log.Warn("no handshake is accepted", "error", err)
		return false
	}
	return !w.active() && w.now().Before(at)
}

// active tells whether there is a token. What can't be read may be one.
func (w *Window) active() bool {
	if w.secrets.File() == "" {
		return w.secrets.Any()
	}
	b, err := os.ReadFile(w.secrets.File())
	return err == nil && len(config.Split(string(b))) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist)
}

// Accept takes the token of a handshake: it is active when Accept returns true.
// It returns false for any other body, and while the window is not open. An
// error is one of writing the file; then nothing was taken.
func (w *Window) Accept(body []byte) (bool, error) {
	token := tokenOf(body)
	if token == "" {
		return false, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.Open() {
		return false, nil
	}
	file := w.secrets.File()
	if file == "" {
		w.secrets.Hold(token)
		w.log.Warn("Notion's verification token was received: paste it into Notion, and set the setting to it. It is written nowhere else and holds until this program ends",
			"setting", w.secrets.Name(), "verification_token", token)
		return true, nil
	}
	if err := write(file, token); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return false, nil // another process was first
		}
		return false, fmt.Errorf("%s_FILE=%s: the verification token was not written: %w", w.secrets.Name(), file, err)
	}
	w.secrets.Refresh()
	w.log.Warn("Notion's verification token was received: paste it into Notion", "setting", w.secrets.Name()+"_FILE", "file", file)
	return true, nil
}

// tokenOf is the token of a body that is Notion's handshake; "" of any other.
func tokenOf(body []byte) string {
	var v struct {
		Token string `json:"verification_token"`
	}
	if len(body) > MaxBody || json.Unmarshal(body, &v) != nil {
		return ""
	}
	rest, ok := strings.CutPrefix(v.Token, prefix)
	if !ok || len(rest) < minToken || len(rest) > maxToken || strings.ContainsFunc(rest, odd) {
		return ""
	}
	return v.Token
}

// odd tells what no token has: it goes to a file, and to a terminal.
func odd(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// write makes the file with the token, as a whole and for its owner only. It is
// fs.ErrExist if somebody else wrote one first.
func write(file, token string) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".verification-token-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(token + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	// A link never goes over a file; a rename goes over an empty one.
	if os.Link(tmp.Name(), file) == nil {
		return nil
	}
	if b, err := os.ReadFile(file); err == nil && len(config.Split(string(b))) > 0 {
		return fs.ErrExist
	}
	return os.Rename(tmp.Name(), file)
}
