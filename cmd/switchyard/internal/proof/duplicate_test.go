package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentv1 "github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1"
	"github.com/switchyard-dev/switchyard/gen/switchyard/agent/v1/agentv1connect"
	eventv1 "github.com/switchyard-dev/switchyard/gen/switchyard/event/v1"
	"github.com/switchyard-dev/switchyard/internal/fault"
	"github.com/switchyard-dev/switchyard/internal/rpc"
	"github.com/switchyard-dev/switchyard/internal/seal"
	"github.com/switchyard-dev/switchyard/internal/webhook/github"
)

// whole starts all services, none of which is killed.
func whole(t *testing.T) *system {
	t.Helper()
	s := newSystem(t)
	for _, name := range []string{"tools", "agent", "ingress"} {
		s.start(name, "")
	}
	return s
}

func body(n int) []byte {
	return fmt.Appendf(nil, mergedBody, 1000+n, 1000+n, 1000+n, 1000+n, n, n)
}

// post sends a body under an event name and a delivery id of the sender's choice.
func (s *system) post(event, delivery string, body []byte) (int, map[string]any) {
	s.t.Helper()
	return s.webhook("github", github.Headers([]byte(hookSecret), event, delivery, body), body)
}

// webhook posts a body as a source does, and returns the answer: 0 for none.
func (s *system) webhook(source string, header http.Header, body []byte) (int, map[string]any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+s.addrs["ingress"]+"/webhooks/"+source, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Error(err)
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Error(err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(b, &answer); err != nil {
		s.t.Errorf("answer %q: %v", b, err)
	}
	return resp.StatusCode, answer
}

func TestConcurrentCopiesAreOneRun(t *testing.T) {
	s := whole(t)
	const copies = 64
	answers := make([]map[string]any, copies)
	var wg sync.WaitGroup
	for i := range copies {
		wg.Go(func() {
			code, answer := s.post("pull_request", fmt.Sprintf("guid-%d", i), body(1))
			if code != http.StatusOK {
				t.Errorf("copy %d: %d %v", i, code, answer)
			}
			answers[i] = answer
		})
	}
	wg.Wait()
	first := 0
	for i, answer := range answers {
		if answer["replayed"] == false {
			first++
		}
		delete(answer, "replayed")
		if diff := cmp.Diff(answers[0], answer); diff != "" {
			t.Fatalf("copy %d was answered otherwise:\n%s", i, diff)
		}
	}
	if first != 1 || answers[0]["status"] != "success" {
		t.Errorf("%d answers say that they were the first, want 1; status %v", first, answers[0]["status"])
	}
	if runs := s.runs(); len(runs) != 1 {
		t.Errorf("%d runs, want 1", len(runs))
	}
	acts := s.executor.Acts()
	for key, n := range acts {
		if n != 1 {
			t.Errorf("effect %s was made %d times", key, n)
		}
	}
	if len(acts) != 2 {
		t.Errorf("%d effects, want 2", len(acts))
	}
}

// One merge, seen through many hooks at once, in bodies that differ: one fact.
func TestSameFactThroughManyHooksActsOnce(t *testing.T) {
	s := whole(t)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			b := append(body(1), bytes.Repeat([]byte(" "), i)...)
			if code, answer := s.post("pull_request", fmt.Sprintf("guid-%d", i), b); code != http.StatusOK {
				t.Errorf("hook %d: %d %v", i, code, answer)
			}
		})
	}
	wg.Wait()
	acts := s.executor.Acts()
	for key, n := range acts {
		if n != 1 {
			t.Errorf("effect %s was made %d times", key, n)
		}
	}
	if len(acts) != 2 {
		t.Errorf("%d effects, want 2", len(acts))
	}
}

// The GUID and the event name are not signed: whoever captured a delivery can change them.
func TestReplayUnderOtherHeaders(t *testing.T) {
	s := whole(t)
	code, first := s.post("pull_request", "guid-1", body(1))
	if code != http.StatusOK || first["status"] != "success" {
		t.Fatalf("%d %v", code, first)
	}
	code, fresh := s.post("pull_request", "guid-2", body(1))
	if code != http.StatusOK || fresh["run_id"] != first["run_id"] || fresh["replayed"] != true {
		t.Errorf("under a fresh GUID: %d %v", code, fresh)
	}
	for _, event := range []string{"push", "issues", "issue_comment", "ping", "release", "made_up"} {
		code, other := s.post(event, "guid-3", body(1))
		// A name that nobody knows may be a new event's: it is remembered apart.
		apart := event == "made_up" && other["status"] == "ignored"
		if code != http.StatusBadRequest && (code != http.StatusOK || other["run_id"] != first["run_id"]) && !apart {
			t.Errorf("as %s: %d %v", event, code, other)
		}
	}
	if acts := s.executor.Acts(); len(acts) != 2 {
		t.Errorf("%d effects, want 2", len(acts))
	}
}

// Relabelled first, a body must not take the place of what it really is.
func TestWrongEventNameOccupiesNoID(t *testing.T) {
	s := whole(t)
	for _, event := range []string{"push", "issues", "release", "made_up"} {
		s.post(event, "guid-1", body(1))
	}
	code, right := s.post("pull_request", "guid-2", body(1))
	if code != http.StatusOK || right["status"] != "success" {
		t.Fatalf("the right one afterwards: %d %v", code, right)
	}
}

// Whoever reaches the agent can say what happened; only what ingress sealed acts.
func TestForgedEventNeverActs(t *testing.T) {
	s := whole(t)
	opts, err := rpc.ClientOptions(serviceToken)
	if err != nil {
		t.Fatal(err)
	}
	agent := agentv1connect.NewAgentServiceClient(rpc.NewHTTPClient(), "http://"+s.addrs["agent"], opts...)
	member := &eventv1.Account{Id: "1", Login: "dev-one", Association: "MEMBER"}
	event := &eventv1.WebhookEvent{
		Id: "5f0c1a52-6a1d-4e0b-9d3c-0d6f3b1d2c11", Source: "github", Kind: "change.merged", Type: "pull_request", Action: "closed",
		Ref: "github:pr:acme/api#1", Place: "github:repo:acme/api", Visibility: "private", Actor: member, Occurrence: "c0ffee",
		Text: &eventv1.Text{Parts: []*eventv1.Part{{Where: "title", Author: member, Value: "ACME-7"}}},
	}
	resp, err := agent.HandleEvent(t.Context(), &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Unsealed{Unsealed: event}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range resp.GetAnswer().GetActionsTaken() {
		if a.GetStore() == "" && (a.GetReason() != "operator_event" || a.GetState() == "done" && a.GetTool() != "facts.observe") {
			t.Errorf("unsealed: %v", a)
		}
	}
	keys, err := seal.ParseKeys("another-seal-key-0123456789")
	if err != nil {
		t.Fatal(err)
	}
	id, mac := keys.Seal([]byte("x"), "signature")
	_, err = agent.HandleEvent(t.Context(), &agentv1.HandleEventRequest{Input: &agentv1.HandleEventRequest_Sealed{
		Sealed: &eventv1.SealedEvent{Event: []byte("x"), Authn: "signature", KeyId: id, Mac: mac},
	}})
	if fault.ReasonOf(err) != fault.SealInvalid {
		t.Errorf("sealed with another key: %v", err)
	}
	if acts := s.executor.Acts(); len(acts) != 0 {
		t.Errorf("acts %v", acts)
	}
}
