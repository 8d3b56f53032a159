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

// Replace, after the time in a file of the setting, says that the token may come
// in the place of an active one: the operator asked for that.
const Replace = "replace"

// Window is when a token is taken, and where it goes. It may be used by several
// at once.
type Window struct {
	until   config.Setting
	secrets *credential.Set
	now     func() time.Time
	log     *slog.Logger

	mu   sync.Mutex // of two tokens at once, one is taken
	used time.Time  // when the window was opened in which one went over another
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
// come yet, and no token is active.
func (w *Window) Open() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	open, _ := w.open()
	return open
}

// open tells also when the window was opened if the token may go over another
// one; zero if it may not.
func (w *Window) open() (open bool, over time.Time) {
	until, replace := w.until, false
	if until.File != "" {
		b, err := os.ReadFile(until.File)
		if err != nil {
			return false, over
		}
		until.Value, replace = strings.CutSuffix(strings.TrimSpace(string(b)), " "+Replace)
	}
	if until.Value == "" {
		return false, over
	}
	at, err := Time(until)
	switch {
	case err != nil:
		w.log.Warn("no handshake is accepted", "error", err)
		return false, over
	case !w.now().Before(at):
		return false, over
	case replace:
		return w.unspent()
	}
	return !w.active(), over
}

// active tells whether there is a token. What can't be read may be one; and one
// whose file is empty or gone still holds: whoever writes a file anew empties it
// for a moment, in which a stranger's token must not get in.
func (w *Window) active() bool {
	if w.secrets.File() == "" || w.secrets.Any() {
		return w.secrets.Any()
	}
	b, err := os.ReadFile(w.secrets.File())
	return err == nil && len(config.Split(string(b))) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist)
}

// unspent tells whether the one token that a file of the setting lets go over
// another has yet to come, here or in a process beside this one.
func (w *Window) unspent() (bool, time.Time) {
	opened, err := os.Stat(w.until.File)
	if err != nil || w.secrets.File() == "" || w.used.Equal(opened.ModTime()) {
		return false, time.Time{}
	}
	written, err := os.Stat(w.secrets.File())
	if err == nil && written.ModTime().After(opened.ModTime()) {
		return false, time.Time{}
	}
	return true, opened.ModTime()
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
	open, over := w.open()
	if !open {
		return false, nil
	}
	file := w.secrets.File()
	if file == "" {
		w.secrets.Hold(token)
		w.log.Warn("Notion's verification token was received: paste it into Notion, and set the setting to it. It is written nowhere else and holds until this program ends",
			"setting", w.secrets.Name(), "verification_token", token)
		return true, nil
	}
	if err := write(file, token, !over.IsZero()); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return false, nil // another process was first
		}
		return false, fmt.Errorf("%s_FILE=%s: the verification token was not written: %w", w.secrets.Name(), file, err)
	}
	w.used = over
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
// fs.ErrExist if somebody else wrote one first, unless it is to be replaced.
func write(file, token string, replace bool) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".verification-token-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(token + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if replace {
		return os.Rename(tmp.Name(), file)
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
