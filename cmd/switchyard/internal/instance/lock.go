package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// lockName is the file that a running instance holds locked. What it says
// counts only while it is: a killed instance leaves it behind, unlocked.
const lockName = "instance.json"

// Addresses are the base URLs of a running instance.
type Addresses struct {
	PID      int    `json:"pid"`
	Ingress  string `json:"ingress"`
	Agent    string `json:"agent"`
	Tools    string `json:"tools"`
	Executor string `json:"executor"`
}

// Lock is a data folder that this process alone runs on.
type Lock struct{ file *os.File }

// Acquire makes the folder if need be and locks it. It fails if an instance runs on it.
func Acquire(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &Lock{file: f}, nil
	}
	defer func() { _ = f.Close() }()
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("--data %s: lock: %w", dir, err)
	}
	return nil, fmt.Errorf("--data %s: another `switchyard dev` runs on this folder%s: stop it, or start this one with --data and ports of its own", dir, who(f))
}

func who(f io.Reader) string {
	var a Addresses
	if err := json.NewDecoder(f).Decode(&a); err != nil || a.PID == 0 {
		return ""
	}
	return fmt.Sprintf(" (process %d, %s)", a.PID, a.Ingress)
}

// Announce tells other commands where the instance listens.
func (l *Lock) Announce(a Addresses) error {
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if _, err := l.file.WriteAt(append(b, '\n'), 0); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

// Release lets others run on the folder.
func (l *Lock) Release() error {
	if err := errors.Join(l.file.Truncate(0), l.file.Close()); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// Running returns where the instance on a folder listens, and false if none runs there.
func Running(dir string) (Addresses, bool, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return Addresses{}, false, nil
	}
	if err != nil {
		return Addresses{}, false, fmt.Errorf("--data %s: %w", dir, err)
	}
	defer func() { _ = f.Close() }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err == nil {
		return Addresses{}, false, nil
	}
	var a Addresses
	if err := json.NewDecoder(f).Decode(&a); err != nil {
		// Locked and not announced yet: it is starting, and callers fall back on the settings.
		return Addresses{}, false, nil
	}
	return a, true, nil
}
