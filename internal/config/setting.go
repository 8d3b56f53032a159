package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Setting is the value of one setting and where it stands: for what is read
// again while the program runs.
type Setting struct {
	// Name is that of its variable, NAME.
	Name string
	// Value is without the white space around it. It is "" if nobody set it, and
	// if File is missing or empty, which Parse leaves to Check: some files are
	// written later.
	Value string
	// File is what NAME_FILE names; "" if the value was given itself.
	File string
}

// IsSet tells whether somebody set it, be it to a file that is not there yet.
func (s Setting) IsSet() bool { return s.Value != "" || s.File != "" }

// Check is an error if the setting's file is missing or empty.
func (s Setting) Check() error {
	if s.File != "" && s.Value == "" {
		return fmt.Errorf("%s_FILE=%s: the file is missing or empty: write the value into it", s.Name, s.File)
	}
	return nil
}

// Values are the parts of a setting that may hold several: separated by commas,
// in a file also one on each line.
func (s Setting) Values() []string { return Split(s.Value) }

// Split returns the parts between commas and line feeds, without the white
// space around them and without empty ones.
func Split(value string) []string {
	var all []string
	for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// Decode takes what the resolver found, or a flag's word.
func (s *Setting) Decode(ctx *kong.DecodeContext) error {
	token, err := ctx.Scan.PopValue("value")
	if err != nil {
		return err
	}
	if found, ok := token.Value.(Setting); ok {
		*s = found
		return nil
	}
	*s = Setting{Value: token.String()}
	if ctx.Value.Flag != nil && len(ctx.Value.Flag.Envs) > 0 {
		s.Name = ctx.Value.Flag.Envs[0]
	}
	return nil
}

func isSetting(t reflect.Type) bool { return t == reflect.TypeFor[Setting]() }

// Further is a configuration with settings whose names only its values tell.
type Further interface {
	// ReadFurther is called by Parse once all other settings are read. read finds
	// NAME or NAME_FILE; a setting that nobody set is no error.
	ReadFurther(read func(name string) (Setting, error)) error
}

// find reads one variable, or the file that NAME_FILE names. A variable that is
// set and empty counts as not set, as compose files write it.
func find(name string, lookup Lookup) (Setting, error) {
	s := Setting{Name: name}
	s.Value, _ = lookup(name)
	s.File, _ = lookup(name + "_FILE")
	if s.File == "" {
		return s, nil
	}
	if s.Value != "" {
		return s, fmt.Errorf("%s and %s_FILE are both set: unset one", name, name)
	}
	b, err := os.ReadFile(s.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%s_FILE=%s: %w", name, s.File, err)
	}
	s.Value = strings.TrimSpace(string(b))
	return s, nil
}
