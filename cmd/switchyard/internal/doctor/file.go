package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/switchyard-dev/switchyard/internal/config"
)

const dotEnv = ".env"

// dotEnv looks for names in .env that nobody reads, and for lines that a later
// one undoes.
func (e *exam) dotEnv(known []string) {
	b, err := os.ReadFile(dotEnv)
	if err != nil {
		return // none, or already reported
	}
	seen := map[string]int{}
	for i, line := range strings.Split(string(b), "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
		name, _, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || strings.HasPrefix(line, "#") {
			continue
		}
		at := fmt.Sprintf("%s:%d", dotEnv, i+1)
		if first := seen[name]; first > 0 {
			e.found("settings", Warning, name, fmt.Sprintf("%s: %s is set on line %d already, and this line wins", at, name, first), "remove one of the two")
		}
		seen[name] = i + 1
		if near := config.Meant(name, known); near != "" {
			e.found("settings", Warning, name, fmt.Sprintf("%s: nothing reads %s", at, name), "did you mean "+near+"?")
		}
	}
}

// files looks at each setting that comes in a file, and returns the names that can't be read.
func (e *exam) files(known []string, lookup config.Lookup) []string {
	var broken []string
	for _, name := range known {
		file, _ := lookup(name + "_FILE")
		if file == "" {
			continue
		}
		setting := name + "_FILE"
		problem := func(message, remedy string) {
			e.found("settings", Problem, setting, message, remedy)
			broken = append(broken, name)
		}
		if v, _ := lookup(name); v != "" {
			problem(fmt.Sprintf("%s and %s are both set (%s; %s)", name, setting, e.where(name), e.where(setting)), "unset one of the two")
			continue
		}
		b, err := os.ReadFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist) && e.later(name, lookup):
		case err != nil:
			problem(fmt.Sprintf("%s=%s: %v", setting, file, bare(err)), "name a file that the services' user can read")
		case len(bytes.TrimSpace(b)) == 0:
			problem(fmt.Sprintf("%s=%s: the file is empty", setting, file), "write the value into it")
		}
	}
	return broken
}

// later tells whether a setting's file need not be there yet: those in the data
// folder, that of the time for Notion's handshake, and that of the token that
// the handshake brings.
func (e *exam) later(name string, lookup config.Lookup) bool {
	file, _ := lookup(name + "_FILE")
	return filepath.Dir(file) == filepath.Clean(e.o.Data) || strings.HasSuffix(name, "_HANDSHAKE_UNTIL") || awaited(name, lookup)
}

// awaited tells whether a handshake is to bring a source's secret.
func awaited(setting string, lookup config.Lookup) bool {
	prefix, ok := strings.CutSuffix(setting, "_WEBHOOK_SECRET")
	if !ok {
		return false
	}
	until, _ := lookup(prefix + "_HANDSHAKE_UNTIL")
	file, _ := lookup(prefix + "_HANDSHAKE_UNTIL_FILE")
	_, err := os.Stat(file)
	return until != "" || file != "" && err == nil
}

// modes looks at who may read the files that hold secrets. Those that a
// container was given lie on a mount of its own.
func (e *exam) modes(known []string) {
	files := map[string]string{filepath.Join(e.o.Data, "secrets.env"): ""}
	for _, name := range known {
		if !secretName(name) {
			continue
		}
		if file, _ := e.lookup(name + "_FILE"); file != "" && !strings.HasPrefix(file, "/run/secrets/") {
			files[file] = name + "_FILE"
		}
		if strings.HasSuffix(e.where(name), dotEnv) {
			files[dotEnv] = name
		}
	}
	for _, file := range sortedKeys(files) {
		info, err := os.Stat(file)
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			e.found("settings", Warning, files[file], fmt.Sprintf("%s holds secrets and has mode %#o: other users of this machine may read it", file, info.Mode().Perm()), "chmod 600 "+file)
		}
	}
}

func secretName(name string) bool {
	return strings.Contains(name, "SECRET") || strings.Contains(name, "TOKEN") || strings.HasSuffix(name, "_KEY")
}
