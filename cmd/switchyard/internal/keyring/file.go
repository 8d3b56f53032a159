package keyring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// acquire waits for the lock of the folder: of two that make secrets at once the
// second finds the first one's.
func acquire(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--secrets %s: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--secrets %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("--secrets %s: lock: %w", dir, err), f.Close())
	}
	return f, nil
}

// write makes a file as a whole or not at all, for good: a store keeps the
// password of its first start, so one that a crash of the machine took back
// would lock everybody out.
func (r *ring) write(holder, name, value string) error {
	folder, mode := modes(holder)
	dir, path := filepath.Join(r.dir, holder), r.path(holder, name)
	err := os.MkdirAll(dir, os.FileMode(folder))
	if err == nil {
		err = os.Chmod(dir, os.FileMode(folder)) // whatever the umask says
	}
	next := filepath.Join(dir, "."+name+".new")
	if err == nil {
		err = writeSynced(next, value+"\n", os.FileMode(mode))
	}
	if err == nil {
		err = os.Rename(next, path)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("init: %s: %w", name, err)
	}
	return nil
}

func writeSynced(path, content string, mode os.FileMode) error {
	// What a killed one left may be read-only.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
