package reload_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchyard-dev/switchyard/internal/reload"
)

// told is what a file's owner is told, in order.
type told []string

func open(path string, to *told) (*reload.File[string], error) {
	return reload.Open(reload.Options[string]{
		Setting: "SOME_FILE", Path: path, Fixed: "fixed", Remedy: "name another",
		Parse: func(data []byte) (string, error) {
			if strings.HasPrefix(string(data), "bad") {
				return "", errors.New("line 1: " + string(data))
			}
			return string(data), nil
		},
		Took: func(value string, again bool) { *to = append(*to, fmt.Sprintf("took %s %t", value, again)) },
		Kept: func(value string, trouble error) { *to = append(*to, fmt.Sprintf("kept %s: %v", value, trouble)) },
	})
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheLastGoodIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "one")
	var got told
	f, err := open(path, &got)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		data, current, trouble, told string
	}{
		{"one", "one", "", ""},
		{"bad", "one", "line 1: bad", "kept one: line 1: bad"},
		{"bad", "one", "line 1: bad", ""},
		{"bad again", "one", "line 1: bad again", "kept one: line 1: bad again"},
		{"two", "two", "", "took two true"},
		{"three", "three", "", "took three false"},
	} {
		write(t, path, step.data)
		got = nil
		f.Look()
		f.Look()
		trouble := ""
		if err := f.Trouble(); err != nil {
			trouble = err.Error()
		}
		if f.Current() != step.current || trouble != step.trouble || strings.Join(got, "; ") != step.told {
			t.Errorf("%q: %q, trouble %q, told %q", step.data, f.Current(), trouble, got)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	f.Look()
	if err := f.Trouble(); f.Current() != "three" || err == nil || !strings.Contains(err.Error(), "SOME_FILE="+path) || !strings.Contains(err.Error(), "name another") {
		t.Errorf("%q, trouble %v", f.Current(), err)
	}
	write(t, path, "three")
	f.Look()
	f.Look()
	if f.Trouble() != nil {
		t.Errorf("back to what was good: %v", f.Trouble())
	}
}

// What an editor leaves for a moment is not what its user wrote.
func TestAHalfWrittenOrEmptyFileIsNotTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "one, and two")
	var got told
	f, err := open(path, &got)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"one", "one, and", "one, and two", "one", "one, and two", ""} {
		write(t, path, data)
		f.Look()
	}
	if f.Current() != "one, and two" || f.Trouble() != nil || len(got) > 0 {
		t.Errorf("half written: %q, trouble %v, told %q", f.Current(), f.Trouble(), got)
	}
	for _, data := range []string{"", " \n"} {
		write(t, path, data)
		f.Look()
		f.Look()
		if err := f.Trouble(); f.Current() != "one, and two" || err == nil || !strings.Contains(err.Error(), "SOME_FILE="+path+": the file is empty") {
			t.Errorf("%q: %q, trouble %v", data, f.Current(), err)
		}
	}
	if len(got) != 1 {
		t.Errorf("told %q", got)
	}
}

func TestABadFileIsRefusedAtFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var got told
	if _, err := open(path, &got); err == nil || !strings.Contains(err.Error(), "SOME_FILE="+path) {
		t.Errorf("missing: %v", err)
	}
	write(t, path, "bad")
	if _, err := open(path, &got); err == nil || err.Error() != "line 1: bad" {
		t.Errorf("bad: %v", err)
	}
}

func TestAFileIsLookedAtEveryTwoSeconds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "one")
	synctest.Test(t, func(t *testing.T) {
		var got told
		f, err := open(path, &got)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go f.Follow(ctx)
		write(t, path, "two")
		<-time.After(reload.Every - time.Millisecond)
		synctest.Wait()
		if f.Current() != "one" {
			t.Error("looked at before its time")
		}
		<-time.After(2 * time.Millisecond)
		synctest.Wait()
		if f.Current() != "one" {
			t.Error("taken at the first look")
		}
		<-time.After(reload.Every)
		synctest.Wait()
		if f.Current() != "two" {
			t.Error("not looked at in time")
		}
	})
}

func TestWithoutAFileWhatIsFixedHolds(t *testing.T) {
	var got told
	f, err := open("", &got)
	if err != nil {
		t.Fatal(err)
	}
	f.Follow(t.Context()) // returns at once
	if f.Current() != "fixed" || f.Trouble() != nil {
		t.Errorf("%q %v", f.Current(), f.Trouble())
	}
}
