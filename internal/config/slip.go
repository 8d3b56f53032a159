package config

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// asSet puts kong's error about a flag into the words of who set the variable
// behind it: he knows no flag.
func asSet(k *kong.Kong, err error, args []string, lookup Lookup) error {
	for _, flags := range k.Model.AllFlags(false) {
		for _, f := range flags {
			rest, ok := strings.CutPrefix(err.Error(), "--"+f.Name)
			if !ok || len(f.Envs) == 0 || strings.IndexAny(rest, " :=") != 0 {
				continue
			}
			if want := wanted(f); want != "" && !given(args, f.Name) {
				for _, env := range f.Envs {
					if s, lost := find(env, lookup); lost == nil && s.IsSet() {
						return fmt.Errorf("%s: want %s", shown(s), want)
					}
				}
			}
			return fmt.Errorf("%s: %w", f.Envs[0], err)
		}
	}
	return err
}

// given tells whether a flag is among the arguments.
func given(args []string, flag string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return name == "--"+flag
	})
}

// shown is a setting as it was set. It is no secret: numbers and times are none.
func shown(s Setting) string {
	if s.File != "" {
		return fmt.Sprintf("%s_FILE=%s, which holds %q", s.Name, s.File, s.Value)
	}
	return s.Name + "=" + s.Value
}

// wanted says what a flag takes, with an example; "" where only kong knows, or the type
// itself, which reads it.
func wanted(f *kong.Flag) string {
	t := f.Target.Type()
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return ""
	}
	if t == reflect.TypeFor[time.Duration]() {
		return "a time with its unit, such as " + cmp.Or(f.Default, "10s")
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number, such as " + cmp.Or(f.Default, "10")
	case reflect.Float64:
		return "a number, such as " + cmp.Or(f.Default, "0.5")
	case reflect.Bool:
		return "true or false"
	default:
		return ""
	}
}
