package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/config"
)

type settings struct {
	Listen   string        `env:"TEST_LISTEN" default:"127.0.0.1:1" help:"Where to listen."`
	Secret   string        `env:"TEST_SECRET" help:"A secret."`
	Deadline time.Duration `env:"TEST_DEADLINE" default:"8s" help:"A time."`
}

func from(m map[string]string) config.Lookup {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func write(t *testing.T, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParse(t *testing.T) {
	file := write(t, "  from-file\n")
	for _, tc := range []struct {
		name string
		args []string
		env  map[string]string
		want settings
		err  string
	}{
		{"defaults", nil, nil, settings{"127.0.0.1:1", "", 8 * time.Second}, ""},
		{"environment", nil, map[string]string{"TEST_LISTEN": ":2", "TEST_DEADLINE": "1m"}, settings{":2", "", time.Minute}, ""},
		{"a flag wins", []string{"--listen=:3"}, map[string]string{"TEST_LISTEN": ":2"}, settings{":3", "", 8 * time.Second}, ""},
		{"empty is unset", nil, map[string]string{"TEST_LISTEN": ""}, settings{"127.0.0.1:1", "", 8 * time.Second}, ""},
		{"secret file", nil, map[string]string{"TEST_SECRET_FILE": file}, settings{"127.0.0.1:1", "from-file", 8 * time.Second}, ""},
		{"both", nil, map[string]string{"TEST_SECRET_FILE": file, "TEST_SECRET": "x"}, settings{}, "TEST_SECRET_FILE"},
		{"no file", nil, map[string]string{"TEST_SECRET_FILE": "/nonexistent"}, settings{}, "TEST_SECRET_FILE=/nonexistent"},
		{"not a duration", nil, map[string]string{"TEST_DEADLINE": "soon"}, settings{}, "soon"},
		{"the variable is named", nil, map[string]string{"TEST_DEADLINE": "8"}, settings{}, "test: TEST_DEADLINE=8: want a time with its unit, such as 8s"},
		{"the file is named", nil, map[string]string{"TEST_DEADLINE_FILE": file}, settings{}, "test: TEST_DEADLINE_FILE=" + file + `, which holds "from-file": want a time`},
		{"the flag is named", []string{"--deadline=8"}, map[string]string{"TEST_DEADLINE": "9"}, settings{}, "TEST_DEADLINE: --deadline: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got settings
			err := config.Parse(&got, "test", "", tc.args, from(tc.env))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Fatalf("error %v, want it to name %q", err, tc.err)
				}
				return
			}
			if err != nil || got != tc.want {
				t.Fatalf("got %+v, %v, want %+v", got, err, tc.want)
			}
		})
	}
}

// The process's own environment must not reach around the lookup.
func TestParseReadsOnlyTheLookup(t *testing.T) {
	t.Setenv("TEST_LISTEN", ":9")
	var got settings
	if err := config.Parse(&got, "test", "", nil, from(nil)); err != nil || got.Listen != "127.0.0.1:1" {
		t.Fatalf("listen %q, %v", got.Listen, err)
	}
}

func TestDotEnv(t *testing.T) {
	path := write(t, "# comment\nexport TEST_SECRET='quo#ted'\nTEST_LISTEN=:4 # why\nEMPTY=\n")
	values, err := config.DotEnv(path)
	if err != nil {
		t.Fatal(err)
	}
	lookup := config.Below(from(map[string]string{"TEST_LISTEN": ":5"}), values)
	if v, _ := lookup("TEST_LISTEN"); v != ":5" {
		t.Errorf("the environment lost to the file: %q", v)
	}
	if v, _ := lookup("TEST_SECRET"); v != "quo#ted" {
		t.Errorf("TEST_SECRET %q", v)
	}
	if _, err := config.DotEnv(write(t, "just words\n")); err == nil || !strings.Contains(err.Error(), ":1:") {
		t.Errorf("a broken line gave %v", err)
	}
	if _, err := config.DotEnv(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("a missing file gave %v", err)
	}
}
