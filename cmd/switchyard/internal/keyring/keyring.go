package keyring

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"

	"github.com/switchyard-dev/switchyard/cmd/switchyard/internal/instance"
)

// Report says what Make did, by names and never by values.
type Report struct {
	// Made were nowhere. Taken were given, and differ from what was there. Kept
	// were there.
	Made, Taken, Kept []string
}

// Make brings the folders below dir up to what the holders need. A secret that is
// there stays, unless given, the environment, has another one than it had when one was
// last taken from it: who replaced the file since keeps what he wrote. One that only some of
// its holders have is copied to the others; one that nobody has is made. So it
// may be called again at any time, also after it was killed in the middle.
//
// given also says where stores are that tools finds by a URL: DATABASE_URL and
// CLICKHOUSE_URL are written with the password in them, if they name a user and no
// password. A URL that is not given is not written.
func Make(dir string, given config.Lookup, random io.Reader) (Report, error) {
	r := &ring{dir: dir, given: given, random: random, values: map[string]string{}}
	lock, err := acquire(dir)
	if err != nil {
		return r.report, err
	}
	defer func() { _ = lock.Close() }()
	for _, k := range keys() {
		if err := r.provide(k); err != nil {
			return r.report, err
		}
	}
	for _, d := range forms() {
		if err := r.derive(d); err != nil {
			return r.report, err
		}
	}
	return r.report, nil
}

type ring struct {
	dir    string
	given  config.Lookup
	random io.Reader
	values map[string]string // by the name of the key
	report Report
}

func (r *ring) provide(k key) error {
	given, _ := r.given(k.name)
	isNew, err := r.newly(k, given)
	if err != nil {
		return err
	}
	if isNew {
		return r.take(k, given)
	}
	value, err := r.find(k)
	if err != nil {
		return err
	}
	if value == "" && given != "" {
		return r.take(k, given)
	}
	list := &r.report.Kept
	if value == "" {
		made, err := instance.NewSecret(r.random)
		if err != nil {
			return err
		}
		value, list = k.prefix+made, &r.report.Made
	}
	for _, holder := range k.holders {
		if err := r.add(holder, k.name, value); err != nil {
			return err
		}
	}
	r.values[k.name] = value
	*list = append(*list, k.name)
	return nil
}

// newly tells whether the environment has a value that was not taken from it yet.
func (r *ring) newly(k key, value string) (bool, error) {
	if value == "" {
		return false, nil
	}
	before, err := r.read(taken, k.name)
	return before != digest(value), err
}

// digest is how a value that was taken is known again: the value itself is kept for its
// holders alone.
func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// take writes a value that somebody chose, also over another one.
func (r *ring) take(k key, value string) error {
	list := &r.report.Kept
	for _, holder := range k.holders {
		changed, err := r.replace(holder, k.name, value)
		if err != nil {
			return err
		}
		if changed {
			list = &r.report.Taken
		}
	}
	// Last: who is killed before it takes it once more.
	if _, err := r.replace(taken, k.name, digest(value)); err != nil {
		return err
	}
	r.values[k.name] = value
	*list = append(*list, k.name)
	return nil
}

// find returns what the first holder has that has any.
func (r *ring) find(k key) (string, error) {
	for _, holder := range k.holders {
		if value, err := r.read(holder, k.name); value != "" || err != nil {
			return value, err
		}
	}
	return "", nil
}

func (r *ring) derive(d derived) error {
	given, _ := r.given(d.name)
	content, err := d.form(given, r.values[d.key])
	if err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	if content == "" {
		return nil
	}
	_, err = r.replace(d.holder, d.name, content)
	return err
}

func (r *ring) path(holder, name string) string { return filepath.Join(r.dir, holder, name) }

func (r *ring) read(holder, name string) (string, error) {
	b, err := os.ReadFile(r.path(holder, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("init: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// add writes a file that is missing or empty.
func (r *ring) add(holder, name, value string) error {
	if there, err := r.read(holder, name); there != "" || err != nil {
		return err
	}
	return r.write(holder, name, value)
}

// replace writes a file that has another value, and says whether it did.
func (r *ring) replace(holder, name, value string) (bool, error) {
	if there, err := r.read(holder, name); there == value || err != nil {
		return false, err
	}
	return true, r.write(holder, name, value)
}
