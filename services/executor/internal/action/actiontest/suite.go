package actiontest

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	executorv1 "github.com/switchyard-dev/switchyard/gen/switchyard/executor/v1"
	toolsv1 "github.com/switchyard-dev/switchyard/gen/switchyard/tools/v1"
	"github.com/switchyard-dev/switchyard/internal/registry"
	"github.com/switchyard-dev/switchyard/internal/testkit/provider"
	"github.com/switchyard-dev/switchyard/services/executor/internal/action"
)

// EffectKey is the effect_key of the suite's commands.
const EffectKey = "5f0c9c0e-9f0a-5c54-8a5e-0d8a5b5b1f10"

// Noon is the suite's time; its commands are good for five seconds more.
func Noon() time.Time { return time.Date(2026, 1, 20, 12, 0, 0, 0, time.UTC) }

// Fake is a provider that keeps what is done to it.
type Fake interface {
	Plant(provider.Fault) *provider.Planted
	Requests() []provider.Request
	Changes() []provider.Change
}

// Reach is how an action is to reach its provider.
type Reach struct {
	URL string
	// Authorized says that it has credentials.
	Authorized bool
	Transport  http.RoundTripper
	Now        func() time.Time
	Log        *slog.Logger
}

// World is a provider in which the effect can be made and is not there yet.
type World struct {
	Fake
	URL string
	// Secrets are the credentials, which must be nowhere but in requests.
	Secrets []string
	// Renews: a token that is refused by 401 is replaced, and the request sent once more.
	Renews bool
	// New makes the action.
	New func(Reach) action.Action
}

// Case is a valid command to an action and what its request is.
type Case struct {
	Tool    string
	Class   string // checked against the catalog where it is given
	Target  string
	Payload map[string]any
	// Request is the whole request that a dry run shows, as JSON; {url} stands for
	// the provider's.
	Request string
	// Sent is the body of the request that act sends, as JSON, where reads decide it;
	// "" where it is the one that is shown.
	Sent string
	// Later is another payload of the same effect, for an upsert.
	Later map[string]any
	// Blind says that nothing can find the effect, so that look is unknown; it is the
	// reason for people who read this.
	Blind string
	// Behind says that the list which finds the effect may be behind, so that a look
	// which finds nothing is unknown; it is the reason for people who read this.
	Behind string
	// Invalid are payloads that the input's rules refuse, by what is wrong.
	Invalid map[string]map[string]any
	// OtherTarget is a well-formed ref that the tool can't act on.
	OtherTarget string
	// Open makes the world; its requests are checked against the provider's
	// description where there is one.
	Open func(*testing.T) World
}

// Run holds an action to its promises.
func Run(t *testing.T, c Case) {
	t.Helper()
	for name, entry := range map[string]func(*testing.T, *stage){
		"without a token, the request is shown":         showsWithoutToken,
		"a dry run shows the request and sends none":    showsInDryRun,
		"act sends what the dry run shows":              sendsWhatItShows,
		"act makes the effect once":                     makesOnce,
		"it sends no more requests than are counted":    countsRequests,
		"an upsert changes what is there":               updates,
		"an update that was lost is not taken for done": updateLost,
		"look finds what is there and nothing else":     looks,
		"refused, nothing is there":                     refused,
		"sent too much, it is told to wait":             limited,
		"dropped before acting, it is unknown":          droppedBefore,
		"dropped after acting, it is unknown and once":  droppedAfter,
		"failed after acting, it is unknown and once":   failedAfter,
		"a read that fails is tried again":              readFails,
		"nobody there, it is tried again":               nobodyThere,
		"after not_after nothing is sent":               tooLate,
		"an instance without settings is left alone":    otherInstance,
		"invalid payloads are refused":                  refusesPayloads,
		"another kind of target is refused":             refusesTarget,
		"a foreign input is an error":                   refusesForeignInput,
	} {
		t.Run(name, func(t *testing.T) { entry(t, open(t, c)) })
	}
}

// Command is the case's command in a mode.
func Command(t *testing.T, c Case, mode string) *executorv1.Command {
	t.Helper()
	payload, err := structpb.NewStruct(c.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return &executorv1.Command{
		CallId:    "7d1a9a46-5f0e-5f0e-9d52-2f3f5c1f0a11",
		EffectKey: EffectKey,
		Mode:      mode,
		Class:     class(t, c.Tool),
		Tool:      c.Tool,
		Target:    c.Target,
		Payload:   payload,
		NotAfter:  timestamppb.New(Noon().Add(5 * time.Second)),
	}
}

func class(t *testing.T, name string) string {
	t.Helper()
	return cataloged(t, name).GetClass()
}

func cataloged(t *testing.T, name string) *toolsv1.Tool {
	t.Helper()
	for _, tool := range registry.Tools() {
		if tool.GetName() == name {
			return tool
		}
	}
	t.Fatalf("no tool %s in the catalog", name)
	return nil
}

func refusesPayloads(t *testing.T, s *stage) {
	t.Helper()
	for name, payload := range s.Invalid {
		c := s.Case
		c.Payload = payload
		if err := action.Decode(Command(t, c, "act"), s.action.Input()); err == nil {
			t.Errorf("%s: %v is taken", name, payload)
		}
	}
}

func refusesTarget(t *testing.T, s *stage) {
	t.Helper()
	for _, target := range []string{"", "nonsense", s.OtherTarget} {
		c := s.Case
		c.Target = target
		if err := action.Decode(Command(t, c, "act"), s.action.Input()); err == nil {
			t.Errorf("target %q is taken", target)
		}
	}
}

func refusesForeignInput(t *testing.T, s *stage) {
	t.Helper()
	if _, err := s.action.Run(context.Background(), Command(t, s.Case, "act"), &executorv1.Result{}); err == nil {
		t.Error("a message of another type is taken")
	}
}
