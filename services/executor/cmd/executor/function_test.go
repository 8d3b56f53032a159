package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider/providertest"
)

// runtime is the side of AWS Lambda that a function talks to: it hands out
// invocations and takes their answers.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtime struct {
	addr    string
	next    chan invocation
	answers chan answer
}

type invocation struct {
	payload, clientContext string
	deadline               time.Duration
}

// answer is what came for an invocation: kind is response or error.
type answer struct {
	id, kind string
	header   http.Header
	body     string
}

func newRuntime(t *testing.T) *runtime {
	t.Helper()
	rt := &runtime{next: make(chan invocation), answers: make(chan answer, 8)}
	count := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case in := <-rt.next:
			count++
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprint("request-", count))
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(in.deadline).UnixMilli()))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:switchyard:live")
			if in.clientContext != "" {
				w.Header().Set("Lambda-Runtime-Client-Context", in.clientContext)
			}
			_, _ = io.WriteString(w, in.payload)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{kind}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		rt.answers <- answer{r.PathValue("id"), r.PathValue("kind"), r.Header, string(body)}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	rt.addr = strings.TrimPrefix(srv.URL, "http://")
	return rt
}

// invoke hands out an invocation.
func (rt *runtime) invoke(t *testing.T, in invocation) {
	t.Helper()
	select {
	case rt.next <- in:
	case <-time.After(20 * time.Second):
		t.Fatal("the function asked for no invocation")
	}
}

func (rt *runtime) answer(t *testing.T) (kind string, result struct{ Outcome, Reason, Ref, Account string }) {
	t.Helper()
	select {
	case a := <-rt.answers:
		if err := json.Unmarshal([]byte(a.body), &result); err != nil {
			t.Fatalf("%v in %s", err, a.body)
		}
		return a.kind, result
	case <-time.After(20 * time.Second):
		t.Fatal("the function did not answer")
		return "", result
	}
}

// secretsManager keeps one secret.
func secretsManager(t *testing.T, secret string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = fmt.Fprintf(w, `{"SecretString":%q}`, secret)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// bootstrap is the command as it is shipped, built once for all tests.
var bootstrap = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "executor")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "bootstrap")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

// start starts the command under the runtime API, with a token that Secrets
// Manager keeps.
func start(t *testing.T, rt *runtime, github string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	file, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), file)
	log := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(),
		"AWS_LAMBDA_RUNTIME_API="+rt.addr, "GITHUB_API_URL="+github,
		"GITHUB_TOKEN_SECRET_ARN=arn:aws:secretsmanager:eu-west-1:123456789012:secret:switchyard/github-AbCdEf",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER="+secretsManager(t, providertest.Token), "AWS_REGION=eu-west-1",
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "LOG_LEVEL=debug",
	)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, log
}

const effectKey = "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10"

func addComment(body string) string {
	return fmt.Sprintf(`{
		"call_id": "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11", "effect_key": %q, "mode": "act", "class": "upsert",
		"tool": "github.add_comment", "target": "github:pr:acme/api#42", "payload": {"body": %q}, "not_after": %q}`,
		effectKey, body, time.Now().Add(time.Minute).UTC().Format(time.RFC3339))
}

func context64(key string) string {
	return fmt.Sprintf(`{"custom":{"effect_key":%q}}`, key)
}

func TestRunsAsALambdaFunction(t *testing.T) {
	hub := providertest.NewGitHub(t, provider.Options{})
	rt := newRuntime(t)
	cmd, log := start(t, rt, hub.URL)
	for name, c := range []struct {
		in      invocation
		outcome string
		reason  string
	}{
		{invocation{addComment("hello"), context64(effectKey), time.Minute}, "done", ""},
		{invocation{addComment("hello"), "", time.Minute}, "already", ""},
		{invocation{addComment("hello"), context64("another"), time.Minute}, "rejected", "client context"},
		{invocation{`{"tool":`, "", time.Minute}, "rejected", "command: "},
	} {
		rt.invoke(t, c.in)
		kind, got := rt.answer(t)
		if kind != "response" || got.Outcome != c.outcome || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%d: got %s %+v, want %s %s", name, kind, got, c.outcome, c.reason)
		}
	}
	if n := len(hub.Comments("acme/api", 42, effectKey)); n != 1 {
		t.Errorf("%d comments", n)
	}
	// The function's own time bounds an action: the answer comes before AWS would end it.
	hub.Plant(provider.Fault{Delay: 30 * time.Second})
	rt.invoke(t, invocation{addComment("hello again"), "", 500 * time.Millisecond})
	if kind, got := rt.answer(t); kind != "response" || got.Outcome != "retry" || got.Reason != "deadline" {
		t.Errorf("beyond its time: %s %+v", kind, got)
	}
	ends(t, cmd)
	if strings.Contains(log.String(), providertest.Token) || !strings.Contains(log.String(), `"request_id":"request-1"`) {
		t.Errorf("the log: %s", log)
	}
}

// What is on its way is answered before the function goes.
func TestAFunctionEndsWithItsInvocation(t *testing.T) {
	hub := providertest.NewGitHub(t, provider.Options{})
	rt := newRuntime(t)
	cmd, _ := start(t, rt, hub.URL)
	planted := hub.Plant(provider.Fault{Match: provider.Writes, Delay: time.Second})
	rt.invoke(t, invocation{addComment("hello"), "", time.Minute})
	for deadline := time.After(20 * time.Second); planted.Met() == 0; {
		select {
		case <-deadline:
			t.Fatal("nothing was sent")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if kind, got := rt.answer(t); kind != "response" || got.Outcome != "done" || got.Account != "github:user:"+provider.BotLogin {
		t.Errorf("got %s %+v", kind, got)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

func ends(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// A local executor takes the client context as AWS's Invoke does.
func TestALocalServerReadsTheClientContext(t *testing.T) {
	url := served(t)
	for header, want := range map[string]string{
		"": "dry_run", base64.StdEncoding.EncodeToString([]byte(context64(effectKey))): "dry_run",
		base64.StdEncoding.EncodeToString([]byte(context64("another"))): "rejected", "!": "400",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/2015-03-31/functions/f/invocations", strings.NewReader(addComment("hello")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Amz-Client-Context", header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if told := fmt.Sprint(resp.StatusCode) + string(body); !strings.Contains(told, want) {
			t.Errorf("%q: got %s, want %s", header, told, want)
		}
	}
}
