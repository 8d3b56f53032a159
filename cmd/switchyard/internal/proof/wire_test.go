package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tool finds a pinned development tool of the checkout, or one on the PATH.
func tool(t *testing.T, name string) string {
	t.Helper()
	pinned, err := filepath.Abs(filepath.Join("..", "..", "..", "..", ".bin", name))
	if err == nil {
		if _, err := os.Stat(pinned); err == nil {
			return pinned
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("not tested: the wire as %s sees it; `make tools` installs it", name)
	}
	return path
}

func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return out
}

const operatorEvent = `{"unsealed":{"source":"github","kind":"change.merged","type":"pull_request","action":"closed",
"ref":"github:pr:acme/api#42","place":"github:repo:acme/api","visibility":"private","occurrence":"c0ffee",
"occurred_at":"2026-05-04T10:00:00Z","received_at":"2026-05-04T10:00:01Z",
"actor":{"id":"1","login":"dev-one","type":"User","association":"MEMBER"},
"text":{"parts":[{"where":"title","value":"ACME-7 keep the connection","author":{"id":"1","login":"dev-one","association":"MEMBER"}}]}}}`

// Every public method, by reflection, with the tools that users have.
func TestWire(t *testing.T) {
	s := whole(t)
	_, webhook := s.post("pull_request", "guid-1", body(7))
	run, _ := webhook["run_id"].(string)
	calls := []struct{ service, method, in, want string }{
		{"agent", "switchyard.agent.v1.AgentService/HandleEvent", operatorEvent, `"operator_event"`},
		{"agent", "switchyard.agent.v1.AgentService/PlanEvent", operatorEvent, `"jira.transition"`},
		{"agent", "switchyard.agent.v1.AgentService/GetRun", `{"run_id":"` + run + `"}`, `"jira:issue:ACME-1007"`},
		{"agent", "switchyard.agent.v1.AgentService/ListRuns", `{}`, run},
		{"tools", "switchyard.tools.v1.ToolService/ListTools", `{}`, `"jira.add_comment"`},
		{"tools", "switchyard.tools.v1.ToolService/CallTool", `{"tool":"timeline","input":{"ref":"github:pr:acme/api#1007"}}`, `"change.merged"`},
	}
	authorization := "Authorization: Bearer " + serviceToken
	clients := map[string]func(t *testing.T, addr, method, in string) []byte{
		"curl": func(t *testing.T, addr, method, in string) []byte {
			return output(t, tool(t, "curl"), "-sS", "--fail-with-body", "-H", authorization, "-H", "Content-Type: application/json", "-d", in, "http://"+addr+"/"+method)
		},
		"buf": func(t *testing.T, addr, method, in string) []byte {
			return output(t, tool(t, "buf"), "curl", "-H", authorization, "--reflect-header", "*", "--http2-prior-knowledge", "-d", in, "http://"+addr+"/"+method)
		},
		"grpcurl": func(t *testing.T, addr, method, in string) []byte {
			return output(t, tool(t, "grpcurl"), "-plaintext", "-H", authorization, "-d", in, addr, method)
		},
	}
	for name, call := range clients {
		for _, c := range calls {
			t.Run(name+"/"+c.method, func(t *testing.T) {
				out := call(t, s.addrs[c.service], c.method, c.in)
				if !strings.Contains(string(out), c.want) {
					t.Fatalf("no %s in %s", c.want, out)
				}
			})
		}
	}
}

// WatchRuns, as buf curl and grpcurl see it: a run that happens meanwhile is told.
func TestWireWatchRuns(t *testing.T) {
	s := whole(t)
	authorization := "Authorization: Bearer " + serviceToken
	for name, args := range map[string][]string{
		"buf":     {"curl", "-H", authorization, "--reflect-header", "*", "--http2-prior-knowledge", "-d", "{}", "http://" + s.addrs["agent"] + "/switchyard.agent.v1.AgentService/WatchRuns"},
		"grpcurl": {"-plaintext", "-H", authorization, "-d", "{}", s.addrs["agent"], "switchyard.agent.v1.AgentService/WatchRuns"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, tool(t, name), args...)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			told := make(chan string, 1)
			go func() {
				var seen strings.Builder
				buf := make([]byte, 4096)
				for {
					n, err := out.Read(buf)
					seen.Write(buf[:n])
					if strings.Contains(seen.String(), "github:pr:acme/api#") || err != nil {
						told <- seen.String()
						return
					}
				}
			}()
			// The stream begins where the ledger is when it is asked for: go on until it tells.
			for n := 0; ; n++ {
				s.post("pull_request", "guid", body(n))
				select {
				case seen := <-told:
					cancel()
					_ = cmd.Wait()
					if !strings.Contains(seen, "github:pr:acme/api#") {
						t.Fatalf("told %q", seen)
					}
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		})
	}
}

var (
	uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	// Where the JSON is laid out is protobuf's to vary.
	spaces = regexp.MustCompile(`\s+`)
)

// The answer as ingress prints it, and as buf curl does (which has its own way of
// writing names), are held word for word: users' scripts read them.
func TestAnswerGolden(t *testing.T) {
	s := whole(t)
	_, answer := s.post("pull_request", "guid-1", body(7))
	run, _ := answer["run_id"].(string)
	ingress, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "answer-ingress.json", ingress)

	// The agent's own JSON is the same, name by name and field by field.
	var asked struct {
		Answer map[string]any `json:"answer"`
	}
	raw := output(t, tool(t, "curl"), "-sS", "--fail-with-body", "-H", "Authorization: Bearer "+serviceToken, "-H", "Content-Type: application/json",
		"-d", `{"run_id":"`+run+`"}`, "http://"+s.addrs["agent"]+"/switchyard.agent.v1.AgentService/GetRun")
	if err := json.Unmarshal(raw, &asked); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	if diff := cmp.Diff(answer, asked.Answer); diff != "" {
		t.Errorf("the agent's JSON differs from ingress's:\n%s", diff)
	}

	printed := output(t, tool(t, "buf"), "curl", "-H", "Authorization: Bearer "+serviceToken, "--reflect-header", "*", "--http2-prior-knowledge", "--emit-defaults",
		"-d", `{"run_id":"`+run+`"}`, "http://"+s.addrs["agent"]+"/switchyard.agent.v1.AgentService/GetRun")
	var resp struct {
		Answer json.RawMessage `json:"answer"`
	}
	if err := json.Unmarshal(printed, &resp); err != nil {
		t.Fatalf("%v in %s", err, printed)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, resp.Answer, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "answer-buf-curl.json", indented.Bytes())
}

// golden compares with testdata, ids aside. UPDATE_GOLDEN=1 writes it anew.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	got = append(bytes.TrimSpace(uuids.ReplaceAll(got, []byte("<id>"))), '\n')
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(spaces.ReplaceAll(got, nil), spaces.ReplaceAll(want, nil)) {
		t.Errorf("%s differs; UPDATE_GOLDEN=1 writes it anew:\n%s", name, got)
	}
}
