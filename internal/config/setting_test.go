package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-dev/switchyard/internal/config"
)

type live struct {
	Key   config.Setting `env:"TEST_KEY" help:"A key."`
	Names string         `env:"TEST_NAMES" help:"More keys."`

	more []config.Setting
}

func (l *live) ReadFurther(read func(string) (config.Setting, error)) error {
	for _, name := range config.Split(l.Names) {
		s, err := read("TEST_" + name + "_KEY")
		if err != nil {
			return err
		}
		l.more = append(l.more, s)
	}
	return nil
}

func TestSetting(t *testing.T) {
	file := write(t, "\n one \ntwo\n")
	missing, empty := filepath.Join(t.TempDir(), "none"), write(t, " \n")
	for _, tc := range []struct {
		name  string
		args  []string
		env   map[string]string
		want  config.Setting
		check string
	}{
		{"not set", nil, nil, config.Setting{}, ""},
		{"value", nil, map[string]string{"TEST_KEY": "x"}, config.Setting{Name: "TEST_KEY", Value: "x"}, ""},
		{"flag", []string{"--key=y"}, map[string]string{"TEST_KEY": "x"}, config.Setting{Name: "TEST_KEY", Value: "y"}, ""},
		{"file", nil, map[string]string{"TEST_KEY_FILE": file}, config.Setting{Name: "TEST_KEY", Value: "one \ntwo", File: file}, ""},
		{"no file yet", nil, map[string]string{"TEST_KEY_FILE": missing}, config.Setting{Name: "TEST_KEY", File: missing}, "TEST_KEY_FILE=" + missing},
		{"empty file", nil, map[string]string{"TEST_KEY_FILE": empty}, config.Setting{Name: "TEST_KEY", File: empty}, "TEST_KEY_FILE=" + empty},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got live
			if err := config.Parse(&got, "test", "", tc.args, from(tc.env)); err != nil {
				t.Fatal(err)
			}
			if got.Key != tc.want {
				t.Errorf("got %+v, want %+v", got.Key, tc.want)
			}
			if err := got.Key.Check(); (err != nil) != (tc.check != "") || err != nil && !strings.Contains(err.Error(), tc.check) {
				t.Errorf("Check: %v, want it to name %q", err, tc.check)
			}
		})
	}
}

func TestSettingErrors(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"TEST_KEY_FILE":   {"TEST_KEY": "x", "TEST_KEY_FILE": "y"},
		"TEST_A_KEY_FILE": {"TEST_NAMES": "A", "TEST_A_KEY": "x", "TEST_A_KEY_FILE": "y"},
	} {
		if err := config.Parse(new(live), "test", "", nil, from(env)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("both: %v, want it to name %s", err, name)
		}
	}
	if os.Getuid() == 0 {
		return // nothing is unreadable to root but a folder
	}
	secret := write(t, "x")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	if err := config.Parse(new(live), "test", "", nil, from(map[string]string{"TEST_KEY_FILE": secret})); err == nil {
		t.Error("an unreadable file gave no error")
	}
}

func TestFurther(t *testing.T) {
	var got live
	env := map[string]string{"TEST_NAMES": "A, B,C", "TEST_A_KEY": "a", "TEST_B_KEY_FILE": write(t, "b\n")}
	if err := config.Parse(&got, "test", "", nil, from(env)); err != nil {
		t.Fatal(err)
	}
	want := []config.Setting{{Name: "TEST_A_KEY", Value: "a"}, {Name: "TEST_B_KEY", Value: "b", File: env["TEST_B_KEY_FILE"]}, {Name: "TEST_C_KEY"}}
	if !slices.Equal(got.more, want) {
		t.Errorf("got %+v", got.more)
	}
}

func TestSplit(t *testing.T) {
	if got := config.Split(" a ,b\r\nc c\n\n, ,"); !slices.Equal(got, []string{"a", "b", "c c"}) {
		t.Errorf("%q", got)
	}
	if got := (config.Setting{Value: ","}).Values(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
