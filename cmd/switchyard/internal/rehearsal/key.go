package rehearsal

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// plain says in the words of the file what the YAML package says in Go's.
func plain(err error) error {
	var typed *yaml.TypeError
	if !errors.As(err, &typed) {
		return err
	}
	unknown := regexp.MustCompile(`^(line \d+): field (.*) not found in type rehearsal\.(\w+)$`)
	lines := make([]string, len(typed.Errors))
	for i, line := range typed.Errors {
		lines[i] = line
		if m := unknown.FindStringSubmatch(line); m != nil {
			lines[i] = fmt.Sprintf("%s: unknown key %q: want %s", m[1], m[2], strings.Join(keys(m[3]), ", "))
		}
	}
	return errors.New(strings.Join(lines, "; "))
}

// keys are those of a mapping in a test file.
func keys(name string) []string {
	var names []string
	for _, t := range []reflect.Type{reflect.TypeFor[Table](), reflect.TypeFor[Test](), reflect.TypeFor[Want](), reflect.TypeFor[Call](), reflect.TypeFor[Unused]()} {
		for field := range t.Fields() {
			if key := field.Tag.Get("yaml"); key != "" && t.Name() == name {
				names = append(names, key)
			}
		}
	}
	return names
}
