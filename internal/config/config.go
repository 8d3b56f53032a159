package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// Lookup finds a setting by the name of its environment variable.
type Lookup func(name string) (string, bool)

// Parse fills cfg, a pointer to a struct with kong tags, from args and lookup.
// A setting NAME may also be given as NAME_FILE: the file's content without
// the white space around it. Both at once is an error, as is a file that is
// missing or empty, but see Setting. A cfg that is Further is then asked for more.
func Parse(cfg any, name, description string, args []string, lookup Lookup) error {
	parser, err := kong.New(cfg,
		kong.Name(name),
		kong.Description(description),
		kong.Resolvers(resolver(lookup)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	ownEnvironment(parser)
	if _, err := parser.Parse(args); err != nil {
		return fmt.Errorf("%s: %w", name, asSet(parser, err, args, lookup))
	}
	if more, ok := cfg.(Further); ok {
		read := func(name string) (Setting, error) { return find(name, lookup) }
		if err := more.ReadFurther(read); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// ownEnvironment takes the environment from kong, which would read the
// process's own before any resolver is asked, and leaves the names in the help.
func ownEnvironment(k *kong.Kong) {
	for _, flags := range k.Model.AllFlags(false) {
		for _, f := range flags {
			if len(f.Envs) > 0 {
				f.Tag.Envs = nil
				f.Help = strings.TrimSuffix(f.Help, ".") + fmt.Sprintf(" ($%s).", strings.Join(f.Envs, ", $"))
			}
		}
	}
}

func resolver(lookup Lookup) kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, env := range flag.Envs {
			s, err := find(env, lookup)
			if err != nil {
				return nil, err
			}
			if !s.IsSet() {
				continue
			}
			if isSetting(flag.Target.Type()) {
				return s, nil
			}
			return s.Value, s.Check()
		}
		return nil, nil //nolint:nilnil // kong's word for "not set here"
	}
}

// Below returns a lookup that asks upper first and then the values.
func Below(upper Lookup, values map[string]string) Lookup {
	return func(name string) (string, bool) {
		if v, ok := upper(name); ok {
			return v, true
		}
		v, ok := values[name]
		return v, ok
	}
}

// DotEnv reads a file whose lines are NAME=value, with # comments and optional
// quotes. A missing file is empty.
func DotEnv(path string) (map[string]string, error) {
	values := map[string]string{}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return values, nil
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok {
			return nil, fmt.Errorf("%s:%d: want NAME=value", path, i+1)
		}
		values[strings.TrimSpace(name)] = unquote(strings.TrimSpace(value))
	}
	return values, nil
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	if value, _, commented := strings.Cut(s, " #"); commented {
		return strings.TrimSpace(value)
	}
	return s
}
