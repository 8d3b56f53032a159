package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"switchyard": main})
}

// TestScript runs whole flows through the real program, on free ports.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("WEBHOOK_SERVER_PORT", "0")
			// Under -race every process would sleep for a second before it exits.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			for _, name := range []string{"AGENT_LISTEN", "TOOLS_LISTEN", "EXECUTOR_LISTEN"} {
				e.Setenv(name, "127.0.0.1:0")
			}
			e.Values[running{}] = map[string]*exec.Cmd{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start,
			"halt":  halt,
			"match": match,
			"shake": shake,
			"await": await,
			"page":  page,
		},
	})
}

// running is the key of a script's running instances, by their data folder.
type running struct{}

// start runs `switchyard dev --data DIR [FLAG...]` until it says that it
// listens; what it prints until then goes to the file DIR.out, what it logs to
// DIR.err: the script's own output is not for programs that go on beside it.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: start DIR [FLAG...]")
	}
	path, err := exec.LookPath("switchyard")
	ts.Check(err)
	cmd := exec.Command(path, append([]string{"dev", "--data"}, args...)...)
	logged, err := os.Create(ts.MkAbs(args[0] + ".err"))
	ts.Check(err)
	defer func() { _ = logged.Close() }() // the process has its own
	cmd.Dir, cmd.Env, cmd.Stderr = ts.MkAbs("."), environ(ts), logged
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Value(running{}).(map[string]*exec.Cmd)[args[0]] = cmd
	ts.Defer(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	// What does not come up in time is killed, which ends the reading.
	late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	var out strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		fmt.Fprintln(&out, lines.Text())
		if lines.Text() == "Ctrl-C stops it." {
			ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(out.String()), 0o600))
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return
		}
	}
	err = cmd.Wait()
	why, _ := os.ReadFile(logged.Name())
	ts.Fatalf("dev on %s ended before it listened: %v\n%s%s", args[0], err, out.String(), why)
}

// halt ends an instance: `halt DIR` as Ctrl-C does and expects exit code 0,
// `halt DIR SIGKILL` without a chance to clean up.
func halt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: halt DIR [SIGKILL]")
	}
	cmd := ts.Value(running{}).(map[string]*exec.Cmd)[args[0]]
	if cmd == nil {
		ts.Fatalf("nothing was started on %s", args[0])
	}
	if len(args) > 1 {
		ts.Check(cmd.Process.Signal(syscall.SIGKILL))
		_ = cmd.Wait()
		return
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("dev on %s: %v", args[0], err)
	}
}

// shake sends Notion's handshake with a token to the instance on a folder, as
// soon as one is waited for, and for nothing else than that.
func shake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shake DIR TOKEN")
	}
	var to struct{ Ingress string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0]+"/instance.json")), &to))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); ; {
		select {
		case <-late:
			ts.Fatalf("nobody waits for a handshake")
		case <-tick.C:
		}
		// Before the time is open the request would only be counted as a stranger's.
		if until, err := os.ReadFile(ts.MkAbs(args[0] + "/notion.until")); err != nil || !strings.HasSuffix(string(until), "\n") {
			continue
		}
		resp, err := http.Post(to.Ingress+"/webhooks/notion", "application/json", strings.NewReader(`{"verification_token":"`+args[1]+`"}`))
		ts.Check(err)
		ts.Check(resp.Body.Close())
		if resp.StatusCode != http.StatusOK {
			ts.Fatalf("the handshake was answered %s", resp.Status)
		}
		return
	}
}

// page puts the page of the fake providers into a file: `page DIR FILE`.
func page(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: page DIR FILE")
	}
	at := regexp.MustCompile(`(?m)^ +fakes +(http://[^ ]+)`).FindStringSubmatch(ts.ReadFile(args[0] + ".out"))
	if at == nil {
		ts.Fatalf("%s has no fake providers", args[0])
	}
	resp, err := http.Get(at[1])
	ts.Check(err)
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), body, 0o600))
}

// match sets a variable to what a pattern's group matched in the last output.
func match(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: match NAME PATTERN")
	}
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	m := re.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) != 2 {
		ts.Fatalf("no match for %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// environ is the script's own environment: nothing of the machine's settings.
func environ(ts *testscript.TestScript) []string {
	names := []string{"PATH", "HOME", "TMPDIR", "GOCOVERDIR", "GORACE", "WEBHOOK_SERVER_HOST", "WEBHOOK_SERVER_PORT", "AGENT_LISTEN", "TOOLS_LISTEN",
		"EXECUTOR_LISTEN", "GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET", "NOTION_WEBHOOK_SECRET", "POLICY_FILE", "RULES_FILE"}
	var env []string
	for _, name := range names {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}
