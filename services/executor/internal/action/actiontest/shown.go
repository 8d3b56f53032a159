package actiontest

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

func (s *stage) shows(t *testing.T, got *executorv1.Result, reason string) {
	t.Helper()
	want(t, got, action.DryRun, "")
	if got.GetReason() != reason {
		t.Errorf("reason %q, want %q", got.GetReason(), reason)
	}
	same(t, "request", got.GetRequest().AsMap(), s.expected(t))
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func showsWithoutToken(t *testing.T, s *stage) {
	t.Helper()
	bare := s.reach(s.URL, false)
	s.shows(t, s.runBy(t, bare, "dry_run"), action.ReasonNoToken)
	s.shows(t, s.runBy(t, bare, "act"), action.ReasonNoToken)
	got := s.runBy(t, bare, "look")
	want(t, got, action.Unknown, action.ReasonNoToken)
	if got.GetRequest() != nil {
		t.Error("look shows a request")
	}
}

func showsInDryRun(t *testing.T, s *stage) {
	t.Helper()
	s.shows(t, s.run(t, "dry_run"), "")
}

// The request that is shown is the one that act sends, header for header; User-Agent
// and credentials are not shown.
func sendsWhatItShows(t *testing.T, s *stage) {
	t.Helper()
	shown := s.expected(t)
	s.run(t, "act")
	sent := s.acting()
	if len(sent) == 0 {
		t.Fatal("nothing was sent")
	}
	r := sent[len(sent)-1]
	if s.class != "read" && len(sent) != 1 {
		t.Errorf("%d requests act, want one", len(sent))
	}
	address, _ := shown["url"].(string)
	if r.Method != shown["method"] || !strings.HasSuffix(address, at(r)) {
		t.Errorf("sent %s %s, shown %v %s", r.Method, at(r), shown["method"], address)
	}
	header := map[string]any{}
	for name := range maps.Keys(r.Header) {
		switch name {
		case "User-Agent", "Content-Length", "Accept-Encoding":
		default:
			header[name] = r.Header.Get(name)
		}
	}
	same(t, "headers sent", header, canonical(shown["headers"]))
	if s.Sent != "" {
		same(t, "body sent", body(t, r), decode(t, s.Sent))
		return
	}
	same(t, "body sent", body(t, r), shown["body"])
}

func canonical(shown any) map[string]any {
	out := map[string]any{}
	all, _ := shown.(map[string]any)
	for name, value := range all {
		out[http.CanonicalHeaderKey(name)] = value
	}
	return out
}

// otherInstance: the credentials are for one instance and are never shown to another.
func otherInstance(t *testing.T, s *stage) {
	t.Helper()
	source, rest, _ := strings.Cut(s.Target, ":")
	s.Target = source + "@eu:" + rest
	cmd := Command(t, s.Case, "act")
	input := s.action.Input()
	if err := action.Decode(cmd, input); err != nil {
		return // of what this tool makes, policy lists the place, and the one instance has it
	}
	got, err := s.action.Run(t.Context(), cmd, input)
	if err != nil {
		t.Fatal(err)
	}
	want(t, got, action.DryRun, action.ReasonNoToken)
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
